"""Reservations: spans of time for which something is lent, and the one rule when two overlap.

    what the owner signed --judge--> Verdict: which signatures stand, and which promised the same twice

The owner's own log decides: what they signed first stands, as long as its agreement is not over. A later signature for
a span in which not enough is free counts for nothing, and both signatures together prove that it was promised twice.
Spec: docs/spec/reservations.md. Vectors: tests/vectors/reservations/.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from ruil.protocol.bodies import Propose
from ruil.protocol.ids import EntryId
from ruil.protocol.listings import Listed, lends


@dataclass(frozen=True, slots=True)
class Span:
    """So much of something, from `begins` until `ends` (that moment itself is free again). Times in ms since 1970."""

    begins: int
    ends: int
    quantity: int

    def meets(self, other: "Span") -> bool:
        """Whether there is a moment that belongs to both."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(frozen=True, slots=True)
class Held:
    """What one signature of an owner holds: the spans of its agreement, until that is over.

    `kept`: it stands in the log of the device that kept the listing then. `order`: that of the signature's record."""

    agreement: EntryId
    signature: EntryId
    kept: bool
    order: tuple[int, bytes, int]
    spans: tuple[Span, ...]
    until: int

    @property
    def place(self) -> tuple[bool, tuple[int, bytes, int]]:
        """Who comes first: the log that keeps the listing, then the clocks."""
        return not self.kept, self.order


@dataclass(frozen=True, slots=True)
class Verdict:
    """An owner's signatures, the first first, and which agreements they had promised to others before."""

    signed: tuple[Held, ...] = ()
    twice: frozenset[EntryId] = frozenset()

    def standing(self, now: int) -> list[Held]:
        """The signatures that hold something at `now`."""
        return [held for held in self.signed if held.agreement not in self.twice and now < held.until]


@dataclass(frozen=True, slots=True)
class Twice:
    """A span that was promised twice: the signatures that stood, and the later one that is worth nothing."""

    first: tuple[Held, ...]
    then: Held


NOTHING_SIGNED: Final = Verdict()


def spans(proposal: Propose, listed: Listed) -> tuple[Span, ...]:
    """The spans of a listing that a proposal reserves from its owner."""
    return tuple(
        Span(each.begins, each.due, each.quantity)
        for each in proposal.commitments
        if lends(listed, each) and each.begins is not None
    )


def judge(quantity: int, signed: Iterable[Held], known: Verdict = NOTHING_SIGNED) -> Verdict:
    """Which signatures for a listing of `quantity` stand. `known`: what was judged of it before; only what may be
    another now is looked at again, so a reservation more does not cost looking at all those before it."""
    in_order = tuple(sorted(signed, key=lambda held: held.place))
    news = _first_news(known.signed, in_order)
    calendar = _Calendar()
    twice: set[EntryId] = set()
    for number, held in enumerate(in_order):
        again = held.agreement in known.twice if number < news else not calendar.fits(held, quantity)
        if again:
            twice.add(held.agreement)
        else:
            calendar.add(held)
    return Verdict(in_order, frozenset(twice))


def _first_news(before: Sequence[Held], now: Sequence[Held]) -> int:
    """The number of the first signature that may be judged otherwise than before."""
    if now and not now[-1].kept:
        return 0  # rare, and the clocks do not rise along the list: look at all of it
    news = len(now)
    for number, (was, held) in enumerate(zip(before, now, strict=False)):
        if was is held or was == held:
            continue
        if replace(was, until=held.until) != held:
            return min(news, number)
        # Only its end is another: that matters to whom it was in the way, or is now.
        news = min(news, bisect_left(now, min(was.until, held.until), key=lambda each: each.order[0]))
    return min(news, len(before))


class _Calendar:
    """The spans of signatures that stand, found by when they are."""

    def __init__(self) -> None:
        # Rows of spans of about one length (less than 2 to the power of the key), each sorted by its beginning: to find
        # what meets an hour, not every hour of the year is looked at, also when something is lent for years.
        self._rows: dict[int, list[tuple[int, int, int, int]]] = {}

    def add(self, held: Held) -> None:
        for span in held.spans:
            row = self._rows.setdefault((span.ends - span.begins).bit_length(), [])
            insort(row, (span.begins, span.ends, span.quantity, held.until))

    def fits(self, held: Held, quantity: int) -> bool:
        """Whether so much is free when it is signed; an agreement may reserve one thing twice."""
        at = held.order[0]
        return all(
            free(quantity, [*self._during(span, at), *held.spans[:number]], span) >= span.quantity
            for number, span in enumerate(held.spans)
        )

    def _during(self, span: Span, at: int) -> list[Span]:
        found = []
        for size, row in self._rows.items():
            for index in range(bisect_left(row, (span.begins - (1 << size),)), len(row)):
                begins, ends, quantity, until = row[index]
                if begins >= span.ends:
                    break
                if span.begins < ends and at < until:
                    found.append(Span(begins, ends, quantity))
        return found


def stretches(quantity: int, taken: Iterable[Span], begins: int, ends: int) -> list[Span]:
    """How much of `quantity` is free from `begins` to `ends`: stretches side by side, each with the least that is free
    at any moment of it, which is below 0 where more was taken than there is. None when that is no time at all."""
    within = Span(begins, ends, 0)
    changes = {begins: 0, ends: 0}
    for span in taken:
        if span.meets(within):
            first, last = max(begins, span.begins), min(ends, span.ends)
            changes[first] = changes.get(first, 0) - span.quantity
            changes[last] = changes.get(last, 0) + span.quantity
    found: list[Span] = []
    left = quantity
    for moment, following in pairwise(sorted(changes)):
        left += changes[moment]
        if found and found[-1].quantity == left:
            found[-1] = replace(found[-1], ends=following)
        else:
            found.append(Span(moment, following, left))
    return found


def free(quantity: int, taken: Iterable[Span], span: Span) -> int:
    """How much of `quantity` is free during all of a span; below 0 where more was taken than there is."""
    return min((each.quantity for each in stretches(quantity, taken, span.begins, span.ends)), default=quantity)


def next_free(quantity: int, taken: Sequence[Span], wanted: Span) -> Span:
    """The first span as long as the wanted one, not before it, in which as much is free. `wanted.quantity` is at most
    `quantity`."""
    length = wanted.ends - wanted.begins
    last = max((span.ends for span in taken), default=wanted.begins)
    begins = wanted.begins
    for stretch in stretches(quantity, taken, wanted.begins, max(last, wanted.begins) + length):
        if stretch.quantity < wanted.quantity:
            begins = stretch.ends
        elif stretch.ends - begins >= length:
            break
    return Span(begins, begins + length, wanted.quantity)


def twice(verdict: Verdict) -> list[Twice]:
    """Every span that was promised twice, with the signatures that came first: the later one and one of these, which
    anybody can check without the Book, show what the owner did."""
    return [
        Twice(tuple(_in_the_way(verdict, held)), held) for held in verdict.signed if held.agreement in verdict.twice
    ]


def _in_the_way(verdict: Verdict, then: Held) -> Iterable[Held]:
    for held in verdict.signed:
        overlaps = any(one.meets(other) for one in held.spans for other in then.spans)
        if held.place < then.place and held.agreement not in verdict.twice and then.order[0] < held.until and overlaps:
            yield held
