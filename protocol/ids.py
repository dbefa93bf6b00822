"""Who and what: the ids everything is named by, and how a person sees them.

An id is always 32 bytes. Members and devices are Ed25519 public keys; communities, entries and listings are
BLAKE2b-256 hashes. They are separate types, so a hash can not be passed where a member is meant.
Spec: docs/spec/ids.md.
"""

import base64
from typing import Final, NewType

import base58
import msgspec

from ruil.protocol.errors import Refused

MemberId = NewType("MemberId", bytes)
DeviceId = NewType("DeviceId", bytes)
CommunityId = NewType("CommunityId", bytes)
EntryId = NewType("EntryId", bytes)
LetterId = NewType("LetterId", bytes)
Millis = NewType("Millis", int)

# Where something stands: the device's key, and its number in that log as 8 bytes, big end first. A log that does not
# contradict itself has one entry there.
Position = NewType("Position", bytes)
POSITION_BYTES: Final = 40

# A neighbour is known by the key Noise proved, which is its device key.
NeighbourId = DeviceId

_PEER_ID_PREFIX: Final = bytes.fromhex("002408011220")


class Reference(msgspec.Struct, frozen=True, gc=False):
    """The entry another entry answers, exactly: whose log, where in it, and what it said."""

    device: DeviceId
    seq: int
    id: EntryId


def position(device: DeviceId, seq: int) -> Position:
    """Where entry number `seq` of a device's log stands."""
    return Position(device + seq.to_bytes(8, "big"))


def stands(at: Position) -> tuple[DeviceId, int]:
    """The device and the number behind a position."""
    return DeviceId(at[:32]), int.from_bytes(at[32:], "big")


MEMBER_CHARS: Final = 52


def member_text(member: bytes) -> str:
    """A member (or device) in the peer-id form libp2p uses, e.g. `12D3KooW...`: 52 characters."""
    return base58.b58encode(_PEER_ID_PREFIX + member).decode()


def member_from_text(text: str) -> MemberId:
    """The key behind a peer id. Raises `Refused` when it is not one."""
    try:  # base58 takes time by the square of the length: 4 s for what fits in one request
        data = base58.b58decode(text.strip()) if len(text) <= 2 * MEMBER_CHARS else b""
    except ValueError:
        data = b""
    if len(data) != 38 or not data.startswith(_PEER_ID_PREFIX):
        raise Refused(f"{text.strip()[:60]!r} is not a member: a member id has 52 letters and starts with 12D3KooW")
    return MemberId(data[6:])


def base32(data: bytes) -> str:
    """Letters and digits to hand over: RFC 4648 in lower case, without padding."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def from_base32(letters: str) -> bytes:
    """What `base32` wrote, in whatever case. Raises `ValueError`, for padding too: each text has one length."""
    if not letters.isascii() or "=" in letters:  # in capitals some letters that are not of ASCII would be others
        raise ValueError("not base32 without padding")
    return base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))


def short(id_: bytes) -> str:
    """The first 40 bits of any id in eight lower-case letters and digits: enough to point at one thing on a screen."""
    return base32(id_[:5])
