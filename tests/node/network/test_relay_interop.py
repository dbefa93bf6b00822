"""Relaying as libp2p has it: its own client passes through our relay, and we through its own relay."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from libp2p import new_host
from libp2p.abc import INetStream
from libp2p.crypto.ed25519 import Ed25519PrivateKey
from libp2p.crypto.keys import KeyPair
from libp2p.protocol_muxer.multiselect_client import MultiselectClient
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.relay.circuit_v2.config import RelayConfig, RelayRole
from libp2p.relay.circuit_v2.protocol import CircuitV2Protocol
from libp2p.relay.circuit_v2.resources import RelayLimits
from libp2p.relay.circuit_v2.transport import CircuitV2Transport
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from ruil.node.network import Arrived, Joined, Status
from ruil.node.network.addresses import Address, public_key
from tests.node.network.conftest import StartNode, seeds
from tests.node.network.strangers import FRAMES, stranger
from tests.node.network.test_relay import way_to

SMALL, MIDDLE, LARGE = seeds(3)


async def test_libp2p_s_own_client_reaches_a_node_through_our_relay(start_node: StartNode) -> None:
    rosa = await start_node(SMALL, relay=True, may_read=lambda _: True)
    anna = await start_node(LARGE, dial=[rosa.address])
    way = await way_to(anna, rosa)

    async with stranger(MIDDLE, rosa.key, rosa.network.port) as (host, _):
        protocol = CircuitV2Protocol(host)
        async with background_trio_service(protocol):
            transport = CircuitV2Transport(host, protocol, RelayConfig(roles=RelayRole.STOP))
            with trio.fail_after(10):
                connection = await transport.dial(Multiaddr(way))
                stream = await connection.new_stream()
                await MultiselectClient().select_one_of([FRAMES], MultiselectCommunicator(stream))
                await stream.write(b"\0\0\0\x05hello")

                assert await anna.until(Arrived) == Arrived(public_key(MIDDLE), b"hello")


@asynccontextmanager
async def libp2p_relay(seed: bytes) -> AsyncIterator[str]:
    """A relay of libp2p's own make that also takes our frame stream, and reads nothing on it; its address."""
    secret = Ed25519PrivateKey.from_bytes(seed)
    host = new_host(key_pair=KeyPair(secret, secret.get_public_key()))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def idle(_: INetStream) -> None:
        await trio.sleep_forever()

    host.set_stream_handler(FRAMES, idle)
    async with host.run([Multiaddr(f"/ip4/127.0.0.1/tcp/{port}")]):
        relay = CircuitV2Protocol(host, RelayLimits(3_600, 1 << 26, 8, 8), allow_hop=True)
        async with background_trio_service(relay):
            await relay.event_started.wait()
            yield f"127.0.0.1:{port}"
        await host.close()


async def test_our_nodes_reach_each_other_through_libp2p_s_own_relay(start_node: StartNode) -> None:
    async with libp2p_relay(LARGE) as relay:
        anna = await start_node(SMALL, dial=[relay])
        joined = await anna.until(Joined)
        way = Address("127.0.0.1", int(relay.rpartition(":")[2]), anna.key, relay=joined.neighbour)
        await anna.until(Status, such=lambda status: str(way) in status.addresses)

        ben = await start_node(MIDDLE, dial=[str(way)])
        await ben.joined_by(anna)
        await anna.joined_by(ben)
        assert ben.network.send(anna.key, bytes(500_000))

        assert await anna.until(Arrived) == Arrived(ben.key, bytes(500_000))
