"""Ed25519 keys: a member's, a device's, a token's. Sign with a context, verify by libsodium's exact rule.

Libraries disagree on which malformed signatures they take, and a community whose nodes disagree splits. So the rule is
not "Ed25519" but "what this libsodium answers", and `self_test` refuses to go on with one that answers otherwise.
Spec: docs/spec/keys.md. Vectors: tests/vectors/keys/.
"""

from dataclasses import dataclass, field
from typing import Final

from nacl import bindings
from nacl._sodium import ffi, lib

from ruil.crypto.contexts import KEY_SEED
from ruil.crypto.hashes import keyed

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_open = lib.crypto_sign_open
_NULL: Final = ffi.NULL


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs. Its repr, comparison and hash know only the public half, so none can give the seed away."""

    public: bytes
    seed: bytes = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key of a 32-byte seed: always the same one."""
        assert len(seed) == SEED_BYTES, f"a seed has {SEED_BYTES} bytes, not {len(seed)}"
        public, _ = bindings.crypto_sign_seed_keypair(seed)
        return cls(public, seed)

    def sign(self, context: bytes, message: bytes) -> bytes:
        """64 bytes over `context` (one of the tags in contexts.py) and `message`. The same input gives the same bytes."""
        signed: bytes = bindings.crypto_sign(context + message, self.seed + self.public)
        return signed[:SIGNATURE_BYTES]


def verify(public: bytes, context: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one by `public` over `context` and `message`, by libsodium's rule (docs/spec/keys.md).

    A key or signature of another length is False. Other threads run meanwhile: the binding lets go of the GIL.
    """
    # libsodium reads 32 bytes from wherever `public` points, whatever its length.
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    # No copy of the message is asked back (both NULL): PyNaCl's VerifyKey allocates one each time.
    signed = signature + context + message
    answer: int = _open(_NULL, _NULL, signed, len(signed), public)
    return answer == 0


def key_from_seed_and_name(seed: bytes, name: str) -> bytes:
    """A 32-byte seed for one named use ("device", "web"), from which neither `seed` nor its other uses follow."""
    assert len(seed) == SEED_BYTES, f"a seed has {SEED_BYTES} bytes, not {len(seed)}"
    return keyed(KEY_SEED, seed, name.encode())
