"""A run: one scenario, one seed, one result. The same two give the same trace hash on any machine.

Set-up, in which everybody is let in; the time in which members act and things go wrong; a tail without new actions, in
which what is under way arrives; then the clock is put behind the last deadline, so that every agreement has ended.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from ruil.protocol.limits import MINUTE
from ruil.simulations import measures, village
from ruil.simulations.collecting import no_collecting
from ruil.simulations.faults import Faults
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.measures import DAY_NS, Watch
from ruil.simulations.people.forking import Forking
from ruil.simulations.people.honest import Honest, Life
from ruil.simulations.people.silent import Silent, SilentVillager
from ruil.simulations.people.villager import Villager
from ruil.simulations.scenario import Expect, Population, Scenario, milliseconds
from ruil.simulations.world import START_MS, World

HOST_OF: Final = 4  # in set-up each member lets in four
TAIL_NS: Final = (
    20 * MINUTE * NS_PER_MS
)  # long enough for every neighbour to be compared with, and each deadline judged
LAST_NS: Final = 2 * MINUTE * NS_PER_MS
SETTLE_S: Final = 3
ZIPF: Final = 1.1  # exponent of how much each kind of thing is liked
PARETO: Final = 2.5  # shape of how active members are: mean 5/3
_OPS: Final = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: plain values. `expectations` are {metric, op, value, got, ok}."""

    name: str
    seed: int
    scenario_hash: str
    trace_hash: str
    measures: dict[str, Any]
    expectations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every expectation was met."""
        return all(each["ok"] for each in self.expectations)

    def plain(self) -> dict[str, Any]:
        """The one JSON object."""
        return {
            "name": self.name,
            "seed": self.seed,
            "scenario_hash": self.scenario_hash,
            "trace_hash": self.trace_hash,
            "ok": self.ok,
            "measures": self.measures,
            "expectations": self.expectations,
        }


def run(scenario: Scenario, seed: int, progress: Callable[[float], None] | None = None) -> Result:
    """Play `scenario` from `seed`. `progress` hears what part is done, from 0 to 1."""
    told = progress or _unheard
    with no_collecting():
        world = settled(scenario, seed, lambda part: told(0.2 * part))
        begins, lasts = world.now, milliseconds(scenario.run.duration) * NS_PER_MS
        people, life = _people(world, scenario.population, begins, begins + lasts)
        honest = frozenset(person.node.number for person in people if type(person) in (Honest, Villager))
        watch = Watch(world, honest, lambda node, entry: people[node.number].hear(entry))
        Faults(world, watch, begins).plan(scenario.faults)
        world.run(begins + lasts, lambda now: told(0.2 + 0.75 * (now - begins) / lasts))
        traffic = _traffic(world, watch, lasts)
        world.run(world.now + TAIL_NS)
        world.leap(_last_deadline(world))
        world.run(world.now + LAST_NS)
        forkers = [person for person in people if isinstance(person, Forking)]
        measured = {
            "members": len(world.nodes),
            **watch.delivery(),
            **measures.books(world, honest),
            **watch.trouble(forkers),
            **traffic,
            "messages": world.deliveries,
            "signatures_checked": world.checked,
            **measures.shapes(world, honest, life.begun),
            "blamed": sum(world.blamed.values()),
            "blamed_for": dict(sorted(world.blamed.items())),
            "refused": sum(life.refused.values()),
            "refused_for": dict(sorted(life.refused.items())),
        }
    told(1.0)
    expectations = [judge(expected, measured) for expected in scenario.expect]
    return Result(scenario.run.name, seed, scenario.hash, world.trace, measured, expectations)


def _unheard(_part: float) -> None:
    """Nobody asked how far we are."""


def judge(expected: Expect, measured: dict[str, Any]) -> dict[str, Any]:
    """An expectation with what was got. A measure nobody takes is missed: got is None."""
    got = measured.get(expected.metric)
    met = got is not None and bool(_OPS[expected.op](got, expected.value))
    return {"metric": expected.metric, "op": expected.op, "value": expected.value, "got": got, "ok": met}


# Set-up ----------------------------------------


def settled(scenario: Scenario, seed: int, told: Callable[[float], None]) -> World:
    """A village whose members have all been let in, each by one of those before, and know `degree` neighbours. Nothing
    is lost yet: how newcomers fare on a bad network is another scenario's question."""
    world = village.found(seed, scenario.run.name)
    world.links.latency_ms = scenario.network.latency_ms
    world.links.bytes_per_second = scenario.network.bytes_per_second
    members = scenario.population.members
    while len(world.nodes) < members:
        hosts = list(world.nodes)
        for host in hosts:
            for _ in range(HOST_OF):
                if len(world.nodes) < members and (len(world.nodes) - 1) // HOST_OF == host.number:
                    village.join(world, host)
        village.settle(world, SETTLE_S)
        told(len(world.nodes) / members)
    chance = world.chance("neighbours")
    order = list(world.nodes)
    links = sum(len(node.neighbours) for node in order) // 2
    while links < members * min(scenario.network.degree, members - 1) // 2:
        one = min(chance.sample(order, min(4, members)), key=lambda node: (len(node.neighbours), node.number))
        other = chance.choice(order)
        if one is not other and other.number not in one.neighbours:
            world.link(one, other)
            links += 1
    village.settle(world, SETTLE_S)
    world.links.loss = scenario.network.loss
    return world


def _people(world: World, population: Population, begins: int, ends: int) -> tuple[list[Honest], Life]:
    kinds = tuple(f"kind {number}" for number in range(1, population.categories + 1))
    life = Life(kinds, tuple(number**-ZIPF for number in range(1, population.categories + 1)), begins, ends)
    chance = world.chance("people")
    others = chance.sample(world.nodes[1:], population.mix.silent + population.mix.forking)
    silent = {node.number for node in others[: population.mix.silent]}
    forking = {node.number for node in others[population.mix.silent :]}
    people: list[Honest] = []
    for node in world.nodes:
        kind: type[Honest] = Villager if population.shapes == "all" else Honest
        if node.number in silent:
            kind = SilentVillager if population.shapes == "all" else Silent
        elif node.number in forking:
            kind = Forking
        person = kind(world, node, life)
        activity = population.activity * (ends - begins) / DAY_NS
        drawn = activity * chance.paretovariate(PARETO) * (PARETO - 1) / PARETO
        person.plan(int(drawn) + (chance.random() < drawn % 1))
        people.append(person)
    return people, life


# The end ----------------------------------------


def _traffic(world: World, watch: Watch, lasts: int) -> dict[str, Any]:
    sent = world.links.sent_bytes - watch.bytes_before
    return {
        "bytes_per_member_day": sent * DAY_NS // (len(world.nodes) * lasts),
        "frames_lost": world.links.lost_frames,
    }


def _last_deadline(world: World) -> int:
    """When the last agreement anybody knows of has ended, in ns; never before now."""
    ends = {
        max(each.bound_by, each.closes_at)
        for node in world.nodes
        for each in node.peer.book.agreements.all()
        if not each.state.ended
    }
    return max(world.now, (max(ends, default=0) - START_MS + MINUTE) * NS_PER_MS)
