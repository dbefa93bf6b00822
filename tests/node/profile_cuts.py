"""A profile from its first moment on a disk whose power can be cut, and what a start must find of whatever is left."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from ruil.node import clock, identity, setup
from ruil.node.errors import NoProfile
from ruil.node.identity import Identity
from ruil.node.offline import NoLinks
from ruil.node.profile import locked, opened
from ruil.node.pump import Pump
from ruil.protocol.book import Book
from ruil.protocol.entry import open_entry
from ruil.protocol.events import Drafted
from ruil.protocol.limits import DAY
from tests.node.power import Disk, Image
from tests.protocol.actors import loaves


@dataclass
class Beginning:
    """Somebody begins a profile, founds a community and says things, in several starts. After so many steps of the
    disk, so much of it was acknowledged."""

    disk: Disk
    who: list[tuple[int, Identity]] = field(default_factory=list)
    said: list[tuple[int, int]] = field(default_factory=list)

    def run(self, chance: Random) -> None:
        for step in (
            lambda: setup.begin(self.disk.folder, "Anna"),
            lambda: setup.found(self.disk.folder, "Elm Street"),
        ):
            who = step()
            self.who.append((self._now(), who))
        for _ in range(3):
            trio.run(self._start, chance.randint(1, 12))

    def _now(self) -> int:
        return len(self.disk.record)

    async def _start(self, words: int) -> None:
        with locked(self.disk.folder), opened(self.disk.folder) as profile:
            pump = Pump(profile.peer, profile.store, profile.letters, profile.opener, NoLinks())
            async with trio.open_nursery() as nursery:
                await nursery.start(pump.run)
                await setup.complete(profile, pump)
                for number in range(words):
                    await pump.say(Drafted(loaves(number + 1, ends=clock.now() + DAY)))
                    self.said.append((self._now(), profile.peer.book.logs[profile.peer.device].size))
                nursery.cancel_scope.cancel()


def faults(image: Image, folder: Path, begun: Beginning) -> list[str]:
    """What a start finds that must not be."""
    image.write(folder)
    due = [who for at, who in begun.who if at <= image.at]
    try:
        who = identity.read(folder)
    except NoProfile:
        return ["the identity is gone"] if due else []
    found = []
    if who not in [each for _, each in begun.who] or (due and due[-1].community and who != due[-1]):
        found.append("the identity is another")
    if who.community is None:
        return found
    with opened(folder) as profile:
        book, entries = (
            profile.peer.book,
            [open_entry(data, who.community, device) for device, data in profile.store.all()],
        )
        fresh = Book(who.community)
        for entry in entries:
            fresh.apply(entry)
        if book.digest() != fresh.digest():
            found.append("the Book is not what the entries say")
        if len(entries) < max((count for at, count in begun.said if at <= image.at), default=0):
            found.append("acknowledged words are gone")
        found += profile.store.damage()
    return found
