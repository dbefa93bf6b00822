"""Grants: two texts by which a computer comes to speak for a member without ever seeing the member's key.

    new computer: Asking.text --handed over--> who has the key: Grant.text --handed back--> new computer

An asking says which device key wants to speak, and, for an organisation, who will hold it, signed by them. A grant
answers with the certificate that begins the device's log. Both are for people to copy: a wrong letter is noticed.
Spec: docs/spec/organisations.md. Vectors: tests/vectors/organisations/.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ruil.crypto.contexts import DEVICE_TEXT
from ruil.crypto.hashes import blake2b
from ruil.protocol import bodies, codec, members, organisations
from ruil.protocol.bodies import NUMBER, Certificate
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.fields import Device, Key, Member, Name, Signature
from ruil.protocol.ids import CommunityId, DeviceId, base32, from_base32
from ruil.protocol.limits import DEVICE_TEXT_CHARS_MAX

VERSION: Final = 1
_SUM_BYTES: Final = 8
_ASKING: Final = "ask-"
_GRANT: Final = "grant-"


class Asking(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device that would speak for a member, until `expires` (Unix seconds). With a `holder`: for an organisation of
    that `community`; without, it is another device of whoever grants it."""

    device: Device
    name: Name
    expires: int
    holder: Member | None = None
    community: Key | None = None
    holder_signature: Signature | None = None

    @property
    def text(self) -> str:
        """As it is handed over."""
        return written(_ASKING, msgspec.to_builtins(self, builtin_types=(bytes,)))


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer: `certificate` is the payload of the device's entry 0, `name` the member's, `at` where a node of
    theirs may be found."""

    device: Device
    community: Key
    certificate: bytes
    name: Name
    expires: int
    at: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is handed back."""
        return written(_GRANT, msgspec.to_builtins(self, builtin_types=(bytes,)))

    @property
    def certified(self) -> Certificate:
        """The certificate. Raises `Refused` when it is none, or not of this device."""
        try:
            said = bodies.decode(NUMBER[Certificate], self.certificate)
            assert isinstance(said, Certificate)
            members.check_certificate(CommunityId(self.community), DeviceId(self.device), said)
        except Rejected:
            raise Refused("this grant is false: whom it is from has not signed it for this device") from None
        return said


def open_asking(text: str) -> Asking:
    """The asking somebody pasted. Raises `Refused` when it is none, damaged, or its holder has not signed it."""
    asking: Asking = opened(text, _ASKING, Asking)
    if len({each is None for each in (asking.holder, asking.community, asking.holder_signature)}) > 1:
        raise Refused("this request is damaged: who holds the device has not signed it")
    if asking.holder is None or asking.holder_signature is None or asking.community is None:
        return asking
    community = CommunityId(asking.community)
    if not organisations.is_held(asking.holder, community, asking.device, asking.holder_signature):
        raise Refused("this request is false: who it names as holder of the device has not signed it")
    return asking


def open_grant(text: str) -> Grant:
    """The grant somebody pasted. Raises `Refused` when it is none or damaged."""
    grant: Grant = opened(text, _GRANT, Grant)
    return grant


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    _ASKING: ("request", "made with: ruil device ask"),
    _GRANT: ("grant", "made with: ruil device grant"),
    "keep-": ("share to keep", "made with: ruil friends split"),
    "share-": ("share", "shown by a friend with: ruil friends give"),
    "heir-": ("word to pass on", "made with: ruil friends restore"),
}


def written(prefix: str, said: Any) -> str:
    """A text to hand over: what is said, as letters and digits after its prefix."""
    packed = bytes([VERSION]) + codec.encode(said)
    whole = packed + text_sum(prefix, packed)
    return prefix + base32(whole)


def text_sum(prefix: str, packed: bytes) -> bytes:
    """So that a letter that was lost or mistyped is noticed before anything is signed."""
    return blake2b(DEVICE_TEXT, prefix.encode(), packed)[:_SUM_BYTES]


def opened(text: str, prefix: str, shape: type[Any]) -> Any:
    """What a text of this prefix says. Raises `Refused`."""
    word, how = _WORDS[prefix]
    typed = "".join(text[: 2 * DEVICE_TEXT_CHARS_MAX].split())
    if not typed.lower().startswith(prefix) or len(typed) > DEVICE_TEXT_CHARS_MAX:
        raise Refused(f"this is not a {word}: it begins with {prefix} and is {how}")
    damaged = f"this {word} is damaged: a part is missing, or a letter is wrong. Copy all of it again."
    try:
        whole = from_base32(typed[len(prefix) :])
    except ValueError:
        raise Refused(damaged) from None
    packed = whole[:-_SUM_BYTES]
    if not packed or text_sum(prefix, packed) != whole[-_SUM_BYTES:]:
        raise Refused(damaged)
    if packed[0] != VERSION:
        raise Refused(f"this {word} is of version {packed[0]}, which this ruil does not know: update ruil")
    try:
        return msgspec.convert(codec.decode(packed[1:]), shape, builtin_types=(bytes,))
    except (Rejected, msgspec.ValidationError):
        raise Refused(damaged) from None
