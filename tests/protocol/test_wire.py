"""Frames: whatever bytes come, they are a frame, a later version, or refused with a sentence."""

import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import wire
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.limits import (
    ANNOUNCE_MAX,
    CARD_ENTRIES_MAX,
    ENTRIES_MAX,
    ENTRY_BYTES_MAX,
    FRAME_BYTES_MAX,
    FRAME_ENTRIES_BYTES,
    HEADS_MAX,
    PROOF_BYTES_MAX,
    PROOFS_MAX,
    RANGES_MAX,
    RECORD_BYTES_MAX,
    RECORDS_MAX,
)
from ruil.protocol.wire import (
    Announce,
    Answers,
    Ask,
    Carry,
    Entries,
    Frame,
    Heads,
    Hello,
    Peers,
    Proofs,
    Prune,
    Push,
    Receipts,
    Want,
)

KEY = st.binary(min_size=32, max_size=32)
SHORT = st.binary(min_size=8, max_size=8)
NUMBER = st.integers(0, 2**63 - 1)
BYTES = st.binary(max_size=60)


def many(items: st.SearchStrategy[object], most: int = 5) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=most).map(tuple)


FRAMES: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Hello, KEY, many(BYTES, 2), SHORT, NUMBER),
    st.builds(Heads, SHORT, NUMBER, many(st.tuples(KEY, NUMBER, SHORT))),
    st.builds(Push, KEY, BYTES),
    st.builds(Entries, KEY, many(BYTES)),
    st.builds(Announce, many(SHORT)),
    st.builds(Ask, many(SHORT)),
    st.builds(Want, many(st.tuples(KEY, NUMBER, NUMBER))),
    st.builds(Prune),
    st.builds(Proofs, many(BYTES)),
    st.builds(Peers, many(BYTES)),
    st.builds(Carry, BYTES),
    st.builds(Receipts, many(st.binary(min_size=137, max_size=137))),
    st.builds(Answers, many(st.tuples(KEY, NUMBER))),
)
KNOWN = frozenset(range(1, 16))  # the types of docs/spec/wire.md
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9) | KEY | SHORT | st.floats(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(FRAMES)
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    assert wire.decode(wire.encode(frame)) == frame


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(data: bytes) -> None:
    try:
        frame = wire.decode(data)
    except Rejected:
        return

    assert frame is None or isinstance(frame, Frame)


@given(st.integers(0, 20), st.lists(JUNK, max_size=5))
def test_no_well_formed_nonsense_crashes_the_decoder(tag: int, fields: list[object]) -> None:
    data = bytes([wire.VERSION, wire.CHANNEL]) + msgspec.msgpack.encode([tag, *fields])
    try:
        frame = wire.decode(data)
    except Rejected:
        return

    assert (frame is None) == (tag not in KNOWN)


@given(st.integers(0, 2**64 - 1).filter(lambda tag: tag not in KNOWN), st.binary(max_size=50))
def test_a_frame_of_a_later_day_is_passed_over_whatever_follows_its_type(tag: int, rest: bytes) -> None:
    data = bytes([wire.VERSION, wire.CHANNEL]) + b"\x9f" + msgspec.msgpack.encode(tag) + rest

    assert wire.decode(data) is None


@given(FRAMES, st.data())
def test_no_cut_or_changed_frame_crashes_the_decoder(frame: Frame, data: st.DataObject) -> None:
    whole = bytearray(wire.encode(frame))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        wire.decode(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except Rejected:
        return


def test_a_frame_of_a_later_version_is_not_read() -> None:
    assert wire.decode(bytes([wire.VERSION + 1]) + b"anything") is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "at least 3"),
        (b"\x00\x00\x91\x08", "frame of version 0"),
        (b"\x01\x01\x91\x08", "on channel 1"),
        (b"\x01\x00\x91\xe0", "not a frame"),
        (b"\x01\x00\x91\x08\x00", "not a frame"),
        (b"\x01\x00" + b"\x91" * 10_000, "not a frame"),
        (bytes(FRAME_BYTES_MAX + 1), f"at most {FRAME_BYTES_MAX}"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        wire.decode(data)


DEVICE, ID = bytes(32), bytes(8)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(Announce((ID,) * (ANNOUNCE_MAX + 1)), id="announced ids"),
        pytest.param(Ask((ID,) * (ANNOUNCE_MAX + 1)), id="asked ids"),
        pytest.param(Heads(ID, 0, ((DEVICE, 1, ID),) * (HEADS_MAX + 1)), id="heads"),
        pytest.param(Want(((DEVICE, 0, 1),) * (RANGES_MAX + 1)), id="ranges"),
        pytest.param(Peers((b"",) * (RECORDS_MAX + 1)), id="records"),
        pytest.param(Peers((bytes(RECORD_BYTES_MAX + 1),)), id="bytes of a record"),
        pytest.param(Proofs((b"",) * (PROOFS_MAX + 1)), id="proofs"),
        pytest.param(Entries(DEVICE, (b"",) * (ENTRIES_MAX + 1)), id="entries"),
        pytest.param(Proofs((bytes(PROOF_BYTES_MAX + 1),)), id="bytes of a proof"),
        pytest.param(Push(DEVICE, bytes(ENTRY_BYTES_MAX + 1)), id="bytes of a pushed entry"),
        pytest.param(Entries(DEVICE, (bytes(ENTRY_BYTES_MAX + 1),)), id="bytes of an entry"),
        pytest.param(Hello(DEVICE, (b"",) * (CARD_ENTRIES_MAX + 1), ID, 0), id="entries on a card"),
    ],
)
def test_one_above_a_limit_is_refused(frame: Frame) -> None:
    with pytest.raises(Rejected, match=r"at most|of length <="):
        wire.decode(wire.encode(frame))


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        pytest.param("9501c420" + "00" * 32, "c400", id="entries on a card"),
        pytest.param("9402c408" + "00" * 8 + "00", "93c40000c400", id="heads"),
        pytest.param("9304c420" + "00" * 32, "c400", id="entries"),
        pytest.param("9205", "c400", id="announced ids"),
        pytest.param("9207", "93c4000000", id="ranges"),
        pytest.param("9209", "c400", id="proofs"),
        pytest.param("920c", "c400", id="receipts"),
        pytest.param("920d", "92c40000", id="answers"),
    ],
)
def test_no_part_is_made_of_a_frame_that_has_too_many(kind: str, item: str) -> None:
    count = (FRAME_BYTES_MAX - 64) // len(bytes.fromhex(item))
    head = bytes([wire.VERSION, wire.CHANNEL]) + bytes.fromhex(kind) + b"\xdd" + count.to_bytes(4, "big")
    data = head + bytes.fromhex(item) * count

    tracemalloc.start()
    try:
        with pytest.raises(Rejected, match="of length <="):
            wire.decode(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < PROOF_BYTES_MAX


@given(
    st.lists(st.sampled_from([152, 400, 65_776]), max_size=12)
    | st.integers(0, 3 * ENTRIES_MAX).map(lambda count: [152] * count)
)
def test_entries_of_a_log_are_cut_into_frames_a_reader_takes(sizes: list[int]) -> None:
    data = [number.to_bytes(4, "big") + bytes(size - 4) for number, size in enumerate(sizes)]

    frames = list(wire.entries(DeviceId(DEVICE), data))

    assert [entry for frame in frames for entry in frame.entries] == data
    assert all(wire.decode(wire.encode(frame)) == frame for frame in frames)
    assert all(frame.entries for frame in frames)
    assert all(sum(map(len, frame.entries)) <= FRAME_ENTRIES_BYTES for frame in frames)


@pytest.mark.parametrize(
    "frame",
    [
        Push(bytes(31), b""),
        Entries(bytes(33), ()),
        Announce((bytes(7),)),
        Heads(bytes(9), 0, ()),
        Heads(ID, 0, ((bytes(31), 1, ID),)),
        Heads(ID, -1, ()),
        Heads(ID, 0, ((DEVICE, -1, ID),)),
        Want(((DEVICE, -1, 0),)),
        Hello(bytes(31), (), ID, 0),
        Hello(DEVICE, (), ID, -1),
        Receipts((bytes(136),)),
        Answers(((bytes(31), 1),)),
        Answers(((DEVICE, -1),)),
    ],
)
def test_a_field_of_a_wrong_size_is_refused(frame: Frame) -> None:
    with pytest.raises(Rejected, match=r"must have|below 0"):
        wire.decode(wire.encode(frame))


def test_a_hello_tag_differs_for_every_pair_and_direction() -> None:
    one, two = DeviceId(b"\1" * 32), DeviceId(b"\2" * 32)
    here, there = CommunityId(b"\3" * 32), CommunityId(b"\4" * 32)

    tags = {wire.hello_tag(*each) for each in ((here, one, two), (here, two, one), (there, one, two))}

    assert len(tags) == 3
