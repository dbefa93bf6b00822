"""Letters under crashes, partitions, lost frames and lost mailboxes: each comes once, and its writer knows."""

import time
from collections.abc import Iterator
from random import Random

from ruil.protocol.letterbox import State
from ruil.protocol.limits import DAY
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node
from tests.protocol.writers import Street
from tests.soak.row import Row

NAME = "letters"
WHAT = "letters written while people came and went"
WIPED = "letters whose keepers lost their disks"


def run(seconds: float, seed: int) -> Iterator[Row]:
    """One street after the other, each with its own seed."""
    ends = time.monotonic() + seconds
    number = 0
    while number == 0 or time.monotonic() < ends:
        yield _street(seed + number, wiping=False)
        yield _street(seed + number, wiping=True)
        number += 1


def _street(seed: int, *, wiping: bool) -> Row:
    chance = Random(seed)
    street = Street(people=chance.randint(3, 9), seed=seed)
    world, written = street.world, list[tuple[Node, Node, str]]()
    for number in range(30):
        _come_and_go(street, chance, wiping=wiping)
        writer, reader = chance.sample(world.nodes, 2)
        if writer.up:
            text = f"letter {number}"
            street.writes(text, by=writer, to=reader)
            written.append((writer, reader, text))
        settle(world, chance.choice((0, 0, 1, 10, 70)))
    world.split({})
    # The road may still lose three: what is not answered is given again after 60, 180 and 420 seconds.
    street.back(*(node for node in world.nodes if not node.up), seconds=600)
    wrong = [f"{text} of {writer.number} to {reader.number}" for writer, reader, text in written
             if not _came(street, writer, reader, text)]  # fmt: skip
    kept = sum(len(street.kept(node)) for node in world.nodes)
    if kept:
        wrong.append(f"{kept} still kept by others though all are there")
    return Row(WIPED if wiping else WHAT, len(written), len(wrong), f"seed {seed}: {'; '.join(wrong)}" if wrong else "")


def _come_and_go(street: Street, chance: Random, *, wiping: bool) -> None:
    world = street.world
    for node in chance.sample(world.nodes, 2):
        if node.up and chance.random() < 0.5:
            world.crash(node)
            if wiping and chance.random() < 0.3:  # what others left there is gone; its own stays
                for letter in street.kept(node):
                    del node.letters[letter]
        elif not node.up:
            world.restart(node)
    if chance.random() < 0.2:
        world.split({node.number: chance.randrange(2) for node in world.nodes} if chance.random() < 0.5 else {})
    street.road.loses = chance.choice((0, 0, 0, 1, 3))


def _came(street: Street, writer: Node, reader: Node, text: str) -> bool:
    """It is there once, and its writer knows; all are on, and its time is not over."""
    there = street.reads(reader, writer).count(text)
    notes = [note for note in writer.peer.post.box.letters(reader.id) if street.opened(writer, note).text == text]
    assert street.world.now < 30 * DAY * NS_PER_MS
    return there == 1 and [street.state(note.id, writer) for note in notes] == [State.DELIVERED]
