"""Blocks: whom somebody hides from themselves, with the reason; and whose list they follow.

What was said is a fact that everybody reads; what it hides is an opinion, each viewer's own: their own list, those they
follow, and those the charter names if they did not say no. Nothing is lost by it: entries are kept, passed on and
counted as ever, and a trade that was signed goes on. Spec: docs/spec/blocks.md. Vectors: tests/vectors/blocks/.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ruil.protocol.bodies import Block, Follow
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody on a list: whose, why, and the entry that says so."""

    by: MemberId
    reason: str
    entry: EntryId


class Blocks:
    """All block lists, from the records of all logs in any order. `lists`: those that the charter names. `belongs`:
    whether somebody is a member now; a list of who is not hides nobody."""

    def __init__(self, lists: Callable[[], Iterable[MemberId]], belongs: Callable[[MemberId], bool]) -> None:
        self._lists = lists
        self._belongs = belongs
        self._said: dict[tuple[MemberId, type, MemberId], list[Record]] = {}

    def add(self, record: Record) -> None:
        """Take in what somebody said about a list."""
        self._said.setdefault(_about(record), []).append(record)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        self._said[_about(record)].remove(record)

    def _last(self, by: MemberId, kind: type, about: MemberId) -> Record | None:
        """Their latest word, of equal times that with the greater id."""
        return max(self._said.get((by, kind, about), ()), key=lambda record: (record.at, record.id), default=None)

    def of(self, member: MemberId) -> dict[MemberId, Blocked]:
        """A member's own list: whom they block."""
        found = {}
        for by, kind, about in sorted(self._said, key=lambda key: (key[0], key[2])):
            last = self._last(by, kind, about) if kind is Block and by == member and about != member else None
            if last is not None and isinstance(last.body, Block) and not last.body.lifted:
                found[about] = Blocked(member, last.body.reason, last.id)
        return found

    def chosen(self, member: MemberId) -> dict[MemberId, tuple[bool, EntryId]]:
        """Whose lists a member said they follow, or do not; and the entry that says so."""
        said = (self._last(by, kind, about) for by, kind, about in self._said if kind is Follow and by == member)
        words = [(last, last.body) for last in said if last is not None and isinstance(last.body, Follow)]
        return {body.member: (body.follows, last.id) for last, body in sorted(words, key=lambda word: word[1].member)}

    def follows(self, viewer: MemberId) -> list[MemberId]:
        """Whose lists count for a viewer beside their own, in the order of keys."""
        chosen = {about: follows for about, (follows, _) in self.chosen(viewer).items()}
        named = dict.fromkeys(self._lists(), True) | chosen
        return sorted(each for each, counts in named.items() if counts and each != viewer and self._belongs(each))

    def hidden(self, viewer: MemberId) -> dict[MemberId, list[Blocked]]:
        """Who is hidden from a viewer, and by whose lists: their own word first."""
        found: dict[MemberId, list[Blocked]] = {}
        for by in (viewer, *self.follows(viewer)):
            for about, blocked in self.of(by).items():
                if about != viewer:
                    found.setdefault(about, []).append(blocked)
        return found

    def about(self, member: MemberId) -> list[Blocked]:
        """Every list somebody is on, in the order of keys: what whoever invited them answers for."""
        owners = sorted({by for by, kind, about in self._said if kind is Block and about == member})
        lists = (self.of(by) for by in owners if self._belongs(by))
        return [listed[member] for listed in lists if member in listed]

    def facts(self) -> list[list[object]]:
        """All that stands on any list, and who follows which: the same for everybody who read the same."""
        found: list[list[object]] = []
        for by, kind, about in sorted(self._said, key=lambda key: (key[0], key[1].__name__, key[2])):
            last = self._last(by, kind, about)
            if last is not None:
                found.append([by, about, last.id])
        return found


def _about(record: Record) -> tuple[MemberId, type, MemberId]:
    assert isinstance(record.body, Block | Follow)
    return record.member, type(record.body), record.body.member
