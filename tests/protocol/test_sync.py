"""Sync: whoever was away, cut off or unlucky has the same Book again soon after."""

from ruil.protocol import wire
from ruil.protocol.bodies import Profile
from ruil.protocol.events import Effect, Send
from ruil.simulations import village
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World
from tests.protocol.test_spread import town


def digests(world: World) -> int:
    return len({node.peer.book.digest() for node in world.nodes})


def test_a_partition_heals() -> None:
    world = town(11)
    world.split({number: number % 2 for number in range(len(world.nodes))})
    for node in world.nodes:
        world.say(node, Profile(f"member {node.number}, on an island"))
    settle(world, 20)
    assert digests(world) > 1

    world.split({})
    settle(world, 10)

    assert digests(world) == 1


def test_who_was_away_catches_up() -> None:
    world = town(12)
    away = world.nodes[5]
    world.crash(away)
    for turn in range(30):
        world.say(world.nodes[turn % 4], Profile(f"while you were away {turn}"))
    settle(world, 5)

    world.restart(away)
    settle(world, 5)

    assert digests(world) == 1


def test_who_was_cut_off_in_the_middle_of_catching_up_catches_up_later() -> None:
    # Heads had come, the entries had not: the cursor must not claim that everything was heard.
    world = village.found(13)
    anna = world.nodes[0]
    ben = village.join(world, anna)
    settle(world, 5)
    world.split({ben.number: 1})
    for turn in range(20):
        world.say(anna, Profile(f"news {turn}"))

    def cut(node: Node, effect: Effect, _now: int) -> None:
        if node is ben and isinstance(effect, Send) and isinstance(effect.frame, wire.Want):
            world.watchers.clear()
            world.at(world.now, lambda: world.split({ben.number: 1}))

    world.watchers.append(cut)
    world.split({})
    settle(world, 5)
    assert digests(world) == 2
    world.split({})
    settle(world, 3)

    assert digests(world) == 1


def test_frames_that_are_lost_do_not_matter_in_the_end() -> None:
    world = town(14, members=8, links=2)
    world.links.loss = 0.05
    for turn in range(20):
        world.say(world.nodes[turn % 8], Profile(f"through the storm {turn}"))
        settle(world, 1)

    world.links.loss = 0.0
    settle(world, 90)

    assert digests(world) == 1
    assert world.blamed == {}


def test_meeting_again_tells_only_what_changed() -> None:
    world = town(15, members=6, links=2)
    anna, ben = world.nodes[0], world.nodes[1]
    told: list[int] = []

    def watch(node: Node, effect: Effect, _now: int) -> None:
        if node is anna and isinstance(effect, Send) and isinstance(effect.frame, wire.Heads):
            told.append(len(effect.frame.heads))

    others = {node.number: node.number for node in world.nodes if node not in (anna, ben)}
    world.split({**others, ben.number: 99})
    world.say(anna, Profile("one thing"))
    world.watchers.append(watch)
    world.split({**others, ben.number: 0})
    settle(world, 2)

    assert told == [1]
    assert anna.peer.book.digest() == ben.peer.book.digest()
