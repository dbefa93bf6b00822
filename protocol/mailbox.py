"""A mailbox: how much a node keeps for others, and from whom.

What is left by one member, what waits for one, and all of it have bounds, in letters and in bytes; so nobody fills it
alone, nor keeps somebody else from being written to. A letter that its reader has takes no room any more. And a waiting
room, for letters to ourselves by writers not heard of yet.
Spec: docs/spec/mailbox.md. Vectors: tests/vectors/mailbox/.
"""

from collections import Counter
from enum import IntEnum

from ruil.protocol import limits
from ruil.protocol.ids import LetterId, MemberId, NeighbourId
from ruil.protocol.letters import Note, Sealed


class Answer(IntEnum):
    """What a node says to a neighbour about a letter or a receipt it was given."""

    KEPT = 1  # it is on this disk until its reader has it, or its time is over
    YOURS_FULL = 2  # as much as is kept from one member, or for one
    FULL = 3  # as much as is kept at all
    STRANGERS = 4  # from or for somebody who is no member here
    OVER = 5  # its time is over
    TAKEN = 6  # the receipt is known here
    UNREADABLE = 7  # it does not open here, or what it says is for nobody here
    AHEAD = 8  # its time is over in more than 30 days: one of two clocks is wrong


class Mailbox:
    """The room that letters of others take here."""

    def __init__(self) -> None:
        self.letters = 0
        self.bytes = 0
        self._letters: Counter[tuple[str, MemberId]] = Counter()
        self._bytes: Counter[tuple[str, MemberId]] = Counter()
        self._known: dict[MemberId, dict[LetterId, None]] = {}  # by who left them: their readers have them

    def why_not(self, by: MemberId, to: MemberId, size: int) -> Answer | None:
        """Why a letter of this size is not kept; None if there is room."""
        for whose, letters, most in (
            (("from", by), limits.MAILBOX_FROM_LETTERS_MAX, limits.MAILBOX_FROM_BYTES_MAX),
            (("to", to), limits.MAILBOX_TO_LETTERS_MAX, limits.MAILBOX_TO_BYTES_MAX),
        ):
            if self._letters[whose] >= letters or self._bytes[whose] + size > most:
                return Answer.YOURS_FULL
        if self.letters >= limits.MAILBOX_LETTERS_MAX or self.bytes + size > limits.MAILBOX_BYTES_MAX:
            return Answer.FULL
        return None

    def add(self, note: Note) -> None:
        """A letter is kept."""
        self._change(note, 1)

    def drop(self, note: Note) -> None:
        """It is kept no more."""
        self._change(note, -1)

    def remember(self, note: Note) -> None:
        """It is kept no more, and known again if it comes once more."""
        self._known.setdefault(note.by, {})[note.id] = None

    def forget(self, note: Note) -> None:
        """It is not known any more."""
        mine = self._known[note.by]
        del mine[note.id]
        if not mine:
            del self._known[note.by]

    def first_to_forget(self) -> LetterId | None:
        """The oldest of whom most is remembered: two who write to each other and receipt at once make much of that."""
        most = max(self._known.values(), key=len, default=None)
        return next(iter(most)) if most else None

    def _change(self, note: Note, by: int) -> None:
        self.letters += by
        self.bytes += by * note.size
        for whose in (("from", note.by), ("to", note.partner)):
            self._letters[whose] += by
            self._bytes[whose] += by * note.size
            if not self._letters[whose]:
                del self._letters[whose], self._bytes[whose]


class WaitingRoom:
    """Letters to us by writers not heard of yet, until their logs have come. Anybody can make up a writer, so what is
    full is full of theirs who brought most: they make room, and who brought one letter keeps their place."""

    def __init__(self) -> None:
        self._held: dict[LetterId, tuple[bytes, NeighbourId, Sealed, int]] = {}  # by whom, the link, when: oldest first

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, sealed: Sealed, bearer: bytes, neighbour: NeighbourId, now: int) -> None:
        """A letter came, by this link. `bearer`: the member behind it, who may have many devices."""
        if sealed.id in self._held:
            return
        since = now - limits.LETTERS_STRANGE_MS
        self._held = {id_: each for id_, each in self._held.items() if since < each[3] <= now < each[2].expires}
        self._held[sealed.id] = (bearer, neighbour, sealed, now)
        if len(self._held) > limits.LETTERS_STRANGE_MAX:
            most = Counter(each[0] for each in self._held.values())
            # Of several who brought as many it is who came last: a place that somebody has is not taken by one more.
            whose = max(reversed(most), key=lambda each: most[each])
            del self._held[next(id_ for id_, each in self._held.items() if each[0] == whose)]

    def all(self) -> list[tuple[NeighbourId, Sealed]]:
        """Those that wait, the first first, each with the neighbour who brought it."""
        return [(neighbour, sealed) for _, neighbour, sealed, _ in self._held.values()]

    def take(self, letter: LetterId) -> None:
        """Its writer is known now."""
        del self._held[letter]
