"""Two neighbours whose nodes are killed at any instant, and what must be on their disks each time.

Anna and Ben say things as fast as their nodes acknowledge them, and hear each other meanwhile. Then one of them is
killed, or both. What was acknowledged must be on the disk; what the other one heard must be there too, byte for byte.
"""

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from ruil.node import identity
from ruil.node.errors import Stopped
from ruil.node.store import Store
from ruil.protocol.entry import id_of
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId
from ruil.protocol.limits import SEQ_MAX
from tests.node.shell import Shell, books, eventually, founding, invited

SAID_MAX = 25  # before the kill, in one round
PATIENCE_SECONDS = 60


@dataclass
class Neighbour:
    """One of the two: a profile, its node if it lives, and what it acknowledged so far."""

    name: str
    shell: Shell
    acknowledged: set[str] = field(default_factory=set)
    heard_from: threading.Condition = field(default_factory=threading.Condition)

    @property
    def device(self) -> DeviceId:
        return identity.read(self.shell.home).device_id

    def start(self) -> None:
        self.shell.start()

    def kill(self) -> None:
        assert self.shell.kill() == -signal.SIGKILL, self.shell.log.read_text()

    def talk(self) -> None:
        """Say one thing after the other until nobody answers any more."""
        while True:
            try:
                said = self.shell.look("listing", role="offer", kind="bread", title="Loaf")
            except (Stopped, Refused, AssertionError, OSError):
                return
            with self.heard_from:
                self.acknowledged.add(said["listing"]["id"])
                self.heard_from.notify_all()

    def wait_for(self, more: int) -> None:
        """Until so many more were acknowledged than are now."""
        with self.heard_from:
            enough = len(self.acknowledged) + more
            assert self.heard_from.wait_for(lambda: len(self.acknowledged) >= enough, PATIENCE_SECONDS), self.name

    def own(self, scratch: Path) -> list[bytes]:
        """What its disk holds of its own words."""
        self._copy("own", scratch)
        store = Store(scratch, self.device)
        try:
            assert store.damage() == [], self.name
            return store.read(self.device, 0, SEQ_MAX)
        finally:
            store.close()

    def heard(self, device: DeviceId, scratch: Path) -> dict[int, bytes]:
        """What it holds of the other's words, whether its node lives or not."""
        path = self.shell.home if self.shell.node else self._copy("logs", scratch)
        database = apsw.Connection(str(path / "logs.sqlite"))
        database.set_busy_timeout(2_000)
        try:
            return dict(database.execute("SELECT seq, data FROM entries WHERE device = ?", (device,)))
        finally:
            database.close()

    def _copy(self, database: str, scratch: Path) -> Path:
        """To be read from, so that the next start finds the disk as the dead one left it."""
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        for file in self.shell.home.glob(f"{database}.sqlite*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, scratch)
        return scratch


@dataclass
class Killing:
    """The two, linked, in a folder of their own."""

    folder: Path
    anna: Neighbour
    ben: Neighbour
    chance: Random
    rounds: int = 0
    lost: list[str] = field(default_factory=list)

    def round(self) -> None:
        """Both talk, somebody is killed, the disks are looked at, and the dead start again."""
        self.rounds += 1
        both = (self.anna, self.ben)
        victims = self.chance.choice(((self.anna,), (self.ben,), both))
        if self.chance.random() < 0.3:
            eventually(lambda: self.anna.shell.look("status")["neighbours"] == 1)
        talkers = [threading.Thread(target=one.talk) for one in victims for _ in range(self.chance.choice((1, 1, 3)))]
        for talker in talkers:
            talker.start()
        victims[0].wait_for(self.chance.randint(0, SAID_MAX))
        end = time.perf_counter() + self.chance.random() * 0.02  # any instant, not only right after an answer
        while time.perf_counter() < end:
            pass
        for one in victims:
            one.kill()
        for talker in talkers:
            talker.join(PATIENCE_SECONDS)
        for one, other in ((self.anna, self.ben), (self.ben, self.anna)):
            if one in victims:
                self.look(one, other)
        for one in victims:
            one.start()

    def look(self, one: Neighbour, other: Neighbour) -> None:
        """`one` is dead: is all there that it acknowledged, and all that the other one heard from it?"""
        own = one.own(self.folder / "copy")
        community = identity.read(one.shell.home).community
        assert community is not None
        ids = {id_of(data, community, one.device).hex() for data in own}
        if gone := one.acknowledged - ids:
            self.lost.append(f"round {self.rounds}: {len(gone)} acknowledged by {one.name} are gone")
        for seq, data in other.heard(one.device, self.folder / "copy").items():
            if seq >= len(own) or own[seq] != data:
                self.lost.append(f"round {self.rounds}: {other.name} holds an entry {seq} that {one.name} has not")

    def end(self) -> None:
        """Both go on: they come together, nobody forked, and everything acknowledged is offered at both."""
        both = (self.anna, self.ben)
        for one in both:
            one.acknowledged.add(one.shell.look("listing", role="offer", kind="bread", title="Last")["listing"]["id"])
        eventually(lambda: len(books(*(one.shell for one in both))) == 1, PATIENCE_SECONDS)
        said = self.anna.acknowledged | self.ben.acknowledged
        for one in both:
            there = {row["id"] for row in one.shell.look("near")["listings"]}
            if missing := said - there:
                self.lost.append(f"{len(missing)} acknowledged are not at {one.name} in the end")
            one.kill()
        for one in both:
            store = Store(one.shell.home, one.device)
            if store.proofs():
                self.lost.append(f"{one.name} holds a proof of a fork")
            self.lost += [f"{one.name}: {fault}" for fault in store.damage()]
            store.close()


@contextlib.contextmanager
def killing(folder: Path, seed: int) -> Iterator[Killing]:
    """Anna and Ben, both members, both running."""
    living: list[Neighbour] = []
    try:
        anna = founding(Shell(folder / "anna", program="tests.node.hasty"))
        ben = invited(Shell(folder / "ben", program="tests.node.hasty"), "Ben", anna)
        made = Killing(folder, Neighbour("anna", anna), Neighbour("ben", ben), Random(seed))
        for one in (made.anna, made.ben):
            one.start()
            living.append(one)
        eventually(lambda: ben.look("status")["membership"] == "member")
        yield made
    finally:
        for one in living:
            if one.shell.node:
                one.kill()
