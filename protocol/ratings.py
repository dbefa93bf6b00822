"""The ratings that count, as a graph: who rated whom well, and who said what about whom.

    Attestations --Graph--> members by number, edges by number, ratings by target

A `Graph` is a value: made once for one set of ratings, asked by any number of viewers, never changed. The same set
gives the same graph in whatever order it came, because members are numbered in the order of their ids.
Spec: docs/spec/reputation.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ruil.protocol.attestations import Attestation
from ruil.protocol.ids import EntryId, MemberId

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]


FOREVER: Final = 2**62  # in milliseconds; a clock set beyond it is merely ahead of ours, and must not overflow


@dataclass(frozen=True, slots=True)
class Edges:
    """Directed edges grouped by the node at one end, groups and their members in ascending order."""

    starts: Indices
    counts: Indices
    ends: Indices

    @classmethod
    def grouped(cls, nodes: int, group: Indices, end: Indices) -> "Edges":
        """The edges `group[k] -> end[k]`, sorted."""
        counts = np.bincount(group, minlength=nodes)
        return cls(np.cumsum(counts) - counts, counts, end[np.lexsort((end, group))])

    def of(self, nodes: Indices) -> Indices:
        """The ends of all edges of `nodes`, group after group."""
        if len(nodes) == 1:
            return self.ends[self.starts[nodes[0]] : self.starts[nodes[0]] + self.counts[nodes[0]]]
        counts = self.counts[nodes]
        total = np.cumsum(counts)
        places = np.repeat(self.starts[nodes] - total + counts, counts)
        places += np.arange(len(places))
        return self.ends.take(places)

    def leaving(self, nodes: Indices) -> int:
        """How many edges `nodes` have."""
        return int(self.counts[nodes].sum())

    def push(self, values: Floats, givers: Indices) -> Floats:
        """Each of `givers` gives its value to the ends of its edges; what each node receives is added in their order.

        `givers` are in ascending order, and no other node has a value. Leaving out zeros can not change a sum.
        """
        if 2 * len(givers) > len(values) or 2 * self.leaving(givers) > len(self.ends):
            return sums(self.ends, np.repeat(values, self.counts), len(values))
        return sums(self.of(givers), np.repeat(values[givers], self.counts[givers]), len(values))

    def pull(self, values: Floats, nodes: Indices, ends: Indices) -> Floats:
        """At each of `nodes` the sum of the values at `ends`, which are those of its edges, in their order; else 0."""
        return sums(np.repeat(nodes, self.counts[nodes]), values.take(ends), len(values))


def sums(places: Indices, values: Floats, size: int) -> Floats:
    """At each place the sum of its values, added one by one in the order given.

    `bincount` is a plain loop; BLAS, `np.sum` and `reduceat` choose an order of their own, which differs by machine.
    """
    return np.bincount(places, values, minlength=size).astype(np.float64, copy=False)  # of nothing, it counts integers


def recencies(ages_ms: NDArray[np.int64], half_life_ms: int) -> Floats:
    """`opinion.recency_after` of many ages at once, bit for bit: the same + and * in the same order."""
    whole, rest = np.divmod(np.maximum(ages_ms, 0), half_life_ms)
    x = -(rest / half_life_ms) * 0.6931471805599453
    series = np.ones(len(x))
    for k in range(20, 0, -1):
        series = 1.0 + x * series / k
    return np.ldexp(series, -np.minimum(whole, 2_000))  # 2**-2000 is 0 already


class Graph:
    """The ratings that count, prepared for many questions. A value: it does not change after it is built."""

    def __init__(
        self,
        attestations: Iterable[Attestation],
        silenced: frozenset[bytes] = frozenset(),
        kin: frozenset[tuple[MemberId, MemberId]] = frozenset(),
    ) -> None:
        self.silenced, self.kin = silenced, kin
        latest = _latest(attestations, silenced, kin)
        self.members: list[MemberId] = sorted({member for pair in latest for member in pair})
        self.index: dict[MemberId, int] = {member: k for k, member in enumerate(self.members)}
        # Grouped by target, then by rater: one slice answers "who rated Ben?".
        self.ratings = sorted(latest.values(), key=attrgetter("ratee", "rater"))
        nodes, size = len(self.members), len(self.ratings)
        self.raters: Indices = np.fromiter((self.index[r.rater] for r in self.ratings), np.intp, size)
        ratees: Indices = np.fromiter((self.index[r.ratee] for r in self.ratings), np.intp, size)
        self.good = np.fromiter((r.good for r in self.ratings), np.bool_, size)
        self.at = np.fromiter((min(r.at, FOREVER) for r in self.ratings), np.int64, size)
        self.first_rating = np.searchsorted(ratees, np.arange(nodes + 1))
        self.out = Edges.grouped(nodes, self.raters[self.good], ratees[self.good])
        self.into = Edges.grouped(nodes, ratees[self.good], self.raters[self.good])
        self.out_degree: Floats = np.maximum(self.out.counts, 1).astype(np.float64)  # 1 for dead ends: never used

    def about(self, target: MemberId) -> slice:
        """Where the ratings of `target` stand in `ratings`, `raters`, `good` and `at`."""
        k = self.index.get(target)
        return slice(0, 0) if k is None else slice(int(self.first_rating[k]), int(self.first_rating[k + 1]))


class Graphs:
    """The graph of what a Book knows, made anew only when something that counts has changed."""

    def __init__(self) -> None:
        self._of: tuple[Attestation, ...] | None = None
        self._graph = Graph(())

    def graph(
        self,
        attestations: tuple[Attestation, ...],
        silenced: frozenset[MemberId],
        kin: frozenset[tuple[MemberId, MemberId]] = frozenset(),
    ) -> Graph:
        """That of `Attestations.all()`, which is the same object for as long as nothing changes. `kin`: organisations
        and their people (`Members.kin`)."""
        if attestations is not self._of or (silenced, kin) != (self._graph.silenced, self._graph.kin):
            self._of, self._graph = attestations, Graph(attestations, silenced, kin)
        return self._graph


def _latest(
    attestations: Iterable[Attestation], silenced: frozenset[bytes], kin: frozenset[tuple[MemberId, MemberId]]
) -> dict[tuple[MemberId, MemberId], Attestation]:
    """The rating that counts for each ordered pair: the latest of those that are the first of their agreement."""
    seen: set[tuple[EntryId, MemberId, MemberId]] = set()
    latest: dict[tuple[MemberId, MemberId], Attestation] = {}
    # All six fields, so that no two different attestations ever tie.
    for said in sorted(attestations, key=attrgetter("at", "entry", "agreement", "rater", "ratee", "good")):
        if said.rater == said.ratee or said.rater in silenced or said.ratee in silenced:
            continue
        if (said.rater, said.ratee) in kin or (said.ratee, said.rater) in kin:
            continue  # an organisation and its own people: a word about oneself
        if (said.agreement, said.rater, said.ratee) not in seen:
            seen.add((said.agreement, said.rater, said.ratee))
            latest[said.rater, said.ratee] = said
    return latest
