"""Keys: who signed what, by one rule for everybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_ENTRY, TAGS
from ruil.crypto.fingerprint import fingerprint
from ruil.crypto.keys import SigningKey, key_from_seed_and_name, verify

seeds = st.binary(min_size=32, max_size=32)
ANNA = SigningKey.from_seed(bytes(range(32)))


@given(seeds, st.sampled_from(TAGS), st.binary(max_size=300))
def test_what_a_key_signs_verifies_under_its_public_half(seed: bytes, tag: bytes, message: bytes) -> None:
    key = SigningKey.from_seed(seed)

    assert verify(key.public, tag, message, key.sign(tag, message))


@given(st.sampled_from(TAGS), st.sampled_from(TAGS), st.binary(max_size=100))
def test_a_signature_counts_in_its_own_context_only(tag: bytes, other: bytes, message: bytes) -> None:
    signature = ANNA.sign(tag, message)

    assert verify(ANNA.public, other, message, signature) is (tag == other)


@given(st.integers(0, 64 * 8 - 1))
def test_a_changed_bit_breaks_a_signature(bit: int) -> None:
    signature = bytearray(ANNA.sign(SIGN_ENTRY, b"said"))

    signature[bit // 8] ^= 1 << bit % 8

    assert not verify(ANNA.public, SIGN_ENTRY, b"said", bytes(signature))


@given(st.binary(max_size=70), st.binary(max_size=40), st.binary(max_size=130))
def test_no_bytes_crash_the_check(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify(public, SIGN_ENTRY, message, signature)


@given(seeds, st.binary(min_size=64, max_size=64), st.binary(max_size=40))
def test_the_rule_is_libsodiums_own(public: bytes, signature: bytes, message: bytes) -> None:
    try:
        VerifyKey(public).verify(message, signature)
        expected = True
    except BadSignatureError:
        expected = False

    assert verify(public, b"", message, signature) is expected


@given(seeds)
def test_a_key_never_shows_its_seed(seed: bytes) -> None:
    key = SigningKey.from_seed(seed)

    shown = repr(key) + str(key) + f"{key}"

    assert repr(seed) not in shown
    assert seed.hex() not in shown
    assert "seed" not in shown


def test_a_key_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        ANNA.public = bytes(32)  # type: ignore[misc]


@given(seeds, st.text(max_size=20), st.text(max_size=20))
def test_seeds_for_two_names_differ_and_neither_is_the_first_seed(seed: bytes, one: str, other: str) -> None:
    made = key_from_seed_and_name(seed, one)

    assert made == key_from_seed_and_name(seed, one)
    assert made != seed
    assert (made == key_from_seed_and_name(seed, other)) is (one == other)


def test_this_libsodium_is_sound() -> None:
    keys.self_test()


def test_a_libsodium_that_takes_too_much_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "verify", lambda *_: True)

    with pytest.raises(keys.UnsoundLibrary, match=r"accepts S \+ L"):
        keys.self_test()


def test_a_libsodium_that_refuses_honest_signatures_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "verify", lambda *_: False)

    with pytest.raises(keys.UnsoundLibrary, match="refuses an honest signature"):
        keys.self_test()


@given(seeds)
def test_a_fingerprint_is_six_words_and_always_the_same(public: bytes) -> None:
    assert len(fingerprint(public)) == 6
    assert fingerprint(public) == fingerprint(public)


def test_two_thousand_keys_have_as_many_fingerprints() -> None:
    assert len({fingerprint(number.to_bytes(32)) for number in range(2_000)}) == 2_000
