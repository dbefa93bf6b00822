"""Reputation, "Grounded Beta": can I trust this stranger, and why?

    graph = Graph(attestations)               once per change of the ratings
    view = View(graph, me, inviter)           once per viewer: the walk over people I, or mine, rated well
    standing = view.standing(ben, now)        once per target: an opinion, and every entry it rests on

The walk weighs *raters*, never targets: what reachable people said predicts well, how central the target is predicts
little. A standing is one viewer's opinion, never a fact: it is not gossiped and not stored as truth.

The same set of attestations gives the same bits on every machine, in whatever order it came. Members are numbered in
the order of their ids; a node's sum adds its neighbours one by one in that order (`bincount` is a plain loop, while
BLAS, `np.sum` and `reduceat` choose their own order); totals use `fsum`, which rounds once; and the half-life is
computed with + and * only, because libraries differ in the last bit of `pow`.
Spec: docs/spec/reputation.md. Vectors: tests/vectors/reputation/.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from ruil.protocol.ids import EntryId, MemberId, Millis

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]
Verdict: TypeAlias = Literal["good", "mixed", "poor", "unknown"]

DAY_MS: Final = 86_400_000
UNKNOWN_ABOVE: Final = 0.5  # with less than W votes in all, the prior says more than the people do
BRIDGE_ABOVE: Final = 0.8  # a partner who carries more of the voice than this is shown with a ring
GOOD_FROM: Final = 0.75  # three good votes of every four; only a word on the page, no limit depends on it
POOR_BELOW: Final = 0.5


class Attestation(msgspec.Struct, frozen=True, gc=False):
    """One opened rating of a trade both signed: who said what about whom, when, and the entry that shows it."""

    agreement: EntryId
    rater: MemberId
    ratee: MemberId
    good: bool
    at: Millis
    entry: EntryId


@dataclass(frozen=True, slots=True)
class Rule:
    """The parameters, by the names of the spec. The defaults were chosen by measurement (docs/spec/reputation.md)."""

    alpha: float = 0.4  # chance to stop at each node of the walk
    steps: int = 6
    c: float = 100  # a rater the walk visits with 1 % is heard in full
    half_life_ms: int = 90 * DAY_MS
    W: float = 2  # votes the prior is worth
    a: float = 0.9  # what most trades are: good
    partner_cap: float = 1.0  # votes that may come through one direct partner

    def __post_init__(self) -> None:
        assert 0 < self.alpha <= 1
        assert self.steps >= 1
        assert min(self.half_life_ms, self.W) > 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """Shares of belief, disbelief and uncertainty (together 1), and what to expect of the next trade."""

    belief: float
    disbelief: float
    uncertainty: float
    expectation: float


@dataclass(frozen=True, slots=True)
class Row:
    """One rating that was heard. It counts for `voice * recency` votes."""

    rater: MemberId
    good: bool
    voice: float  # 0 to 1, after the cap on each partner
    recency: float  # 1 when fresh, 1/2 after one half-life
    at: Millis
    path: tuple[MemberId, ...]  # viewer first, rater last; only the viewer for their own rating
    entry: EntryId
    agreement: EntryId
    dashed: bool  # older than one half-life


@dataclass(frozen=True, slots=True)
class Lane:
    """What comes through one direct partner, in votes, after the cap."""

    partner: MemberId
    good: float
    bad: float
    share: float  # of all lanes together
    bridge: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One viewer's opinion of one target, with everything it rests on. The first four are an `Opinion`."""

    belief: float
    disbelief: float
    uncertainty: float
    expectation: float
    viewer: MemberId
    target: MemberId
    verdict: Verdict
    rows: tuple[Row, ...]  # the weightiest first
    lanes: tuple[Lane, ...]  # the widest first
    unreached_good: int  # a public tally: shown, never scored
    unreached_bad: int
    stranger_bound: float  # votes that people outside my direct partners could have added, at most
    without: Mapping[MemberId, float]  # partner -> expectation with their lane taken away
    inviter: MemberId | None  # where the walk began, if the viewer has no partners yet
    forked: bool  # the target told two histories: nothing by or about them counts


def standing(
    attestations: Sequence[Attestation],
    viewer: MemberId,
    target: MemberId,
    now_ms: Millis,
    *,
    inviter: MemberId | None = None,
    silenced: frozenset[bytes] = frozenset(),
    rule: Rule = Rule(),
) -> Standing:
    """What `viewer` may think of `target` at `now_ms` (milliseconds). `silenced` are the members with a proven fork.

    For many targets build a `Graph` and a `View` once: most of the time goes there.
    """
    return Graph(attestations, silenced).standing(viewer, target, now_ms, inviter=inviter, rule=rule)


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
        """Positions in `ends` of all edges of `nodes`, group after group."""
        counts = self.counts[nodes]
        total = np.cumsum(counts)
        return np.repeat(self.starts[nodes] - total + counts, counts) + np.arange(total[-1] if len(total) else 0)

    def push(self, values: Floats) -> Floats:
        """Every node gives its value to the ends of its edges; what each receives is added in the order of givers."""
        givers = np.flatnonzero(values)
        counts = self.counts[givers]
        # Leaving out givers of zero saves most of the work in the first steps and can not change a sum.
        if 2 * int(counts.sum()) > len(self.ends):
            return _sums(self.ends, np.repeat(values, self.counts), len(values))
        return _sums(self.ends[self.of(givers)], np.repeat(values[givers], counts), len(values))

    def pull(self, values: Floats, nodes: Indices) -> Floats:
        """For each of `nodes`, the sum of the values at the ends of its edges, in the order of those ends."""
        owners = np.repeat(np.arange(len(nodes)), self.counts[nodes])
        return _sums(owners, values[self.ends[self.of(nodes)]], len(nodes))


def _sums(places: Indices, values: Floats, size: int) -> Floats:
    """At each place the sum of its values, added one by one in the order given."""
    return np.bincount(places, values, minlength=size).astype(np.float64, copy=False)  # of nothing, it counts integers


class Graph:
    """The ratings that count, prepared for many questions. A value: it does not change after it is built."""

    def __init__(self, attestations: Iterable[Attestation], silenced: frozenset[bytes] = frozenset()) -> None:
        self.silenced = silenced
        latest = _latest(attestations, silenced)
        self.members: list[MemberId] = sorted({member for pair in latest for member in pair})
        self.index: dict[MemberId, int] = {member: k for k, member in enumerate(self.members)}
        # Grouped by target, then by rater: one slice answers "who rated Ben?".
        self.ratings = sorted(latest.values(), key=attrgetter("ratee", "rater"))
        nodes, size = len(self.members), len(self.ratings)
        self.raters: Indices = np.fromiter((self.index[r.rater] for r in self.ratings), np.intp, size)
        ratees: Indices = np.fromiter((self.index[r.ratee] for r in self.ratings), np.intp, size)
        good = np.fromiter((r.good for r in self.ratings), np.bool_, size)
        self.first_rating = np.searchsorted(ratees, np.arange(nodes + 1))
        self.out = Edges.grouped(nodes, self.raters[good], ratees[good])
        self.into = Edges.grouped(nodes, ratees[good], self.raters[good])
        self.out_degree: Floats = np.maximum(self.out.counts, 1).astype(np.float64)  # 1 for dead ends: never used

    def about(self, target: MemberId) -> slice:
        """Where the ratings of `target` stand in `ratings` and `raters`."""
        k = self.index.get(target)
        return slice(0, 0) if k is None else slice(int(self.first_rating[k]), int(self.first_rating[k + 1]))

    def standing(
        self,
        viewer: MemberId,
        target: MemberId,
        now_ms: Millis,
        *,
        inviter: MemberId | None = None,
        rule: Rule = Rule(),
    ) -> Standing:
        """One viewer, one target. Make a `View` to ask one viewer about many targets."""
        return View(self, viewer, inviter, rule).standing(target, now_ms)


def _latest(
    attestations: Iterable[Attestation], silenced: frozenset[bytes]
) -> dict[tuple[MemberId, MemberId], Attestation]:
    """The rating that counts for each ordered pair: the latest of those that are the first of their agreement."""
    seen: set[tuple[EntryId, MemberId]] = set()
    latest: dict[tuple[MemberId, MemberId], Attestation] = {}
    # All six fields, so that no two different attestations ever tie.
    for said in sorted(attestations, key=attrgetter("at", "entry", "agreement", "rater", "ratee", "good")):
        if said.rater == said.ratee or said.rater in silenced or said.ratee in silenced:
            continue
        if (said.agreement, said.rater) not in seen:
            seen.add((said.agreement, said.rater))
            latest[said.rater, said.ratee] = said
    return latest


@dataclass(frozen=True, slots=True)
class Heard:
    """The ratings of one target as a viewer hears them, before the cap. Arrays run along `ratings`."""

    ratings: list[Attestation]
    nodes: Indices
    reach: Floats
    voice: Floats  # before the cap; the viewer's own is 1
    recency: Floats
    own: NDArray[np.bool_]
    lanes_good: Floats  # votes per partner, before the cap
    lanes_bad: Floats
    scale: Floats  # per partner, what the cap leaves of them

    def votes(self, good: bool, lanes: Floats) -> list[float]:
        """The votes of one sign: the viewer's own, and what each lane carries after the cap."""
        own = [float(self.recency[k]) for k in np.flatnonzero(self.own) if self.ratings[k].good is good]
        return own + [float(vote) for vote in lanes * self.scale]


class View:
    """One viewer's walk over a graph: made once, asked about many targets. Does not change after it is made."""

    def __init__(
        self, graph: Graph, viewer: MemberId, inviter: MemberId | None = None, rule: Rule | None = None
    ) -> None:
        self.graph, self.viewer, self.rule = graph, viewer, rule or Rule()
        self.decay = 1.0 - self.rule.alpha
        self.node = graph.index.get(viewer, -1)
        self.partners: Indices = graph.out.ends[graph.out.of(np.array([self.node]))] if self.node >= 0 else _NOBODY
        self.inviter: MemberId | None = None
        # The walk proper begins at the partners, so that what came through each can be told apart.
        self.first, self.further = self.decay / max(len(self.partners), 1), self.rule.steps - 1
        if not len(self.partners) and inviter is not None and inviter != viewer and inviter in graph.index:
            self.inviter = inviter
            self.partners = np.array([graph.index[inviter]])
            self.first, self.further = 1.0, self.rule.steps
        self.share: Floats = self.decay / graph.out_degree  # of a node's walk, what each of its edges passes on
        self.visits = self._walk(np.full(len(self.partners), self.first))
        self.within = self._within()
        self.stranger_bound = self._stranger_bound()

    def _walk(self, start: Floats) -> list[Floats]:
        """How often the walk is at each node, step by step, but for the last step: only raters asked about need it."""
        at = np.zeros(len(self.graph.members))
        at[self.partners] = start
        visits = [at]
        for _ in range(self.further - 1):
            at = self.graph.out.push(at * self.share)
            visits.append(at)
        return visits

    def _within(self) -> list[tuple[Indices, int]]:
        """Per number of steps, the nodes the partners can reach in at most so many, and how many edges leave those."""
        reached, within = np.zeros(len(self.graph.members), np.bool_), []
        for at in self.visits:
            reached |= at > 0
            nodes = np.flatnonzero(reached)
            within.append((nodes, int(self.graph.out.counts[nodes].sum())))
        return within

    def _reach(self, visits: list[Floats], nodes: Indices) -> Floats:
        """Visits of all steps together, at `nodes`."""
        reach = np.zeros(len(nodes))
        for at in visits:
            reach += at[nodes]
        if self.further > 0:
            reach += self.graph.into.pull(visits[-1] * self.share, nodes)
        return reach

    def _lanes(self, worth: Floats, nodes: Indices) -> Floats:
        """The votes of raters at `nodes`, each worth `worth` per visit, split over partners by the walk's first step.

        This is the same walk read backwards, from raters to partners: one pass for all partners, however many.
        """
        lanes = np.zeros(len(self.partners))
        if not worth.any():
            return lanes
        at = np.zeros(len(self.graph.members))
        at[nodes] = worth
        lanes += at[self.partners]
        for step in range(1, self.further + 1):
            at = self._back(at, self.further - step)
            lanes += at[self.partners]
        return lanes * self.first

    def _back(self, at: Floats, steps_left: int) -> Floats:
        """One step backwards, right at least for the nodes the partners can reach in `steps_left`."""
        graph = self.graph
        wanted, edges = self.within[steps_left]
        if edges < int(graph.into.counts[np.flatnonzero(at)].sum()):
            back = np.zeros(len(at))
            back[wanted] = graph.out.pull(at, wanted)
        else:
            back = graph.into.push(at)
        return back * self.share

    def _stranger_bound(self) -> float:
        """The most votes that people outside {viewer, partners} could add: sum of min(cap, c * P_enter / alpha).

        P_enter is, per partner, the chance that a walk which began there ever steps outside. Whatever the strangers
        build there, they hold the walk for 1 / alpha visits at most, and c turns visits into votes.
        """
        graph = self.graph
        core = np.unique(np.append(self.partners, self.node)) if self.node >= 0 else self.partners
        place = np.full(len(graph.members), -1)
        place[core] = np.arange(len(core))
        owner, end = np.repeat(np.arange(len(core)), graph.out.counts[core]), place[graph.out.ends[graph.out.of(core)]]
        inner, step = end >= 0, self.share[core]
        enters = np.bincount(owner[~inner], minlength=len(core)) * step
        in_all = enters
        for _ in range(self.further - 1):
            enters = _sums(owner[inner], enters[end[inner]], len(core)) * step
            in_all = in_all + enters
        mass = in_all[place[self.partners]] * self.first / self.rule.alpha if self.further else []
        return math.fsum(min(self.rule.partner_cap, self.rule.c * float(most)) for most in mass)

    def hear(self, target: MemberId, now_ms: Millis) -> Heard:
        """Reach, voice and recency of everyone who rated `target`, and the votes per partner they make."""
        where = self.graph.about(target)
        ratings, nodes = self.graph.ratings[where], self.graph.raters[where]
        own, good = nodes == self.node, np.array([rating.good for rating in ratings], np.bool_)
        recency = np.array([recency_after(now_ms - rating.at, self.rule.half_life_ms) for rating in ratings])
        reach = self._reach(self.visits, nodes)
        heard = ~own & (reach > 0)
        voice = np.where(own, 1.0, np.minimum(1.0, self.rule.c * reach))
        worth = np.divide(voice * recency, reach, out=np.zeros(len(nodes)), where=heard)
        lanes_good = self._lanes(np.where(good, worth, 0.0), nodes)
        lanes_bad = self._lanes(np.where(good, 0.0, worth), nodes)
        both = lanes_good + lanes_bad
        scale = np.divide(self.rule.partner_cap, both, out=np.ones(len(both)), where=both > self.rule.partner_cap)
        return Heard(ratings, nodes, reach, voice, recency, own, lanes_good, lanes_bad, scale)

    def opinion(self, target: MemberId, now_ms: Millis) -> Opinion:
        """Only the numbers of `standing`: for ordering many targets."""
        heard = self.hear(target, now_ms)
        return opinion_from(heard.votes(True, heard.lanes_good), heard.votes(False, heard.lanes_bad), self.rule)

    def standing(self, target: MemberId, now_ms: Millis) -> Standing:
        """What the viewer may think of `target` at `now_ms`, the ratings it rests on, and what it hinges on."""
        heard = self.hear(target, now_ms)
        good, bad = heard.votes(True, heard.lanes_good), heard.votes(False, heard.lanes_bad)
        opinion = opinion_from(good, bad, self.rule)
        unreached = [rating.good for rating, voice in zip(heard.ratings, heard.voice, strict=True) if voice == 0]
        lanes = self._shown_lanes(heard)
        return Standing(
            *(opinion.belief, opinion.disbelief, opinion.uncertainty, opinion.expectation),
            viewer=self.viewer,
            target=target,
            verdict=verdict(opinion),
            rows=self._rows(heard),
            lanes=lanes,
            unreached_good=sum(unreached),
            unreached_bad=len(unreached) - sum(unreached),
            stranger_bound=self.stranger_bound,
            # Taking a number out of an exactly rounded sum by adding its opposite leaves the sum of the others.
            without={
                lane.partner: opinion_from([*good, -lane.good], [*bad, -lane.bad], self.rule).expectation
                for lane in lanes
            },
            inviter=self.inviter,
            forked=target in self.graph.silenced,
        )

    def _shown_lanes(self, heard: Heard) -> tuple[Lane, ...]:
        good, bad = heard.lanes_good * heard.scale, heard.lanes_bad * heard.scale
        total = math.fsum([*good, *bad])
        lanes = [
            Lane(self.graph.members[self.partners[k]], g, b, (g + b) / total, (g + b) / total > BRIDGE_ABOVE)
            for k, (g, b) in enumerate(zip(good.tolist(), bad.tolist(), strict=True))
            if g + b > 0
        ]
        return tuple(sorted(lanes, key=lambda lane: (-lane.good - lane.bad, lane.partner)))

    def _rows(self, heard: Heard) -> tuple[Row, ...]:
        voice = heard.voice
        if (heard.scale < 1).any():
            # The same walk, with less of it let through each capped partner.
            capped = self._reach(self._walk(self.first * heard.scale), heard.nodes)
            voice = np.where(
                heard.own, voice, voice * np.divide(capped, heard.reach, out=capped, where=heard.reach > 0)
            )
        rows = [
            Row(
                *(said.rater, said.good, float(voice[k]), float(heard.recency[k]), said.at),
                path=self._path(int(heard.nodes[k])),
                entry=said.entry,
                agreement=said.agreement,
                dashed=bool(heard.recency[k] < 0.5),
            )
            for k, said in enumerate(heard.ratings)
            if heard.voice[k] > 0
        ]
        return tuple(sorted(rows, key=lambda row: (-row.voice * row.recency, row.rater)))

    def _path(self, node: int) -> tuple[MemberId, ...]:
        """A shortest way of the walk to `node`; at each fork the one most of it came by, then the smaller id."""
        if node == self.node:
            return (self.viewer,)
        graph, found = self.graph, [node]
        step = next((step for step, at in enumerate(self.visits) if at[node] > 0), self.further)
        for at in reversed(self.visits[:step]):
            sources = graph.into.ends[graph.into.of(np.array(found[-1:]))]
            found.append(int(sources[np.argmax(at[sources] / graph.out_degree[sources])]))
        return (self.viewer, *(graph.members[k] for k in reversed(found)))


_NOBODY: Final[Indices] = np.zeros(0, np.intp)


def opinion_from(good: Iterable[float], bad: Iterable[float], rule: Rule) -> Opinion:
    """The opinion of so many good and bad votes, with W votes of prior `a` beside them (Jøsang's beta opinion)."""
    # In steps of 2**-40 vote: two full lanes must make two votes, and "known", whatever the last bits of the walk.
    p, n = (math.ldexp(round(math.ldexp(math.fsum(votes), 40)), -40) for votes in (good, bad))
    total = p + n + rule.W
    return Opinion(p / total, n / total, rule.W / total, p / total + rule.a * (rule.W / total))


def verdict(opinion: Opinion) -> Verdict:
    """One word for an opinion. With less than W votes it is always "unknown", however good they are."""
    if opinion.uncertainty > UNKNOWN_ABOVE:
        return "unknown"
    share = opinion.belief / (opinion.belief + opinion.disbelief)
    return "good" if share >= GOOD_FROM else "poor" if share < POOR_BELOW else "mixed"


def recency_after(age_ms: int, half_life_ms: int) -> float:
    """2 ** (-age / half_life), the same bits everywhere; 1 for a rating dated after now (clocks differ a little).

    The whole half-lives are an exact shift; the rest is the series of exp, which needs only + and *.
    """
    whole, rest = divmod(max(age_ms, 0), half_life_ms)
    x = -(rest / half_life_ms) * 0.6931471805599453
    series = 1.0
    for k in range(20, 0, -1):
        series = 1.0 + x * series / k
    return math.ldexp(series, -whole)


def sentence(standing: Standing, names: Callable[[MemberId], str]) -> str:
    """A standing in plain words; `names` gives what the viewer calls a member."""
    target = names(standing.target)
    if standing.forked:
        return f"{target} signed two different histories with one key, so nothing said by or about {target} counts."
    told = [row for row in standing.rows if row.rater != standing.viewer]
    own = [row for row in standing.rows if row.rater == standing.viewer]
    unreached = standing.unreached_good + standing.unreached_bad
    if not standing.rows and not unreached:
        return f"Nobody has rated {target} yet."
    said = [f"You rated {target} {'well' if row.good else 'badly'} yourself." for row in own]
    whose = "your trades lead" if standing.inviter is None else f"{names(standing.inviter)}, who invited you, leads"
    if told:
        said.append(f"Of the people {whose} to, {_counted(told, target)}{_through(standing, names)}.")
    else:
        said.append(f"Nobody {whose} to has rated {target}.")
    if standing.verdict == "unknown":
        said.append(f"That is too little to know {target} by.")
    if unreached:
        more, verb = (" more" if standing.rows else ""), ("rating comes" if unreached == 1 else "ratings come")
        said.append(
            f"{unreached}{more} {verb} from people you have no path to; "
            f"{'it is' if unreached == 1 else 'they are'} not counted."
        )
    if told:
        said.append(f"Strangers could have added at most {standing.stranger_bound:.1f} votes.")
    return " ".join(said)


def _counted(rows: list[Row], target: str) -> str:
    good = sum(row.good for row in rows)
    bad = len(rows) - good
    if good and bad:
        return f"{good} rated {target} well and {bad} badly"
    return f"{good or bad} rated {target} {'well' if good else 'badly'}"


def _through(standing: Standing, names: Callable[[MemberId], str]) -> str:
    if not standing.lanes:
        return ""
    lane = standing.lanes[0]
    percent = round(100 * lane.share)
    return f"; {'all' if percent == 100 else f'{percent} %'} of that voice comes through {names(lane.partner)}"
