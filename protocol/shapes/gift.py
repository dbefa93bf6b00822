"""Gift: one commitment, nothing in return. Spec: docs/spec/shapes.md#gift."""

from ruil.protocol.bodies import Commitment, Propose
from ruil.protocol.ids import EntryId, Millis


def gift(given: Commitment, answer_by: Millis, *, replaces: EntryId | None = None, text: str = "") -> Propose:
    """A proposal to give, or to be given. Raises `Refused` when the commitment can not stand."""
    parties = tuple(sorted({given.provider, given.receiver}))
    return Propose(parties, (given,), answer_by, replaces, text)
