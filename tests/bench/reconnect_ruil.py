"""The two ends of figure 7 as real hosts: each a process with the network, pump, Peer and Store of a node.

They are linked through a plain TCP relay of the parent's, which cuts them apart and lets them together again; what each
hears is noted, frame by frame. What one of the two heard from others meanwhile its parent tells it.
"""

import contextlib
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import trio

from ruil.node import clock
from ruil.node.network import Joined, Left, Network, NetworkEvent, Status
from ruil.node.profile import Profile, opened
from ruil.node.pump import Pump
from ruil.protocol.entry import open_entry
from ruil.protocol.events import Restored
from ruil.protocol.ids import DeviceId
from tests.bench import town
from tests.bench.mesh import answer
from tests.bench.mesh_ruil import move_in  # libp2p too, as it needs to be imported

_QUIET_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Came:
    """A frame that one end heard: which end, when (monotonic clock), what."""

    end: int
    at: float
    frame: bytes


def reconnected(people: list[town.Device], news: list[tuple[DeviceId, bytes]]) -> list[Came]:
    """What the two hear after they were cut apart, one of them has heard the news, and they are linked again, in order
    of time, until the other has the news too."""
    context = multiprocessing.get_context("forkserver")
    with tempfile.TemporaryDirectory() as folder, _Cable() as cable:
        pipes: list[Connection] = []
        processes = []
        entries = [open_entry(data, each.community, each.log.device) for each in people for data in each.said]
        try:
            for number in (0, 1):
                ours, theirs = context.Pipe()
                home = Path(folder) / str(number)
                move_in(home, people[number], entries)
                process = context.Process(target=_end, args=(number, theirs, home), daemon=True)
                process.start()
                pipes.append(ours)
                processes.append(process)
            cable.to = answer(pipes[0])
            answer(pipes[1])
            cable.plug()
            pipes[1].send(f"127.0.0.1:{cable.port}")
            pipes[0].send(None)
            for pipe in pipes:  # linked, and quiet
                answer(pipe)
            cable.cut()
            for pipe in pipes:  # both have seen that the link is gone, and ask for news
                answer(pipe)
            for pipe in pipes:
                pipe.send(news)
            for pipe in pipes:
                answer(pipe)
            cable.plug()
            came = [each for pipe in pipes for each in answer(pipe)]
        finally:
            for process in processes:
                process.kill()
                process.join()
    return sorted(came, key=lambda each: each.at)


# One end ----------------------------------------


def _end(number: int, pipe: Connection, home: Path) -> None:
    os.environ["RUIL_STATE"] = str(home / "state")
    with opened(home) as profile:
        trio.run(_End(number, pipe, profile).run)


class _End:
    def __init__(self, number: int, pipe: Connection, profile: Profile) -> None:
        self._number, self._pipe, self._profile = number, pipe, profile
        self._network = Network(profile.identity.device.seed, listen=("127.0.0.1",), discover=False)
        self._pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, self._network, lambda _: None)
        self._up, self._joined, self._left = trio.Event(), trio.Event(), trio.Event()
        self._came: list[Came] = []

    async def run(self) -> None:
        send, take = trio.open_memory_channel[NetworkEvent](256)
        async with trio.open_nursery() as nursery:
            await nursery.start(self._pump.run)
            nursery.start_soon(self._network.run, send, self)
            nursery.start_soon(self._meet, nursery.cancel_scope)
            async for event in take:
                match event:
                    case Joined():
                        self._joined.set()
                    case Left():
                        self._left.set()
                    case Status("up"):
                        self._up.set()

    # The company of the network, as the pump is in a node.

    async def met(self, neighbour: bytes, *, near: bool = False) -> None:
        await self._pump.met(neighbour, near=near)

    def hear(self, neighbour: bytes, frame: bytes) -> Callable[[], Awaitable[None]] | None:
        self._came.append(Came(self._number, time.monotonic(), frame))
        return self._pump.hear(neighbour, frame)

    async def lost(self, neighbour: bytes) -> None:
        await self._pump.lost(neighbour)

    async def _meet(self, scope: trio.CancelScope) -> None:
        await self._up.wait()
        address = await self._told(f"127.0.0.1:{self._network.port}")
        if address is not None:
            self._network.dial(address)
        await self._joined.wait()
        await self._quiet()
        self._pipe.send(None)
        await self._left.wait()
        news = await self._told(None)
        if self._number == 0:
            self._hear_elsewhere(news)
        self._joined = trio.Event()
        self._came.clear()
        self._pipe.send(None)
        await self._joined.wait()
        await self._quiet()
        book = self._profile.peer.book
        for device, data in news:
            assert open_entry(data, book.community, device).id in book.records
        self._pipe.send(self._came)
        scope.cancel()

    async def _told(self, answer: object) -> Any:
        self._pipe.send(answer)
        return await trio.to_thread.run_sync(self._pipe.recv)

    async def _quiet(self) -> None:
        """Until nothing has come for a while."""
        count = -1
        while count != len(self._came):
            count = len(self._came)
            await trio.sleep(_QUIET_SECONDS)

    def _hear_elsewhere(self, news: list[tuple[DeviceId, bytes]]) -> None:
        for device, data in news:
            entry = open_entry(data, self._profile.peer.community, device)
            self._profile.store.append([entry])
            self._profile.peer.handle(Restored(entry), clock.now())


# Between them ----------------------------------------


class _Cable:
    """A relay of bytes on 127.0.0.1, from whoever dials `port` to `to`, while it is plugged in."""

    def __init__(self) -> None:
        self.to = ""
        self._listener: socket.socket | None = None
        self._sockets: list[socket.socket] = []
        self.port = 0

    def __enter__(self) -> "_Cable":
        return self

    def __exit__(self, *_why: object) -> None:
        self.cut()

    def plug(self) -> None:
        """Let the two talk."""
        self._listener = listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """All connections end, and nobody can dial."""
        for each in (self._listener, *self._sockets):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._listener, self._sockets = None, []

    def _accept(self, listener: socket.socket) -> None:
        host, _, port = self.to.rpartition(":")
        with contextlib.suppress(OSError):  # it was cut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection((host, int(port)))
                self._sockets += (near, far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
