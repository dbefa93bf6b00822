"""Ring: each gives to the next, and nobody is bound before all have signed. Spec: docs/spec/shapes.md#ring."""

from collections.abc import Sequence

import msgspec

from ruil.protocol.bodies import Commitment, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis


def ring(given: Sequence[Commitment], answer_by: Millis, *, replaces: EntryId | None = None, text: str = "") -> Propose:
    """A proposal in which each provider gives to the next and the last to the first. Raises `Refused` when that is not
    one circle of at least three."""
    next_ = {commitment.provider: commitment.receiver for commitment in given}
    if len(next_) < len(given) or len(given) < 3:
        raise Refused("a ring needs three people or more, each of whom gives once")
    around = circle(next_, given[0].provider)
    if {commitment.receiver for commitment in given} != set(around):
        raise Refused("a ring is one circle: each gives to somebody who gives on")
    return Propose(tuple(sorted(around)), tuple(given), answer_by, replaces, text)


def circle(next_: dict[MemberId, MemberId], first: MemberId) -> list[MemberId]:
    """Who comes after whom, from `first` on until somebody comes twice or gives to nobody."""
    around = [first]
    while (following := next_.get(around[-1])) is not None and following not in around:
        around.append(following)
    return around if next_.get(around[-1]) == first else around[:-1]


def without(known: Propose, left: MemberId, answer_by: Millis, replaces: EntryId | None = None) -> Propose:
    """The ring repaired after `left` dropped out: who gave to them gives to whom they would have given to. Raises
    `Refused` when fewer than three remain."""
    into = next((each for each in known.commitments if each.receiver == left), None)
    out = next((each for each in known.commitments if each.provider == left), None)
    if into is None or out is None:
        raise Refused("they have no part in this ring")
    bridged = msgspec.structs.replace(into, receiver=out.receiver)
    rest = [each for each in known.commitments if left not in (each.provider, each.receiver)]
    return ring([*rest, bridged], answer_by, replaces=replaces, text=known.text)
