"""The sieve takes what is plain and leaves libp2p's loop what is not, however the bytes are cut into messages."""

import contextlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from libp2p.io.exceptions import IncompleteReadError
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    FLAG_ACK,
    FLAG_FIN,
    FLAG_RST,
    FLAG_SYN,
    HEADER_SIZE,
    TYPE_DATA,
    TYPE_GO_AWAY,
    TYPE_PING,
    TYPE_WINDOW_UPDATE,
    YAMUX_HEADER_FORMAT,
)

from ruil.node.network.sieve import Sieve, TooLong

KNOWN = (1, 3)
WINDOW = 1_000


@dataclass
class _Ends:
    """Noise that changes nothing, and a wire that brings these messages."""

    messages: list[bytes]
    left: bytes = b""
    written: list[bytes] = field(default_factory=list)

    async def message(self) -> bytes | None:
        return self.messages.pop(0) if self.messages else None

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    def decrypt(self, data: bytes) -> bytes:
        return data

    encrypt = decrypt

    def sieve(self) -> tuple[Sieve, Any]:
        streams = {each: SimpleNamespace(send_window=0, recv_window=WINDOW) for each in KNOWN}
        muxer = SimpleNamespace(
            streams=streams,
            stream_buffers={each: bytearray() for each in KNOWN},
            stream_events={each: trio.Event() for each in KNOWN},
        )
        raw = SimpleNamespace(stream=self)
        conn = SimpleNamespace(noise_state=self, read_writer=SimpleNamespace(read_write_closer=raw))
        session: Any = SimpleNamespace(conn=conn, _drain=lambda _n: self.left)
        return Sieve(session, muxer), muxer  # type: ignore[arg-type]


def _frame(kind: int, flags: int, stream: int, length: int, body: bytes = b"") -> bytes:
    return struct.pack(YAMUX_HEADER_FORMAT, 0, kind, flags, stream, length) + body


async def _all_for_the_loop(sieve: Sieve) -> bytes:
    """Read as libp2p's loop does: a header, and the body of data."""
    seen = b""
    while True:
        try:
            header = await sieve.read(HEADER_SIZE)
        except IncompleteReadError as end:
            return seen if end.is_clean_close else b"cut short"
        seen += header
        _, kind, _, _, length = struct.unpack(YAMUX_HEADER_FORMAT, header)
        while kind == TYPE_DATA and length:
            part = await sieve.read(length)
            assert part
            seen += part
            length -= len(part)


FLAGS = st.sampled_from((FLAG_SYN, FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN | FLAG_FIN))
STREAMS = st.sampled_from((*KNOWN, 5))
BODIES = st.binary(max_size=40)
PLAIN_OR_NOT = st.one_of(
    st.builds(lambda stream, body: _frame(TYPE_DATA, 0, stream, len(body), body), STREAMS, BODIES),
    st.builds(lambda flags, stream, body: _frame(TYPE_DATA, flags, stream, len(body), body), FLAGS, STREAMS, BODIES),
    st.builds(lambda stream, more: _frame(TYPE_WINDOW_UPDATE, 0, stream, more), STREAMS, st.integers(0, 1 << 20)),
    st.builds(lambda flags, stream: _frame(TYPE_WINDOW_UPDATE, flags, stream, 0), FLAGS, STREAMS),
    st.builds(lambda flags, nonce: _frame(TYPE_PING, flags, 0, nonce), FLAGS, st.integers(0, 99)),
    st.just(_frame(TYPE_GO_AWAY, 0, 0, 0)),
)


def _is_plain(frame: bytes) -> bool:
    _, kind, flags, stream, _ = struct.unpack(YAMUX_HEADER_FORMAT, frame[:HEADER_SIZE])
    return kind in (TYPE_DATA, TYPE_WINDOW_UPDATE) and not flags and stream in KNOWN


@given(st.lists(PLAIN_OR_NOT, max_size=12), st.data())
def test_streams_and_loop_get_what_is_theirs_however_it_is_cut(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    sieve, muxer = _Ends(parts[1:], left=parts[0]).sieve()

    seen = trio.run(_all_for_the_loop, sieve)

    assert seen == b"".join(frame for frame in frames if not _is_plain(frame))
    for stream in KNOWN:
        mine = [frame for frame in frames if _is_plain(frame) and frame[4:8] == stream.to_bytes(4, "big")]
        brought = b"".join(frame[HEADER_SIZE:] for frame in mine)
        windows = [int.from_bytes(frame[8:12], "big") for frame in mine if frame[1] == TYPE_WINDOW_UPDATE]
        assert muxer.stream_buffers[stream] == brought
        assert muxer.streams[stream].recv_window == max(0, WINDOW - len(brought))
        assert muxer.streams[stream].send_window == sum(windows)
        assert muxer.stream_events[stream].is_set() == bool(brought)


def test_what_came_of_a_long_frame_is_there_before_its_end() -> None:
    async def main() -> None:
        ends = _Ends([_frame(TYPE_DATA, 0, 1, 30, b"a" * 10)])
        sieve, muxer = ends.sieve()
        with pytest.raises(IncompleteReadError):
            await sieve.read(HEADER_SIZE)
        assert muxer.stream_buffers[1] == b"a" * 10

    trio.run(main)


@pytest.mark.parametrize("flags", [0, FLAG_SYN, FLAG_FIN])
@pytest.mark.parametrize("stream", [KNOWN[0], 5])
def test_a_frame_of_more_than_any_window_is_refused_at_its_header(flags: int, stream: int) -> None:
    async def read(length: int) -> bytes:
        sieve, _ = _Ends([_frame(TYPE_DATA, flags, stream, length), _frame(TYPE_PING, FLAG_SYN, 0, 7)]).sieve()
        return await sieve.read(HEADER_SIZE)

    with pytest.raises(TooLong):
        trio.run(read, DEFAULT_WINDOW_SIZE + 1)
    with contextlib.suppress(IncompleteReadError):  # the rest of a plain one is still to come
        trio.run(read, DEFAULT_WINDOW_SIZE)


def test_the_rest_for_a_stream_that_has_ended_goes_nowhere() -> None:
    async def main() -> bytes:
        ends = _Ends([_frame(TYPE_DATA, 0, 1, 4, b"ab"), b"cd" + _frame(TYPE_PING, FLAG_SYN, 0, 7)])
        sieve, muxer = ends.sieve()
        take = ends.message

        async def then_it_ends() -> bytes | None:
            message = await take()
            if len(ends.messages) == 0:
                del muxer.streams[1]
            return message

        ends.message = then_it_ends  # type: ignore[method-assign]
        return await sieve.read(HEADER_SIZE)

    assert trio.run(main) == _frame(TYPE_PING, FLAG_SYN, 0, 7)


def test_what_is_longer_than_a_message_goes_out_in_several() -> None:
    async def main(ends: _Ends) -> Sequence[bytes]:
        sieve, _ = ends.sieve()
        await sieve.write(b"z" * 150_000)
        return ends.written

    written = trio.run(main, _Ends([]))

    assert [int.from_bytes(each[:2], "big") for each in written] == [65_519, 65_519, 18_962]
    assert b"".join(each[2:] for each in written) == b"z" * 150_000
