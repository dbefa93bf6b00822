"""Told addresses: what of our own is told to whom, and which of others' records may be dialled at all.

A record may name anything. Dialled are IP addresses only, public ones of a far record and private ones of a near one,
on ports that no mail server has: nobody's word makes us knock at our own router, or resolve names.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from ruil.node.network import addresses
from ruil.node.network.addresses import Address

_PORTS = range(1024, 65_536)  # those of servers are below; but for 443, which every network lets out
_WEB = 443


def split(places: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our own addresses: those that anybody may be told, and those for neighbours on a private network. Names are for
    invitations: who reads a record resolves none."""
    far: list[str] = []
    near: list[str] = []
    for place in places:
        kind = _private(addresses.read(place))
        if kind is not None:
            (near if kind else far).append(place)
    return tuple(far), tuple(near)


def is_near(place: str) -> bool:
    """Whether a link there is on a private network."""
    return bool(_private(addresses.read(place)))


def dialable(places: Iterable[str], device: bytes, *, near: bool, alone: bool) -> Iterator[Address]:
    """Those of a record's addresses that may be dialled for this device. `alone`: we are on this machine's loopback
    only, so others' is ours."""
    for place in places:
        try:
            read = addresses.read(place)
        except ValueError:
            continue
        if _private(read) is not near or (read.port not in _PORTS and read.port != _WEB):
            continue
        if ipaddress.ip_address(read.host).is_loopback and not alone:
            continue
        if read.relay is None:
            yield Address(read.host, read.port, device)
        elif read.key == device and read.relay != device:
            yield read


def _private(address: Address) -> bool | None:
    """Whether it is on a private network; None for a name, and for what is no single machine's address."""
    try:
        host = ipaddress.ip_address(address.host)
    except ValueError:
        return None
    if host.is_multicast or host.is_unspecified or (host.is_reserved and not host.is_private):
        return None
    return addresses.neighbourhood(address.host)[1]
