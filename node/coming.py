"""Coming: what a newcomer sees while the history of the community is still on its way, in words and plain values."""

from collections.abc import Callable

from ruil.node.place import distance_km
from ruil.node.words import Plain, amount
from ruil.protocol.bodies import CREDIT, Listing
from ruil.protocol.errors import Refused
from ruil.protocol.ids import MemberId, Millis, member_text, short
from ruil.protocol.lately import Seen
from ruil.protocol.peer import Peer


def history(peer: Peer) -> Plain:
    """How much of what was ever said is here, as far as neighbours have told."""
    here, of = peer.progress
    return {"here": here, "of": of, "coming": here < of, "text": f"{here:,} of {of:,} entries"}


def seen(peer: Peer, my_cell: int | None, now: Millis, sought: Callable[[Listing], bool]) -> list[Plain]:
    """Listings that a neighbour showed, whose authors' logs have not come yet: the fields of a listing that need no
    history."""
    return [_row(peer, each, my_cell) for each in peer.lately.all(now) if sought(each.body)]


def _row(peer: Peer, each: Seen, my_cell: int | None) -> Plain:
    body = each.body
    return {
        "id": each.entry.id.hex(),
        "short": short(each.entry.id),
        "role": body.role,
        "kind": body.kind,
        "title": body.title,
        "text": body.text,
        "tags": list(body.tags),
        "quantity": body.quantity,
        "unit": body.unit,
        "quantity_text": _count(peer, body),
        "ends": each.ends,
        "member": member_text(MemberId(each.member)),
        "name": each.name or each.member.hex()[:8],
        "distance_km": distance_km(my_cell, body.cell),
    }


def _count(peer: Peer, body: Listing) -> str:
    if body.unit == CREDIT:
        return amount(peer.book, body.quantity)
    return str(body.quantity) if body.unit == "one" else f"{body.quantity} {body.unit}"


def perhaps_early(peer: Peer, why: Refused) -> Refused:
    """What was refused while the history is on its way may be fine once it has come."""
    known = history(peer)
    if not known["coming"]:
        return why
    return Refused(f"{why}. The history has not come yet ({known['text']} are here): perhaps it is only that")


def refused(peer: Peer) -> str:
    """Why nothing can be done yet with what was only shown."""
    return (
        f"its author's history has not come yet ({history(peer)['text']} are here): what is left of it is not known."
        " It is asked for first; try again in a moment"
    )
