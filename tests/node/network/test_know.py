"""What the peer book says is tried while neighbours are wanted, and only for whom it says so."""

import trio

from ruil.node.network import Joined, NetworkLimits
from tests.node.network.conftest import StartNode, seeds

SMALL, MIDDLE, LARGE = seeds(3)


async def test_who_stands_in_the_peer_book_is_dialled(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE)

    anna.network.know([(ben.key, (ben.address,), True, False)])

    await anna.joined_by(ben)
    (way,) = anna.network.reach().ways
    assert (way.neighbour, way.how) == (ben.key, "book")


async def test_where_another_answers_than_the_record_says_there_is_no_link(start_node: StartNode) -> None:
    anna = await start_node(SMALL)
    ben = await start_node(LARGE)
    carla = await start_node(MIDDLE)

    anna.network.know([(carla.key, (ben.address, carla.address), True, False), (anna.key, (ben.address,), True, False)])

    joined = await anna.until(Joined)
    assert joined.neighbour == carla.key
    with trio.move_on_after(1) as waited:
        await anna.joined_by(ben)
    assert waited.cancelled_caught


async def test_who_has_enough_neighbours_dials_nobody_of_the_book(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(neighbours_wanted=1, neighbours_own=0))
    ben = await start_node(LARGE, dial=[anna.address])
    carla = await start_node(MIDDLE)
    await anna.joined_by(ben)

    anna.network.know([(carla.key, (carla.address,), True, False)])
    with trio.move_on_after(1) as waited:
        await anna.joined_by(carla)
    await ben.stop()

    assert waited.cancelled_caught
    await anna.joined_by(carla)


async def test_who_needs_a_relay_dials_first_who_relays(start_node: StartNode) -> None:
    anna = await start_node(SMALL, limits=NetworkLimits(book_targets=1))
    rosa = await start_node(LARGE, relay=True, may_read=lambda _: True)
    nobody = [(bytes([n]) * 32, ("127.0.0.1:9",), True, False) for n in range(1, 40)]

    anna.network.know([*nobody, (rosa.key, (rosa.address,), True, True)])

    await anna.joined_by(rosa)
