"""The command to talk: who wrote, what was written and how far each letter has come."""

import base64
from datetime import datetime
from pathlib import Path
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
    picture: Path | None = None,
    save: Path | None = None,
    days: int = 30,
    forget: bool = False,
    hidden: Hidden = False,
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Private messages. `ruil talk` lists who wrote, `ruil talk Ben` shows what, `ruil talk Ben "Hello"` writes.

    Nobody but the two of you can read them. If Ben's node does not run, neighbours keep a letter for him, for up to
    --days. --about ties it to a listing or agreement by its short id. --picture sends a JPEG, PNG or WebP file, without
    the place it was taken; --save writes the pictures of the conversation into a folder. --forget throws what is here
    of it away."""
    if not person:
        speak.answer(ask("talks", hidden=hidden), as_json=as_json, people=_conversations)
    elif forget:
        if text or picture:
            raise Refused("write or forget: one of the two")
        answer = ask("forget", person=person)
        gone = f"{answer['forgotten']} letters with {answer['name']} are gone from this device."
        speak.answer(answer, as_json=as_json, people=lambda _: speak.say(gone))
    elif text or picture:
        file = base64.b64encode(_file(picture)).decode() if picture else ""
        asked = {"person": person, "text": text, "about": about, "picture": file, "days": days, "anyway": anyway}
        speak.answer(ask("write", **asked), as_json=as_json, people=_written)
    else:
        answer = ask("talk", person=person, hidden=hidden)
        if save is not None:
            answer["saved"] = _saved(answer["letters"], save)
        speak.answer(answer, as_json=as_json, people=_conversation)


def _file(path: Path) -> bytes:
    data = speak.read(path)
    if len(data) > 12_000_000:  # the node says the same, but it need not be sent there first
        raise Refused("a picture has at most 12 MB")
    return data


def _saved(letters: list[dict[str, Any]], folder: Path) -> list[str]:
    """Write the pictures of these letters into a folder; where they are now."""
    places = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in letters:
            if each["picture"]:
                place = folder / f"{each['short']}.webp"
                place.write_bytes(base64.b64decode(ask("picture", letter=each["id"])["webp"]))
                places.append(str(place))
    except OSError as why:
        raise Refused(f"{folder} can not be written: {why.strerror}") from None
    return places


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
    for place in plain.get("saved", []):
        speak.say(f"Saved: {place}")
    if plain["hidden"]:
        speak.say(f"{plain['hidden']} letters are hidden by block lists: --hidden shows them.")
    elif not plain["letters"]:
        speak.say(f'Nothing is written yet. Write with: ruil talk {plain["name"]} "..."')


def _line(name: str, each: dict[str, Any]) -> None:
    tied = f" about {each['about']['title']} ({each['about']['short']})" if each["about"] else ""
    came = f" [{each['state_text']}]" if each["mine"] else " [new]" if each["new"] else ""
    words = " ".join(part for part in (each["text"], "[picture: --save FOLDER]" if each["picture"] else "") if part)
    speak.say(f"{_when(each['at'])} {'you' if each['mine'] else name}{tied}: {words}{came}")


def _written(plain: dict[str, Any]) -> None:
    speak.say(f"Written to {plain['name']}: {plain['letter']['state_text']}.")
