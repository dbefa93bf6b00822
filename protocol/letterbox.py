"""The letterbox: the notes of all letters a node has, found by whom they are with, and which of them are under way.

It holds no words; those stay sealed on the disk until somebody reads them. Nothing here decides where a letter goes
(post.py). Spec: docs/spec/letters.md.
"""

from collections import Counter
from collections.abc import Iterator
from enum import Enum

from msgspec.structs import replace

from ruil.protocol import limits
from ruil.protocol.ids import DeviceId, LetterId, MemberId
from ruil.protocol.letters import KEPT, OURS, THEIRS, Note
from ruil.protocol.members import Members


class State(Enum):
    """How far a letter of ours has come."""

    HERE = "kept here"
    LEFT = "left"
    DELIVERED = "delivered"
    READ = "read"
    EXPIRED = "expired"


def delivered(members: Members, note: Note) -> bool:
    """Whether a device of the reader has it."""
    return any(members.of_device.get(device) == note.partner for device in note.got)


def state(members: Members, note: Note, now: int) -> State:
    """How far a letter has come, as far as its writer's side knows."""
    theirs = [each for each in note.receipts if members.of_device.get(DeviceId(each[32:64])) == note.partner]
    if any(each[64] == 2 for each in theirs):
        return State.READ
    if theirs:
        return State.DELIVERED
    if note.expires <= now:
        return State.EXPIRED
    return State.LEFT if note.holders else State.HERE


class Letterbox:
    """All notes. Those of one partner are in the order they came."""

    def __init__(self) -> None:
        self._notes: dict[LetterId, Note] = {}
        self._with: dict[MemberId, dict[LetterId, None]] = {}
        self._bytes: dict[MemberId, int] = {}
        self._new: Counter[MemberId] = Counter()
        self._theirs: Counter[MemberId] = Counter()  # bytes of what they wrote
        self._ours: Counter[MemberId] = Counter()  # letters that our member wrote to them
        self.under_way: dict[LetterId, None] = {}  # whose time is not over yet, as far as was looked
        self.theirs_bytes = 0
        self.latest = 0  # when the letter of ours that was written last was, by our clock then

    def get(self, letter: LetterId) -> Note | None:
        """What is remembered of a letter."""
        return self._notes.get(letter)

    def put(self, note: Note) -> None:
        """Remember it, in place of what was remembered of the same."""
        old = self._notes.get(note.id)
        self._notes[note.id] = note
        if old is None:
            self.under_way[note.id] = None
            if note.role != KEPT:
                self._with.setdefault(note.partner, {})[note.id] = None
            if note.role == OURS:
                self.latest = note.at
        self._count(old, -1)
        self._count(note, 1)

    def drop(self, letter: LetterId) -> None:
        """Remember nothing of it."""
        note = self._notes.pop(letter)
        self.under_way.pop(letter, None)
        self._count(note, -1)
        if note.role != KEPT:
            mine = self._with[note.partner]
            del mine[letter]
            if not mine:
                del self._with[note.partner]
                self._bytes.pop(note.partner, None)
                for counted in (self._new, self._theirs, self._ours):
                    del counted[note.partner]

    def _count(self, note: Note | None, by: int) -> None:
        if note is None or note.role == KEPT or note.gone:
            return
        self._bytes[note.partner] = self._bytes.get(note.partner, 0) + by * note.size
        if note.role == THEIRS:
            self.theirs_bytes += by * note.size
            self._theirs[note.partner] += by * note.size
            self._new[note.partner] += by * (not note.seen)
        else:
            self._ours[note.partner] += by

    def partners(self) -> list[MemberId]:
        """With whom there are letters, in the order of keys."""
        return sorted(self._with)

    def new(self, partner: MemberId) -> int:
        """How many letters by somebody were not read yet."""
        return self._new[partner]

    def letters(self, partner: MemberId) -> list[Note]:
        """What was written between this member and another and not thrown away, the first first."""
        mine = (self._notes[each] for each in self._with.get(partner, ()))
        return sorted((each for each in mine if not each.gone), key=lambda note: (note.at, note.id))

    def waiting(self) -> Iterator[Note]:
        """Those under way of which the bytes are here."""
        return (note for each in self.under_way if not (note := self._notes[each]).gone)

    def all_under_way(self) -> list[Note]:
        """Those under way, also those of which no bytes are here any more."""
        return [self._notes[each] for each in self.under_way]

    def flooded(self, partner: MemberId, size: int, now: int) -> bool:
        """Whether as much came from somebody within a day as is taken in."""
        letters, taken = 0, size
        for each in reversed(self._with.get(partner, {})):
            note = self._notes[each]
            if note.came <= now - limits.DAY:
                break
            if note.role == THEIRS:
                letters += 1
                taken += note.size
        return letters >= limits.LETTERS_A_DAY_MAX or taken > limits.LETTERS_DAY_BYTES_MAX

    def makes_way(self, partner: MemberId, size: int) -> list[Note]:
        """The letters that go for one more by somebody, of so many bytes, so that what others wrote stays within
        LETTERS_BYTES_MAX.

        They are the oldest of whoever takes most of that room, so that nobody shuts others out by being many (longest
        queue drop: Wei, Coyle and Hsiao, GLOBECOM 1991); and of those whom this member never answered before any other,
        so that strangers who come in crowds take each other's room.
        """
        gone: list[Note] = []
        over = self.theirs_bytes + size - limits.LETTERS_BYTES_MAX
        taken = {**self._theirs, partner: self._theirs[partner] + size} if over > 0 else {}
        left = {each: self._theirs_of(each) for each in taken}
        while over > 0:
            most = max(taken, key=lambda each: (not self._ours[each], taken[each], each))
            note = next(left[most], None)
            if note is None:  # but for what is to come
                del taken[most]
                continue
            gone.append(note)
            taken[most] -= note.size
            over -= note.size
        return gone

    def _theirs_of(self, partner: MemberId) -> Iterator[Note]:
        return (note for note in self._there(partner) if note.role == THEIRS)

    def _there(self, partner: MemberId) -> Iterator[Note]:
        """Letters with somebody whose bytes are here, in the order they came."""
        return (note for each in self._with.get(partner, ()) if not (note := self._notes[each]).gone)

    def too_many(self, partner: MemberId) -> Iterator[Note]:
        """The oldest letters with somebody, as many as are over what is kept with one."""
        mine = list(self._there(partner))
        size, count = self._bytes.get(partner, 0), len(mine)
        for note in mine:
            if count <= limits.LETTERS_WITH_ONE_MAX and size <= limits.LETTERS_WITH_ONE_BYTES_MAX:
                return
            count, size = count - 1, size - note.size
            yield note


def emptied(note: Note) -> Note:
    """A note of a letter whose bytes are not kept any more: it is known again if it comes once more."""
    return replace(note, gone=True)
