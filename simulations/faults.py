"""Faults: what goes wrong in a run, and when it is over. Spec: docs/spec/scenario.md."""

from ruil.simulations.links import NS_PER_MS
from ruil.simulations.measures import Watch
from ruil.simulations.scenario import Fault, milliseconds
from ruil.simulations.world import Node, World


class Faults:
    """Everything that goes wrong is planned before the first member acts; times count from there, in ns."""

    def __init__(self, world: World, watch: Watch, begins: int) -> None:
        self._world = world
        self._watch = watch
        self._begins = begins
        self._away: frozenset[int] = frozenset()
        self._chance = world.chance("faults")

    def plan(self, faults: tuple[Fault, ...]) -> None:
        """Let each fault begin and end at its times."""
        for fault in faults:
            begin = self._begins + milliseconds(fault.at) * NS_PER_MS
            end = begin + milliseconds(fault.lasts) * NS_PER_MS
            if fault.kind == "partition":
                self._partition(self._some(fault.share), begin, end)
            elif fault.kind == "crash":
                self._crash(self._some(fault.share), begin, end)
            elif fault.kind == "loss":
                self._loss(fault.share, begin, end)
            else:
                self._skew(self._some(fault.share), milliseconds(fault.by), begin, end)

    def _some(self, share: float) -> list[Node]:
        """That share of the members, at least one; never the founder, so that somebody stays."""
        nodes = self._world.nodes
        number = min(len(nodes) - 1, max(1, round(share * len(nodes))))
        return sorted(self._chance.sample(nodes[1:], number), key=lambda node: node.number)

    def _partition(self, nodes: list[Node], begin: int, end: int) -> None:
        def part() -> None:
            self._away = frozenset(node.number for node in nodes)
            self._world.split({node.number: 1 for node in nodes})
            self._watch.changed(self._away)

        def join() -> None:
            self._away = frozenset()
            self._watch.heal()
            self._watch.changed(self._away)
            self._world.split({})

        self._world.at(begin, part)
        self._world.at(end, join)

    def _crash(self, nodes: list[Node], begin: int, end: int) -> None:
        def stop() -> None:
            for node in nodes:
                self._world.crash(node)
            self._watch.changed(self._away)

        def start() -> None:
            for node in nodes:
                self._world.restart(node)
            self._watch.changed(self._away)

        self._world.at(begin, stop)
        self._world.at(end, start)

    def _loss(self, share: float, begin: int, end: int) -> None:
        links = self._world.links
        before = links.loss

        def lose() -> None:
            links.loss = share

        def keep() -> None:
            links.loss = before

        self._world.at(begin, lose)
        self._world.at(end, keep)

    def _skew(self, nodes: list[Node], by_ms: int, begin: int, end: int) -> None:
        off = [self._chance.randint(-by_ms, by_ms) for _ in nodes]

        def wrong() -> None:
            for node, each in zip(nodes, off, strict=True):
                node.skew_ms = each

        def right() -> None:
            for node in nodes:
                node.skew_ms = 0

        self._world.at(begin, wrong)
        self._world.at(end, right)
