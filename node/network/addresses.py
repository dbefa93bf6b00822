"""Addresses as people and invitations write them: "192.168.1.5:4001", "[2001:db8::1]:4001", "home.example:4001",
optionally with the key expected there: "192.168.1.5:4001/<64 hex digits>", or the multiaddr form
"/ip4/192.168.1.5/tcp/4001/p2p/12D3Koo…" that other libp2p programs print. Whoever is reached through a relay stands
behind it: "/ip4/192.168.1.5/tcp/4001/p2p/12D3Koo…the relay/p2p-circuit/p2p/12D3Koo…who is meant".
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_from_text, member_text

# A libp2p peer id of an Ed25519 key is the key itself inside a fixed frame: identity multihash, then protobuf.
_PEER_ID_PREFIX = bytes.fromhex("002408011220")
_HOST_KINDS = ("ip4", "ip6", "dns", "dns4", "dns6")


@dataclass(frozen=True, slots=True)
class Address:
    """A place to dial, and the key that must answer there if we know it. With a `relay`: that is whose key answers at
    this place, and it passes us on to `key`."""

    host: str
    port: int
    key: bytes | None = None
    relay: bytes | None = None

    def __str__(self) -> str:
        return written(self.host, self.port) if self.relay is None else self.multiaddr()

    def multiaddr(self) -> str:
        """As other libp2p programs write it."""
        keys = [member_text(key) for key in (self.relay, self.key) if key is not None]
        return f"/{_kind(self.host)}/{self.host}/tcp/{self.port}" + "".join(
            f"{'/p2p-circuit' if place else ''}/p2p/{key}" for place, key in enumerate(keys)
        )

    def of_relay(self) -> "Address":
        """Where the relay itself is."""
        return Address(self.host, self.port, self.relay)


def written(host: str, port: int) -> str:
    """The form people read: an IPv6 host gets brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def key_of(peer_id: bytes) -> bytes | None:
    """The 32-byte Ed25519 key inside a peer id, or None when it is another kind of key."""
    if len(peer_id) == len(_PEER_ID_PREFIX) + 32 and peer_id.startswith(_PEER_ID_PREFIX):
        return peer_id[len(_PEER_ID_PREFIX) :]
    return None


def peer_id_of(key: bytes) -> bytes:
    """The peer id of a 32-byte Ed25519 key."""
    return _PEER_ID_PREFIX + key


def public_key(seed: bytes) -> bytes:
    """The 32-byte Ed25519 key of a 32-byte seed."""
    from nacl.signing import SigningKey  # here, because it takes longer to import than all the rest of the network

    return bytes(SigningKey(seed).verify_key)


def read(text: str) -> Address:
    """An address from its written form. Raises ValueError with a sentence for the member."""
    text = text.strip()
    try:
        return _read_multiaddr(text) if text.startswith("/") else _read_plain(text)
    except (ValueError, IndexError, Refused) as why:
        raise ValueError(f"“{text}” is not an address such as 192.168.1.5:4001") from why


def _read_plain(text: str) -> Address:
    place, _, key_hex = text.partition("/")
    host, colon, port = place.rpartition(":")
    if not colon:
        raise ValueError("no port")
    if host.startswith("["):
        host = str(ipaddress.IPv6Address(host.strip("[]")))
    return _checked(host, int(port), bytes.fromhex(key_hex) if key_hex else None)


def _read_multiaddr(text: str) -> Address:
    to_relay, circuit, beyond = text.partition("/p2p-circuit")
    place = _read_place(to_relay)
    if not circuit:
        return place
    _, p2p, key = beyond.split("/")
    if place.key is None or p2p != "p2p":
        raise ValueError("a relay and whoever is behind it are named by their keys")
    return Address(place.host, place.port, member_from_text(key), relay=place.key)


def _read_place(text: str) -> Address:
    parts = text.strip("/").split("/")
    pairs = dict(zip(parts[::2], parts[1::2], strict=True))
    kind, transport = parts[0], parts[2]
    if kind not in _HOST_KINDS or transport != "tcp" or set(pairs) - {kind, "tcp", "p2p"}:
        raise ValueError("only TCP addresses")
    if "p2p" not in pairs:
        return _checked(pairs[kind], int(pairs["tcp"]), None)
    return _checked(pairs[kind], int(pairs["tcp"]), member_from_text(pairs["p2p"]))


def _kind(host: str) -> str:
    try:
        return f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        return "dns"


def _checked(host: str, port: int, key: bytes | None) -> Address:
    if not host or len(host) > 253 or not 0 < port < 65_536 or (key is not None and len(key) != 32):
        raise ValueError("out of range")
    return Address(host, port, key)


def neighbourhood(host: str) -> tuple[str, bool]:
    """The network that counts for the per-network cap, and whether it is private (home, office, this machine)."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    width = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, width), strict=False)), address.is_private or address.is_link_local


def hosts(places: Iterable[str]) -> Iterator[str]:
    """The IP addresses among the hosts of these."""
    for place in places:
        host = read(place).host
        try:
            yield str(ipaddress.ip_address(host))
        except ValueError:  # a name
            pass


def own_hosts(listen: tuple[str, ...]) -> tuple[str, ...]:
    """The hosts under which others can reach a node that listens there: this machine's, loopback only as a last
    resort, public and private before link-local."""
    import ifaddr  # arrives with libp2p; needed only once the network is up

    found: list[str] = []
    for host in listen:
        if host not in ("0.0.0.0", "::"):
            found.append(host)
            continue
        for adapter in ifaddr.get_adapters():
            for ip in adapter.ips:
                text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
                if ("." in text) == (host == "0.0.0.0"):
                    found.append(text)
    usable = [host for host in dict.fromkeys(found) if not ipaddress.ip_address(host).is_link_local or len(found) == 1]
    outside = [host for host in usable if not ipaddress.ip_address(host).is_loopback]
    return tuple(outside or usable)
