"""Attestations: blind reviews of a trade both sides signed.

A `Rate` only commits to a rating; the `Open` that shows it counts once the other side has committed too, or 14 days
later. So nobody answers the other's rating with their own. Only a party of an agreement that everybody signed and that
is over may rate, once about each other party.
Spec: docs/spec/attestations.md. Vectors: tests/vectors/attestations/.
"""

from collections.abc import Iterable

import msgspec

from ruil.crypto.contexts import RATING
from ruil.crypto.hashes import blake2b
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.agreements import Agreements
from ruil.protocol.bodies import Open, Rate
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import RATING_BLIND_MS
from ruil.protocol.record import Record


class Attestation(msgspec.Struct, frozen=True, gc=False):
    """One opened rating of a trade both signed: who said what about whom, when, and the entry that shows it."""

    agreement: EntryId
    rater: MemberId
    ratee: MemberId
    good: bool
    at: Millis
    entry: EntryId


def rating_seal(agreement: EntryId, about: MemberId, good: bool, words: str, nonce: bytes) -> bytes:
    """What a `Rate` commits to. `nonce` is 16 secret bytes: there are only two ratings to guess otherwise."""
    return blake2b(RATING, agreement, about, b"\x01" if good else b"\x00", nonce, words.encode())


class Attestations:
    """All ratings, from the records of all logs in any order."""

    def __init__(self, agreements: Agreements) -> None:
        self._agreements = agreements
        self._rates: dict[EntryId, list[Record]] = {}
        self._opens: dict[EntryId, list[Record]] = {}
        self._agreement_of: dict[EntryId, EntryId] = {}  # by rating
        self._counted: dict[EntryId, tuple[Agreement, list[Attestation]]] = {}  # what `all` found, and in what
        self._all: tuple[Attestation, ...] | None = ()  # None: to be put together from `_counted` anew

    def add(self, record: Record) -> None:
        """Take in a `Rate` (by its agreement) or an `Open` (by its rating)."""
        if isinstance(record.body, Rate) and record.ref is not None:
            self._rates.setdefault(record.ref, []).append(record)
            self._agreement_of[record.id] = record.ref
            self._counted.pop(record.ref, None)
        elif isinstance(record.body, Open):
            self._opens.setdefault(record.body.rate, []).append(record)
            # One that arrives before its rating has nothing to take back: the rating will.
            self._counted.pop(self._agreement_of.get(record.body.rate, record.body.rate), None)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        if isinstance(record.body, Rate) and record.ref is not None:
            self._rates[record.ref].remove(record)
            del self._agreement_of[record.id]
            self._counted.pop(record.ref, None)
        elif isinstance(record.body, Open):
            self._opens[record.body.rate].remove(record)
            self._counted.pop(self._agreement_of.get(record.body.rate, record.body.rate), None)
        self._all = None

    def has_opening(self, rate: EntryId) -> bool:
        """Whether somebody has said what was in this `Rate`."""
        return bool(self._opens.get(rate))

    def ratings(self, agreement: Agreement) -> dict[tuple[MemberId, MemberId], Record]:
        """The ratings of one agreement that count: (rater, about) -> the first `Rate`."""
        counted: dict[tuple[MemberId, MemberId], Record] = {}
        for record in sorted(self._rates.get(agreement.id, ()), key=lambda record: record.order):
            assert isinstance(record.body, Rate)
            if why_not(agreement, record.member, record.body.about, record.at) is None:
                counted.setdefault((record.member, record.body.about), record)
        return counted

    def opened(self, agreement: Agreement) -> Iterable[tuple[Record, Record]]:
        """The ratings of one agreement that may be read: (the `Rate`, its `Open`)."""
        counted = self.ratings(agreement)
        for (rater, about), rate in sorted(counted.items()):
            for opening in sorted(self._opens.get(rate.id, ()), key=lambda record: record.order):
                if self._opens_it(agreement, rate, opening, answered=(about, rater) in counted):
                    yield rate, opening
                    break

    def _opens_it(self, agreement: Agreement, rate: Record, opening: Record, *, answered: bool) -> bool:
        assert isinstance(rate.body, Rate)
        assert isinstance(opening.body, Open)
        said = opening.body
        return (
            opening.member == rate.member
            and rating_seal(agreement.id, rate.body.about, said.good, said.words, said.nonce) == rate.body.seal
            and (answered or opening.at >= rate.at + RATING_BLIND_MS)
        )

    def all(self) -> tuple[Attestation, ...]:
        """Every attestation that counts, in the order of agreements and raters: what reputation is an opinion about.
        The same object until something changes."""
        for about in sorted(self._rates):
            agreement = self._agreements.get(about)
            if agreement is None:
                if self._counted.pop(about, None) is not None:  # its proposal was taken back
                    self._all = None
                continue
            counted = self._counted.get(about)
            # Agreements are values: another one is there as soon as anything was said that may have changed it.
            if counted is None or counted[0] is not agreement:
                self._counted[about] = agreement, list(self._attestations(agreement))
                self._all = None
        if self._all is None:
            self._all = tuple(said for about in sorted(self._counted) for said in self._counted[about][1])
        return self._all

    def _attestations(self, agreement: Agreement) -> Iterable[Attestation]:
        for rate, opening in self.opened(agreement):
            assert isinstance(rate.body, Rate)
            assert isinstance(opening.body, Open)
            yield Attestation(agreement.id, rate.member, rate.body.about, opening.body.good, rate.at, opening.id)


def partners(agreement: Agreement, member: MemberId) -> set[MemberId]:
    """Whom a member promised something in an agreement, or was promised something by: whom they could rate."""
    promised = (each for index, each in enumerate(agreement.commitments) if index not in agreement.struck)
    ends = ((each.provider, each.receiver) for each in promised)
    return {other for two in ends if member in two for other in two} - {member}


def why_not(agreement: Agreement, rater: MemberId, about: MemberId, at: int) -> str | None:
    """Why `rater` may not rate `about` over this agreement at `at`; None when they may."""
    if about not in partners(agreement, rater):
        return "only who promised each other something can rate each other"
    if not agreement.was_agreed():
        return "there was no trade: not everybody agreed"
    if not agreement.ended_before(at) or agreement.state_at(at) not in (State.COMPLETED, State.SETTLED, State.LAPSED):
        return "the trade is not over yet: rate it when everything was delivered and received"
    return None
