"""The bytes of one yamux stream, read and written with few steps.

libp2p's own read sends a window update per call, encrypted and in a packet of its own; its write passes eight
checkpoints, and gives up after five seconds without window, which a busy neighbour needs now and then. So we take
received bytes straight from yamux's buffer, give credit for half a window at once, and wait for window as long as the
link lives. What is on the wire is plain yamux.
"""

import struct
from collections.abc import Callable

import trio
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    TYPE_DATA,
    YAMUX_HEADER_FORMAT,
    Yamux,
    YamuxStream,
)

from ruil.node.network.sieve import sieve_of

_CREDIT_BYTES = DEFAULT_WINDOW_SIZE // 2
_CHUNK_BYTES = 65_500  # with its yamux header it fills one Noise message (65,519 bytes), and does not spill into two
_NOW_BYTES = 8_192  # so much is written in passing, by whoever has something to say
_WINDOW_POLL_SECONDS = 0.01


class PipeClosed(Exception):
    """The other side ended the stream or the connection."""


class Pipe:
    """One long-lived stream. One task reads, one task writes."""

    def __init__(self, stream: NetStream) -> None:
        assert isinstance(stream.muxed_stream, YamuxStream)
        self._net = stream
        self._stream: YamuxStream = stream.muxed_stream
        self._yamux: Yamux = stream.muxed_stream.conn
        self._owed = 0
        self._woken = False
        self._sieve = sieve_of(self._yamux)

    def unread(self) -> int:
        """Bytes of this connection that nobody has read yet, of all its streams."""
        return sum(map(len, self._yamux.stream_buffers.values()))

    async def read(self) -> bytes:
        """The bytes that have come since, at least one. Raises PipeClosed."""
        buffers, events, key = self._yamux.stream_buffers, self._yamux.stream_events, self._stream.stream_id
        while True:
            buffer = buffers.get(key)
            if buffer:
                data = bytes(buffer)
                buffer.clear()
                await self._credit(len(data))
                return data
            event = events.get(key)
            if buffer is None or event is None or self._stream.recv_closed or self._stream.closed:
                raise PipeClosed("closed by the neighbour")
            await event.wait()
            if key in events:
                events[key] = trio.Event()

    # The same without a wait, for whoever takes data as it comes.

    def feed(self, taker: Callable[[bytes], bool]) -> None:
        """Let `taker` have what comes from now on, whenever it says so by True; else it waits for `take`."""
        self._sieve.takers[self._stream.stream_id] = lambda data: self._feed(taker, data)

    def starve(self) -> None:
        """Feed nobody any more."""
        self._sieve.takers.pop(self._stream.stream_id, None)

    def _feed(self, taker: Callable[[bytes], bool], data: bytes) -> bool:
        if not taker(data):
            return False
        self._owed += len(data)
        if self._owed >= _CREDIT_BYTES:
            self.wake()
        return True

    def wake(self) -> None:
        """Let `wait` return."""
        self._woken = True
        event = self._yamux.stream_events.get(self._stream.stream_id)
        if event is not None:
            event.set()

    async def wait(self) -> None:
        """Until there is something to take, or `wake` was called. Raises PipeClosed."""
        buffers, events, key = self._yamux.stream_buffers, self._yamux.stream_events, self._stream.stream_id
        while not self._woken and not buffers.get(key):
            event = events.get(key)
            if key not in buffers or event is None or self._stream.recv_closed or self._stream.closed:
                raise PipeClosed("closed by the neighbour")
            await event.wait()
            if key in events:
                events[key] = trio.Event()
        self._woken = False

    async def take(self) -> bytes:
        """What has come and nobody was fed; nothing, when that is nothing. Gives credit for what was fed before."""
        await self._credit(0)
        buffer = self._yamux.stream_buffers.get(self._stream.stream_id)
        if not buffer:
            return b""
        data = bytes(buffer)
        buffer.clear()
        self._owed += len(data)
        return data

    async def _credit(self, count: int) -> None:
        self._owed += count
        if self._owed >= _CREDIT_BYTES:
            owed, self._owed = self._owed, 0
            self._stream.recv_window += owed
            await self._stream.send_window_update(owed)

    @property
    def is_stuck(self) -> bool:
        """Whether a `write`, of nothing if need be, has to send what `write_now` could not."""
        return self._sieve.is_stuck

    def write_now(self, data: bytes) -> bool:
        """Send a little without a wait, if nothing is in the way. False: nothing was sent."""
        stream, yamux = self._stream, self._yamux
        if len(data) > min(stream.send_window, _NOW_BYTES) or yamux._write_lock.locked() or self._sieve.is_stuck:
            return False
        if stream.closed or stream.send_closed or yamux.event_shutting_down.is_set():
            return False
        stream.send_window -= len(data)
        self._sieve.write_now(struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_DATA, 0, stream.stream_id, len(data)) + data)
        return True

    async def write(self, data: bytes) -> None:
        """All of data. Raises PipeClosed, or whatever libp2p raises for a broken connection."""
        stream, yamux = self._stream, self._yamux
        if self._sieve.is_stuck:
            async with yamux._write_lock:
                await self._sieve.write(b"")
        start = 0
        while start < len(data):
            if stream.closed or stream.send_closed or yamux.event_shutting_down.is_set():
                raise PipeClosed("closed by the neighbour")
            if stream.send_window <= 0:
                await trio.sleep(_WINDOW_POLL_SECONDS)
                continue
            chunk = data[start : start + min(stream.send_window, _CHUNK_BYTES)]
            stream.send_window -= len(chunk)
            header = struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_DATA, 0, stream.stream_id, len(chunk))
            async with yamux._write_lock:  # private, hence the exact pin; test_frames.py would notice
                await yamux.secured_conn.write(header + chunk)
            start += len(chunk)

    async def reset(self) -> None:
        """End the stream in both directions. Whoever reads it is woken here, since libp2p would leave them waiting."""
        self._stream.recv_closed = True
        event = self._yamux.stream_events.get(self._stream.stream_id)
        if event is not None:
            event.set()
        await self._net.reset()
