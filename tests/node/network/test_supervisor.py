"""The network as a whole: rebuilt after a failure, bounded in neighbours, kind in words."""

import subprocess
import sys

import pytest
import trio

from ruil.node.network import Arrived, Joined, Left, Network, NetworkLimits, Status
from tests.node.network.conftest import StartNode, seeds

SMALL, MIDDLE, LARGE = seeds(3)


async def test_after_a_failure_a_fresh_host_takes_the_same_port(start_node: StartNode) -> None:
    limits = NetworkLimits(rebuild_first_seconds=0.1)
    anna = await start_node(SMALL, limits=limits)
    port = anna.network.port
    ben = await start_node(LARGE, dial=[anna.address])
    await anna.until(Joined)

    anna.network.restart()

    assert (await anna.until(Left)).neighbour == ben.key
    assert (await anna.until(Status)).state == "down"
    status = await anna.until(Status)
    assert (status.state, status.addresses) == ("up", (f"127.0.0.1:{port}",))
    await anna.until(Joined)
    await ben.until(Left)
    await ben.until(Joined)
    assert ben.network.send(anna.key, b"as before")
    assert (await anna.until(Arrived)).frame == b"as before"


async def test_nobody_is_taken_past_the_cap(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(neighbours_max=1))
    ben = await start_node(MIDDLE, dial=[anna.address])
    await anna.joined_by(ben)

    carla = await start_node(LARGE, dial=[anna.address])
    carla.network.dial(ben.address)
    joined = await carla.until(Joined)

    assert joined.neighbour == ben.key
    assert anna.network.neighbours.keys() == {ben.key}


async def test_strangers_leave_room_for_the_neighbours_we_choose(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(neighbours_max=2, neighbours_chosen=1))
    ben = await start_node(MIDDLE, dial=[anna.address])
    await anna.joined_by(ben)

    carla = await start_node(LARGE, dial=[anna.address, ben.address])
    await carla.joined_by(ben)
    assert carla.key not in anna.network.neighbours
    anna.network.dial(carla.address)
    await anna.joined_by(carla)

    assert anna.network.neighbours.keys() == {ben.key, carla.key}


async def test_one_network_cannot_fill_all_places(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(links_per_private_network=1))
    ben = await start_node(MIDDLE, dial=[anna.address])
    await anna.joined_by(ben)

    carla = await start_node(LARGE, dial=[anna.address, ben.address])
    await carla.until(Joined)

    assert anna.network.neighbours.keys() == {ben.key}


async def test_blame_past_the_limit_disconnects_and_refuses(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address])
    await anna.until(Joined)

    anna.network.blame(ben.key, "sent a bad signature", weight=9)
    assert ben.key in anna.network.neighbours
    anna.network.blame(ben.key, "sent a bad signature", weight=2)
    left = await anna.until(Left)
    carla = await start_node(MIDDLE, dial=[anna.address])
    await anna.joined_by(carla)

    assert left == Left(ben.key, "refused for a while: sent a bad signature")
    assert anna.network.neighbours.keys() == {carla.key}


async def test_our_own_address_is_no_neighbour(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    anna.network.dial(anna.address)
    ben = await start_node(LARGE, dial=[anna.address])
    await anna.joined_by(ben)

    assert anna.network.neighbours.keys() == {ben.key}


async def test_bootstrap_addresses_are_tried_while_nobody_is_linked(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    carla = await start_node(LARGE)
    ben = await start_node(MIDDLE, dial=[carla.address], limits=NetworkLimits(redial_first_seconds=0.1))
    await ben.joined_by(carla)

    ben.network.bootstrap(anna.address)
    with trio.move_on_after(1) as linked:
        await ben.joined_by(anna)
    await carla.stop()

    assert linked.cancelled_caught
    await ben.joined_by(anna)


async def test_what_is_announced_comes_first_among_a_node_s_addresses(start_node: StartNode) -> None:
    anna = await start_node(SMALL, announce=["home.example:4001"])

    assert anna.network.addresses() == ("home.example:4001", anna.address)


async def test_another_key_than_the_expected_one_is_no_neighbour(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[f"{anna.address}/{'ab' * 32}"])
    carla = await start_node(MIDDLE, dial=[f"{anna.address}/{anna.key.hex()}", ben.address])
    await carla.until(Joined)
    await carla.until(Joined)

    assert ben.network.neighbours.keys() == {carla.key}


async def test_a_node_listens_on_both_kinds_of_address(start_node: StartNode) -> None:
    anna = await start_node(SMALL, listen=("127.0.0.1", "::1"))
    ben = await start_node(LARGE, dial=[f"[::1]:{anna.network.port}"])
    carla = await start_node(MIDDLE, dial=[anna.address])

    await anna.joined_by(ben)
    await anna.joined_by(carla)

    assert anna.network.addresses() == (f"127.0.0.1:{anna.network.port}", f"[::1]:{anna.network.port}")


async def test_a_failed_network_says_so_in_words_and_stops_when_told(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(rebuild_first_seconds=0.1))

    anna.network.restart()
    status = await anna.until(Status)
    await anna.stop()
    last = await anna.until(Status, such=lambda status: status.state == "stopped")

    assert status.detail.startswith("The network stopped and will be started again")
    assert last == Status("stopped", (anna.address,), "The network is stopped.")


async def test_dropping_a_neighbour_ends_the_link_on_both_sides(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE, dial=[anna.address])
    await anna.until(Joined)
    await ben.until(Joined)

    anna.network.drop(ben.key)

    assert await anna.until(Left) == Left(ben.key, "closed by this node")
    assert (await ben.until(Left)).neighbour == anna.key


def test_an_address_that_cannot_be_read_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"“nowhere” is not an address such as 192\.168\.1\.5:4001"):
        Network(SMALL, dial=["nowhere"])


def test_importing_the_network_does_not_import_libp2p() -> None:
    code = "import sys, ruil.node.network; sys.exit('libp2p' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
