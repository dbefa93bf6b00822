"""Reach: how each neighbour was reached, what was tried in vain, and how others reach us. For the page and doctor."""

from dataclasses import dataclass
from typing import Literal

# asked: our member or an invitation named the address · bootstrap: the settings did · book: a signed record of theirs
# found: heard on the local network · came: they dialled us
How = Literal["asked", "bootstrap", "book", "found", "came"]


@dataclass(frozen=True, slots=True)
class Way:
    """One neighbour, and the way to them."""

    neighbour: bytes
    address: str
    how: How
    relay: bytes | None  # whose node passes the link on


@dataclass(frozen=True, slots=True)
class Reach:
    """The network's finding and reaching, now."""

    up: bool  # the network as a whole
    port: int
    ways: tuple[Way, ...]
    tried: tuple[tuple[str, How], ...]  # wanted addresses that led to nobody
    relays: tuple[bytes, ...]  # neighbours through whom others reach us
    reached_from_outside: bool  # somebody with a public address got through to us
    relaying: bool  # we pass others on
    circuits: int  # that we carry now
    carried_bytes: int  # that we passed on since the start
