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


class UnsoundLibrary(Exception):
    """The libsodium in this process does not follow the rule all members follow. Nothing may be verified with it."""


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
        """64 bytes over `context` (a tag from contexts.py) and `message`; the same input gives the same bytes."""
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


# Some of the vectors: whether libsodium must take this signature (R, then S) by this key over `_EDGE_MESSAGE`.
_EDGE_MESSAGE: Final = bytes.fromhex("77983714ef09f8e33a45eb9af2440b74dd6d74c676c185db3899ab0acbb7daa9")
_EDGES: Final = (
    ("an honest signature", True,
     "a8603ec15f1481bbe29ad36c3594abd5762da226e09fe8ae6791991d045e10b0",
     "5195a7a83c93719b7b661402d9c6036f3af5135b2c63fd5bcc13e756e2f103e1"
     "ba019fa0e474fa5bcaa6f462c5b4cb66c8c96247a4ce2b2aab76aa5d6fa4970e"),
    ("S + L in place of S", False,
     "a8603ec15f1481bbe29ad36c3594abd5762da226e09fe8ae6791991d045e10b0",
     "5195a7a83c93719b7b661402d9c6036f3af5135b2c63fd5bcc13e756e2f103e1"
     "a7d594fdfed70cb4a043ec05a4aeaa7bc8c96247a4ce2b2aab76aa5d6fa4971e"),
    ("a key of small order", False,
     "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
     "3d1f2a0270bfc7cf6e9a02c90611928a3f311e56e80ec6c12257d8e6e1b7ab28"
     "efe98cc9a59474d49f9c1f04e14ff2d6fce29fcafd0ad54211b5c5c16dbae702"),
    ("a key written in a second way", False,
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
     "5195a7a83c93719b7b661402d9c6036f3af5135b2c63fd5bcc13e756e2f103e1"
     "e9e98cc9a59474d49f9c1f04e14ff2d6fce29fcafd0ad54211b5c5c16dbae702"),
    ("an R of small order", False,
     "a8603ec15f1481bbe29ad36c3594abd5762da226e09fe8ae6791991d045e10b0",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "a4f8654bb53b227136ecb0dbde7ddbc9055cc5949c8586f297f111c652dc9108"),
    ("an R of mixed order", False,
     "a8603ec15f1481bbe29ad36c3594abd5762da226e09fe8ae6791991d045e10b0",
     "116189ea3d5bbab521b24eedb6ac35b02308f0b9c243a15e855673f7be476fbe"
     "0f0fac5a8a6f262ee44a5269b6a3950f81a70af1c756842d245d9f728806010e"),
    ("a key of mixed order", False,
     "3458fc9873d1bee067b2e1392f7e4bf0f45328ea83a17b66d156cc80ae562fed",
     "5195a7a83c93719b7b661402d9c6036f3af5135b2c63fd5bcc13e756e2f103e1"
     "a2d171dbb4e9ddab7b5521b75ae3ba03e30d35d38b571bef43b6db6ea1cded08"),
    ("a key of mixed order whose small part falls away", True,
     "3458fc9873d1bee067b2e1392f7e4bf0f45328ea83a17b66d156cc80ae562fed",
     "08ada90d02eba3743ab29b206bd8c6e97881220f054491343578a8ab4ba60403"
     "03a0690cd1952dc80fd9487946d6dc193334f5e54bf0399c1604f71cdad6c40b"),
)  # fmt: skip


def self_test() -> None:
    """Raises `UnsoundLibrary` when the libsodium in this process answers an edge case otherwise than docs/spec/keys.md
    says. Run at every start: 0.2 ms, against a node that would quietly leave its community."""
    for what, expected, public, signature in _EDGES:
        if verify(bytes.fromhex(public), b"", _EDGE_MESSAGE, bytes.fromhex(signature)) is not expected:
            done = "refuses" if expected else "accepts"
            raise UnsoundLibrary(
                f"the libsodium on this computer {done} {what}; it would disagree with other members about who signed "
                "what. Install PyNaCl from its own wheel, which brings the right one"
            )
