"""Organisations: a member for whom several people act, each on a device of their own, in a role.

A device's certificate may name who holds it and as what. The holder has signed that too, so nobody is named without
their word; and since it stands in entry 0 of the very log, every reader can refuse at the door what a role does not
allow, whatever arrives when. Spec: docs/spec/organisations.md. Vectors: tests/vectors/organisations/.
"""

import functools
import struct
from dataclasses import dataclass
from typing import Final

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_HOLDER, SIGN_HOLDING
from ruil.crypto.keys import SigningKey
from ruil.protocol import signers
from ruil.protocol.bodies import KINDS, NUMBER, Certificate, HeldAs, Mediate, Vote
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, Millis

# Remembered for the reason given in members.py.
verify = functools.lru_cache(maxsize=1_024)(keys.verify)

# What a role may say ----------------------------------------

ROLES: Final[tuple[HeldAs, ...]] = ("hand", "trader", "keeper")  # each may say all that those before it may
_SIGNED_AS: Final[dict[HeldAs, int]] = {"hand": 1, "trader": 2, "keeper": 3}

_HAND: Final = frozenset({0, 38, 39, 40})  # that nothing follows; what was handed over, what arrived, and corrections
# Listings, agreements and reviews; not those kinds in which a member speaks about others: they are a keeper's.
_TRADER: Final = frozenset({7, *range(16, 50)}) - {NUMBER[Mediate], NUMBER[Vote]}


def takes(kind: int) -> HeldAs:
    """The least role that may say an entry of this number. Of a kind nobody knows yet a trader may say what has a
    number among listings, agreements and reviews."""
    if kind in _HAND:
        return "hand"
    return "trader" if kind in _TRADER else "keeper"


def may(role: HeldAs, kind: int) -> bool:
    """Whether a device held in this role may say an entry of this number."""
    return ROLES.index(takes(kind)) <= ROLES.index(role)


def check(entry: Entry, role: HeldAs) -> None:
    """What a device's later entries must keep to. Raises `Rejected`. The number decides, so that it is the same for
    who does not know the kind, or has not the payload."""
    if not may(role, entry.kind):
        kind = KINDS[entry.kind].__name__ if entry.kind in KINDS else f"kind {entry.kind}"
        raise Rejected(f"{kind} by a device held as {role}: it takes a {takes(entry.kind)}")


_DOES: Final[dict[HeldAs, str]] = {
    "hand": "says what was handed over and what arrived",
    "trader": "offers, agrees and reviews",
    "keeper": "does all of it",
}


def why_not(role: HeldAs, kind: int, organisation: str) -> str | None:
    """The sentence for who would say it all the same; None when they may."""
    if may(role, kind):
        return None
    least = takes(kind)
    others = " or ".join(f"a {each}" for each in ROLES[ROLES.index(least) :])
    return f"you act for {organisation} as {role}, who {_DOES[role]}: this is for {others}"


# Certificates of such devices ----------------------------------------


@dataclass(frozen=True, slots=True)
class Holding:
    """`holder` has `device` and acts through it for `member`, as `role`."""

    member: MemberId
    device: DeviceId
    holder: MemberId
    role: HeldAs
    device_name: str


def _holds(community: CommunityId, device: DeviceId) -> bytes:
    return community + device


def _held(community: CommunityId, device: DeviceId, said: tuple[int, bytes, HeldAs, str]) -> bytes:
    valid_from, holder, role, name = said
    return community + device + struct.pack(">Q", valid_from) + holder + bytes([_SIGNED_AS[role]]) + name.encode()


def sign_as_holder(holder: SigningKey, community: CommunityId, device: DeviceId) -> bytes:
    """The word of who holds a device, without which nobody can name them."""
    return holder.sign(SIGN_HOLDER, _holds(community, device))


def is_held(holder: MemberId, community: CommunityId, device: DeviceId, signature: bytes) -> bool:
    """Whether `holder` says so."""
    return verify(holder, SIGN_HOLDER, _holds(community, device), signature)


def certify(
    key: SigningKey,
    community: CommunityId,
    device: DeviceId,
    name: str,
    valid_from: Millis,
    held: tuple[MemberId, HeldAs, bytes],
    member: MemberId | None = None,
) -> Certificate:
    """The organisation's word that somebody acts for it through `device`. `held`: who, as what, and their signature
    (`sign_as_holder`). `member`: the organisation, if `key` took the place of its own."""
    holder, role, holder_signature = held
    member = MemberId(key.public) if member is None else member
    message = _held(community, device, (valid_from, holder, role, name))
    signature = signers.sign(key, member, SIGN_HOLDING, message)
    by = signers.by_whom(key, member)
    return Certificate(member, name, valid_from, signature, holder, role, holder_signature, by)


def check_certificate(community: CommunityId, device: DeviceId, said: Certificate) -> None:
    """What must hold for a certificate that names a holder. Raises `Rejected`."""
    assert said.holder is not None
    assert said.role is not None
    assert said.holder_signature is not None
    message = _held(community, device, (said.valid_from, said.holder, said.role, said.device_name))
    if not signers.signed(said.member, said.by, SIGN_HOLDING, message, said.signature, verify):
        raise Rejected("the device's certificate is not signed by the member it names")
    if not is_held(said.holder, community, device, said.holder_signature):
        raise Rejected("the device's certificate names a holder who has not signed for it")
