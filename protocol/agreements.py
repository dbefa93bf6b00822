"""Agreements: THE KERNEL. A proposal that everybody signs, or nobody is bound.

All agreements of a Book, each folded (turns.py) from what was said about it over the table of its life (agreement.py).
Our own drafts are folded the same way before they are signed, so we are never kinder to ourselves.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Iterable

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import Propose
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.record import Record
from ruil.protocol.turns import fold


class Agreements:
    """All agreements, from the records of all logs in any order."""

    def __init__(self) -> None:
        self._proposals: dict[EntryId, Record] = {}
        self._said: dict[EntryId, list[Record]] = {}
        self._cache: dict[EntryId, Agreement] = {}
        self.of_member: dict[MemberId, list[EntryId]] = {}
        self.of_listing: dict[EntryId, list[EntryId]] = {}
        self.changed: set[EntryId] = set()  # since somebody last emptied it: what credit has to look at again

    def add(self, record: Record) -> None:
        """Take in a proposal or what is said about one."""
        body = record.body
        if isinstance(body, Propose):
            self._proposals[record.id] = record
            for member in body.parties:
                self.of_member.setdefault(member, []).append(record.id)
            for listing in {commitment.listing for commitment in body.commitments if commitment.listing}:
                self.of_listing.setdefault(listing, []).append(record.id)
            self._forget(record.id)
            if body.replaces is not None:
                self._said.setdefault(body.replaces, []).append(record)
                self._forget(body.replaces)
        elif record.ref is not None:
            self._said.setdefault(record.ref, []).append(record)
            self._forget(record.ref)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        body = record.body
        about = body.replaces if isinstance(body, Propose) else record.ref
        if isinstance(body, Propose):
            del self._proposals[record.id]
            for member in body.parties:
                self.of_member[member].remove(record.id)
            for listing in {commitment.listing for commitment in body.commitments if commitment.listing}:
                self.of_listing[listing].remove(record.id)
            self._forget(record.id)
        if about is not None:
            self._said[about].remove(record)
            self._forget(about)

    def _forget(self, agreement: EntryId) -> None:
        self._cache.pop(agreement, None)
        self.changed.add(agreement)

    def proposal(self, agreement: EntryId) -> Propose | None:
        """What was proposed, without looking at what became of it; None when it has not arrived."""
        first = self._proposals.get(agreement)
        return first.body if first is not None and isinstance(first.body, Propose) else None

    def proposals(self) -> Iterable[Propose]:
        """Every proposal ever read, in no promised order."""
        for first in self._proposals.values():
            assert isinstance(first.body, Propose)
            yield first.body

    def get(self, agreement: EntryId) -> Agreement | None:
        """The agreement with this id; None when its proposal has not arrived."""
        known = self._cache.get(agreement)
        if known is None and agreement in self._proposals:
            known = self._cache[agreement] = fold(self._proposals[agreement], self._said.get(agreement, ()))
        return known

    def all(self) -> Iterable[Agreement]:
        """Every agreement ever read, in no promised order."""
        for agreement in self._proposals:
            known = self.get(agreement)
            assert known is not None
            yield known

    def try_out(self, record: Record) -> str | None:
        """Why this record, if it were said, would not count; None when it would. Changes nothing."""
        body = record.body
        about = body.replaces if isinstance(body, Propose) else record.ref
        if about is None:
            return None
        first = self._proposals.get(about)
        if first is None:
            return "that proposal is not known here yet"
        return fold(first, [*self._said.get(about, ()), record]).out_of_turn.get(record.id)

    def naming(self, listing: EntryId) -> list[Agreement]:
        """The agreements about a listing."""
        found = (self.get(agreement) for agreement in self.of_listing.get(listing, ()))
        return [agreement for agreement in found if agreement is not None]
