"""Vaults: a key under a passphrase."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.crypto.vault import MEMORY_BYTES_MIN, VAULT_BYTES, NotAVault, WrongPassphrase, close, open_vault

SECRET, SALT, NONCE = bytes(range(32)), bytes(16), bytes(24)

passphrases = st.text(max_size=30)


def closed(passphrase: str) -> bytes:
    return close(SECRET, passphrase, SALT, NONCE, memory_bytes=MEMORY_BYTES_MIN, ops=1)


@settings(max_examples=10, deadline=None)
@given(passphrases)
def test_the_passphrase_opens_the_vault_however_its_letters_were_typed(passphrase: str) -> None:
    vault = closed(passphrase)

    assert len(vault) == VAULT_BYTES == 116
    assert open_vault(vault, unicodedata.normalize("NFD", passphrase)) == SECRET


@settings(max_examples=10, deadline=None)
@given(passphrases, passphrases)
def test_another_passphrase_does_not_open_it(passphrase: str, other: str) -> None:
    vault = closed(passphrase)

    if unicodedata.normalize("NFKC", passphrase) != unicodedata.normalize("NFKC", other):
        with pytest.raises(WrongPassphrase, match="not the passphrase"):
            open_vault(vault, other)


VAULT = closed("open")


@given(st.integers(0, VAULT_BYTES * 8 - 1))
def test_a_damaged_vault_is_not_blamed_on_the_passphrase(bit: int) -> None:
    damaged = bytearray(VAULT)

    damaged[bit // 8] ^= 1 << bit % 8

    with pytest.raises(NotAVault):
        open_vault(bytes(damaged), "open")


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_opening(data: bytes) -> None:
    with pytest.raises(NotAVault):
        open_vault(data, "open")


def test_a_vault_nobody_would_open_is_not_made() -> None:
    with pytest.raises(AssertionError):
        close(SECRET, "open", SALT, NONCE, memory_bytes=2**36)
