"""Nodes on one local network find each other without being told."""

from itertools import count
from typing import Any

import pytest
import zeroconf

from ruil.node.network import Arrived, Joined, discovery
from tests.node.network.conftest import StartNode, seeds


async def test_two_nodes_on_one_machine_find_each_other(start_node: StartNode) -> None:
    small, large = seeds(2)
    anna = await start_node(small, listen=("0.0.0.0",), discover=True)
    ben = await start_node(large, listen=("0.0.0.0",), discover=True)

    assert (await anna.until(Joined, such=lambda joined: joined.neighbour == ben.key)).address
    await ben.until(Joined, such=lambda joined: joined.neighbour == anna.key)
    assert anna.network.send(ben.key, b"found you")

    assert (await ben.until(Arrived)) == Arrived(anna.key, b"found you")


async def test_a_computer_too_busy_to_look_somebody_up_looks_again(
    start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, look_up = count(), zeroconf.Zeroconf.get_service_info

    def busy(*args: Any, **how: Any) -> Any:
        if next(asked) < 2:
            raise zeroconf.EventLoopBlocked
        return look_up(*args, **how)

    monkeypatch.setattr(zeroconf.Zeroconf, "get_service_info", busy)
    monkeypatch.setattr(discovery, "_LOOK_AGAIN_SECONDS", 0.2)
    small, large = seeds(2)
    anna = await start_node(small, listen=("0.0.0.0",), discover=True)
    ben = await start_node(large, listen=("0.0.0.0",), discover=True)

    await anna.until(Joined, such=lambda joined: joined.neighbour == ben.key)
    await ben.until(Joined, such=lambda joined: joined.neighbour == anna.key)
    assert next(asked) > 2
