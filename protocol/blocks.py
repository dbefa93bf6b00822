"""Blocks: whom somebody hides from themselves, with the reason; and whose list they follow.

What was said is a fact that everybody reads; what it hides is an opinion, each viewer's own: their own list, those they
follow, and those the charter names if they did not say no. Nothing is lost by it: entries are kept, passed on and
counted as ever, and a trade that was signed goes on. Spec: docs/spec/blocks.md. Vectors: tests/vectors/blocks/.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ruil.protocol.bodies import Block, Body, Follow
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.record import Record

_Word = tuple[type[Body], MemberId]  # of which kind, about whom


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
        self._said: dict[MemberId, dict[_Word, list[Record]]] = {}

    def add(self, record: Record) -> None:
        """Take in what somebody said about a list."""
        self._said.setdefault(record.member, {}).setdefault(_word(record), []).append(record)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        self._said[record.member][_word(record)].remove(record)

    def _last(self, by: MemberId, kind: type[Body]) -> Iterator[Record]:
        """The latest words somebody said of this kind, about each the one with the greatest time and id."""
        for said, about in sorted(self._said.get(by, ()), key=lambda word: word[1]):
            records = self._said[by][said, about] if said is kind else ()
            if records:
                yield max(records, key=lambda record: (record.at, record.id))

    def of(self, member: MemberId) -> dict[MemberId, Blocked]:
        """A member's own list: whom they block."""
        return {
            said.body.member: Blocked(member, said.body.reason, said.id)
            for said in self._last(member, Block)
            if isinstance(said.body, Block) and not said.body.lifted and said.body.member != member
        }

    def chosen(self, member: MemberId) -> dict[MemberId, tuple[bool, EntryId]]:
        """Whose lists a member said they follow, or do not; and the entry that says so."""
        return {
            said.body.member: (said.body.follows, said.id)
            for said in self._last(member, Follow)
            if isinstance(said.body, Follow)
        }

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
        owners = sorted(by for by, words in self._said.items() if (Block, member) in words and self._belongs(by))
        lists = (self.of(by) for by in owners)
        return [listed[member] for listed in lists if member in listed]

    def facts(self) -> list[list[object]]:
        """All that stands on any list, and who follows which: the same for everybody who read the same."""
        said = (last for by in sorted(self._said) for kind in (Block, Follow) for last in self._last(by, kind))
        return [[last.member, _word(last)[1], last.id] for last in said]


def _word(record: Record) -> _Word:
    assert isinstance(record.body, Block | Follow)
    return type(record.body), record.body.member
