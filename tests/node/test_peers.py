"""The peer book's file: it only saves time, so a folder that does not take it stops nobody."""

from pathlib import Path
from typing import cast

import pytest
import trio
import trio.testing

from ruil.node import clock
from ruil.node.network import Network
from ruil.node.peers import WRITE_SECONDS, Peers, read
from ruil.protocol.events import Placed, Remembered
from ruil.protocol.limits import HOUR
from ruil.protocol.peerbook import seal_record
from tests.protocol.actors import Village, later
from tests.protocol.test_peer import peer_of

NOW = later(HOUR)


class Unplugged:
    """A network that is nowhere and dials nobody."""

    def addresses(self) -> tuple[str, ...]:
        return ()

    def know(self, *_: object) -> None:
        pass


def test_a_file_that_can_not_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    village = Village()
    ben = village.joins(village.founder, "ben")
    peer = peer_of(village.founder, village.founder, ben)
    record = seal_record(ben.key, village.community, ("9.9.9.9:1",), NOW)
    in_the_way = tmp_path / "peers"
    in_the_way.mkdir()

    def in_the_folder() -> list[Path]:
        return list(tmp_path.iterdir())

    async def feed(event: Placed | Remembered) -> None:
        if isinstance(event, Remembered):
            peer.handle(Remembered((record.data,)), NOW)

    async def story() -> None:
        peers = Peers(tmp_path, peer, cast(Network, Unplugged()), relays=False)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peers.run, feed)
            await trio.sleep(WRITE_SECONDS / 2)
            assert in_the_folder() == [in_the_way]
            in_the_way.rmdir()
            await trio.sleep(WRITE_SECONDS)
            assert read(in_the_way) == (record.data,)
            nursery.cancel_scope.cancel()

    trio.run(story, clock=trio.testing.MockClock(autojump_threshold=0.05))
