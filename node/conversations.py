"""Conversations: what this member and others wrote to each other, as plain values for whoever shows it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ruil.crypto.keys import SigningKey
from ruil.node import views
from ruil.node.views import Plain
from ruil.protocol.book import Book
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import EntryId, LetterId, MemberId, Millis, member_text, short
from ruil.protocol.letterbox import Letterbox, State, state
from ruil.protocol.letters import COPY, THEIRS, Letter, Note, open_letter, open_sealed

Read = Callable[[LetterId], bytes]
DAMAGED: Final = "[This letter is damaged on this disk, and can not be read any more.]"


def opened(book: Book, keys: Sequence[SigningKey], note: Note, read: Read) -> Letter | None:
    """What was written. It was opened before it was kept, by one of these `keys`, this device's or an earlier one's.
    None of one that is just being written to the disk: it is shown once it is there."""
    data = read(note.id)
    sealed = open_sealed(book.community, data) if data else None
    key = next((each for each in keys if sealed and each.public in sealed.devices), None)
    return open_letter(key, book.community, sealed) if sealed and key else None


def letter(book: Book, keys: Sequence[SigningKey], note: Note, read: Read, now: Millis) -> Plain | None:
    """One letter, opened; None of one that is not on the disk yet."""
    try:
        said = opened(book, keys, note, read)
    except Rejected:  # a disk that lost a bit; the others of the conversation can be read
        said = Letter(note.partner, note.at, DAMAGED)
    if said is None:
        return None
    return {
        "id": note.id.hex(),
        "short": short(note.id),
        "mine": note.role != THEIRS,
        "at": note.at,
        "text": said.text,
        "about": about(book, said.about),
        "picture": note.picture,
        "new": not note.seen,
        "state": "" if note.role == THEIRS else state(book.members, note, now).value,
        "state_text": state_text(book, note, now),
        "expires": note.expires,
    }


def state_text(book: Book, note: Note, now: Millis) -> str:
    """How far a letter of this member has come, in words."""
    if note.role == THEIRS:
        return ""
    came = state(book.members, note, now)
    if came is State.LEFT:
        members = (book.members.of_device.get(device) for device in note.holders)
        names = sorted({book.members.name(each) for each in members if each is not None})
        return "left with " + ", ".join(names)
    if came is State.HERE and note.role == COPY:
        known = book.members.get(note.by)
        return f"kept on {known.devices.get(note.sender, 'another device')}" if known else "kept on another device"
    return str(came.value)


def about(book: Book, entry: EntryId | None) -> Plain | None:
    """The listing or agreement a letter is about."""
    if entry is None:
        return None
    listed, agreed = book.listings.get(entry), book.agreements.get(entry)
    if listed is not None:
        return {"kind": "listing", "id": entry.hex(), "short": short(entry), "title": listed.body.title}
    title = f"agreement {short(entry)}" if agreed is not None else "something that is not known here yet"
    return {"kind": "agreement" if agreed is not None else "", "id": entry.hex(), "short": short(entry), "title": title}


def new(book: Book, box: Letterbox, me: MemberId) -> int:
    """How many letters to this member were not read yet, without those that block lists hide."""
    hidden = book.blocks.hidden(me)
    return sum(box.new(partner) for partner in box.partners() if partner not in hidden)


def conversations(book: Book, box: Letterbox, me: MemberId, now: Millis, *, hidden: bool) -> tuple[list[Plain], int]:
    """With whom there are letters, the latest first; and how many conversations block lists hide."""
    left_out = book.blocks.hidden(me)
    rows: list[dict[str, Any]] = []
    shown_not = 0
    for partner in box.partners():
        notes = box.letters(partner)
        if not notes:
            continue
        if partner in left_out and not hidden:
            shown_not += 1
            continue
        last = notes[-1]
        rows.append({
            "id": member_text(partner),
            "name": book.members.name(partner),
            "letters": len(notes),
            "new": box.new(partner),
            "at": last.at,
            "mine": last.role != THEIRS,
            "state_text": state_text(book, last, now),
            "hidden_by": views.blocked(book, left_out.get(partner, ()), me),
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["at"]), shown_not
