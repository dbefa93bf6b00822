"""Signers: the key that signs for a member: their own, which is their id, or one that took its place.

A later key signs under a tag of its own and over whom it signs for: what a member's own key signed is never the word
of a later one, nor the word for somebody else. Whether it did take that place is not asked here (successions.py).
Spec: docs/spec/successions.md. Vectors: tests/vectors/successions/.
"""

from collections.abc import Callable

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_SUCCESSOR
from ruil.crypto.keys import SigningKey
from ruil.protocol.ids import MemberId

Verify = Callable[[bytes, bytes, bytes, bytes], bool]


def by_whom(key: SigningKey, member: MemberId) -> bytes | None:
    """What a body says in `by` when this key signs for a member: nothing if it is the member's own."""
    return key.public if key.public != member else None


def sign(key: SigningKey, member: MemberId, tag: bytes, message: bytes) -> bytes:
    """The word of `member`, by the key that signs for them now."""
    if key.public == member:
        return key.sign(tag, message)
    return key.sign(SIGN_SUCCESSOR, member + tag + message)


def signed(
    member: MemberId, by: bytes | None, tag: bytes, message: bytes, signature: bytes, verify: Verify = keys.verify
) -> bool:
    """Whether this is the word of `member`: by their own key, or by the later key `by`."""
    if by is None:
        return verify(member, tag, message, signature)
    return verify(by, SIGN_SUCCESSOR, member + tag + message, signature)
