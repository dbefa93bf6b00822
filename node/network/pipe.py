"""The bytes of one yamux stream, read and written with few steps.

libp2p's own read sends a window update per call, encrypted and in a packet of its own; its write passes eight
checkpoints, and gives up after five seconds without window, which a busy neighbour needs now and then. So we take
received bytes straight from yamux's buffer, give credit for half a window at once, and wait for window as long as the
link lives. What is on the wire is plain yamux.
"""

import struct

import trio
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    TYPE_DATA,
    YAMUX_HEADER_FORMAT,
    Yamux,
    YamuxStream,
)

_CREDIT_BYTES = DEFAULT_WINDOW_SIZE // 2
_CHUNK_BYTES = 65_500  # with its yamux header it fills one Noise message (65,519 bytes), and does not spill into two
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

    async def _credit(self, count: int) -> None:
        self._owed += count
        if self._owed >= _CREDIT_BYTES:
            owed, self._owed = self._owed, 0
            self._stream.recv_window += owed
            await self._stream.send_window_update(owed)

    async def write(self, data: bytes) -> None:
        """All of data. Raises PipeClosed, or whatever libp2p raises for a broken connection."""
        stream, yamux = self._stream, self._yamux
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
