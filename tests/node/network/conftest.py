"""Nodes on loopback for the network's tests: real sockets, real libp2p, nothing but events to wait for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
import trio

from ruil.node.network import Joined, Network, NetworkEvent, Status, without_fastecdsa
from ruil.node.network.addresses import public_key

without_fastecdsa.prepare()  # some tests import libp2p themselves

E = TypeVar("E")
PATIENCE_SECONDS = 10.0  # for shared machines; what is promised about time is asserted in the test itself


@dataclass
class Node:
    """A running network and the receiving end of its events."""

    network: Network
    key: bytes
    events: trio.MemoryReceiveChannel[NetworkEvent]
    scope: trio.CancelScope
    ended: trio.Event

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.network.port}"

    async def until(self, kind: type[E], *, such: Callable[[E], bool] = lambda _: True) -> E:
        """The next event of this kind; events before it are passed over."""
        with trio.fail_after(PATIENCE_SECONDS):
            async for event in self.events:
                if isinstance(event, kind) and such(event):
                    return event
        raise AssertionError("the network ended")

    async def joined_by(self, other: "Node") -> None:
        """Until there is a link with this node; the other may have heard of it before us."""
        while other.key not in self.network.neighbours:
            await self.until(Joined)

    async def up(self) -> None:
        await self.until(Status, such=lambda status: status.state == "up")

    async def stop(self) -> None:
        self.scope.cancel()
        with trio.fail_after(PATIENCE_SECONDS):
            await self.ended.wait()


StartNode = Callable[..., Awaitable[Node]]


@pytest.fixture
def start_node(nursery: trio.Nursery) -> StartNode:
    """start_node(seed, …): a node that listens on loopback; the arguments are Network's."""

    async def start(seed: bytes, *, backlog: float = 1000, **options: Any) -> Node:
        send, receive = trio.open_memory_channel[NetworkEvent](backlog)
        network = Network(seed, **{"listen": ("127.0.0.1",), "discover": False, **options})
        node = Node(network, public_key(seed), receive, trio.CancelScope(), trio.Event())

        async def run() -> None:
            try:
                with node.scope:
                    await network.run(send)
            finally:
                node.ended.set()

        nursery.start_soon(run)
        await node.up()
        return node

    return start


def seeds(count: int) -> list[bytes]:
    """Seeds in the order of their keys: the first has the smallest, and opens the stream to all others."""
    return sorted((bytes([65 + n]) * 32 for n in range(count)), key=public_key)
