"""Peers: the peer book on this computer. It is kept in the profile, so that a start knows whom to dial, and told to the
network, which is told to the peer in turn: where we are.

The file `peers` is a list of records, each signed by its device; one that is damaged or gone costs nothing but time.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import trio

from ruil.node import clock, whole_file
from ruil.node.bonds import bonds
from ruil.node.network import Network, told
from ruil.protocol import codec
from ruil.protocol.errors import Rejected
from ruil.protocol.events import Placed, Remembered
from ruil.protocol.peer import Peer

log = logging.getLogger("ruil.peers")

LOOK_SECONDS: Final = 30.0  # records also begin to count when a log comes, and end by themselves
WRITE_SECONDS: Final = 10.0  # the file is written at most so often, and at the end
SETTLE_SECONDS: Final = 0.2  # records come in crowds


class Peers:
    """Between a peer's book of records, the file, and the network."""

    def __init__(self, folder: Path, peer: Peer, network: Network, *, relays: bool) -> None:
        self._path = folder / "peers"
        self._peer = peer
        self._network = network
        self._relays = relays
        self._news = trio.Event()
        self._placed: Placed | None = None
        self._written: tuple[bytes, ...] = ()

    def changed(self) -> None:
        """A record is new, or our own addresses may be."""
        self._news.set()

    async def run(self, feed: Callable[[Placed | Remembered], Awaitable[None]]) -> None:
        """Until cancelled; then the file holds what is known, if the disk takes it."""
        self._written = read(self._path)
        await feed(Remembered(self._written))
        write_at = trio.current_time()
        try:
            while True:
                self._news = trio.Event()
                await self._tell_where_we_are(feed)
                self._network.know(
                    (
                        (each.device, each.addresses, each.near, each.relays)
                        for each in self._peer.peers.records(clock.now())
                    ),
                    bonds(self._peer),
                )
                records = self._records()
                if records != self._written and trio.current_time() >= write_at:
                    await trio.to_thread.run_sync(self._write, records)
                    write_at = trio.current_time() + WRITE_SECONDS
                until = write_at if records != self._written else trio.current_time() + LOOK_SECONDS
                with trio.move_on_at(until):
                    await self._news.wait()
                await trio.sleep(SETTLE_SECONDS)
        finally:
            self._write(self._records())

    async def _tell_where_we_are(self, feed: Callable[[Placed | Remembered], Awaitable[None]]) -> None:
        placed = Placed(*told.split(self._network.addresses()), self._relays)
        if placed != self._placed:
            self._placed = placed
            await feed(placed)

    def _records(self) -> tuple[bytes, ...]:
        return tuple(each.data for each in self._peer.peers.records(clock.now()))

    def _write(self, records: tuple[bytes, ...]) -> None:
        if records == self._written:
            return
        try:
            whole_file.write(self._path, codec.encode(list(records)))
        except OSError as why:  # without the file the next start takes longer; that is no reason to stop this one
            log.warning("the peer book can not be kept now, and is written later: %s", why)
            return
        self._written = records


def read(path: Path) -> tuple[bytes, ...]:
    """The records of the last run; none when there is no file, or it is damaged."""
    try:
        kept = codec.decode(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, Rejected) as why:
        log.warning("the peer book can not be read and begins anew: %s", why)
        return ()
    return tuple(each for each in kept if isinstance(each, bytes)) if isinstance(kept, list) else ()
