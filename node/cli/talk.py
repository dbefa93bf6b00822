"""The command to talk: who wrote, what was written and how far each letter has come."""

from datetime import datetime
from typing import Any

from cyclopts import App

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Hidden, Json
from ruil.node.cli.people import PEOPLE
from ruil.protocol.errors import Refused


def add_to(app: App) -> None:
    """Give the app these commands."""
    app.command(talk, group=PEOPLE)


def talk(
    person: str = "",
    text: str = "",
    *,
    about: str = "",
    days: int = 30,
    forget: bool = False,
    hidden: Hidden = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Private messages. `ruil talk` lists who wrote, `ruil talk Ben` shows what, `ruil talk Ben "Hello"` writes.

    Nobody but the two of you can read them. If Ben's node does not run, neighbours keep a letter for him, for up to
    --days. --about ties it to a listing or agreement by its short id. --forget throws what is here of it away."""
    if not person:
        speak.answer(ask("talks", hidden=hidden), as_json=as_json, people=_conversations)
    elif forget:
        if text:
            raise Refused("write or forget: one of the two")
        answer = ask("forget", person=person)
        gone = f"{answer['forgotten']} letters with {answer['name']} are gone from this device."
        speak.answer(answer, as_json=as_json, people=lambda _: speak.say(gone))
    elif text:
        asked = {"person": person, "text": text, "about": about, "days": days, "anyway": anyway}
        speak.answer(ask("write", **asked), as_json=as_json, people=_written)
    else:
        speak.answer(ask("talk", person=person, hidden=hidden), as_json=as_json, people=_conversation)


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000).strftime("%Y-%m-%d %H:%M")


def _conversations(plain: dict[str, Any]) -> None:
    rows = [{**row, "when": _when(row["at"])} for row in plain["conversations"]]
    columns = {"name": "with", "letters": "letters", "new": "new", "when": "last", "state_text": "yours"}
    speak.table(rows, columns, 'Nobody has written yet. Write with: ruil talk NAME "..."')
    if plain["hidden"]:
        speak.say(f"{plain['hidden']} more are hidden by block lists: --hidden shows them.")


def _conversation(plain: dict[str, Any]) -> None:
    if plain["more"]:
        speak.say(f"({plain['more']} earlier letters)")
    for each in plain["letters"]:
        _line(plain["name"], each)
    if plain["hidden"]:
        speak.say(f"{plain['hidden']} letters are hidden by block lists: --hidden shows them.")
    elif not plain["letters"]:
        speak.say(f'Nothing is written yet. Write with: ruil talk {plain["name"]} "..."')


def _line(name: str, each: dict[str, Any]) -> None:
    tied = f" about {each['about']['title']} ({each['about']['short']})" if each["about"] else ""
    came = f" [{each['state_text']}]" if each["mine"] else " [new]" if each["new"] else ""
    speak.say(f"{_when(each['at'])} {'you' if each['mine'] else name}{tied}: {each['text']}{came}")


def _written(plain: dict[str, Any]) -> None:
    speak.say(f"Written to {plain['name']}: {plain['letter']['state_text']}.")
