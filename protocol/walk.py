"""The walk of one viewer: through each partner's lane to the raters, and back from the raters to the lanes.

A lane belongs to one partner: the walk in it begins there and enters neither the viewer, nor any partner, nor the
person asked about. So nothing a partner says or rates can change what is heard through another one, and nobody is heard
about themselves (the spec has the proof, docs/decisions/0007-one-lane-per-partner.md what was there before).

The same graph gives the same bits on every machine: a node adds its neighbours one by one in the order of their
numbers, whether they give (push) or it takes (pull), so each step does whichever touches fewer edges.
Spec: docs/spec/reputation.md.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ruil.protocol.ids import MemberId
from ruil.protocol.opinion import Rule
from ruil.protocol.ratings import Edges, Floats, Graph, Indices

NEAR_SHARE: Final = 32  # a neighbourhood with more of the edges than one in 32 costs more to spell out than it saves


@dataclass(frozen=True, slots=True)
class Near:
    """Everybody within so many steps of somebody, and the ends of all their edges."""

    nodes: Indices
    ends: Indices


class Walk:
    """Where one viewer's walk begins and may go. Does not change after it is made."""

    def __init__(self, graph: Graph, viewer: MemberId, inviter: MemberId | None, rule: Rule) -> None:
        self.graph, self.rule = graph, rule
        decay = 1.0 - rule.alpha
        self.node = graph.index.get(viewer, -1)
        self.partners: Indices = graph.out.of(np.array([self.node])) if self.node >= 0 else np.zeros(0, np.intp)
        self.inviter: MemberId | None = None
        # `first` is the walk that enters each lane; `further` steps follow.
        self.first, self.further = decay / max(len(self.partners), 1), rule.steps - 1
        if not len(self.partners) and inviter is not None and inviter != viewer and inviter in graph.index:
            self.inviter = inviter
            self.partners = np.array([graph.index[inviter]])
            self.first, self.further = 1.0, rule.steps
        self.share: Floats = decay / graph.out_degree  # of a node's walk, what each of its edges passes on
        self._closed = np.append(self.partners, self.node) if self.node >= 0 else self.partners
        self._near = list(_near(graph.out, self.partners, self.further))

    def closed(self, target: int) -> Indices:
        """The nodes that no lane may enter when `target` is asked about; -1 when nobody knows them."""
        return np.append(self._closed, target) if target >= 0 else self._closed

    def towards(self, asked: Indices) -> list[Near]:
        """The surroundings of the nodes `asked`, for `forth`."""
        return list(_near(self.graph.into, asked, self.further))

    def forth(self, start: Floats, closed: Indices, near: list[Near]) -> list[Floats]:
        """How often a walk that begins with `start` at the partners is where, step by step.

        Right at the nodes that `near` surrounds, and on every way of the walk to them; elsewhere it may be left at 0.
        """
        at = np.zeros(len(self.share))
        at[self.partners] = start
        visits = [at]
        for left in range(self.further - 1, -1, -1):
            at = _step(at * self.share, self.graph.out, self.graph.into, near, left)
            at[closed] = 0.0
            visits.append(at)
        return visits

    def back(self, worth: Floats, raters: Indices, closed: Indices) -> Floats:
        """What a visit to each of `raters`, worth so much, makes a walk worth that begins with 1 at each partner.

        The same walk read backwards: one pass for all lanes, however many.
        """
        at = np.zeros(len(self.share))
        at[raters] = worth
        found: Floats = at[self.partners]
        for left in range(self.further - 1, -1, -1):
            at[closed] = 0.0
            at = _step(at, self.graph.into, self.graph.out, self._near, left)
            at *= self.share
            found += at[self.partners]
        return found

    def stranger_bound(self, target: int) -> float:
        """The most votes all but the viewer and partners could add: the sum of min(cap, c * P_enter / alpha).

        P_enter is, per partner, the walk that leaves their lane's first node. Whatever the strangers build there, they
        hold it for 1 / alpha visits at most, and c turns visits into votes.
        """
        if self.further < 1:
            return 0.0
        owners = np.repeat(np.arange(len(self.partners)), self.graph.out.counts[self.partners])
        strange = np.ones(len(self.share), np.bool_)
        strange[self.closed(target)] = False
        outside = np.bincount(owners[strange[self.graph.out.of(self.partners)]], minlength=len(self.partners))
        votes = self.rule.c * (self.first * self.share[self.partners] * outside / self.rule.alpha)
        most = np.minimum(self.rule.partner_cap, votes)
        return math.fsum(most[self.partners != target].tolist())


def _step(values: Floats, push: Edges, pull: Edges, near: list[Near], left: int) -> Floats:
    """One step, right at least for the nodes that are within `left` steps of those wanted in the end."""
    givers = np.flatnonzero(values > 0)  # of truths, not of floats: four times as fast
    if left < len(near) and len(near[left].ends) < push.leaving(givers):
        return pull.pull(values, near[left].nodes, near[left].ends)
    return push.push(values, givers)


def _near(edges: Edges, nodes: Indices, steps: int) -> Iterator[Near]:
    """Everybody within 0, 1, 2 ... steps of `nodes`, until that is no small part of the graph."""
    reached = np.zeros(len(edges.counts), np.bool_)
    reached[nodes] = True
    for _ in range(steps):
        nodes = np.flatnonzero(reached)
        if NEAR_SHARE * edges.leaving(nodes) > len(edges.ends):
            return
        near = Near(nodes, edges.of(nodes))
        yield near
        reached[near.ends] = True
