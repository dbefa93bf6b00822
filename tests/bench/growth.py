"""Figure 15: what an entry costs each member, in a community of 100 and of 10,000.

Everybody hears of everything, so what a community pays in all grows with the square of it; what each pays for an entry
must not grow at all. Twenty members run the Peer that ships, in the simulator, linked as a mesh of 6 neighbours each;
each knows the whole community: every member's certificate, entrance, admission and name. Others' nodes are left out,
since 10,000 Books of 10,000 members fit no machine; a node has to do with its neighbours alone, and they are there.

After a warm-up, in which the tree grows, they say offers for ten simulated minutes, comparing of notes too. Counted
is CPU time through entries and members who hear them, and frames through the same. The two communities take turns, and
the median of their ratios counts.

The same with twenty real hosts, each a process of its own with SQLite and libp2p (mesh.py), whose stores hold such a
community: CPU and the frames that come, for each delivery, at five entries a second.
"""

import gc
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from ruil.protocol.bodies import Listing
from ruil.protocol.entry import open_entry
from ruil.protocol.events import Restored, Woke
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.peer import STARTED, Peer
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.world import START_MS, Node, World
from tests.bench import mesh, town
from tests.bench.measure import figure

SMALL, LARGE = 100, 10_000
PLAYED = 20
DEGREE = 6
WARM_UP = 40
ROUNDS = 5
ENTRIES = 200  # in each round, one every three seconds
EVERY_MS = 3_000
MOST = 1.5


class Community:
    """So many members, of whom twenty are played."""

    def __init__(self, members: int) -> None:
        people = town.people(members, START_MS - members * HOUR - DAY)
        self.world = World(people[0].community, members)
        opened = [open_entry(data, who.community, who.log.device) for who in people for data in who.said]
        for number, who in enumerate(people[:PLAYED]):
            peer = Peer(who.community, who.key, number.to_bytes(8, "big"), sharing=self.world._sharing)
            node = Node(number, who.owner, who.key, peer)
            self.world.nodes.append(node)
            self.world._by_key[node.neighbour] = node
            for entry in opened:
                peer.handle(Restored(entry), self.world.millis())
                self.world._stored[entry.id] = entry
            self.world.feed(node, Woke(STARTED))
        self.chance = random.Random(members)
        for one in range(PLAYED):
            for step in (1, 2, 5):
                self.world.link(self.world.nodes[one], self.world.nodes[(one + step) % PLAYED])
        self.world.run(self.world.now + 60_000 * NS_PER_MS)
        self.say(WARM_UP)

    def say(self, entries: int) -> tuple[float, float]:
        """CPU ms and frames for an entry and a member who hears it."""
        world = self.world
        before, frames = time.process_time(), world.deliveries
        for _ in range(entries):
            node = self.chance.choice(world.nodes)
            world.say(node, Listing("offer", "bread", "Loaf", 4, "loaf", world.millis() + DAY))
            world.run(world.now + EVERY_MS * NS_PER_MS)
        heard = entries * (PLAYED - 1)
        assert len({each.peer.book.entries() for each in world.nodes}) == 1
        return (time.process_time() - before) * 1000 / heard, (world.deliveries - frames) / heard


def growth() -> Iterator[dict[str, object]]:
    """CPU and frames for an entry and a member: 10,000 beside 100 of the same run."""
    small, large = Community(SMALL), Community(LARGE)
    gc.collect()
    gc.freeze()  # what was built is no garbage, and looking through it again is no part of an entry's price
    try:
        taken = [(small.say(ENTRIES), large.say(ENTRIES)) for _ in range(ROUNDS)]
    finally:
        gc.unfreeze()
    what = f"an entry and a member, of {LARGE:,} (ratio: / of {SMALL}): "
    for index, name, unit in ((0, "CPU", "ms"), (1, "frames", "frames")):
        value = statistics.median(of_large[index] for _, of_large in taken)
        share = statistics.median(of_large[index] / of_small[index] for of_small, of_large in taken)
        yield figure(what + name, value, unit, share, MOST, at_most=True)
    yield from _real()


def _real() -> Iterator[dict[str, object]]:
    from tests.bench import mesh_ruil  # libp2p: the simulator does without

    small, large = (_played(mesh_ruil, members) for members in (SMALL, LARGE))
    what = f"the same in {mesh.HOSTS} real processes: "
    for name, unit, of_large, of_small in (
        ("CPU", "ms", large.cpu_ms, small.cpu_ms),
        ("entries that came", "entries", 1 + large.duplicates, 1 + small.duplicates),
    ):
        yield figure(what + name, of_large, unit, of_large / of_small, MOST, at_most=True)


def _played(mesh_ruil: ModuleType, members: int) -> mesh.Measured:
    with tempfile.TemporaryDirectory() as folder:
        return mesh.play(mesh_ruil.host, mesh_ruil.prepare(Path(folder), members), mesh.CALM)
