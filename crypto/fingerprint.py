"""A public key as six words that two people read to each other, instead of comparing hex.

66 bits: a stranger who wants a key with the same six words makes 2^66 keys first. Shown for members and devices alike.
Spec: docs/spec/keys.md, "Fingerprints". Vectors: tests/vectors/keys/fingerprint_*.json.
"""

from typing import Final

from ruil.crypto.contexts import FINGERPRINT
from ruil.crypto.hashes import blake2b
from ruil.crypto.words import WORD_BITS, spelled

FINGERPRINT_WORDS: Final = 6
_HASHED_BYTES: Final = (FINGERPRINT_WORDS * WORD_BITS + 7) // 8


def fingerprint(public: bytes) -> tuple[str, ...]:
    """The six words of a 32-byte public key: the first 66 bits of its hash."""
    return tuple(spelled(blake2b(FINGERPRINT, public)[:_HASHED_BYTES]))
