"""Talk at the desk: conversations, writing, and forgetting one."""

import base64
import re

import msgspec

from ruil.node import clock, conversations, pictures
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.events import Forgot, Saw, Wrote
from ruil.protocol.ids import EntryId, LetterId, MemberId, member_text
from ruil.protocol.letters import KEPT, OURS, THEIRS
from ruil.protocol.limits import DAY, LETTER_MS_MAX

_HEX = re.compile("[0-9a-f]{64}").fullmatch
SHOWN = 100  # letters of a conversation shown at once: opening one costs 0.2 ms


class Talks(msgspec.Struct, forbid_unknown_fields=True):
    """All conversations; `hidden`: also with those whom block lists hide."""

    hidden: bool = False


class Talk(msgspec.Struct, forbid_unknown_fields=True):
    """One conversation: the last letters of it. `peek`: they are not read by that."""

    person: str
    hidden: bool = False
    peek: bool = False
    most: int = SHOWN


class About(msgspec.Struct, forbid_unknown_fields=True):
    """What a letter could be about: a listing or an agreement."""

    id: str


class Write(msgspec.Struct, forbid_unknown_fields=True):
    """A letter to somebody, about a listing or an agreement if one is named; passed on for so many days."""

    person: str
    text: str = ""
    about: str = ""
    picture: str = ""  # a JPEG, PNG or WebP file in base64
    days: int = LETTER_MS_MAX // DAY


class Picture(msgspec.Struct, forbid_unknown_fields=True):
    """The picture of a letter, by the letter's id."""

    letter: str


class Forget(msgspec.Struct, forbid_unknown_fields=True):
    """With whom."""

    person: str


async def talks(desk: Desk, asked: Talks) -> Plain:
    now = clock.now()
    rows, hidden = conversations.conversations(desk.book, desk.peer.post.box, desk.me, now, hidden=asked.hidden)
    return {"conversations": rows, "hidden": hidden}


async def talk(desk: Desk, asked: Talk) -> Plain:
    partner = desk.member(asked.person)
    notes = desk.peer.post.box.letters(partner)
    hidden = 0
    if not asked.hidden and partner in desk.book.blocks.hidden(desk.me):
        hidden = sum(note.role == THEIRS for note in notes)
        notes = [note for note in notes if note.role != THEIRS]
    more = max(0, len(notes) - asked.most)
    notes = notes[more:]
    keys, now = desk.identity.opens, clock.now()
    shown = [(note, conversations.letter(desk.book, keys, note, desk.mail.letters.read, now)) for note in notes]
    new = tuple(note.id for note, letter in shown if letter is not None and not note.seen)
    if new and not asked.peek:
        await desk.mail.write(Saw(new, desk.mail.tells))
    return {
        "id": member_text(partner),
        "name": desk.book.members.name(partner),
        "letters": [letter for _, letter in shown if letter is not None],
        "more": more,
        "hidden": hidden,
        "blocked": partner in desk.book.blocks.hidden(desk.me),
    }


async def new(desk: Desk, _asked: Nothing) -> Plain:
    return {"letters": conversations.new(desk.book, desk.peer.post.box, desk.me)}


async def about(desk: Desk, asked: About) -> Plain:
    return {"about": conversations.about(desk.book, _about(desk, asked.id))}


async def write(desk: Desk, asked: Write) -> Plain:
    partner = desk.member(asked.person)
    picture = await pictures.redrawn(_file(asked.picture)) if asked.picture else b""
    letter = Wrote(partner, asked.text, _about(desk, asked.about), picture, asked.days * DAY)
    written = desk.peer.post.box.get(await desk.write(letter))
    assert written is not None
    said = conversations.letter(desk.book, desk.identity.opens, written, desk.mail.letters.read, clock.now())
    assert said is not None
    return {"person": member_text(partner), "name": desk.book.members.name(partner), "letter": said}


def _file(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("the picture is not sent as base64") from None


async def drawn(desk: Desk, letter: str) -> bytes:
    """The picture of a letter as it can be shown: WebP that was drawn here. Raises `Refused` when there is none."""
    note = desk.peer.post.box.get(LetterId(bytes.fromhex(letter))) if _HEX(letter) else None
    if note is None or not note.picture or note.role == KEPT or note.gone:
        raise Refused("there is no such picture here")
    kept = desk.mail.letters.picture(note.id)
    if kept:
        return kept
    try:
        said = conversations.opened(desk.book, desk.identity.opens, note, desk.mail.letters.read)
    except Rejected:
        raise Refused("this letter is damaged on this disk, and its picture with it") from None
    if said is None:
        raise Refused("there is no such picture here")
    if note.role == OURS:
        return said.picture  # this node drew it before it was sent
    made = await pictures.redrawn(said.picture)
    desk.mail.letters.keep_picture(note.id, made)
    return made


async def picture(desk: Desk, asked: Picture) -> Plain:
    return {"letter": asked.letter, "webp": base64.b64encode(await drawn(desk, asked.letter)).decode()}


def _about(desk: Desk, text: str) -> EntryId | None:
    if not text.strip():
        return None
    try:
        return desk.listing(text).id
    except Refused:
        pass
    try:
        return desk.seen(text).id
    except Refused:
        raise Refused(f"no listing and no agreement here is called {text!r}") from None


async def forget(desk: Desk, asked: Forget) -> Plain:
    partner: MemberId = desk.member(asked.person)
    count = len(desk.peer.post.box.letters(partner))
    await desk.mail.write(Forgot(partner))
    return {"person": member_text(partner), "name": desk.book.members.name(partner), "forgotten": count}


VERBS: Verbs = {
    "talks": (Talks, talks),
    "talk": (Talk, talk),
    "write": (Write, write),
    "about": (About, about),
    "new": (Nothing, new),
    "forget": (Forget, forget),
    "picture": (Picture, picture),
}
