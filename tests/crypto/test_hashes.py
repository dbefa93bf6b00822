"""Hashes: one purpose, one hash."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.crypto.contexts import ENTRY_ID, PAYLOAD, PURPOSES
from ruil.crypto.hashes import blake2b, keyed


@given(st.sampled_from(PURPOSES), st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 64))
def test_a_hash_is_blake2b_with_the_purpose_as_person(purpose: bytes, parts: list[bytes], size: int) -> None:
    expected = hashlib.blake2b(b"".join(parts), digest_size=size, person=purpose).digest()

    assert blake2b(purpose, *parts, size=size) == expected


@given(st.binary(max_size=200))
def test_two_purposes_give_two_hashes_of_the_same_bytes(data: bytes) -> None:
    assert blake2b(ENTRY_ID, data) != blake2b(PAYLOAD, data)


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=200))
def test_a_keyed_hash_differs_from_an_open_one(key: bytes, data: bytes) -> None:
    assert keyed(ENTRY_ID, key, data) != blake2b(ENTRY_ID, data)


def test_an_unlisted_purpose_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        blake2b(b"made up")


def test_an_empty_key_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        keyed(ENTRY_ID, b"", b"data")
