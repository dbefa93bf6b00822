"""Invitations: a one-use token that is complete in itself, so that entering works offline.

Spec: docs/spec/members.md. Vectors: tests/vectors/members/.
"""

import functools
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_ENTRANCE, SIGN_INVITATION, TOKEN
from ruil.crypto.hashes import blake2b
from ruil.crypto.keys import SigningKey
from ruil.protocol.bodies import Enter
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, base32, from_base32
from ruil.protocol.limits import INVITATION_CHARS_MAX

# Remembered for the reason given in members.py.
verify = functools.lru_cache(maxsize=8_192)(keys.verify)

_INVITATION: Final = struct.Struct(">B32s32s16sI64s")
_INVITATION_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-use token: whoever holds it may enter until `expires` (Unix seconds). Where the inviter was reached last
    stands beside it in the text, unsigned: an address only helps to find the device, whose key the link proves."""

    community: CommunityId
    inviter: DeviceId
    seed: bytes
    expires: int
    signature: bytes
    addresses: tuple[str, ...] = ()

    @property
    def token(self) -> SigningKey:
        """The key that only a holder of the invitation has."""
        return SigningKey.from_seed(blake2b(TOKEN, self.seed))

    @property
    def text(self) -> str:
        """As it is handed over: base32, then the addresses after an @."""
        packed = _INVITATION.pack(
            _INVITATION_VERSION, self.community, self.inviter, self.seed, self.expires, self.signature
        )
        token = base32(packed)
        assert len(token) <= INVITATION_CHARS_MAX
        return "@".join((token, ",".join(self.addresses))) if self.addresses else token


def _invited(community: CommunityId, token: bytes, expires: int) -> bytes:
    return community + token + struct.pack(">Q", expires)


def invite(
    device: SigningKey, community: CommunityId, seed: bytes, expires: int, addresses: Iterable[str] = ()
) -> Invitation:
    """A new invitation by the device of this key. `seed` is 16 secret bytes, never used twice."""
    token = SigningKey.from_seed(blake2b(TOKEN, seed)).public
    signature = device.sign(SIGN_INVITATION, _invited(community, token, expires))
    return Invitation(community, DeviceId(device.public), seed, expires, signature, tuple(addresses))


def open_invitation(text: str) -> Invitation:
    """The invitation somebody typed or pasted. Raises `Refused` when it is damaged or not one."""
    token, _, places = "".join(text.split()).partition("@")
    try:
        packed = from_base32(token)
        version, community, inviter, seed, expires, signature = _INVITATION.unpack(packed)
    except (ValueError, struct.error):
        raise Refused("this is not an invitation: a part is missing, or a letter is wrong. Copy all of it.") from None
    if version != _INVITATION_VERSION:
        raise Refused(f"this invitation is of version {version}, which this ruil does not know: update ruil")
    made = Invitation(community, inviter, seed, expires, signature, tuple(part for part in places.split(",") if part))
    if not verify(inviter, SIGN_INVITATION, _invited(community, made.token.public, expires), signature):
        raise Refused("this invitation is damaged: its signature does not fit. Copy all of it again.")
    return made


def enter(member: SigningKey, device: DeviceId, invitation: Invitation) -> Enter:
    """The newcomer's entry 1. The token's key signs who uses it, so a neighbour who sees it can not use it too."""
    token = invitation.token
    proof = token.sign(SIGN_ENTRANCE, member.public + device)
    return Enter(invitation.inviter, token.public, invitation.expires, invitation.signature, proof)


def check_entrance(entry: Entry, body: Enter, member: MemberId | None) -> None:
    """What must hold for a newcomer's `Enter`, given whose log it stands in. Raises `Rejected`."""
    invited = _invited(entry.community, body.token, body.expires)
    if not verify(body.inviter, SIGN_INVITATION, invited, body.invitation):
        raise Rejected("the invitation is not by the device it names, or for another community")
    if entry.at > body.expires * 1000:
        raise Rejected("the invitation had expired when it was used")
    if member is None or not verify(body.token, SIGN_ENTRANCE, member + entry.device, body.proof):
        raise Rejected("the invitation was not held by who used it")
