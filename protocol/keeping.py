"""Keeping: three texts by which friends keep a share of a recovery key, give it back, and pass its word on.

    who has the key: Kept.text --> a friend: Share.text --> who lost it: Word.text --> members who know them

A kept share is sealed to the friend's devices, so that it may go by any way. A share given back is not: it goes from
hand to hand, or is read out. Spec: docs/spec/friends.md. Vectors: tests/vectors/friends/.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from ruil.crypto import seal
from ruil.crypto.keys import SigningKey
from ruil.protocol import bodies, codec, grants, successions
from ruil.protocol.bodies import NUMBER, Succeed
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.fields import Device, Key, Member, Name
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.limits import HEIR_DAYS_MAX, SHARES_MAX


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """One share: of whose key (`name`, `member`, and `old`, the key that it would end), in which community and where
    that may be found, how many are needed, how many days one waits, and its words. Not who holds the others."""

    member: Member
    name: Name
    old: Key
    key: Key  # the recovery key, of which this is a share
    needed: Annotated[int, Meta(ge=2, le=SHARES_MAX)]
    days: Annotated[int, Meta(ge=1, le=HEIR_DAYS_MAX)]
    words: str
    community: Key
    at: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is given back: whoever reads it has this share."""
        return grants.written("share-", msgspec.to_builtins(self, builtin_types=(bytes,)))


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A share on its way to the friend who keeps it: sealed to each of their devices."""

    name: Name
    community: Key
    boxes: tuple[tuple[Device, bytes], ...]

    @property
    def text(self) -> str:
        """As it is handed over."""
        return grants.written("keep-", msgspec.to_builtins(self, builtin_types=(bytes,)))

    def open(self, device: SigningKey) -> Share:
        """The share, by one of the devices it is for. Raises `Refused`."""
        for to, box in self.boxes:
            if to == device.public:
                try:
                    plain = codec.decode(seal.unseal(device, box))
                    return msgspec.convert(plain, Share, builtin_types=(bytes,))
                except (seal.Unopenable, Rejected, msgspec.ValidationError):
                    raise Refused("this share is damaged: ask for it again") from None
        raise Refused("this share is for somebody else, or for another computer of yours: take it there")


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a recovery key says, for members to pass on: `said` is the payload of a `Succeed`."""

    name: Name
    community: Key
    said: bytes

    @property
    def text(self) -> str:
        """As it is handed over."""
        return grants.written("heir-", msgspec.to_builtins(self, builtin_types=(bytes,)))

    @property
    def succeed(self) -> Succeed:
        """What is to be passed on. Raises `Refused` when it is not truly signed."""
        try:
            body = bodies.decode(NUMBER[Succeed], self.said)
            assert isinstance(body, Succeed)
            successions.check_succeed(CommunityId(self.community), body)
        except Rejected:
            raise Refused("this word is false: the recovery key it names has not signed it") from None
        return body


def keep(share: Share, devices: Iterable[DeviceId], seed: bytes) -> Kept:
    """The share, sealed to these devices. `seed`: 32 bytes nobody can guess. Raises `Refused`."""
    plain = codec.encode(msgspec.to_builtins(share, builtin_types=(bytes,)))
    boxes = []
    for device in devices:
        try:
            boxes.append((device, seal.seal(device, plain, seed)))
        except seal.NotAKey:
            continue  # nobody has the private half of that one
    if not boxes:
        raise Refused("nothing can be sealed to the devices of that friend")
    return Kept(share.name, share.community, tuple(boxes))


def open_share(text: str) -> Share:
    """The share somebody gave back. Raises `Refused`."""
    share: Share = grants.opened(text, "share-", Share)
    return share


def open_kept(text: str) -> Kept:
    """The share somebody is to keep. Raises `Refused`."""
    kept: Kept = grants.opened(text, "keep-", Kept)
    return kept


def open_word(text: str) -> Word:
    """The word somebody is asked to pass on. Raises `Refused`."""
    word: Word = grants.opened(text, "heir-", Word)
    return word
