"""Sealed boxes between members, and a lock under a shared key.

    seal(their public key, words, seed) --> box --unseal(their key)--> words

A box opens only with the private half of the key it was sealed to, and does not say who sealed it. The bytes are those
of libsodium's crypto_box_seal, so any implementation of that opens them.
Spec: docs/spec/seal.md. Vectors: tests/vectors/seal/.
"""

import hashlib
from typing import Final

from nacl import bindings
from nacl.exceptions import CryptoError

from ruil.crypto.contexts import SEALED
from ruil.crypto.hashes import keyed
from ruil.crypto.keys import PUBLIC_BYTES, SigningKey

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
SEALED_EXTRA_BYTES: Final = 48  # a public key and a tag
LOCKED_EXTRA_BYTES: Final = 40  # a nonce and a tag


class Unopenable(Exception):
    """The box is not for this key, or somebody changed it. Nothing of what is inside was read."""


class NotAKey(Exception):
    """Nothing can be sealed to these bytes: they are no Ed25519 key of the main group."""


def seal(recipient_ed25519_public: bytes, plaintext: bytes, seed32: bytes) -> bytes:
    """A box of 48 bytes more than `plaintext`. Raises `NotAKey` when nobody could hold the recipient's private half.

    `seed32` is 32 bytes nobody can guess. The one-time key is made from the seed, the recipient and the plaintext, so
    a seed used twice shows at most that two boxes are the same, and never the words.
    """
    assert len(seed32) == KEY_BYTES, f"a seed has {KEY_BYTES} bytes, not {len(seed32)}"
    recipient = _curve_public(recipient_ed25519_public)
    once = keyed(SEALED, seed32, recipient_ed25519_public, plaintext)
    once_public: bytes = bindings.crypto_scalarmult_base(once)
    box: bytes = bindings.crypto_box(plaintext, _sealed_nonce(once_public, recipient), recipient, once)
    return once_public + box


def unseal(key: SigningKey, box: bytes) -> bytes:
    """What was sealed to `key`. Raises `Unopenable`."""
    if len(box) < SEALED_EXTRA_BYTES:
        raise Unopenable(f"a sealed box has at least {SEALED_EXTRA_BYTES} bytes; this one has {len(box)}")
    private = bindings.crypto_sign_ed25519_sk_to_curve25519(key.seed + key.public)
    try:
        plaintext: bytes = bindings.crypto_box_seal_open(box, bindings.crypto_scalarmult_base(private), private)
    except CryptoError:
        raise Unopenable("this box was sealed to another key, or was changed on its way") from None
    return plaintext


def lock(key32: bytes, plaintext: bytes, nonce24: bytes) -> bytes:
    """`plaintext` under a shared key, 40 bytes longer: the nonce, then libsodium's secretbox.

    A nonce is used once with a key; 24 random bytes never meet again.
    """
    locked: bytes = bindings.crypto_secretbox(plaintext, nonce24, key32)
    return nonce24 + locked


def unlock(key32: bytes, box: bytes) -> bytes:
    """What was locked under `key32`. Raises `Unopenable`."""
    if len(box) < LOCKED_EXTRA_BYTES:
        raise Unopenable(f"a locked box has at least {LOCKED_EXTRA_BYTES} bytes; this one has {len(box)}")
    try:
        plaintext: bytes = bindings.crypto_secretbox_open(box[NONCE_BYTES:], box[:NONCE_BYTES], key32)
    except CryptoError:
        raise Unopenable("this box was locked under another key, or was changed on its way") from None
    return plaintext


def _curve_public(ed25519_public: bytes) -> bytes:
    if len(ed25519_public) != PUBLIC_BYTES:
        raise NotAKey(f"a public key has {PUBLIC_BYTES} bytes, not {len(ed25519_public)}")
    try:
        curve: bytes = bindings.crypto_sign_ed25519_pk_to_curve25519(ed25519_public)
    except CryptoError:
        raise NotAKey("nothing can be sealed to these bytes: they are no Ed25519 key of the main group") from None
    return curve


def _sealed_nonce(once_public: bytes, recipient: bytes) -> bytes:
    # Without a purpose, unlike all our own hashes: this one is libsodium's.
    return hashlib.blake2b(once_public + recipient, digest_size=NONCE_BYTES).digest()
