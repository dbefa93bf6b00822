"""The desk, with everything that can be asked at it."""

from collections.abc import Callable

from ruil.node.desk import (
    agreements,
    bids,
    calls,
    credit,
    devices,
    disputes,
    friends,
    keys,
    listings,
    motions,
    people,
    places,
    profiles,
    reservations,
    rings,
    shares,
    talk,
    valueflows,
)
from ruil.node.desk.desk import Desk, Drawer, Leased, Mail, Say, Verbs
from ruil.node.identity import Identity
from ruil.node.network.reach import Reach
from ruil.node.words import Plain
from ruil.protocol.peer import Peer

__all__ = ["Desk", "Drawer", "Mail", "open_desk"]

VERBS: Verbs = {
    **listings.VERBS,
    **agreements.VERBS,
    **bids.VERBS,
    **disputes.VERBS,
    **places.VERBS,
    **reservations.VERBS,
    **rings.VERBS,
    **calls.VERBS,
    **motions.VERBS,
    **credit.VERBS,
    **people.VERBS,
    **profiles.VERBS,
    **devices.VERBS,
    **friends.VERBS,
    **shares.VERBS,
    **keys.VERBS,
    **valueflows.VERBS,
    **talk.VERBS,
}


def open_desk(
    peer: Peer,
    identity: Identity,
    say: Say,
    addresses: Callable[[], tuple[str, ...]],
    reached: Callable[[], tuple[str, ...]] = tuple,
    reach: Callable[[], Reach | None] = lambda: None,
    mail: Mail | None = None,
    leased: Leased | None = None,
    storage: Callable[[], Plain] = dict,
    drawer: Drawer | None = None,
) -> Desk:
    """One member's desk. `addresses` tells where this node can be reached, `reached` where it reached others, `reach`
    how; `mail` are the member's letters, `leased` takes what they say of this device itself,
    `storage` tells what room others' words take, `drawer` is what stands in the profile's folder."""
    return Desk(peer, identity, say, addresses, reached, reach, VERBS, mail, leased, storage, drawer)
