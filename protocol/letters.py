"""A letter: words and perhaps a picture from one member to another, sealed to their devices and signed inside.

    Letter --seal_letter(key, devices)--> Sealed --.data--> bytes --open_sealed()--> Sealed --open_letter(key)--> Letter

Whoever carries a letter sees from which device it is, for which, until when, and about how long. Every byte of it
follows from what was signed and the one key it is locked with, so a letter has one id however often it comes, and can
not be changed or sealed anew on the way. It stands in no log.
Spec: docs/spec/letters.md. Vectors: tests/vectors/letters/.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ruil.crypto.contexts import LETTER, LETTER_KEY, SIGN_LETTER, SIGN_RECEIPT
from ruil.crypto.hashes import blake2b, keyed
from ruil.crypto.keys import SIGNATURE_BYTES, SigningKey, verify
from ruil.crypto.seal import (
    KEY_BYTES,
    NONCE_BYTES,
    SEALED_EXTRA_BYTES,
    NotAKey,
    Unopenable,
    lock,
    seal,
    unlock,
    unseal,
)
from ruil.protocol import codec, fields, limits
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.fields import Id, Member, Time
from ruil.protocol.ids import CommunityId, DeviceId, LetterId, MemberId

VERSION: Final = 1
BOX_BYTES: Final = KEY_BYTES + SEALED_EXTRA_BYTES
RECEIPT_BYTES: Final = 32 + 32 + 1 + 8 + SIGNATURE_BYTES
_HEAD: Final = 1 + 32 + 8 + 1
_EACH: Final = 32 + BOX_BYTES
_TAG: Final = 16  # what a lock adds to its words, beside the nonce
_PADDED_TO: Final = 1_024  # the length says only to a KiB how much was written
_NO_NONCE: Final = bytes(NONCE_BYTES)  # each key locks one letter, so that there is one way to lock it


class Letter(msgspec.Struct, metaclass=fields.Checked, frozen=True, omit_defaults=True, gc=False):
    """What somebody wrote, as its readers have it. `about`: the listing or agreement it is about."""

    to: Member
    at: Time
    text: Annotated[str, Meta(max_length=limits.TEXT_CHARS_MAX, title="a letter")] = ""
    about: Id | None = None
    picture: Annotated[bytes, Meta(max_length=limits.PICTURE_BYTES_MAX)] = b""

    def __post_init__(self) -> None:
        if not self.text.strip() and not self.picture:
            raise Refused("an empty letter: write something, or send a picture")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A letter as it travels: what its carriers see. One in hand is well formed; whether it opens only readers know."""

    id: LetterId
    sender: DeviceId
    expires: int
    devices: tuple[DeviceId, ...]
    data: bytes


def seal_letter(
    key: SigningKey, community: CommunityId, devices: Iterable[DeviceId], letter: Letter, expires: int
) -> Sealed:
    """The letter for these devices, in the order of their keys. Deterministic: what only the sender knows of it comes
    from the device's seed and the letter. Raises `Refused` when one of them can not be sealed to."""
    to = sorted(set(devices))
    assert 1 <= len(to) <= limits.LETTER_DEVICES_MAX
    words = encode(letter)
    start = bytes([VERSION]) + key.public + expires.to_bytes(8, "big") + bytes([len(to)])
    once = keyed(LETTER_KEY, key.seed, b"key", community, start, *to, words)
    seed = keyed(LETTER_KEY, key.seed, b"seal")
    try:
        head = start + b"".join(device + seal(device, once, seed) for device in to)
    except NotAKey as why:
        raise Refused(str(why)) from None
    inside = len(words).to_bytes(4, "big") + words + key.sign(SIGN_LETTER, community + head + words)
    inside += bytes(-len(inside) % _PADDED_TO)
    return open_sealed(community, head + lock(once, inside, _NO_NONCE)[NONCE_BYTES:])


def open_sealed(community: CommunityId, data: bytes) -> Sealed:
    """What carriers see of a letter. Raises `Rejected` for bytes that are none."""
    if len(data) > limits.LETTER_BYTES_MAX:
        raise Rejected(f"a letter of {len(data)} bytes; at most {limits.LETTER_BYTES_MAX}")
    if len(data) < _HEAD or data[0] != VERSION:
        raise Rejected("not a letter of a version known here")
    count = data[_HEAD - 1]
    if not 1 <= count <= limits.LETTER_DEVICES_MAX:
        raise Rejected(f"a letter to {count} devices; between 1 and {limits.LETTER_DEVICES_MAX} are allowed")
    locked = len(data) - _HEAD - count * _EACH - _TAG
    if locked < _PADDED_TO or locked % _PADDED_TO:
        raise Rejected("a letter that is cut off, or not filled up as it should be")
    expires = int.from_bytes(data[33:41], "big")
    if expires > limits.TIMESTAMP_MS_MAX:
        raise Rejected("a letter that is kept for ever")
    devices = tuple(DeviceId(data[_HEAD + each * _EACH :][:32]) for each in range(count))
    if any(one >= other for one, other in pairwise(devices)):
        raise Rejected("the devices of a letter are not in the order of their keys")
    return Sealed(LetterId(blake2b(LETTER, community, data)), DeviceId(data[1:33]), expires, devices, data)


def open_letter(key: SigningKey, community: CommunityId, sealed: Sealed) -> Letter:
    """What was written, truly signed by `sealed.sender` for these very devices. Raises `Rejected`."""
    if key.public not in sealed.devices:
        raise Rejected("a letter for somebody else")
    head = sealed.data[: _HEAD + len(sealed.devices) * _EACH]
    box = head[_HEAD + sealed.devices.index(DeviceId(key.public)) * _EACH :][32:_EACH]
    try:
        inside = unlock(unseal(key, box), _NO_NONCE + sealed.data[len(head) :])
    except Unopenable as why:
        raise Rejected(f"a letter that does not open: {why}") from None
    end = 4 + int.from_bytes(inside[:4], "big")
    words, signature, rest = inside[4:end], inside[end:][:SIGNATURE_BYTES], inside[end + SIGNATURE_BYTES :]
    if not verify(sealed.sender, SIGN_LETTER, community + head + words, signature):
        raise Rejected("a letter that is not signed by the device it names")
    if any(rest) or len(rest) >= _PADDED_TO:
        raise Rejected("a letter with something behind its end")
    letter = decode(words)
    if not letter.at < sealed.expires <= letter.at + limits.LETTER_MS_MAX:
        raise Rejected("a letter that is kept for longer than 30 days, or for no time")
    return letter


def encode(letter: Letter) -> bytes:
    """The canonical bytes of what is signed."""
    return codec.encode(msgspec.to_builtins(letter, builtin_types=(bytes,)))


def decode(data: bytes) -> Letter:
    """The letter in canonical bytes. Raises `Rejected`."""
    value: Any = codec.decode(data)
    if value.__class__ is not dict:
        raise Rejected("what is in a letter must be a map")
    try:
        letter = msgspec.convert(value, Letter, builtin_types=(bytes,))
        fields.explain(Letter, value)
    except (msgspec.ValidationError, Refused) as why:
        raise Rejected(f"not a letter: {why}") from None
    return letter


# Receipts ----------------------------------------


@dataclass(frozen=True, slots=True)
class Receipt:
    """The word of a device that a letter came, or that its member has read it."""

    letter: LetterId
    by: DeviceId
    read: bool
    at: int
    data: bytes


def receipt(key: SigningKey, community: CommunityId, letter: LetterId, at: int, *, read: bool = False) -> Receipt:
    """This device's word about a letter."""
    said = letter + key.public + bytes([2 if read else 1]) + at.to_bytes(8, "big")
    return _receipt(said + key.sign(SIGN_RECEIPT, community + said))


def open_receipt(community: CommunityId, data: bytes) -> Receipt:
    """A receipt, truly signed. Raises `Rejected`."""
    made = _receipt(data)
    if not verify(made.by, SIGN_RECEIPT, community + data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]):
        raise Rejected("a receipt that is not signed by the device it names")
    return made


def _receipt(data: bytes) -> Receipt:
    if len(data) != RECEIPT_BYTES or data[64] not in (1, 2):
        raise Rejected("not a receipt")
    at = int.from_bytes(data[65:73], "big")
    return Receipt(LetterId(data[:32]), DeviceId(data[32:64]), data[64] == 2, at, data)


# What a node remembers ----------------------------------------

OURS: Final = "ours"  # written on this device
COPY: Final = "copy"  # written by the same member on another
THEIRS: Final = "theirs"  # to this member
KEPT: Final = "kept"  # kept for somebody else


class Note(msgspec.Struct, frozen=True, gc=False):
    """What a node remembers of a letter beside its bytes: everything but the words. `role`: whose it is here. `partner`
    is the other member; of a letter kept for somebody it is its reader, and `by` who left it. `came`: when, by our
    clock. `holders`: who it was left with; of one to us, who brought it. `gone`: its bytes are kept no more."""

    id: LetterId
    role: str
    sender: DeviceId
    expires: int
    devices: tuple[DeviceId, ...]
    size: int
    partner: MemberId
    by: MemberId
    at: int
    came: int
    about: bytes = b""
    picture: bool = False
    receipts: tuple[bytes, ...] = ()  # one of each device, the latest
    holders: tuple[DeviceId, ...] = ()
    seen: bool = False  # by this member
    gone: bool = False

    @property
    def got(self) -> frozenset[DeviceId]:
        """The devices that have it by their own word."""
        return frozenset(DeviceId(each[32:64]) for each in self.receipts)


_write: Final = msgspec.msgpack.Encoder().encode
_read: Final = msgspec.msgpack.Decoder(Note).decode


def note_bytes(note: Note) -> bytes:
    """A note as a driver keeps it."""
    return _write(note)


def note_of(data: bytes) -> Note:
    """The note a driver kept."""
    return _read(data)
