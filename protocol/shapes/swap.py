"""Swap: two people, something for something. Spec: docs/spec/shapes.md#swap."""

from ruil.protocol.bodies import Commitment, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Millis


def swap(
    one: Commitment, other: Commitment, answer_by: Millis, *, replaces: EntryId | None = None, text: str = ""
) -> Propose:
    """A proposal in which each gives to the other. Raises `Refused` when it does not go both ways."""
    if (one.provider, one.receiver) != (other.receiver, other.provider):
        raise Refused("a swap goes both ways: each of the two gives something to the other")
    return Propose(tuple(sorted({one.provider, one.receiver})), (one, other), answer_by, replaces, text)
