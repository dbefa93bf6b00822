"""Defect R1: libp2p's resource limits break half open, and then nobody gets in any more. Ours are counted by ourselves,
and whoever stays half way in loses their place to the next."""

import trio

from ruil.node.network import Joined, NetworkLimits
from tests.node.network.conftest import StartNode, seeds

SMALL, LARGE = seeds(2)


async def test_strangers_who_stay_half_way_in_keep_nobody_out(start_node: StartNode) -> None:
    node = await start_node(SMALL, limits=NetworkLimits(handshake_seconds=60, handshakes_max=8))
    silent = [await trio.open_tcp_stream("127.0.0.1", node.network.port) for _ in range(40)]

    began = trio.current_time()
    friend = await start_node(LARGE, dial=[node.address])
    await friend.until(Joined)

    assert trio.current_time() - began < 5
    for stream in silent:
        await stream.aclose()


async def test_a_network_that_comes_again_and_again_is_not_shaken_hands_with_every_time(start_node: StartNode) -> None:
    # 127.0.1.0/24 counts as another network than 127.0.2.0/24, so this machine can play both.
    limits = NetworkLimits(private_arrivals_burst=5, private_arrivals_per_second=0.01, handshake_seconds=2)
    node = await start_node(SMALL, listen=("0.0.0.0",), limits=limits)

    greeted = [await _greeted("127.0.1.1", node.network.port) for _ in range(9)]

    assert greeted == [True] * 5 + [False] * 4
    assert await _greeted("127.0.2.1", node.network.port)


async def test_all_networks_together_are_not_shaken_hands_with_without_end(start_node: StartNode) -> None:
    limits = NetworkLimits(all_arrivals_burst=5, all_arrivals_per_second=0.01)
    node = await start_node(SMALL, listen=("0.0.0.0",), limits=limits)

    greeted = [await _greeted(f"127.0.{network}.1", node.network.port) for network in range(1, 9)]

    assert greeted == [True] * 5 + [False] * 3


async def _greeted(source: str, port: int) -> bool:
    """Whether the node begins a handshake with who comes from this address."""
    stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=source)
    async with stream:
        with trio.fail_after(5):
            try:
                await stream.send_all(b"\x13/multistream/1.0.0\n")
                return await stream.receive_some() != b""
            except trio.BrokenResourceError:
                return False
