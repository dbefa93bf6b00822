"""Nodes on one local network find each other without being told."""

from ruil.node.network import Arrived, Joined
from tests.node.network.conftest import StartNode, seeds


async def test_two_nodes_on_one_machine_find_each_other(start_node: StartNode) -> None:
    small, large = seeds(2)
    anna = await start_node(small, listen=("0.0.0.0",), discover=True)
    ben = await start_node(large, listen=("0.0.0.0",), discover=True)

    assert (await anna.until(Joined, such=lambda joined: joined.neighbour == ben.key)).address
    await ben.until(Joined, such=lambda joined: joined.neighbour == anna.key)
    assert anna.network.send(ben.key, b"found you")

    assert (await ben.until(Arrived)) == Arrived(anna.key, b"found you")
