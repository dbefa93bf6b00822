"""Reservations: spans of time for which something is lent, and the one rule when two overlap.

The owner's own log decides: what they signed first stands. A later signature for a span in which not enough is free
counts for nothing, and both signatures together prove that they promised it twice. Spec: docs/spec/reservations.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import Propose
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.listings import Listed
from ruil.protocol.slots import reserves


@dataclass(frozen=True, slots=True)
class Span:
    """So much of something, from `begins` until `ends` (that moment itself is free again)."""

    begins: int
    ends: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Held:
    """An agreement that the owner signed, in the order of their signatures."""

    order: tuple[int, bytes, int]
    agreement: Agreement
    spans: tuple[Span, ...]


def spans(proposal: Propose, listed: Listed) -> tuple[Span, ...]:
    """The spans of a listing that a proposal reserves from its owner."""
    return tuple(
        Span(each.begins, each.due, each.quantity)
        for each in proposal.commitments
        if each.listing == listed.id and each.provider == listed.member and reserves(each) and each.begins is not None
    )


def twice(listed: Listed, signed: Iterable[Held]) -> frozenset[EntryId]:
    """The agreements whose span the owner had promised to others before they signed it."""
    standing: list[Held] = []
    found: set[EntryId] = set()
    for held in sorted(signed, key=lambda held: held.order):
        others = [span for each in standing if not each.agreement.ended_before(held.order[0]) for span in each.spans]
        if any(_most(span, [*others, *_rest(held.spans, span)]) + span.quantity > listed.body.quantity
               for span in held.spans):  # fmt: skip
            found.add(held.agreement.id)
        else:
            standing.append(held)
    return frozenset(found)


def free(listed: Listed, signed: Iterable[Held], span: Span, now: Millis) -> int:
    """How much of a listing nobody has reserved during a span, as it is known at `now`."""
    standing = [span for held in signed if not held.agreement.ended_before(now) for span in held.spans]
    return max(0, listed.body.quantity - _most(span, standing))


def _most(span: Span, others: Sequence[Span]) -> int:
    """The most that is held at any moment of a span."""
    inside = [other for other in others if other.begins < span.ends and span.begins < other.ends]
    moments = {span.begins, *(other.begins for other in inside if other.begins > span.begins)}
    return max(
        (sum(other.quantity for other in inside if other.begins <= moment < other.ends) for moment in moments),
        default=0,
    )


def _rest(spans: Sequence[Span], span: Span) -> list[Span]:
    """The spans of one agreement that come before one of them: it may reserve the same thing twice."""
    return list(spans[: spans.index(span)])
