"""Figure 12: messages per CPU second of a simulation with the Peer that ships, in a village of 1,000 members.

Ours: a village grows to 1,000 as every scenario's set-up makes it grow (each member lets in four; three entries of a
newcomer and their admission go to all), then its members post offers. Every frame is encoded, carried, decoded, read by
the receiver's Peer and hashed into the trace. A message is one frame delivered. All that takes minutes, so it is cut
off after `CPU_SECONDS`: the figure says how many members there were by then.

The peer: a toy on trio with its MockClock, in which every message is a task that sleeps as long as a link is late and
then is passed on by 1,000 nodes that had not seen it. It checks, stores, encodes and hashes nothing: what is unequal is
so in the peer's favour.
"""

import gc
import random
import time
from collections.abc import Callable, Iterator

import trio
import trio.testing

from ruil.protocol.bodies import Listing, Want
from ruil.protocol.limits import DAY
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.world import World
from tests.bench.measure import figure

MEMBERS = 1_000
DEGREE = 4
HOST_OF = 4  # as in a scenario's set-up: each member lets in four
CPU_SECONDS = 30.0
BAR = 60_000.0
LATENCY_MS = (20, 150)
TOY_MESSAGES = 60_000
OFFERS = 20  # posted in each simulated second once all are in


class _Enough(Exception):
    """The CPU seconds are used up."""


def simulation() -> Iterator[dict[str, object]]:
    """Ours against the bar, and as a part of the toy's."""
    ours, members = _village()
    toy = _toy()
    what = f"simulation with the Peer that ships, {members} of {MEMBERS} members in after {CPU_SECONDS:g} CPU s"
    yield figure(what, ours, "messages per CPU s", ours / BAR, 1.0)
    what = f"{MEMBERS} toy nodes on trio with MockClock (ratio: ours / it)"
    yield figure(what, toy, "messages per CPU s", ours / toy, 1.0)


def _village() -> tuple[float, int]:
    """(messages per CPU second, members at the end)."""
    world = village.found(12)
    world.links.latency_ms = LATENCY_MS
    gc.collect()
    gc.disable()  # as ruil.simulations.run does
    before = time.process_time()

    def spent(_now: int) -> None:
        if time.process_time() - before > CPU_SECONDS:
            raise _Enough

    try:
        _grow(world, spent)
        _live(world, spent)
    except _Enough:
        pass
    finally:
        gc.enable()
    return world.deliveries / (time.process_time() - before), len(world.nodes)


def _grow(world: World, spent: Callable[[int], None]) -> None:
    chance = world.chance("bench")
    while len(world.nodes) < MEMBERS:
        for host in list(world.nodes):
            for _ in range(HOST_OF):
                if len(world.nodes) < MEMBERS and (len(world.nodes) - 1) // HOST_OF == host.number:
                    guest = village.join(world, host)
                    while len(guest.neighbours) < min(DEGREE // 2, len(world.nodes) - 1):
                        world.link(guest, chance.choice([each for each in world.nodes if each is not guest]))
        world.run(world.now + 3_000 * NS_PER_MS, spent)


def _live(world: World, spent: Callable[[int], None]) -> None:
    chance = world.chance("offers")
    while True:
        for node in chance.sample(world.nodes, OFFERS):
            ends = world.millis(node) + DAY
            world.say(node, Listing("offer", "bread", "Loaf", 1, "loaf", ends, wants=(Want("credit", 60, "credit"),)))
        world.run(world.now + 1_000 * NS_PER_MS, spent)


def _toy() -> float:
    """Messages per CPU second of nodes that do nothing with a message but pass it on."""
    chance = random.Random(12)
    neighbours: list[set[int]] = [set() for _ in range(MEMBERS)]
    for one in range(MEMBERS):
        while len(neighbours[one]) < DEGREE:
            other = chance.randrange(MEMBERS)
            if other != one:
                neighbours[one].add(other)
                neighbours[other].add(one)
    seen: list[set[int]] = [set() for _ in range(MEMBERS)]
    delivered = 0

    async def main() -> None:
        async def message(nursery: trio.Nursery, sender: int, receiver: int, number: int, seconds: float) -> None:
            nonlocal delivered
            await trio.sleep(seconds)
            delivered += 1
            if delivered >= TOY_MESSAGES:
                nursery.cancel_scope.cancel()
            elif number not in seen[receiver]:
                seen[receiver].add(number)
                for other in neighbours[receiver] - {sender}:
                    late = chance.uniform(*LATENCY_MS) / 1000
                    nursery.start_soon(message, nursery, receiver, other, number, late)

        async with trio.open_nursery() as nursery:
            for number in range(TOY_MESSAGES // MEMBERS):
                nursery.start_soon(message, nursery, -1, chance.randrange(MEMBERS), number, number * 0.05)

    before = time.process_time()
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert delivered >= TOY_MESSAGES
    return delivered / (time.process_time() - before)
