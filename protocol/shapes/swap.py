"""Swap: two people, something for something. Spec: docs/spec/shapes.md#swap."""

from collections.abc import Sequence

from ruil.protocol.bodies import Commitment, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Millis


def swap(
    one: Commitment,
    other: Commitment,
    answer_by: Millis,
    *,
    more: Sequence[Commitment] = (),
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal in which each gives to the other; `more` tops it up, on either side. Raises `Refused` when it does
    not go both ways, or names somebody else."""
    two = {one.provider, one.receiver}
    if (one.provider, one.receiver) != (other.receiver, other.provider):
        raise Refused("a swap goes both ways: each of the two gives something to the other")
    if any({each.provider, each.receiver} != two for each in more):
        raise Refused("a swap is between two: what tops it up goes from one of them to the other")
    return Propose(tuple(sorted(two)), (one, other, *more), answer_by, replaces, text)
