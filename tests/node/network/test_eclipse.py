"""Eclipse: whoever would decide what a node hears dials it in crowds. It keeps links that it chose by itself."""

import random
from dataclasses import replace

import pytest
import trio

from ruil.node.network import Bond, Joined, Left, NetworkLimits
from ruil.node.network.choice import in_turn
from tests.node.network.conftest import Node, StartNode, seeds

CROWD = 60
# All are on one host here, which may be knocked at again at once.
LIMITS = NetworkLimits(knock_again_seconds=0.01, book_seconds=0.5, book_tries=1)


def record(node: Node) -> tuple[bytes, tuple[str, ...], bool, bool]:
    return node.key, (node.address,), True, False


async def until_joined(anna: Node, keys: set[bytes], count: int) -> None:
    with trio.fail_after(30):
        while len(keys & anna.network.neighbours.keys()) < count:
            await anna.until(Joined)


async def test_sixty_who_dial_in_can_not_keep_a_node_from_those_it_chooses(start_node: StartNode) -> None:
    own, *rest = seeds(CROWD + 4)
    anna = await start_node(own, limits=LIMITS)
    honest = [await start_node(seed, limits=NetworkLimits()) for seed in rest[:3]]
    crowd = [await start_node(seed, dial=[anna.address]) for seed in rest[3:]]
    await until_joined(anna, {each.key for each in crowd}, NetworkLimits().neighbours_max - 8)

    # All of the crowd are in the book as well; those who found no place would gladly be chosen.
    bonds = {honest[0].key: Bond.TRUSTED, honest[1].key: Bond.NEAR}
    anna.network.know([*map(record, crowd), *map(record, honest)], bonds)

    await until_joined(anna, bonds.keys() & {each.key for each in honest}, 2)


async def test_even_a_book_full_of_the_crowd_leaves_room_to_try_others(start_node: StartNode) -> None:
    own, *rest = seeds(14)
    limits = replace(LIMITS, neighbours_max=12, neighbours_chosen=4, neighbours_wanted=6, book_targets=6)
    anna = await start_node(own, limits=limits)
    crowd = [await start_node(seed, dial=[anna.address]) for seed in rest[:8]]
    await until_joined(anna, {each.key for each in crowd}, 8)
    anna.network.know(map(record, crowd))  # every one of the six places to try is theirs
    honest = [await start_node(seed) for seed in rest[8:10]]

    anna.network.know([*map(record, crowd), *map(record, honest)])

    await until_joined(anna, {each.key for each in honest}, 2)


async def test_a_link_that_chance_gave_makes_room_for_another_now_and_then(start_node: StartNode) -> None:
    own, *rest = seeds(5)
    limits = replace(
        LIMITS, neighbours_wanted=2, neighbours_own=2, rotate_seconds=0.5, book_targets=8, redial_first_seconds=30
    )
    anna = await start_node(own, limits=limits)
    others = [await start_node(seed) for seed in rest]
    friend = others[0]

    anna.network.know(map(record, others), {friend.key: Bond.TRUSTED})
    heard: set[bytes] = set()
    with trio.fail_after(30):
        while len(heard) < 3:
            event = await anna.until((Joined, Left))  # type: ignore[arg-type]
            if isinstance(event, Joined):
                heard.add(event.neighbour)
            else:
                assert event.neighbour != friend.key, "who is trusted makes room for nobody"


def test_trusted_near_and_chance_have_their_turns() -> None:
    random.seed(7)
    trusted, near, others = ([bytes([kind, number]) for number in range(5)] for kind in range(3))
    bonds = dict.fromkeys(trusted, Bond.TRUSTED) | dict.fromkeys(near, Bond.NEAR)

    first = in_turn([*others, *near, *trusted], bonds)

    assert sorted(first) == sorted([*trusted, *near, *others])
    for start in range(0, 15, 3):
        assert [bonds.get(device) for device in first[start : start + 3]] == [Bond.TRUSTED, Bond.NEAR, None]


@pytest.mark.parametrize("strangers", [0, 200])
def test_a_thousand_strangers_do_not_come_before_the_few_who_are_trusted(strangers: int) -> None:
    crowd = [number.to_bytes(4, "big") for number in range(strangers)]

    first = in_turn([*crowd, b"ben", b"carla"], {b"ben": Bond.TRUSTED, b"carla": Bond.NEAR})

    assert {b"ben", b"carla"} <= set(first[:3])
