"""The plain frames of yamux, taken past libp2p's own loop: data and windows of streams that stand.

libp2p reads a message in two steps and a frame in two more, through twenty calls, two locks and a dozen log lines that
nobody sees; that was half of what an entry cost a node. Here a message is opened and all its plain frames are taken in
one go. Whatever is not plain (a stream that begins or ends, a ping, a goodbye, a stream nobody knows) goes to libp2p's
loop as it came. On the wire nothing is different.

A frame longer than any window we give ends the connection at its header: libp2p takes up to 16 MiB of one, and where it
is not plain keeps all of it in memory until it is whole (network defect S2).
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from libp2p.io.exceptions import IncompleteReadError
from libp2p.security.noise.io import MAX_PLAINTEXT_LENGTH
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    HEADER_SIZE,
    TYPE_DATA,
    TYPE_WINDOW_UPDATE,
    YAMUX_HEADER_FORMAT,
    Yamux,
)

from ruil.node.network.wire import Wire

_HEADER: Final = struct.Struct(YAMUX_HEADER_FORMAT)


class TooLong(Exception):
    """A frame of more bytes than we ever gave window for."""


def put_before(muxer: Yamux) -> None:
    """Let a muxer that has read nothing yet see its session through a sieve, and measure no round trips: it would wake
    both ends every half minute for the size of windows that we set ourselves (pipe.py)."""
    muxer.secured_conn = Sieve(muxer.secured_conn, muxer)  # type: ignore[assignment]  # all that it calls is there
    muxer._measure_rtt_loop = _nothing  # type: ignore[method-assign]


async def _nothing() -> None:
    pass


def sieve_of(muxer: Yamux) -> "Sieve":
    """What `put_before` put there."""
    found: Any = muxer.secured_conn
    assert isinstance(found, Sieve)
    return found


class Sieve:
    """Stands for a Noise session in front of one muxer. Reads as much as libp2p's loop must see."""

    def __init__(self, session: Any, muxer: Yamux) -> None:
        self._session = session
        self._muxer = muxer
        self._noise = session.conn.noise_state
        self._wire: Wire = session.conn.read_writer.read_write_closer.stream
        self._buffer = bytearray(session._drain(None))  # what came with the end of the negotiation
        self._loops = 0  # bytes that follow and are for libp2p's loop: the body of what is not plain
        self._left = 0  # bytes that follow and are for one stream: the rest of a plain frame
        self._stream = 0
        self.takers: dict[int, Callable[[bytes], bool]] = {}  # of streams: who takes data at once, if they say so

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def read(self, n: int) -> bytes:
        """At most n bytes for libp2p's loop: a header, or of the body after it. Raises IncompleteReadError, TooLong; at
        either libp2p closes."""
        buffer = self._buffer
        while True:
            if self._loops:
                if buffer:
                    part = bytes(buffer[: min(n, self._loops)])
                    del buffer[: len(part)]
                    self._loops -= len(part)
                    return part
            elif header := self._take_plain():
                return header
            message = await self._wire.message()
            if message is None:
                kept = len(buffer)
                raise IncompleteReadError("the connection ended", expected_bytes=n, received_bytes=kept)
            buffer += self._noise.decrypt(message)

    def _take_plain(self) -> bytes:
        """Take all plain frames at the front of the buffer, also one whose end is still to come. Returns the header of
        the first other one; nothing when more has to come. Raises TooLong."""
        buffer, muxer = self._buffer, self._muxer
        start, end, header = 0, len(buffer), b""
        while True:
            if self._left:
                part = min(self._left, end - start)
                if part:
                    self._give(bytes(buffer[start : start + part]))
                    start += part
                    self._left -= part
            if end - start < HEADER_SIZE:
                break
            _version, kind, flags, number, length = _HEADER.unpack_from(buffer, start)
            stream = muxer.streams.get(number)
            plain = not flags and stream is not None
            if kind == TYPE_DATA and length > DEFAULT_WINDOW_SIZE:
                raise TooLong(f"a frame of {length} bytes; at most {DEFAULT_WINDOW_SIZE}")
            if plain and kind == TYPE_DATA:
                self._left, self._stream = length, number
            elif plain and kind == TYPE_WINDOW_UPDATE:
                assert stream is not None
                stream.send_window += length
            else:
                header = bytes(buffer[start : start + HEADER_SIZE])
                self._loops = length if kind == TYPE_DATA else 0
            start += HEADER_SIZE
            if header:
                break
        del buffer[:start]
        return header

    def _give(self, data: bytes) -> None:
        """As libp2p's loop does it, with nothing awaited in between."""
        stream = self._muxer.streams.get(self._stream)
        if stream is None:
            return  # it was ended while its data was on the way
        stream.recv_window = max(0, stream.recv_window - len(data))
        take = self.takers.get(self._stream)
        if take is None or not take(data):
            self._muxer.stream_buffers[self._stream] += data
            self._muxer.stream_events[self._stream].set()

    @property
    def is_stuck(self) -> bool:
        """Whether something is still to be sent, by the next `write`."""
        return self._wire.is_stuck

    def write_now(self, data: bytes) -> None:
        """One short message, as far as the socket takes it at once. Not while a `write` is under way, or stuck."""
        assert len(data) <= MAX_PLAINTEXT_LENGTH
        sealed = self._noise.encrypt(data)
        self._wire.write_now(len(sealed).to_bytes(2, "big") + sealed)

    async def write(self, data: bytes) -> None:
        """All of data, after what is still to be sent."""
        if not data:
            await self._wire.write(b"")
        for start in range(0, len(data), MAX_PLAINTEXT_LENGTH):
            sealed = self._noise.encrypt(data[start : start + MAX_PLAINTEXT_LENGTH])
            await self._wire.write(len(sealed).to_bytes(2, "big") + sealed)
