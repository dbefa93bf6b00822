"""Canonical MessagePack: one value, one coding."""

import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.codec import decode, encode
from ruil.protocol.errors import Rejected
from ruil.protocol.limits import NESTING_MAX, PAYLOAD_BYTES_MAX, PROOF_BYTES_MAX

LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=40) | st.binary(max_size=40)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(VALUES.filter(lambda value: depth(value) <= NESTING_MAX))
def test_what_is_encoded_is_decoded(value: Any) -> None:
    again = decode(encode(value))

    assert again == value


@given(st.binary(max_size=60))
def test_bytes_that_decode_are_the_only_coding_of_their_value(data: bytes) -> None:
    try:
        value = decode(data)
    except Rejected:
        return

    assert encode(value) == data


@given(st.dictionaries(st.text(max_size=6), st.integers(0, 300), max_size=6), st.randoms(use_true_random=False))
def test_the_order_in_which_a_map_was_made_does_not_matter(value: dict[str, int], chance: Any) -> None:
    items = list(value.items())
    chance.shuffle(items)

    assert encode(dict(items)) == encode(value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param("82a16201a16102", "sorted", id="keys not sorted"),
        pytest.param("82a16101a16101", "repeat", id="a key repeated"),
        pytest.param("81c4016101", "text", id="a key of bytes"),
        pytest.param("810101", "not MessagePack", id="a key of a number"),
        pytest.param("cc01", "shortest", id="a small number in 8 bits"),
        pytest.param("cd0001", "shortest", id="a small number in 16 bits"),
        pytest.param("d001", "shortest", id="a small positive number in a signed form"),
        pytest.param("cf0000000000000001", "shortest", id="a small number in 64 bits"),
        pytest.param("d90161", "shortest", id="a short text with a long length"),
        pytest.param("dc000101", "shortest", id="a short list with a long length"),
        pytest.param("de0001a16101", "shortest", id="a small map with a long length"),
        pytest.param("c5000161", "shortest", id="few bytes with a long length"),
        pytest.param("cb3ff0000000000000", "floats", id="a float"),
        pytest.param("81a161cb3ff0000000000000", "floats", id="a float in a map"),
        pytest.param("ca3f800000", "not canonical", id="a short float"),
        pytest.param("cb7ff8000000000000", "floats", id="not a number"),
        pytest.param("d40161", "extension", id="an extension"),
        pytest.param("d6ff00000001", "extension type -1", id="a timestamp"),
        pytest.param("91c70cff000000007fffffffffffffff", "not MessagePack", id="a time beyond all calendars"),
        pytest.param("81a161d6ff00000001", "extension type -1", id="a timestamp in a map"),
        pytest.param("a1ff", "not MessagePack", id="text that is not UTF-8"),
        pytest.param("a3eda080", "not MessagePack", id="half of a surrogate pair"),
        pytest.param("c1", "not MessagePack", id="the byte that means nothing"),
        pytest.param("", "not MessagePack", id="nothing"),
        pytest.param("0101", "not MessagePack", id="two values"),
        pytest.param("92", "not MessagePack", id="a list that ends early"),
        pytest.param("ddffffffff", "not MessagePack", id="a list longer than its bytes"),
    ],
)
def test_any_other_coding_is_refused(data: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        decode(bytes.fromhex(data))


def test_what_nests_too_deep_is_refused() -> None:
    value: Any = 0
    for _ in range(NESTING_MAX):
        value = [value]
    assert decode(encode(value)) == value

    with pytest.raises(Rejected, match="nested deeper"):
        decode(encode([value]))


def test_a_stranger_can_not_exhaust_the_stack() -> None:
    with pytest.raises(Rejected):
        decode(b"\x91" * 60_000 + b"\x00")


@pytest.mark.parametrize(
    ("lead", "header", "size"),
    [
        pytest.param("", "dcffff", PAYLOAD_BYTES_MAX, id="lists in lists"),
        pytest.param("", "dd00010000", PAYLOAD_BYTES_MAX, id="longer lists in lists"),
        pytest.param("", "81a161dcffff", PAYLOAD_BYTES_MAX, id="lists in maps"),
        pytest.param("", "dc0fff", PROOF_BYTES_MAX, id="lists in a proof"),
    ],
)
def test_a_stranger_can_not_make_room_for_what_they_only_promise(lead: str, header: str, size: int) -> None:
    data = (bytes.fromhex(lead) + bytes.fromhex(header) * size)[:size]

    tracemalloc.start()
    try:
        with pytest.raises(Rejected, match="not MessagePack"):
            decode(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 4 * PAYLOAD_BYTES_MAX


@pytest.mark.parametrize("inner", [{}, [], {"": 1}, [0], 0xCA], ids=repr)
def test_a_payload_full_of_small_values_is_read(inner: Any) -> None:
    value = [inner] * (PAYLOAD_BYTES_MAX // 5)

    assert decode(encode(value)) == value


@given(VALUES, st.data())
def test_a_changed_byte_gives_another_value_or_none(value: Any, chance: st.DataObject) -> None:
    data = bytearray(encode(value))
    data[chance.draw(st.integers(0, len(data) - 1))] = chance.draw(
        st.sampled_from(range(0xC0, 0xE0)) | st.integers(0, 255)
    )
    try:
        read = decode(bytes(data))
    except Rejected:
        return

    assert encode(read) == data
    assert msgpack.unpackb(data) == read


@pytest.mark.parametrize("depth", range(1, NESTING_MAX + 1))
def test_a_float_is_found_at_every_depth(depth: int) -> None:
    for head in (b"\x91", b"\x81\xa1a"):
        with pytest.raises(Rejected, match="floats"):
            decode(head * depth + bytes.fromhex("cb3ff8000000000000"))


@given(VALUES)
def test_the_coding_is_plain_messagepack(value: Any) -> None:
    assert msgpack.unpackb(encode(value), strict_map_key=False) == value
