"""Figures 5 and 6: entries of about 400 bytes to 20 real hosts, 7 neighbours each; the same for gossipsub.

Each host is a process of its own, as in the world, and the same 70 links over loopback (Noise, yamux) are dialled for
both. Hosts speak in turn, one every 200 ms: that is figure 5. Figure 6 goes on at 50 a second for 20 seconds; and, once
more from the start, with 300 entries at one moment, 15 of each host. After a warm-up, in which either side forms its
tree or mesh, counted are

* delivered: the part of all deliveries (each entry to the 19 others) that came before the end: a second after the last
  entry for figure 5, ten for figure 6;
* CPU per delivery: user and system time of all 20 processes and all their threads, from before the first counted entry
  until that end, idle work included, through the deliveries;
* latency: from before the author's node is asked to say it until the entry stands at a receiver, one clock for all. One
  in a hundred is one entry at all its receivers, so that one slow sync of a disk is the p99; it is given beside it from
  when the author's disk has the entry. Twenty computers share one disk here, which writes back what all of them wrote
  30 s ago in one go, while somebody's sync waits 200 ms for it; so all is synced before counting begins, and the 20 s
  end before that;
* duplicates: entries that came to a host and were there already, through the deliveries.

Ours (mesh_ruil.py) signs, checks, applies to the Book and keeps every entry in SQLite, the author's with FULL, before
it counts as delivered. The peer (mesh_gossipsub.py) signs and checks, and keeps nothing: what is unequal is so in the
peer's favour. Both run one after the other in one call, with one arrangement.
"""

import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.bench.measure import figure

HOSTS = 20
DEGREE = 7
EVERY_SECONDS = 0.2
WARM_UP = 60  # entries before the counted ones, one every 200 ms: three of each host
ENTRY_BYTES = 400
PATIENCE_SECONDS = 300
LEAD_SECONDS = 0.5  # until all processes have heard when to begin
SYNC_SECONDS = 3.0  # before the first counted entry

CPU_MS = 1.0
# The same bar where machines differ: on the one where it was set, gossipsub took 5.4 ms.
CPU_OF_GOSSIPSUB = round(CPU_MS / 5.4, 3)
P99_MS = 50.0
DUPLICATES = 0.5
BUSY_P99_MS = 300.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is counted: so many entries, one every so many seconds (0: all at one moment), and how long they may take to
    arrive after the last."""

    entries: int
    every_seconds: float
    tail_seconds: float


CALM = Load(100, EVERY_SECONDS, 1.0)
BUSY = Load(1_000, 0.02, 10.0)
BURST = Load(300, 0.0, 10.0)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When who speaks, in seconds of the monotonic clock, which all processes share."""

    begins: float
    load: Load

    def turns(self, host: int) -> list[tuple[int, float]]:
        """The numbers of the entries that a host says, and when."""
        return [(number, self._at(number)) for number in range(host, WARM_UP + self.load.entries, HOSTS)]

    def _at(self, number: int) -> float:
        counted = number - WARM_UP
        return self.begins + min(number, WARM_UP) * EVERY_SECONDS + max(0, counted) * self.load.every_seconds

    @property
    def counts_from(self) -> float:
        return self._at(WARM_UP) - EVERY_SECONDS / 2

    @property
    def ends(self) -> float:
        return self._at(WARM_UP + self.load.entries) + self.load.tail_seconds


@dataclass(slots=True)
class Heard:
    """What one host reports: times of the counted entries, by their number, in seconds of the monotonic clock."""

    said: dict[int, float]
    kept: dict[int, float]  # when what was said was on the author's disk
    stood: dict[int, float]  # of other hosts' entries
    arrivals: int  # counted entries that came over a link, repeats included
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What all hosts' reports come to."""

    cpu_ms: float
    p50_ms: float
    p99_ms: float
    kept_p99_ms: float  # from when it was on the author's disk
    duplicates: float
    delivered: float  # part of all deliveries that should have been


Host = Callable[[int, Connection, Any], None]  # runs one host to its end; the last argument is its own preparation


def links(seed: int = 5) -> list[tuple[int, int]]:
    """70 links so that each host has 7 neighbours and all are connected; always the same ones."""
    pairs = {_pair(host, (host + step) % HOSTS) for host in range(HOSTS) for step in (1, 2, 3, HOSTS // 2)}
    assert len(pairs) == HOSTS * DEGREE // 2
    chance = random.Random(seed)
    for _ in range(1_000):  # two links change ends: every host keeps its count, and the ring becomes a random mesh
        (one, other), (third, fourth) = chance.sample(sorted(pairs), 2)
        fresh = {_pair(one, third), _pair(other, fourth)}
        if len({one, other, third, fourth}) == 4 and not fresh & pairs:
            pairs = pairs - {(one, other), (third, fourth)} | fresh
    assert _connected(pairs)
    return sorted(pairs)


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _connected(pairs: set[tuple[int, int]]) -> bool:
    reached = {0}
    for _ in range(HOSTS):
        reached |= {end for pair in pairs if reached & set(pair) for end in pair}
    return len(reached) == HOSTS


def play(host: Host, prepared: Sequence[Any], load: Load) -> Measured:
    """Start the hosts, link them, let them speak, and take their reports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([host.__module__])  # libp2p is imported once and not twenty times
    pipes: list[Connection] = []
    processes = []
    try:
        for number in range(HOSTS):
            ours, theirs = context.Pipe()
            process = context.Process(target=host, args=(number, theirs, prepared[number]), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        addresses = [answer(pipe) for pipe in pipes]
        for number, pipe in enumerate(pipes):
            pipe.send([addresses[other] for one, other in links() if one == number])
        now = max(answer(pipe) for pipe in pipes)
        timetable = Timetable(now + LEAD_SECONDS, load)
        for pipe in pipes:
            pipe.send(timetable)
        time.sleep(max(0.0, timetable.counts_from - SYNC_SECONDS - time.monotonic()))
        os.sync()
        return _sum([answer(pipe) for pipe in pipes], load)
    finally:
        for process in processes:
            process.kill()
            process.join()


def answer(pipe: Connection) -> Any:
    """What a process says next. Raises `TimeoutError`."""
    if not pipe.poll(PATIENCE_SECONDS):
        raise TimeoutError(f"a host did not answer within {PATIENCE_SECONDS} s")
    return pipe.recv()


def _sum(reports: list[Heard], load: Load) -> Measured:
    said = {number: at for report in reports for number, at in report.said.items()}
    assert len(said) == load.entries, f"{len(said)} entries were said, not {load.entries}"
    late = sorted((at - said[number]) * 1000 for report in reports for number, at in report.stood.items())
    kept = {number: at for report in reports for number, at in report.kept.items()}
    since = sorted((at - kept[number]) * 1000 for report in reports for number, at in report.stood.items())
    arrivals = sum(report.arrivals for report in reports)
    return Measured(
        cpu_ms=sum(report.cpu_seconds for report in reports) * 1000 / len(late),
        p50_ms=statistics.median(late),
        p99_ms=late[int(len(late) * 0.99)],
        kept_p99_ms=since[int(len(since) * 0.99)],
        duplicates=(arrivals - len(late)) / len(late),
        delivered=len(late) / (load.entries * (HOSTS - 1)),
    )


def mesh() -> Iterator[dict[str, object]]:
    """5 entries a second: ours against the bars, then gossipsub's values with ours as a part of them."""
    ours, theirs = _both(CALM)
    what = f"{HOSTS} hosts, {1 / EVERY_SECONDS:g} entries of {ENTRY_BYTES} B per s: "
    yield figure(what + "delivered", ours.delivered, "part", ours.delivered, 1.0)
    for name, mine, bar, unit in (
        ("CPU per delivery", ours.cpu_ms, CPU_MS, "ms"),
        ("latency p99", ours.p99_ms, P99_MS, "ms"),
        ("latency p99 from when the author's disk has it", ours.kept_p99_ms, P99_MS, "ms"),
        ("duplicates per delivery", ours.duplicates, DUPLICATES, "entries"),
    ):
        yield figure(what + name, mine, unit, mine / bar, 1.0, at_most=True)
    yield from _beside(what, ours, theirs, CPU_OF_GOSSIPSUB)


def busy() -> Iterator[dict[str, object]]:
    """50 entries a second, and 300 at one moment: ours against the bars, then gossipsub's values."""
    for load, what in (
        (BUSY, f"{HOSTS} hosts, {1 / BUSY.every_seconds:g} entries per s for 20 s: "),
        (BURST, f"{HOSTS} hosts, a burst of {BURST.entries} entries: "),
    ):
        ours, theirs = _both(load)
        yield figure(what + "delivered", ours.delivered, "part", ours.delivered, 1.0)
        if load is BUSY:
            share = ours.p99_ms / BUSY_P99_MS
            yield figure(what + "latency p99", ours.p99_ms, "ms", share, 1.0, at_most=True)
        yield from _beside(what, ours, theirs)


def _both(load: Load) -> tuple[Measured, Measured]:
    """Ours, and gossipsub's, one after the other."""
    from tests.bench import mesh_gossipsub, mesh_ruil

    with tempfile.TemporaryDirectory() as folder:
        ours = play(mesh_ruil.host, mesh_ruil.prepare(Path(folder)), load)
    return ours, play(mesh_gossipsub.host, mesh_gossipsub.prepare(), load)


def _beside(what: str, ours: Measured, theirs: Measured, cpu_bar: float = 1.0) -> Iterator[dict[str, object]]:
    what += "py-libp2p gossipsub in the same run (ratio: ours / it), "
    yield figure(what + "delivered", theirs.delivered, "part", ours.delivered / theirs.delivered, 1.0)
    for name, mine, its, unit, bar in (
        ("CPU per delivery", ours.cpu_ms, theirs.cpu_ms, "ms", cpu_bar),
        ("latency p99", ours.p99_ms, theirs.p99_ms, "ms", 1.0),
        ("duplicates per delivery", ours.duplicates, theirs.duplicates, "entries", 1.0),
    ):
        yield figure(what + name, its, unit, mine / its, bar, at_most=True)
