"""Figure 11: how fast a standing is; and, given the ratings of a real market, how well it predicts.

    python -m tests.bench.reputation FILE      or with RUIL_BITCOIN_ALPHA naming it

FILE is SNAP's soc-sign-bitcoin-alpha (or -otc): rows of source, target, rating from -10 to 10, time in seconds. It is
not part of this project. Each rating of a stranger in the second half is predicted from what was before its window.
"""

import csv
import itertools
import json
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.opinion import DAY_MS, Rule, opinion_from, recency_after
from ruil.protocol.ratings import Attestation, Floats, Graph, sums
from ruil.protocol.reputation import View
from tests.bench.measure import cpu, figure

WINDOWS = 20
SYBILS = 20
DOORS = 5  # honest members per attacked target who rated one of the sybils well
QUESTIONS = 40  # per graph; a viewer and a target drawn as ratings are, so busy people come often


class Rated(NamedTuple):
    """One row of the file."""

    at: int
    rater: int
    ratee: int
    good: bool


# Figure 11 ----------------------------------------


def standing() -> Iterator[dict[str, object]]:
    """One viewer, cold, about one target; beside one personalised PageRank in numpy on the same graph.

    Cold: nothing is known of the viewer or the target. The graph is the same for all viewers, so it is made before,
    once per change of the ratings, as a node does (`Attestations.graph`); what that takes is `graph_ms`.
    """
    for members, ratings, most in ((5_000, 30_000, 2.0), (100_000, 1_000_000, 10.0)):
        said = market(members, ratings)
        before = time.process_time()
        graph = Graph(said)
        making = time.process_time() - before
        pairs = _questions(graph)
        now = Millis(400 * DAY_MS)
        peer = statistics.median(cpu(partial(pagerank, graph, graph.index[viewer])) for viewer, _ in pairs[:5])
        for what, ask in (("numbers", View.opinion), ("with rows, lanes, paths and what-ifs", View.standing)):
            # One round untimed: the first touch of 8 MB arrays is the machine's, not ours.
            View(graph, pairs[0][0]).opinion(pairs[0][1], now)
            times = [cpu(partial(_ask, ask, graph, viewer, target, now)) for viewer, target in pairs]
            ours = statistics.median(times) * 1e3
            line = figure(f"standing, {ratings:,} ratings, {what}", ours, "CPU ms", ours / most, 1.0, at_most=True)
            yield {
                **line,
                "graph_ms": round(making * 1e3),
                "pagerank_ms": round(peer * 1e3, 2),
                "times_faster": round(peer * 1e3 / ours, 1),
            }


def _ask(
    ask: Callable[[View, MemberId, Millis], object], graph: Graph, viewer: MemberId, target: MemberId, now: Millis
) -> object:
    return ask(View(graph, viewer), target, now)


def market(members: int, ratings: int, seed: int = 11) -> list[Attestation]:
    """Ratings between members of whom few are busy and most are not, on both sides."""
    chance = np.random.default_rng(seed)
    weight = 1 / np.arange(1, members + 1) ** 0.8
    drawn = [chance.choice(members, ratings * 5 // 4, p=chance.permutation(weight / weight.sum())) for _ in range(2)]
    pairs = chance.permutation(np.unique(drawn[0] * members + drawn[1]))[:ratings]
    good, at = chance.random(len(pairs)) < 0.93, chance.integers(0, 400 * DAY_MS, len(pairs))
    rows = zip((pairs // members).tolist(), (pairs % members).tolist(), good.tolist(), at.tolist(), strict=True)
    return [_said(k, *row) for k, row in enumerate(rows)]


def _questions(graph: Graph) -> list[tuple[MemberId, MemberId]]:
    chance = random.Random(11)
    return [(chance.choice(graph.ratings).rater, chance.choice(graph.ratings).ratee) for _ in range(QUESTIONS)]


def pagerank(graph: Graph, viewer: int, alpha: float = 0.15) -> Floats:
    """Personalised PageRank by power iteration, to 1e-6 per member as networkx has it; only over edges that exist."""
    home = np.zeros(len(graph.members))
    home[viewer] = 1
    at, change = home, math.inf
    givers = np.repeat(np.arange(len(home)), graph.out.counts)
    while change > 1e-6 * len(home):
        before = at
        at = (1 - alpha) * sums(graph.out.ends, (at / graph.out_degree)[givers], len(home))
        at += (1 - at.sum()) * home
        change = float(np.abs(at - before).sum())
    return at


def _said(number: int, rater: int, ratee: int, good: bool, at: int) -> Attestation:
    own = EntryId(number.to_bytes(32, "big"))
    return Attestation(own, _member(rater), _member(ratee), good, Millis(at), own)


def _member(number: int) -> MemberId:
    return MemberId(number.to_bytes(32, "big"))


# How well it predicts ----------------------------------------


def read(path: Path) -> list[Rated]:
    """The rows of the file by time, with or without a heading."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0].isdigit()]
    return sorted(Rated(int(float(at)), int(a), int(b), int(stars) > 0) for a, b, stars, at in rows)


def predict(rows: list[Rated], *, attacked: bool) -> dict[str, object]:
    """Area under the curve of E for each rule: of targets rated before (known), and of viewers who rated (reach)."""
    rules = {"cap 1 (the default)": Rule(), "no cap": Rule(partner_cap=math.inf)}
    found: dict[str, list[float]] = {name: [] for name in (*rules, "everybody counts alike")}
    # The file has no invitations: who rated somebody well first stands for who invited them, and strangers do not
    # include one's inviter. It matters only for those who have no partner yet.
    inviter = {said.ratee: said.rater for said in reversed(rows) if said.good}
    truth: list[bool] = []
    reach: list[bool] = []
    for start, end in itertools.pairwise(
        len(rows) // 2 + (len(rows) - len(rows) // 2) * k // WINDOWS for k in range(WINDOWS + 1)
    ):
        before, now = rows[:start], Millis(rows[start].at * 1000)
        pairs, known = {(said.rater, said.ratee) for said in before}, {said.ratee for said in before}
        asked = [
            said
            for said in rows[start:end]
            if (said.rater, said.ratee) not in pairs and said.ratee in known and inviter.get(said.rater) != said.ratee
        ]
        partners = {said.rater for said in before if said.good}
        attack = _attack(sorted({said.ratee for said in asked if not said.good}), sorted(partners)) if attacked else []
        world = [_said(k, said.rater, said.ratee, said.good, said.at * 1000) for k, said in enumerate(before)]
        world += [_said(len(rows) + k, rater, ratee, True, now) for k, (rater, ratee) in enumerate(attack)]
        graph = Graph(world)
        for said in asked:
            truth.append(said.good)
            reach.append(said.rater in partners)
            viewer, target = _member(said.rater), _member(said.ratee)
            first = _member(inviter[said.rater]) if said.rater in inviter else None
            for name, rule in rules.items():
                found[name].append(View(graph, viewer, first, rule).opinion(target, now).expectation)
            found["everybody counts alike"].append(_alike(graph, target, now))
    print(f"{len(truth)} asked, {sum(reach)} with reach", file=sys.stderr)
    return {
        name: {
            "known": round(area(scores, truth), 3),
            "with reach": round(area(*(list(itertools.compress(each, reach)) for each in (scores, truth))), 3),
        }
        for name, scores in found.items()
    }


def _attack(targets: list[int], honest: list[int]) -> list[tuple[int, int]]:
    """Round each target twenty sybils in a ring, who praise it, and whom it and a few honest members rate well."""
    chance, made = random.Random(20), []
    for target in targets:
        sybils = [10**9 + target * SYBILS + k for k in range(SYBILS)]
        for sybil, following in zip(sybils, [*sybils[1:], sybils[0]], strict=True):
            made += [(sybil, target), (target, sybil), (sybil, following)]
        made += [(chance.choice(honest), sybil) for sybil in sybils[:DOORS]]
    return made


def _alike(graph: Graph, target: MemberId, now: Millis) -> float:
    """What to expect if every rating counts by its age alone."""
    about = graph.ratings[graph.about(target)]
    fresh = {
        sign: [recency_after(now - each.at, 90 * DAY_MS) for each in about if each.good is sign]
        for sign in (True, False)
    }
    return opinion_from(fresh[True], fresh[False], Rule()).expectation


def area(scores: list[float], truth: list[bool]) -> float:
    """The chance that a good one scores above a bad one, a tie being half."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    good = np.array(truth)
    return float((ranks[good].mean() - (good.sum() + 1) / 2) / (len(good) - good.sum()))


def main() -> int:
    """Print one line without an attack and one with."""
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RUIL_BITCOIN_ALPHA")
    if not path:
        print("No ratings to predict: give the path of soc-sign-bitcoinalpha.csv, or set RUIL_BITCOIN_ALPHA.")
        return 2
    rows = read(Path(path))
    for attacked in (False, True):
        print(
            json.dumps({"sybils per bad target": SYBILS if attacked else 0, **predict(rows, attacked=attacked)}),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
