"""Sealed boxes: for one reader, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import SealedBox
from nacl.secret import SecretBox
from nacl.signing import SigningKey as PlainSigningKey

from ruil.crypto.keys import SigningKey
from ruil.crypto.seal import NotAKey, Unopenable, lock, seal, unlock, unseal

seeds = st.binary(min_size=32, max_size=32)
nonces = st.binary(min_size=24, max_size=24)
texts = st.binary(max_size=300)
ANNA, BEN = SigningKey.from_seed(bytes(range(32))), SigningKey.from_seed(bytes(range(1, 33)))


@given(seeds, seeds, texts)
def test_the_reader_opens_what_was_sealed_to_them(reader: bytes, seed: bytes, plaintext: bytes) -> None:
    key = SigningKey.from_seed(reader)

    box = seal(key.public, plaintext, seed)

    assert unseal(key, box) == plaintext
    assert len(box) == len(plaintext) + 48


@given(seeds, texts)
def test_any_libsodium_opens_our_boxes_and_we_open_theirs(seed: bytes, plaintext: bytes) -> None:
    theirs = SealedBox(PlainSigningKey(ANNA.seed).to_curve25519_private_key())
    sealing = SealedBox(PlainSigningKey(ANNA.seed).verify_key.to_curve25519_public_key())

    assert theirs.decrypt(seal(ANNA.public, plaintext, seed)) == plaintext
    assert unseal(ANNA, sealing.encrypt(plaintext)) == plaintext


@given(seeds, texts)
def test_nobody_else_opens_it(seed: bytes, plaintext: bytes) -> None:
    box = seal(ANNA.public, plaintext, seed)

    with pytest.raises(Unopenable):
        unseal(BEN, box)


@given(seeds, texts, texts)
def test_a_seed_used_twice_does_not_give_the_same_one_time_key_to_two_texts(seed: bytes, a: bytes, b: bytes) -> None:
    one, other = seal(ANNA.public, a, seed), seal(ANNA.public, b, seed)

    assert (one[:32] == other[:32]) is (a == b)
    assert seal(BEN.public, a, seed)[:32] != one[:32]


@given(st.binary(max_size=120))
def test_no_bytes_crash_the_opening(box: bytes) -> None:
    with pytest.raises(Unopenable):
        unseal(ANNA, box)
    with pytest.raises(Unopenable):
        unlock(bytes(32), box)


@given(st.binary(max_size=40))
def test_sealing_to_any_bytes_gives_a_box_or_a_reason(public: bytes) -> None:
    try:
        box = seal(public, b"words", bytes(32))
    except NotAKey:
        return
    assert len(box) == 53


@given(seeds, texts, nonces)
def test_a_lock_is_libsodiums_secretbox_with_the_nonce_in_front(key: bytes, plaintext: bytes, nonce: bytes) -> None:
    box = lock(key, plaintext, nonce)

    assert box == bytes(SecretBox(key).encrypt(plaintext, nonce))
    assert unlock(key, box) == plaintext
