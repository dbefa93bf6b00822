"""Rounds: what each neighbour was given of letters and receipts on this link, and what is given once more.

A frame can be lost without a word when a queue is full, so what was not answered for a minute is given again, less and
less often; and all of it once the neighbour is met anew. After a start nobody was given anything.
Spec: docs/spec/mailbox.md.
"""

from collections.abc import Iterable, Iterator

from ruil.protocol import limits
from ruil.protocol.events import Effect, Hand, Send, Wake
from ruil.protocol.ids import DeviceId, LetterId, NeighbourId
from ruil.protocol.letters import Note
from ruil.protocol.wire import Receipts

LETTERS = "letters"  # a reason to wake: something is given again, left with others, or its time is over


class Rounds:
    """Who was given what. `readers`: the neighbours that may read this community, kept by the peer."""

    def __init__(self, readers: set[NeighbourId]) -> None:
        self.readers = readers
        self._given: dict[NeighbourId, dict[LetterId, tuple[int, int]]] = {}  # unanswered: (when, how often before)
        self._refused: dict[NeighbourId, set[LetterId]] = {}  # or never answered
        self._shown: dict[NeighbourId, set[bytes]] = {}
        self._behind: set[NeighbourId] = set()  # who is to be given more than goes at once

    def forget(self, neighbour: NeighbourId) -> None:
        """The link is down, or begins anew: whatever was on it may not have come."""
        self._given.pop(neighbour, None)
        self._refused.pop(neighbour, None)
        self._shown.pop(neighbour, None)
        self._behind.discard(neighbour)

    # Letters ----------------------------------------

    def hand(self, notes: Iterable[Note], to: Iterable[DeviceId], now: int) -> list[Effect]:
        """Hand letters to those of these devices that they name, that are linked, and that do not have them yet."""
        notes = tuple(notes)
        effects: list[Effect] = []
        for neighbour in to:
            if neighbour in self.readers:
                due = (note.id for note in notes if _lacks(note, neighbour))
                effects += self.give(neighbour, due, now)
        return effects

    def give(self, neighbour: NeighbourId, letters: Iterable[LetterId], now: int) -> list[Effect]:
        """Give letters: so many at once, and none again that was given a short while ago."""
        given, refused = self._given.setdefault(neighbour, {}), self._refused.setdefault(neighbour, set())
        giving = []
        for each in letters:
            when, before = given.get(each, (0, -1))
            if each in refused or (before >= 0 and now < _again(when, before)):
                continue
            if before < 0 and len(given) >= limits.HANDED_MAX:
                self._behind.add(neighbour)
                break
            if before < limits.HANDED_AGAIN_MAX:
                given[each] = (now, before + 1)
                giving.append(each)
            else:  # who says nothing about some letters gets the others all the same
                del given[each]
                refused.add(each)
        if not giving:
            return []
        return [Hand(neighbour, tuple(giving)), Wake(min(_again(*given[each]) for each in giving), LETTERS)]

    def more(self, neighbour: NeighbourId) -> bool:
        """Whether all letters are to be looked at for them once more: there were too many, and half of what went was
        answered. At each answer it would be a look at all letters for each of them."""
        if neighbour not in self._behind or len(self._given.get(neighbour, ())) > limits.HANDED_MAX // 2:
            return False
        self._behind.discard(neighbour)
        return True

    def asked(self, note: Note) -> list[NeighbourId]:
        """Who was given a letter to keep, and has not answered yet."""
        return sorted(each for each, given in self._given.items() if note.id in given and each not in note.devices)

    def refused(self, neighbour: NeighbourId, letter: LetterId) -> bool:
        """Whether they did not want to keep it."""
        return letter in self._refused.get(neighbour, ())

    def answered(self, neighbour: NeighbourId, letter: LetterId) -> bool:
        """A word came about a letter they were given. False when they were given none."""
        return self._given.get(neighbour, {}).pop(letter, None) is not None

    def refuse(self, neighbour: NeighbourId, letter: LetterId) -> None:
        """They do not want it. They are asked again at the next meeting; they may have room by then."""
        self._refused.setdefault(neighbour, set()).add(letter)

    def over(self, letter: LetterId) -> None:
        """It is given to nobody any more."""
        for given in self._given.values():
            given.pop(letter, None)
        for refused in self._refused.values():
            refused.discard(letter)

    def times(self, letter: LetterId) -> Iterator[int]:
        """When it is given once more."""
        return (_again(*given[letter]) for given in self._given.values() if letter in given)

    # Receipts ----------------------------------------

    def show(self, note: Note, to: Iterable[DeviceId]) -> list[Effect]:
        """Show the receipts of a letter to those of them who are linked and were not shown them."""
        effects: list[Effect] = []
        for neighbour in dict.fromkeys(to):
            if neighbour not in self.readers:
                continue
            shown = self._shown.setdefault(neighbour, set())
            new = tuple(each for each in note.receipts if each not in shown and each[32:64] != neighbour)
            if new:
                shown.update(new)
                effects.append(Send(neighbour, Receipts(new)))
        return effects

    def knows(self, neighbour: NeighbourId, receipt: bytes) -> None:
        """They have this receipt: it came from them."""
        self._shown.setdefault(neighbour, set()).add(receipt)

    def remembers(self, neighbour: NeighbourId) -> int:
        """How many receipts they have, as far as we know."""
        return len(self._shown.get(neighbour, ()))

    def ask_again(self, neighbour: NeighbourId, note: Note) -> list[Effect]:
        """They give what is here already: what was shown to them of it did not come."""
        self._shown.get(neighbour, set()).difference_update(note.receipts)
        return self.show(note, (neighbour,))


def _lacks(note: Note, device: DeviceId) -> bool:
    return device in note.devices and device != note.sender and device not in note.got


def _again(when: int, before: int) -> int:
    return when + (limits.HAND_AGAIN_MS << before)
