"""The commands about people: who they are, how they stand, how you are shown, and whom you hide from yourself."""

from typing import Any

from cyclopts import App, Group

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Json

PEOPLE = Group.create_ordered("People")


def add_to(app: App) -> None:
    """Give the app these commands."""
    for command in (people, why, profile, block, unblock, blocks, follow, unfollow):
        app.command(command, group=PEOPLE)


def left_out(plain: dict[str, Any]) -> None:
    """How much block lists hide, if they do."""
    if plain["hidden"]:
        speak.say(f"{plain['hidden']} more are hidden by block lists: --hidden shows them, `ruil blocks` says why.")


def people(search: str = "", *, can: str = "", seeks: str = "", speaks: str = "", as_json: Json = False) -> None:
    """Everybody in the community, or who can do, looks for or speaks something: `ruil people --can roofing`."""
    columns = {"name": "name", "membership": "", "says": "can, seeks, speaks", "acting": "who acts for it", "id": "id"}

    def shown(plain: dict[str, Any]) -> None:
        rows = [
            {
                **each,
                "acting": ", ".join(f"{one['name']} ({one['role']})" for one in each["people"]),
                "membership": ", ".join((each["membership"], *each["offices"], *_hidden(each))),
                "says": "; ".join(", ".join(each[name]) for name in ("can", "seeks", "speaks") if each[name]),
            }
            for each in plain["people"]
        ]
        speak.table(rows, columns, "Nobody yet." if not (search or can or seeks or speaks) else "Nobody says so.")

    asked = {"search": search, "can": can, "seeks": seeks, "speaks": speaks}
    speak.answer(ask("people", **asked), as_json=as_json, people=shown)


def _hidden(each: dict[str, Any]) -> list[str]:
    return [f"blocked by {one['name']}" for one in each["hidden_by"][:1]]


def why(person: str, *, as_json: Json = False) -> None:
    """How somebody stands with you, and the signed entries that say so."""

    def shown(plain: dict[str, Any]) -> None:
        known = plain["person"]
        said = ("organisation" if known["organisation"] else "", known["membership"], *known["offices"])
        speak.say(f"{known['name']} ({', '.join(each for each in said if each)}), balance {known['balance']}")
        for one in known["people"]:
            speak.say(f"  {one['name']} acts for it as {one['role']}")
        for one in known["acts_for"]:
            speak.say(f"  acts for {one['name']} as {one['role']}")
        if known["invited_by"]:
            speak.say(f"  invited by {known['invited_by']}, who answers for {known['name']}")
        for guest in known["guests"]:
            kept, lists = ("" if guest[each] == 1 else "s" for each in ("kept", "blocked"))
            how = (
                f"{guest['kept']} promise{kept} kept, {guest['broken']} broken, on {guest['blocked']} block list{lists}"
            )
            speak.say(f"  answers for {guest['name']} ({guest['membership']}): {how}")
        for one in known["on_lists"]:
            speak.say(f"  blocked by {one['name']}: {one['reason']} (entry {one['entry']})")
        speak.say(known["sentence"])
        speak.say(f"{known['name']} {known['conduct']['sentence']}.")
        for row in known["rows"]:
            word = "good" if row["good"] else "bad"
            by = f"by {row['rater']}, by way of {' → '.join(row['path'])}" if len(row["path"]) > 1 else "by yourself"
            speak.say(f"  {word:4s} {by}, voice {row['voice']:.2f}, entry {row['entry']}")

    speak.answer(ask("why", person=person), as_json=as_json, people=shown)


def profile(
    *,
    name: str | None = None,
    about: str | None = None,
    place: str | None = None,
    can: list[str] | None = None,
    seeks: list[str] | None = None,
    speaks: list[str] | None = None,
    as_json: Json = False,
) -> None:
    """How you are shown and found; with options, change it: `ruil profile --can roofing,baking --speaks nl`.

    What you do not name stays; an empty text takes it away. --can, --seeks and --speaks give the whole list."""

    def shown(plain: dict[str, Any]) -> None:
        said = plain["profile"]
        speak.say(said["name"])
        for field in ("about", "can", "seeks", "speaks"):
            words = said[field] if field == "about" else ", ".join(said[field])
            if words:
                speak.say(f"  {field}: {words}")

    asked = {"name": name, "about": about, "place": place, "can": can, "seeks": seeks, "speaks": speaks}
    speak.answer(ask("profile", **asked), as_json=as_json, people=shown)


def _lists(plain: dict[str, Any]) -> None:
    for each in plain["hidden"]:
        for said in each["by"]:
            speak.say(f"{each['name']} is hidden from you, blocked by {said['name']}: {said['reason']}")
    if not plain["hidden"]:
        speak.say("Nobody is hidden from you.")
    for each in plain["follows"]:
        speak.say(f"You follow {each['name']}'s list{', which the charter names' if each['charter'] else ''}.")


def block(person: str, reason: str, *, as_json: Json = False) -> None:
    """Put somebody on your block list, with the reason: hidden from you and from who follows your list."""
    speak.answer(ask("block", person=person, reason=reason), as_json=as_json, people=_lists)


def unblock(person: str, *, as_json: Json = False) -> None:
    """Take somebody off your block list."""
    speak.answer(ask("unblock", person=person), as_json=as_json, people=_lists)


def blocks(*, as_json: Json = False) -> None:
    """Who is hidden from you, by whose lists, and why."""
    speak.answer(ask("blocks"), as_json=as_json, people=_lists)


def follow(person: str, *, as_json: Json = False) -> None:
    """Let somebody's block list count for you too."""
    speak.answer(ask("follow", person=person), as_json=as_json, people=_lists)


def unfollow(person: str, *, as_json: Json = False) -> None:
    """Let somebody's block list count for you no more, also if the charter names it."""
    speak.answer(ask("unfollow", person=person), as_json=as_json, people=_lists)
