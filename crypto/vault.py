"""A vault: a member's 32-byte seed under a passphrase, in 116 bytes.

The passphrase is stretched by Argon2id, so each guess costs a thief a quarter of a gibibyte and most of a second. What
it cost stands in the file; a file that asks for more than `MEMORY_BYTES_MAX` or `OPS_MAX` is not tried at all.
Spec: docs/spec/vault.md. Vectors: tests/vectors/vault/.
"""

import struct
import unicodedata
from typing import Final

from nacl.pwhash import argon2id

from ruil.crypto.contexts import VAULT
from ruil.crypto.hashes import blake2b
from ruil.crypto.seal import KEY_BYTES, Unopenable, lock, unlock

MAGIC: Final = b"ruilkey\x01"
SECRET_BYTES: Final = 32
SALT_BYTES: Final = 16
CHECK_BYTES: Final = 8

MEMORY_BYTES: Final = 256 * 2**20
MEMORY_BYTES_MIN: Final = 8 * 2**20  # below this a passphrase is hardly protected: nobody's file should say so
MEMORY_BYTES_MAX: Final = 2**30  # a small computer still opens it
OPS: Final = 3
OPS_MAX: Final = 16  # at the most memory about ten seconds; more would look like a node that hangs

# magic, ops, memory in bytes, salt; then nonce, secretbox of the seed, check
_HEADER: Final = struct.Struct(">8sIQ16s")
VAULT_BYTES: Final = _HEADER.size + 24 + 16 + SECRET_BYTES + CHECK_BYTES


class WrongPassphrase(Exception):
    """The file is whole, and the passphrase is not the one it was closed with."""


class NotAVault(Exception):
    """The bytes are no vault, or were damaged; or are one that asks too much of this computer."""


def close(
    secret: bytes, passphrase: str, salt: bytes, nonce: bytes, *, memory_bytes: int = MEMORY_BYTES, ops: int = OPS
) -> bytes:
    """The 116 bytes of a vault holding the 32-byte `secret`. `salt` (16 bytes) and `nonce` (24) are new and random
    each time; `memory_bytes` is a whole number of KiB."""
    assert len(secret) == SECRET_BYTES, f"a secret has {SECRET_BYTES} bytes, not {len(secret)}"
    assert _bearable(memory_bytes, ops), f"{memory_bytes} bytes of memory and {ops} passes are out of bounds"
    header = _HEADER.pack(MAGIC, ops, memory_bytes, salt)
    closed = header + lock(_stretched(passphrase, salt, memory_bytes, ops), secret, nonce)
    return closed + blake2b(VAULT, closed, size=CHECK_BYTES)


def open_vault(data: bytes, passphrase: str) -> bytes:
    """The 32-byte secret. Raises `NotAVault` before any stretching, or `WrongPassphrase` after it."""
    if data[: len(MAGIC)] != MAGIC:
        raise NotAVault("this file is not a ruil key vault")
    if len(data) != VAULT_BYTES:
        raise NotAVault(f"this vault has {len(data)} bytes instead of {VAULT_BYTES}: it was cut or added to")
    closed, check = data[:-CHECK_BYTES], data[-CHECK_BYTES:]
    if blake2b(VAULT, closed, size=CHECK_BYTES) != check:
        raise NotAVault("this vault is damaged: its check does not match. Use another copy, or the words of the key")
    _, ops, memory_bytes, salt = _HEADER.unpack_from(closed)
    if not _bearable(memory_bytes, ops):
        raise NotAVault(
            f"this vault asks for {memory_bytes} bytes of memory and {ops} passes; "
            f"at least {MEMORY_BYTES_MIN} and 1, at most {MEMORY_BYTES_MAX} and {OPS_MAX} are accepted"
        )
    try:
        return unlock(_stretched(passphrase, salt, memory_bytes, ops), closed[_HEADER.size :])
    except Unopenable:
        raise WrongPassphrase("that is not the passphrase this key was closed with") from None


def _bearable(memory_bytes: int, ops: int) -> bool:
    return MEMORY_BYTES_MIN <= memory_bytes <= MEMORY_BYTES_MAX and not memory_bytes % 1024 and 1 <= ops <= OPS_MAX


def _stretched(passphrase: str, salt: bytes, memory_bytes: int, ops: int) -> bytes:
    # NFKC: the same letters typed on another keyboard or system may arrive as other code points.
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    key: bytes = argon2id.kdf(KEY_BYTES, typed, salt, opslimit=ops, memlimit=memory_bytes)
    return key
