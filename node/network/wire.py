"""One TCP connection, as libp2p wants to see it, with a read buffer of its own.

libp2p reads a Noise message as two bytes, then a body: two system calls and two trips through trio's scheduler for
every message. Here a read takes what the socket has and later reads are served from memory. It also stops reading while
more than a bound lies unread above us, because yamux accepts without end (network defect S2), and it can be killed at
once, because libp2p's own close waits for a silent peer to take a goodbye.
"""

import socket
from collections.abc import Callable

import trio
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import ConnectionClosedError

from ruil.node.network.addresses import Address

_READ_BYTES = 65_536
_UNREAD_POLL_SECONDS = 0.02
_LENGTH_BYTES = 2  # of a Noise message
_WRITE_BYTES = 16_384  # so much is written without a thought for the other tasks


class Wire(ReadWriteCloser):
    """Bytes over one socket. Only one task reads and only one task writes at a time (yamux's lock sees to it)."""

    def __init__(self, stream: trio.SocketStream, *, outbound: bool = False, through: Address | None = None) -> None:
        """`through`: the way by a relay, when this is our own end of a circuit (through.py)."""
        self._stream = stream
        # Under trio's socket, whose every read and write is also a trip through the scheduler.
        self._socket: socket.socket = vars(stream.socket)["_sock"]
        self._buffer = bytearray()
        self._rest = b""
        self._remote = _remote_address(stream) if through is None else (through.host, through.port)
        self.relay = None if through is None else through.relay
        self.outbound = outbound
        self.bytes_in = 0
        self.came: Callable[[int], None] = lambda _: None  # is told how many bytes each read brought
        self.unread: Callable[[], int] = lambda: 0  # bytes that lie above us and nobody has taken yet
        self.unread_max = 0

    async def read(self, n: int | None = None) -> bytes:
        """The next n bytes; fewer at the end of the connection and above _READ_BYTES. Without n, what there is.

        The bound is for strangers: before the handshake is through they may announce any length.
        """
        buffer = self._buffer
        wanted = 1 if n is None else min(n, _READ_BYTES)
        while len(buffer) < wanted:
            data = await self._receive()
            if not data:
                wanted = len(buffer)
                break
            buffer += data
        take = len(buffer) if n is None else wanted
        result = bytes(buffer[:take])
        del buffer[:take]
        return result

    async def _receive(self) -> bytes:
        while self.unread_max and self.unread() > self.unread_max:  # noqa: ASYNC110  rare; an event would cost every read
            await trio.sleep(_UNREAD_POLL_SECONDS)
        while True:
            try:
                await trio.lowlevel.wait_readable(self._socket)
                data = self._socket.recv(_READ_BYTES)
            except BlockingIOError:
                continue
            except trio.ClosedResourceError:
                return b""
            except (OSError, ValueError) as why:  # reset, or closed here before we came to wait
                if self._socket.fileno() < 0:
                    return b""
                raise ConnectionClosedError(f"connection reset: {why}", transport="tcp") from why
            self.bytes_in += len(data)
            self.came(len(data))
            return data

    async def message(self) -> bytes | None:
        """The next Noise message, without the two bytes of its length; None at the end of the connection."""
        buffer = self._buffer
        while True:
            if len(buffer) >= _LENGTH_BYTES:
                end = _LENGTH_BYTES + int.from_bytes(buffer[:_LENGTH_BYTES], "big")
                if len(buffer) >= end:
                    message = bytes(memoryview(buffer)[_LENGTH_BYTES:end])
                    del buffer[:end]
                    return message
            data = await self._receive()
            if not data:
                return None
            buffer += data

    @property
    def is_stuck(self) -> bool:
        """Whether something that `write_now` took is still to be sent, by the next `write`."""
        return bool(self._rest)

    def write_now(self, data: bytes) -> None:
        """Send what the socket takes at once, and keep the rest. Not while a `write` is under way."""
        assert not self._rest
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # the connection is broken: whoever reads it is told
        self._rest = data[sent:]

    async def write(self, data: bytes) -> None:
        """All of data, after what is still to be sent."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as why:
            raise ConnectionClosedError(f"connection closed: {why}", transport="tcp") from why
        if sent == len(data) <= _WRITE_BYTES:
            return
        try:
            await self._stream.send_all(memoryview(data)[sent:])  # nothing, too, is a chance for others
        except (trio.BrokenResourceError, trio.ClosedResourceError) as why:
            raise ConnectionClosedError(f"connection closed: {why}", transport="tcp") from why

    async def close(self) -> None:
        await self._stream.aclose()

    def kill(self) -> None:
        """Close the socket now. Whoever waits in a read or a write is woken with an error."""
        self._stream.socket.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        return self._remote


def _remote_address(stream: trio.SocketStream) -> tuple[str, int] | None:
    try:
        host, port = stream.socket.getpeername()[:2]
    except OSError:  # gone before we looked
        return None
    return str(host), int(port)
