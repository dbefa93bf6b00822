"""A link: the frames between us and one neighbour, over one long-lived stream.

On the wire, in both directions: a length of 4 bytes, big endian, 1 to FRAME_BYTES_MAX, then that many bytes. A length
of 0 is followed by one byte instead: 1 asks "are you there?", 2 answers it.

Frames are taken as they come, by whoever reads the connection, and a short one is written by whoever has it to say.
What needs a wait is left to tasks: one reads, one writes, one watches the time. The writer is never cancelled but by
closing the link, because cancelling a libp2p write destroys the connection anyway (network defect L1).
"""

import math
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

import trio

from ruil.node.network.limits import FRAME_BYTES_MAX, NetworkLimits
from ruil.node.network.shield import contained

_LENGTH = struct.Struct(">I")
_ASK = b"\0\0\0\0\1"
_ANSWER = b"\0\0\0\0\2"


class Bytes(Protocol):
    """What a link needs of a stream (pipe.py)."""

    def feed(self, taker: Callable[[bytes], bool]) -> None: ...
    def starve(self) -> None: ...
    def wake(self) -> None: ...
    async def wait(self) -> None: ...
    async def take(self) -> bytes: ...
    def write_now(self, data: bytes) -> bool: ...
    @property
    def is_stuck(self) -> bool: ...
    async def write(self, data: bytes) -> None: ...
    def unread(self) -> int: ...


# Hands a frame of a neighbour on; when there is no room for it yet, what to wait for until there was.
Deliver = Callable[[bytes, bytes], Callable[[], Awaitable[None]] | None]


class Offence(Exception):
    """The neighbour broke the wire format; not an accident."""


class Silence(Exception):
    """The neighbour did not answer in time."""


class Link:
    """Queue, reader and writer for one neighbour."""

    def __init__(
        self,
        neighbour: bytes,
        address: str,
        pipe: Bytes,
        limits: NetworkLimits,
        deliver: Deliver,
        relay: bytes | None = None,
        outbound: bool = False,
    ) -> None:
        """`relay`: whose node passes this link on, when it is not a direct one. `outbound`: we dialled."""
        self.neighbour = neighbour
        self.address = address
        self.relay = relay
        self.outbound = outbound
        self.gone = trio.Event()
        self.waits: Callable[[int], None] = lambda _: None  # is told how many bytes are queued
        self.reason = ""  # why it ended
        self.offence = ""  # set when the neighbour is to blame for it
        self._pipe = pipe
        self._limits = limits
        self._deliver = deliver
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._controls: list[bytes] = []
        self._buffer = bytearray()  # what came of a frame that is not whole yet
        self._wake = trio.Event()
        self._drained = trio.Event()
        self._heard = 0  # reads so far
        self._heard_at = -math.inf
        self._heard_one = trio.Event()
        self._readers_turn = True  # what comes is for the reading task: it has something to wait for
        self._behind: Callable[[], Awaitable[None]] | None = None  # what that is
        self._offence: Offence | None = None
        self._writing = False
        self._frame_began = 0.0  # since when we wait for the rest of a frame; 0 when we don't
        self._scope = trio.CancelScope()

    # What the rest of the node does with a link.

    def send(self, frame: bytes, *, now: bool = False) -> bool:
        """Queue a frame; False, and nothing queued, when the queue is full. `now`: no other follows soon, so that it
        need not wait for company."""
        assert 0 < len(frame) <= FRAME_BYTES_MAX, f"frame of {len(frame)} bytes"
        if now and self._write_now(frame):
            return True
        if len(frame) > self.room() or len(self._queue) >= self._limits.queue_frames:
            return False
        self._queue.append(frame)
        self._queued_bytes += len(frame)
        self.waits(len(frame))
        self._wake.set()
        return True

    def room(self) -> int:
        """Bytes that the queue still takes."""
        return max(0, self._limits.queue_bytes - self._queued_bytes)

    async def wait_room(self, count: int) -> bool:
        """Wait until less than half of the queue is used and `count` bytes fit; False when the link is gone."""
        least = max(self._limits.queue_bytes // 2, min(count, self._limits.queue_bytes))
        while not self.gone.is_set():
            if self.room() >= least and len(self._queue) <= self._limits.queue_frames // 2:
                return True
            await self._drained.wait()
        return False

    def close(self, reason: str) -> None:
        """End the link. Its run() returns soon."""
        self.reason = self.reason or reason
        self._scope.cancel()

    def weight(self) -> int:
        """Bytes of memory this link holds, as far as we can see."""
        return self._queued_bytes + self._pipe.unread() + len(self._buffer)

    async def answers(self, seconds: float) -> bool:
        """Ask, and wait for any sign of life."""
        self._heard_one = trio.Event()
        self._control(_ASK)
        with trio.move_on_after(seconds):
            await self._heard_one.wait()
            return not self.gone.is_set()
        return False

    async def run(self) -> None:
        """Carry frames until the link ends; then `reason` says why. Raises nothing of the neighbour's making."""
        self._pipe.feed(self._feed)
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    for part in (self._read, self._write, self._watch):
                        nursery.start_soon(self._until_trouble, part)
        finally:
            self._pipe.starve()
            self.gone.set()
            self._heard_one.set()
            self._drained.set()

    async def _until_trouble(self, part: Callable[[], Awaitable[None]]) -> None:
        async def guarded() -> None:
            try:
                await part()
            except Offence as why:
                self.offence = str(why)
                raise

        self.close(await contained(guarded, f"link to {self.neighbour.hex()[:12]}") or "ended")

    # Reading.

    def _feed(self, data: bytes) -> bool:
        """Take what came; False while the reading task has its turn."""
        if self._readers_turn:
            return False
        self._take(data)
        if self._behind is not None or self._offence is not None:
            self._readers_turn = True
            self._pipe.wake()
        return True

    async def _read(self) -> None:
        while True:
            if self._offence is not None:
                raise self._offence
            if self._behind is not None:
                await self._behind()
                self._behind = None
                self._take(b"")
                continue
            data = await self._pipe.take()
            if data:
                self._take(data)
                continue
            self._readers_turn = False
            await self._pipe.wait()
            self._readers_turn = True

    def _take(self, data: bytes) -> None:
        """Deliver the whole frames at the front of all that came, up to one that has to wait."""
        buffer = self._buffer
        if data:
            buffer += data
            self._heard += 1
            self._heard_at = trio.current_time()
            self._heard_one.set()
        start, end = 0, len(buffer)
        while end - start > _LENGTH.size and self._offence is None and not self._scope.cancel_called:
            (size,) = _LENGTH.unpack_from(buffer, start)
            body = start + _LENGTH.size
            if size == 0:
                self._on_control(buffer[body])
                start = body + 1
                continue
            if size > FRAME_BYTES_MAX:
                self._offence = Offence(f"frame of {size} bytes; at most {FRAME_BYTES_MAX}")
                break
            if end - body < size:
                break
            frame = bytes(memoryview(buffer)[body : body + size])
            start = body + size
            self._behind = self._deliver(self.neighbour, frame)
            if self._behind is not None:
                break
        del buffer[:start]
        if not buffer:
            self._frame_began = 0.0
        elif start or not self._frame_began:
            self._frame_began = trio.current_time()

    def _on_control(self, kind: int) -> None:
        if kind == _ASK[-1]:
            self._control(_ANSWER)
        elif kind != _ANSWER[-1]:
            self._offence = Offence(f"unknown control {kind}")

    def _control(self, what: bytes) -> None:
        if what not in self._controls:  # a thousand questions at once get one answer
            self._controls.append(what)
        self._wake.set()

    # Writing.

    async def _write(self) -> None:
        while True:
            if not self._queue and not self._controls and not self._pipe.is_stuck:
                self._wake = trio.Event()
                await self._wake.wait()
            count, data = self._batch()
            self._writing = True
            await self._pipe.write(data)
            self._writing = False
            self._queued_bytes -= count
            if self._queued_bytes <= self._limits.queue_bytes // 2:
                self._drained.set()
                self._drained = trio.Event()

    def _write_now(self, frame: bytes) -> bool:
        if self._writing or self._queue or self._controls or self.gone.is_set():
            return False
        if not self._pipe.write_now(_LENGTH.pack(len(frame)) + frame):
            return False
        if self._pipe.is_stuck:
            self._wake.set()
        return True

    def _batch(self) -> tuple[int, bytes]:
        """Many small frames as one write, or one large one; the count is of the frames' own bytes."""
        parts, self._controls = self._controls, []
        count = 0
        while self._queue and (not count or count + len(self._queue[0]) <= self._limits.batch_bytes):
            frame = self._queue.popleft()
            parts.append(_LENGTH.pack(len(frame)))
            parts.append(frame)
            count += len(frame)
        return count, b"".join(parts)

    # Watching.

    async def _watch(self) -> None:
        """Ask at every beat, unless something came just before; end the link when pings_missed_max in a row brought
        nothing back (network defect L3)."""
        missed = 0
        while True:
            heard = self._heard
            asks = trio.current_time() >= self._heard_at + self._limits.quiet_seconds
            if asks:
                self._control(_ASK)
            await trio.sleep(self._limits.ping_seconds)
            # While the rest of our own node is too busy to take a frame, silence is our fault and not the neighbour's.
            if self._heard > heard or self._behind is not None:
                missed = 0
            elif asks:
                missed += 1
            if missed >= self._limits.pings_missed_max:
                raise Silence("no sign of life")
            if self._behind is None and 0 < self._frame_began < trio.current_time() - self._limits.frame_seconds:
                raise Silence("the rest of a frame did not come")
