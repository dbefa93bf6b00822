"""Customise: a thing as the buyer wishes it, each wish a promise of its own. Spec: docs/spec/shapes.md#customise."""

from collections.abc import Sequence

from msgspec.structs import replace

from ruil.protocol.bodies import CREDIT, Commitment, Option, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Millis


def customise(
    thing: Commitment,
    price: int,
    options: Sequence[Option],
    answer_by: Millis,
    *,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal for `thing` with these options, paid together. Each option is a commitment of its own, so that a
    missing one is seen, and can be settled by itself. Raises `Refused` when there is no option, or two are the same."""
    if not options:
        raise Refused("say what you wish: without an option it is a plain sale")
    if len({option.what for option in options}) < len(options):
        raise Refused("one wish is named twice")
    wished = [replace(thing, what=option.what, quantity=1, unit="option", listing=None) for option in options]
    cost = price + sum(option.price for option in options)
    payer, payee = thing.receiver, thing.provider
    paid = (Commitment(payer, payee, "transfer", "credit", cost, CREDIT, thing.due),) if cost else ()
    return Propose(tuple(sorted((payer, payee))), (thing, *wished, *paid), answer_by, replaces, text)
