"""Revocations: a member takes the voice away from a device of theirs.

A revocation is signed by the member key and complete in itself, like the proof of a fork: it counts wherever it is read
(in a log, behind a log's end, as a file by itself) and travels by itself. Were it a saying of the log it stands in, two
devices that revoke each other would each be revoked for those only who read the other first.
Spec: docs/spec/revocations.md. Vectors: tests/vectors/revocations/.
"""

import functools
import struct
from collections import Counter
from dataclasses import dataclass
from typing import Final

from ruil.crypto.contexts import SIGN_REVOCATION
from ruil.crypto.keys import SigningKey
from ruil.protocol import bodies, codec, signers
from ruil.protocol.bodies import Revoke
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, Millis
from ruil.protocol.limits import PROOF_BYTES_MAX
from ruil.protocol.log import ForkProof, open_fork

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Revocation:
    """Only the first `kept` entries of `device` count, says `member` by this `key`: their own, or one that took its
    place. `data` is what is kept and passed on."""

    community: CommunityId
    member: MemberId
    device: DeviceId
    kept: int
    data: bytes
    key: bytes

    @property
    def about(self) -> bytes:
        """What a smaller cut takes the place of: the word of this key about this device."""
        return self.device + self.key


Proof = ForkProof | Revocation  # what cuts a log by itself


def _signed(community: CommunityId, device: DeviceId, kept: int) -> bytes:
    return community + device + struct.pack(">Q", kept)


def revoke(
    key: SigningKey, community: CommunityId, device: DeviceId, kept: int, member: MemberId | None = None
) -> Revoke:
    """The member's word that only the first `kept` entries of `device` count in this community. `member`: whose, if
    `key` took the place of theirs."""
    member = MemberId(key.public) if member is None else member
    signature = signers.sign(key, member, SIGN_REVOCATION, _signed(community, device, kept))
    return Revoke(member, device, kept, signature, signers.by_whom(key, member))


def revocation(community: CommunityId, body: Revoke) -> Revocation:
    """The revocation in what somebody said. Raises `Rejected` when the member it names did not sign it."""
    message = _signed(community, body.device, body.kept)
    if not signers.signed(body.member, body.by, SIGN_REVOCATION, message, body.signature):
        raise Rejected("the revocation is not signed by the member it names")
    data = codec.encode(
        {
            "community": community,
            "device": body.device,
            "kept": body.kept,
            "member": body.member,
            "signature": body.signature,
            "version": VERSION,
            **({"by": body.by} if body.by is not None else {}),
        }
    )
    return Revocation(community, body.member, body.device, body.kept, data, body.by or body.member)


# A pure function, remembered: each neighbour shows the same proof, and its signatures cost as much as reading it in.
@functools.lru_cache(maxsize=64)
def open_proof(data: bytes) -> Proof:
    """Check a proof somebody hands us: a fork's, or a revocation. Raises `Rejected` when it proves nothing."""
    if len(data) > PROOF_BYTES_MAX:
        raise Rejected(f"proof of {len(data)} bytes; at most {PROOF_BYTES_MAX}")
    said = codec.decode(data)
    if not isinstance(said, dict) or "kept" not in said:
        return open_fork(data)
    if said.get("version") != VERSION:
        raise Rejected(f"a revocation of version {said.get('version')}")
    community = said.get("community")
    if not isinstance(community, bytes) or len(community) != 32:
        raise Rejected("a revocation names its community by 32 bytes")
    body = bodies.convert(
        bodies.NUMBER[Revoke], {key: said[key] for key in said if key not in ("community", "version")}
    )
    assert isinstance(body, Revoke)
    made = revocation(CommunityId(community), body)
    if made.data != data:
        raise Rejected("a revocation has a field it should not have")
    return made


class Dated:
    """When members said that a device speaks no more, by the entries that stand. What a revocation does to that log
    needs no date, and also counts where its entry does not stand."""

    def __init__(self) -> None:
        self._said: dict[DeviceId, Counter[tuple[MemberId, Millis]]] = {}

    def count(self, device: DeviceId, member: MemberId, at: Millis, by: int) -> None:
        """One entry more (1) or less (-1) says so."""
        self._said.setdefault(device, Counter())[member, at] += by

    def by(self, device: DeviceId, member: MemberId | None, at: int) -> bool:
        """Whether this member had said so at a time."""
        said = self._said.get(device)
        return said is not None and any(who == member and when <= at for (who, when), times in said.items() if times)
