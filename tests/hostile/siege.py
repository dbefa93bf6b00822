"""A siege: a real node in a process of its own, attackers in another, and an honest neighbour who measures.

A round trip is what a neighbour waits for: a new entry is pushed, and wanted back. It comes back once the node has
checked it, kept it on its disk and read it from there, over the same link as everybody's (Noise, yamux, TCP).
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from ruil.node import identity
from ruil.node.identity import Identity
from ruil.node.store import Store
from tests.hostile.guest import FRIENDS, Gone, linked, village
from tests.node.prompt import ROOT
from tests.node.shell import Shell, eventually
from tests.protocol.actors import later, loaves

TRIP_SECONDS_MAX = 30.0  # a trip that takes longer is lost


@dataclass
class Trips:
    """Round trips of an honest neighbour, and the most memory that the node held meanwhile."""

    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    bytes: int = 0

    def at(self, part: float) -> float:
        """The time within which that part of all trips was over, in ms."""
        return 1_000 * sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))]


class Besieged:
    """Anna's running node."""

    def __init__(self, shell: Shell, node: bytes) -> None:
        self.shell = shell
        self.node = node
        self.address = str(shell.look("status")["addresses"][0])
        self._village, _ = village()

    def resident_bytes(self) -> int:
        assert self.shell.node is not None
        pages = int(Path(f"/proc/{self.shell.node.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def alive(self) -> bool:
        return self.shell.node is not None and self.shell.node.poll() is None

    @contextmanager
    def attacked(self, seed: int, *names: str) -> Iterator[subprocess.Popen[bytes]]:
        """By these attacks, all at once, for as long as this lasts."""
        words = [sys.executable, "-m", "tests.hostile.crowd", self.address, self.node.hex(), str(seed), *names]
        with tempfile.TemporaryFile() as said:
            crowd = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=said)
            try:
                assert crowd.stdout is not None
                crowd.stdout.readline()  # it has begun
                yield crowd
                if crowd.poll() is not None:
                    said.seek(0)
                    raise AssertionError(f"the attackers gave up: {said.read().decode()[-2_000:]}")
            finally:
                crowd.kill()
                crowd.wait()

    def trips(self, seconds: float, every: float = 0.1) -> Trips:
        """Round trips of Ben, one every so many seconds, for so long; at least five."""
        return trio.run(self._trips, seconds, every)

    async def _trips(self, seconds: float, every: float) -> Trips:
        ben = self._village.device(FRIENDS[0], f"phone {time.monotonic_ns()}")
        trips = Trips()
        async with linked(ben, self.address, self.node) as guest:
            ends = trio.current_time() + seconds
            while trio.current_time() < ends or len(trips.seconds) + trips.lost < 5:
                began = trio.current_time()
                with trio.move_on_after(TRIP_SECONDS_MAX) as scope:
                    try:
                        await guest.asks_back(guest.says())
                    except Gone as why:
                        said = self.shell.log.read_text()[-2_000:]
                        raise AssertionError(f"an honest neighbour was cut off: {why}. The node says: {said}") from why
                if scope.cancelled_caught:
                    trips.lost += 1
                else:
                    trips.seconds.append(trio.current_time() - began)
                trips.bytes = max(trips.bytes, self.resident_bytes())
                await trio.sleep_until(began + every)
        return trips


@contextmanager
def besieged(folder: Path, history: int = 0) -> Iterator[Besieged]:
    """Anna's node, which knows her friends and all who will go bad, and holds so many entries of her own."""
    made, others = village()
    anna = made.founder
    for number in range(history):
        anna.say(loaves(1 + number % 9), at=later(number))
    home = folder / "anna"
    identity.write(home, Identity(anna.owner, anna.key, "Anna", "desktop", made.community, restored=True))
    store = Store(home, anna.id)
    store.append([entry for device in (anna, *others) for entry in device.entries])
    store.close()
    # Her keys are always the same: on one computer the second siege's Anna would be a copy of the first one's.
    shell = Shell(home, fresh=True, DISCOVER="no", STATE=str(folder / "state"))
    with shell.running():
        eventually(lambda: shell.look("status")["addresses"] != [])
        yield Besieged(shell, anna.id)
