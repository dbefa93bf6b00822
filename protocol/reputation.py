"""Reputation, "Grounded Beta": can I trust this stranger, and why?

    graph = Graph(attestations)               once per change of the ratings
    view = View(graph, me, inviter)           once per viewer: where my walk begins and may go
    standing = view.standing(ben, now)        once per target: an opinion, and every entry it rests on

The walk weighs *raters*, never targets: what reachable people said predicts well, how central the target is predicts
little. A standing is one viewer's opinion, never a fact: it is not gossiped and not stored as truth.

The ratings that count are in ratings.py, the walk over them in walk.py, what votes make an opinion in opinion.py. The
same set of attestations gives the same bits on every machine, in whatever order it came.
Spec: docs/spec/reputation.md. Vectors: tests/vectors/reputation/.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ruil.protocol.attestations import Attestation
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.opinion import DAY_MS, Opinion, Rule, Verdict, opinion_from, recency_after, verdict
from ruil.protocol.ratings import Floats, Graph, Indices, recencies
from ruil.protocol.walk import Near, Walk

__all__ = [
    "DAY_MS", "Attestation", "Graph", "Lane", "Opinion", "Row", "Rule", "Standing", "View",
    "opinion_from", "recency_after", "sentence", "standing", "verdict",
]  # fmt: skip

BRIDGE_ABOVE: Final = 0.8  # a partner who carries more of the voice than this is shown with a ring
WITHOUT_MAX: Final = 4  # lanes, the widest, that are each taken away once: it costs one walk per lane


@dataclass(frozen=True, slots=True)
class Row:
    """One rating that was heard. It counts for `voice * recency` votes."""

    rater: MemberId
    good: bool
    voice: float  # 0 to 1, after the cap on each lane
    recency: float  # 1 when fresh, 1/2 after one half-life
    at: Millis
    path: tuple[MemberId, ...]  # viewer first, rater last; only the viewer for their own rating
    entry: EntryId
    agreement: EntryId
    dashed: bool  # older than one half-life


@dataclass(frozen=True, slots=True)
class Lane:
    """What comes through one direct partner, in votes, after the cap and the limit of one vote per rater."""

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
    without: Mapping[MemberId, float]  # partner -> expectation if their lane were silent, for the widest lanes
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
    rule: Rule | None = None,
) -> Standing:
    """What `viewer` may think of `target` at `now_ms` (milliseconds). `silenced` are the members with a proven fork.

    For many questions build a `Graph` once, and a `View` per viewer: most of the time goes there.
    """
    return View(Graph(attestations, silenced), viewer, inviter, rule).standing(target, now_ms)


@dataclass(frozen=True, slots=True)
class Heard:
    """The ratings of one target as a viewer hears them. Arrays run along `ratings`, or along the viewer's partners."""

    ratings: list[Attestation]
    nodes: Indices
    good: NDArray[np.bool_]
    own: NDArray[np.bool_]
    recency: Floats
    closed: Indices  # the nodes no lane may enter
    near: list[Near]  # the surroundings of the raters
    start: Floats  # per partner, the walk that is let into their lane
    visits: list[Floats]
    reach: Floats  # what all lanes together let through to a rater
    voice: Floats  # what is heard of it: one vote per rater at most

    def opinion(self, rule: Rule) -> Opinion:
        votes = self.voice * self.recency
        return opinion_from(votes[self.good].tolist(), votes[~self.good].tolist(), rule)


class View:
    """One viewer of one graph: made once, asked about many targets. Does not change after it is made."""

    def __init__(
        self, graph: Graph, viewer: MemberId, inviter: MemberId | None = None, rule: Rule | None = None
    ) -> None:
        self.graph, self.viewer, self.rule = graph, viewer, rule or Rule()
        self.walk = Walk(graph, viewer, inviter, self.rule)

    def opinion(self, target: MemberId, now_ms: Millis) -> Opinion:
        """Only the numbers of `standing`: for ordering many targets."""
        return self._hear(target, now_ms).opinion(self.rule)

    def standing(self, target: MemberId, now_ms: Millis) -> Standing:
        """What the viewer may think of `target` at `now_ms`, the ratings it rests on, and what it hinges on."""
        heard = self._hear(target, now_ms)
        opinion = heard.opinion(self.rule)
        unheard = heard.good[heard.voice == 0]
        lanes = self._lanes(heard)
        return Standing(
            *(opinion.belief, opinion.disbelief, opinion.uncertainty, opinion.expectation),
            viewer=self.viewer,
            target=target,
            verdict=verdict(opinion),
            rows=self._rows(heard),
            lanes=lanes,
            unreached_good=int(unheard.sum()),
            unreached_bad=len(unheard) - int(unheard.sum()),
            stranger_bound=self.walk.stranger_bound(self.graph.index.get(target, -1)),
            without={lane.partner: self._without(lane.partner, heard) for lane in lanes[:WITHOUT_MAX]},
            inviter=self.walk.inviter,
            forked=target in self.graph.silenced,
        )

    def _hear(self, target: MemberId, now_ms: Millis) -> Heard:
        """Who rated `target`, and how much of it is heard."""
        walk, rule, node = self.walk, self.rule, self.graph.index.get(target, -1)
        where = self.graph.about(target)
        ratings, nodes, good = self.graph.ratings[where], self.graph.raters[where], self.graph.good[where]
        own, closed = nodes == walk.node, walk.closed(node)
        recency = recencies(now_ms - self.graph.at[where], rule.half_life_ms)
        # A lane is as full as what its raters would say if it were the only one; an overfull one lets less in.
        full = walk.back(np.where(own, 0.0, recency), nodes, closed) * walk.first * rule.c
        scale = np.divide(rule.partner_cap, full, out=np.ones(len(full)), where=full > rule.partner_cap)
        start = np.where(walk.partners == node, 0.0, walk.first * scale)  # nobody is heard about themselves
        near = walk.towards(nodes)
        visits = walk.forth(start, closed, near)
        reach = _reach(visits, nodes)
        voice = np.where(own, 1.0, np.minimum(1.0, rule.c * reach))
        return Heard(ratings, nodes, good, own, recency, closed, near, start, visits, reach, voice)

    def _lanes(self, heard: Heard) -> tuple[Lane, ...]:
        """The votes of every rater, split over the lanes as their reach is."""
        walk = self.walk
        worth = heard.voice * heard.recency
        worth = np.divide(worth, heard.reach, out=np.zeros(len(worth)), where=~heard.own & (heard.reach > 0))
        good, bad = (
            walk.back(np.where(heard.good == sign, worth, 0.0), heard.nodes, heard.closed) * heard.start
            for sign in (True, False)
        )
        total = math.fsum([*good.tolist(), *bad.tolist()])
        lanes = [
            Lane(self.graph.members[walk.partners[k]], g, b, (g + b) / total, (g + b) / total > BRIDGE_ABOVE)
            for k, (g, b) in enumerate(zip(good.tolist(), bad.tolist(), strict=True))
            if g + b > 0
        ]
        return tuple(sorted(lanes, key=lambda lane: (-lane.good - lane.bad, lane.partner)))

    def _without(self, partner: MemberId, heard: Heard) -> float:
        """What to expect if `partner` and all they lead to were silent, and everybody else spoke as before."""
        walk = self.walk
        # One lane alone has far fewer nodes to touch than all others together.
        alone = np.where(walk.partners == self.graph.index[partner], heard.start, 0.0)
        lost = _reach(walk.forth(alone, heard.closed, heard.near), heard.nodes)
        reach = np.maximum(heard.reach - lost, 0.0)
        votes = np.where(heard.own, 1.0, np.minimum(1.0, self.rule.c * reach)) * heard.recency
        return opinion_from(votes[heard.good].tolist(), votes[~heard.good].tolist(), self.rule).expectation

    def _rows(self, heard: Heard) -> tuple[Row, ...]:
        rows = [
            Row(
                *(said.rater, said.good, float(heard.voice[k]), float(heard.recency[k]), said.at),
                path=(self.viewer,) if heard.own[k] else self._path(int(heard.nodes[k]), heard.visits),
                entry=said.entry,
                agreement=said.agreement,
                dashed=bool(heard.recency[k] < 0.5),
            )
            for k, said in enumerate(heard.ratings)
            if heard.voice[k] > 0
        ]
        return tuple(sorted(rows, key=lambda row: (-row.voice * row.recency, row.rater)))

    def _path(self, node: int, visits: list[Floats]) -> tuple[MemberId, ...]:
        """A shortest way of the walk to `node`; at each fork the one most of it came by, then the smaller id."""
        graph, found = self.graph, [node]
        arrived = next(step for step, at in enumerate(visits) if at[node] > 0)
        for at in reversed(visits[:arrived]):
            sources = graph.into.of(np.array(found[-1:]))
            found.append(int(sources[np.argmax(at[sources] / graph.out_degree[sources])]))
        return (self.viewer, *(graph.members[k] for k in reversed(found)))


def _reach(visits: list[Floats], nodes: Indices) -> Floats:
    """Visits of all steps together, at `nodes`."""
    reach = np.zeros(len(nodes))
    for at in visits:
        reach += at[nodes]
    return reach


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
        bound = standing.stranger_bound
        said.append(f"Strangers could have added {f'at most {bound:.1f} votes' if bound > 0 else 'nothing'}.")
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
