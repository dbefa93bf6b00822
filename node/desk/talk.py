"""Talk at the desk: conversations, writing, and forgetting one."""

import msgspec

from ruil.node import clock, conversations
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.errors import Refused
from ruil.protocol.events import Forgot, Saw, Wrote
from ruil.protocol.ids import EntryId, MemberId, member_text
from ruil.protocol.letters import THEIRS
from ruil.protocol.limits import DAY, LETTER_MS_MAX

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
    days: int = LETTER_MS_MAX // DAY


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
    key, now = desk.identity.device, clock.now()
    shown = [(note, conversations.letter(desk.book, key, note, desk.mail.read, now)) for note in notes]
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
    letter = Wrote(partner, asked.text, _about(desk, asked.about), lasts=asked.days * DAY)
    written = desk.peer.post.box.get(await desk.write(letter))
    assert written is not None
    said = conversations.letter(desk.book, desk.identity.device, written, desk.mail.read, clock.now())
    assert said is not None
    return {"person": member_text(partner), "name": desk.book.members.name(partner), "letter": said}


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
}
