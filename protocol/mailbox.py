"""A mailbox: how much a node keeps for others, and from whom.

What is left by one member, what waits for one, and all of it have bounds, in letters and in bytes; so nobody fills it
alone, nor keeps somebody else from being written to. A letter that its reader has takes no room any more.
Spec: docs/spec/mailbox.md. Vectors: tests/vectors/mailbox/.
"""

from collections import Counter
from enum import IntEnum

from ruil.protocol import limits
from ruil.protocol.ids import MemberId
from ruil.protocol.letters import Note


class Answer(IntEnum):
    """What a node says to a neighbour about a letter or a receipt it was given."""

    KEPT = 1  # it is on this disk until its reader has it, or its time is over
    YOURS_FULL = 2  # as much as is kept from one member, or for one
    FULL = 3  # as much as is kept at all
    STRANGERS = 4  # from or for somebody who is no member here
    OVER = 5  # its time is over
    TAKEN = 6  # the receipt is known here


class Mailbox:
    """The room that letters of others take here."""

    def __init__(self) -> None:
        self.letters = 0
        self.bytes = 0
        self._letters: Counter[tuple[str, MemberId]] = Counter()
        self._bytes: Counter[tuple[str, MemberId]] = Counter()

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

    def _change(self, note: Note, by: int) -> None:
        self.letters += by
        self.bytes += by * note.size
        for whose in (("from", note.by), ("to", note.partner)):
            self._letters[whose] += by
            self._bytes[whose] += by * note.size
            if not self._letters[whose]:
                del self._letters[whose], self._bytes[whose]
