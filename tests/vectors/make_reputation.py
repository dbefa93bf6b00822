"""The vectors of docs/spec/reputation.md: small villages worked out by hand, and one that is larger.

The expected numbers of the small ones are written here as fractions, not computed by the code under test. The large one
is computed by `plainly`, the spec's text as plain loops, and must match to the last bit.
"""

import math
from hashlib import blake2b
from typing import Any

DAY = 86_400_000
NOW = 1_000 * DAY
RULE = {"alpha": 0.4, "steps": 6, "c": 100, "half_life_ms": 90 * DAY, "W": 2, "a": 0.9, "partner_cap": 1.0}

Case = dict[str, Any]


def member(name: str) -> str:
    """A member id in hex: the name's letters, then zeros. So ids sort like names."""
    return name.encode().ljust(32, b"\0").hex()


def said(rater: str, sign: str, ratee: str, days_ago: int = 0, agreement: int = 0, entry: int = 0) -> Case:
    """One attestation; without an agreement or entry of its own it gets one from its names."""
    own = blake2b(f"{rater}{sign}{ratee}{days_ago}".encode(), digest_size=32).hexdigest()
    return {
        "agreement": f"{agreement:064x}" if agreement else own,
        "rater": member(rater),
        "ratee": member(ratee),
        "good": sign == "+",
        "at": NOW - days_ago * DAY,
        "entry": f"{entry:064x}" if entry else own,
    }


def row(sign: str, voice: float, *path: str, recency: float = 1.0) -> Case:
    return {"good": sign == "+", "voice": float(voice), "recency": recency, "path": [member(name) for name in path]}


def lane(partner: str, good: float, bad: float, share: float) -> Case:
    return {
        "partner": member(partner),
        "good": float(good),
        "bad": float(bad),
        "share": float(share),
        "bridge": share > 0.8,
    }


def case(
    comment: str,
    attestations: list[Case],
    *,
    votes: tuple[float, float],
    verdict: str = "unknown",
    rows: list[Case] | None = None,
    lanes: list[Case] | None = None,
    without: dict[str, float] | None = None,
    unreached: tuple[int, int] = (0, 0),
    bound: float = 0,
    inviter: str | None = None,
    silenced: list[str] | None = None,
    rule: Case | None = None,
) -> Case:
    """One vector: `me` asks about `ben`. `votes` are P and N; the opinion follows from them by the spec's step 4."""
    good, bad = votes
    total = good + bad + 2
    return {
        "comment": comment,
        "now": NOW,
        "viewer": member("me"),
        "target": member("ben"),
        "inviter": member(inviter) if inviter else None,
        "silenced": [member(name) for name in silenced or []],
        "rule": RULE | (rule or {}),
        "attestations": attestations,
        "expect": {
            "belief": good / total,
            "disbelief": bad / total,
            "uncertainty": 2 / total,
            "expectation": (good + 0.9 * 2) / total,
            "verdict": verdict,
            "rows": rows or [],
            "lanes": lanes or [],
            "without": {member(name): value for name, value in (without or {}).items()},
            "unreached_good": unreached[0],
            "unreached_bad": unreached[1],
            "stranger_bound": float(bound),
        },
    }


def cases() -> dict[str, Case]:
    """Relative path -> vector."""
    return {
        f"reputation/{name}.json": made
        for group in (_reach(), _counting(), _admission(), _exact())
        for name, made in group.items()
    }


def _reach() -> dict[str, Case]:
    """Who is heard, and how loudly."""
    ana = said("me", "+", "ana")
    one: Case = {
        "rows": [row("+", 1, "me", "ana")],
        "lanes": [lane("ana", 1, 0, 1)],
        "without": {"ana": 0.9},
    }
    return {
        "nobody": case(
            "No ratings at all: b = d = 0, unc = 1, E = a = .9, and that is 'unknown', not 'good'.", [], votes=(0, 0)
        ),
        "one_partner": case(
            "I rated Ana well, Ana rated Ben well. V(Ana) = .6, voice min(1, 100 x .6) = 1, so P = 1: b = 1/3, "
            "unc = 2/3, "
            "E = 1/3 + .9 x 2/3 = 14/15. Ana rated nobody else well, so strangers could have added nothing.",
            [ana, said("ana", "+", "ben")],
            votes=(1, 0),
            **one,
        ),
        "small_voice": case(
            "alpha = .9, so each step keeps .1. Me, Ana, Bo, Cy in a chain; V(Cy) = .001, voice 100 x .001 = .1. "
            "P = .1: b = .1/2.1 = 1/21. Strangers are entered with .1 x .1 = .01; 100 x .01 / .9 > 1, so the "
            "bound is 1.",
            [ana, said("ana", "+", "bo"), said("bo", "+", "cy"), said("cy", "+", "ben")],
            votes=(0.1, 0),
            rows=[row("+", 0.1, "me", "ana", "bo", "cy")],
            lanes=[lane("ana", 0.1, 0, 1)],
            without={"ana": 0.9},
            bound=1,
            rule={"alpha": 0.9},
        ),
        "small_bound": case(
            "alpha = .9 and c = 1. V(Bo) = .1 x .1 = .01 = voice; P = .01. Strangers are entered with P_enter = "
            ".01, hold the "
            "walk for .01 / .9 visits at most, and could have added 1/90 vote.",
            [ana, said("ana", "+", "bo"), said("bo", "+", "ben")],
            votes=(0.01, 0),
            rows=[row("+", 0.01, "me", "ana", "bo")],
            lanes=[lane("ana", 0.01, 0, 1)],
            without={"ana": 0.9},
            bound=1 / 90,
            rule={"alpha": 0.9, "c": 1},
        ),
        "too_far": case(
            "A chain of seven from me. f is six steps away: V = .6^6 = .0467, full voice. g is seven away and is "
            "not heard, "
            "only tallied.",
            [
                said(*pair)
                for pair in (("me", "+", "a"), ("a", "+", "b"), ("b", "+", "c"), ("c", "+", "d"), ("d", "+", "e"))
            ]
            + [said("e", "+", "f"), said("f", "+", "g"), said("f", "+", "ben"), said("g", "-", "ben")],
            votes=(1, 0),
            rows=[row("+", 1, "me", "a", "b", "c", "d", "e", "f")],
            lanes=[lane("a", 1, 0, 1)],
            without={"a": 0.9},
            unreached=(0, 1),
            bound=1,
        ),
        "bad_is_no_way": case(
            "I rated Ana badly: her rating of Ben is not reached, and I have no partner at all.",
            [said("me", "-", "ana"), said("ana", "+", "ben")],
            votes=(0, 0),
            unreached=(1, 0),
        ),
        "unreached": case(
            "Three ratings by people I have no path to: shown as 2 good and 1 bad, scored as nothing. Ana rated "
            "nobody, so no stranger can be heard through her.",
            [ana, said("x", "+", "ben"), said("y", "+", "ben"), said("z", "-", "ben")],
            votes=(0, 0),
            unreached=(2, 1),
        ),
        "newcomer": case(
            "I rated nobody yet, so the walk starts at Ana, who invited me: V(Ana) = 1, all through her lane. "
            "She rated only Ben well, so strangers could have added nothing.",
            [said("ana", "+", "ben")],
            votes=(1, 0),
            inviter="ana",
            **one,
        ),
        "inviter_unused": case(
            "Who has a partner does not start at the inviter. Cleo invited me; I rated Ana well; only Ana is heard.",
            [ana, said("ana", "+", "ben"), said("cleo", "-", "ben")],
            votes=(1, 0),
            unreached=(0, 1),
            inviter="cleo",
            **one,
        ),
    }


def _counting() -> dict[str, Case]:
    """How votes add up: lanes, the cap, age, one's own."""
    ana, cleo = said("me", "+", "ana"), said("me", "+", "cleo")
    five = ["r1", "r2", "r3", "r4", "r5"]
    return {
        "two_minds": case(
            "Ana says good, Cleo says bad, each V = .6/2 = .3 and full voice. P = N = 1: b = d = 1/4, unc = 1/2 "
            "(not above it), "
            "E = .25 + .45 = .7. Without Ana: 0 + .9 x 2/3 = .6. Without Cleo: 14/15.",
            [ana, cleo, said("ana", "+", "ben"), said("cleo", "-", "ben")],
            votes=(1, 1),
            verdict="mixed",
            rows=[row("+", 1, "me", "ana"), row("-", 1, "me", "cleo")],
            lanes=[lane("ana", 1, 0, 0.5), lane("cleo", 0, 1, 0.5)],
            without={"ana": 0.6, "cleo": 14 / 15},
        ),
        "the_cap": case(
            "Ana leads to five raters: V = .6 x .6/5 = .072 each, so her lane holds 5 x 7.2 = 36 votes. They are "
            "scaled to one vote, .2 each: b = 1/3, however many more she leads to.",
            [ana, *(said("ana", "+", r) for r in five), *(said(r, "+", "ben") for r in five)],
            votes=(1, 0),
            rows=[row("+", 0.2, "me", "ana", r) for r in five],
            lanes=[lane("ana", 1, 0, 1)],
            without={"ana": 0.9},
            bound=1,
        ),
        "split_voice": case(
            "Rhea is reached by Ana (.3 x .6 = .18) and by Cleo, who also rated Xi well (.3 x .3 = .09). She alone "
            "fills both lanes, 18 votes and 9, each scaled to 1. One rater is one vote, so N = 1, not 2, half of it "
            "through each: E = .9 x 2/3 = .6. Take either away and Rhea is still heard in full.",
            [
                ana,
                cleo,
                said("ana", "+", "rhea"),
                said("cleo", "+", "rhea"),
                said("cleo", "+", "xi"),
                said("rhea", "-", "ben"),
            ],
            votes=(0, 1),
            rows=[row("-", 1, "me", "ana", "rhea")],
            lanes=[lane("ana", 0, 1 / 2, 1 / 2), lane("cleo", 0, 1 / 2, 1 / 2)],
            without={"ana": 0.6, "cleo": 0.6},
            bound=2,
        ),
        "own_word_first": case(
            "Ana says bad herself and leads to Rhea, who says good. V(Ana) = .6, V(Rhea) = .36: 60 and 36 votes share "
            "one lane, so N = 60/96 = .625 and P = .375. A partner's own word weighs most in their lane.",
            [ana, said("ana", "-", "ben"), said("ana", "+", "rhea"), said("rhea", "+", "ben")],
            votes=(0.375, 0.625),
            rows=[row("-", 0.625, "me", "ana"), row("+", 0.375, "me", "ana", "rhea")],
            lanes=[lane("ana", 0.375, 0.625, 1)],
            without={"ana": 0.9},
            bound=1,
        ),
        "old_word_in_the_way": case(
            "As before, but Ana's word is 180 days old: g = 1/4. Her lane holds 60/4 + 36 = 51 votes and lets in 1/51. "
            "60/51 is more than one voice, so Ana is heard with 1 and counts 1/4; Rhea has 36/51 = 12/17.",
            [ana, said("ana", "-", "ben", days_ago=180), said("ana", "+", "rhea"), said("rhea", "+", "ben")],
            votes=(12 / 17, 0.25),
            rows=[row("-", 1, "me", "ana", recency=0.25), row("+", 12 / 17, "me", "ana", "rhea")],
            lanes=[lane("ana", 12 / 17, 0.25, 1)],
            without={"ana": 0.9},
            bound=1,
        ),
        "partner_beside_partner": case(
            "Cleo rated Ana well, but Ana is a partner of mine and has a lane of her own: Cleo's never enters it. So "
            "Ana and whoever she leads to are one vote, not two: P = 1.",
            [ana, cleo, said("cleo", "+", "ana"), said("ana", "+", "rhea"), said("rhea", "+", "ben")],
            votes=(1, 0),
            rows=[row("+", 1, "me", "ana", "rhea")],
            lanes=[lane("ana", 1, 0, 1)],
            without={"ana": 0.9},
            bound=1,
        ),
        "drawn_away": case(
            "Rhea says bad and is reached by Cleo. Ana, captured, rates Rhea well too, and five sybils who say good: "
            "each has .3 x .6/6 = .03 in her lane, 18 votes in all, so each is scaled to 1/6. Rhea is heard in full "
            "through Cleo, as she was before: N = 1. P = 5/6: Ana can add, and she can take nothing away.",
            [
                *(ana, cleo, said("cleo", "+", "rhea"), said("rhea", "-", "ben"), said("ana", "+", "rhea")),
                *(said("ana", "+", f"s{k}") for k in range(5)),
                *(said(f"s{k}", "+", "ben") for k in range(5)),
            ],
            votes=(5 / 6, 1),
            rows=[row("-", 1, "me", "cleo", "rhea"), *(row("+", 1 / 6, "me", "ana", f"s{k}") for k in range(5))],
            lanes=[lane("ana", 5 / 6, 1 / 7, (41 / 42) / (11 / 6)), lane("cleo", 0, 6 / 7, (6 / 7) / (11 / 6))],
            without={"ana": 0.6, "cleo": (5 / 6 + 1.8) / (5 / 6 + 1 / 6 + 2)},
            verdict="unknown",
            bound=2,
        ),
        "by_way_of_oneself": case(
            "Ana says good, Cleo says bad. All that leads to Sy, who praises Ben, leads through Ben himself, and "
            "nobody is heard by way of who they are asked about: Sy is not reached. P = N = 1.",
            [
                *(ana, cleo, said("ana", "+", "ben"), said("cleo", "-", "ben")),
                *(said("ben", "+", "sy"), said("sy", "+", "ben")),
            ],
            votes=(1, 1),
            verdict="mixed",
            rows=[row("+", 1, "me", "ana"), row("-", 1, "me", "cleo")],
            lanes=[lane("ana", 1, 0, 0.5), lane("cleo", 0, 1, 0.5)],
            without={"ana": 0.6, "cleo": 14 / 15},
            unreached=(1, 0),
        ),
        "partner_asked_about": case(
            "I rated Ben well and Ana, who rated him badly. He leads to Sy, who praises him; but a lane that would "
            "begin at Ben is no lane for a question about Ben. P = 1 is my own, N = 1 is Ana's.",
            [*(ana, said("me", "+", "ben"), said("ana", "-", "ben")), said("ben", "+", "sy"), said("sy", "+", "ben")],
            votes=(1, 1),
            verdict="mixed",
            rows=[row("-", 1, "me", "ana"), row("+", 1, "me")],
            lanes=[lane("ana", 0, 1, 1)],
            without={"ana": 14 / 15},
            unreached=(1, 0),
        ),
        "own_rating": case(
            "I rated Ben badly myself: one vote, in no lane. Ana says good. b = d = 1/4, E = .7. Without Ana: .9 "
            "x 2/3 = .6. "
            "All voice that is not mine comes through Ana, so she is a bridge.",
            [ana, said("me", "-", "ben"), said("ana", "+", "ben")],
            votes=(1, 1),
            verdict="mixed",
            rows=[row("+", 1, "me", "ana"), row("-", 1, "me")],
            lanes=[lane("ana", 1, 0, 1)],
            without={"ana": 0.6},
        ),
        "good": case(
            "Ana and Cleo both say good: P = 2, b = 1/2, unc = 1/2, E = .95: enough to be known, and good. "
            "Without either: 14/15.",
            [ana, cleo, said("ana", "+", "ben"), said("cleo", "+", "ben")],
            votes=(2, 0),
            verdict="good",
            rows=[row("+", 1, "me", "ana"), row("+", 1, "me", "cleo")],
            lanes=[lane("ana", 1, 0, 0.5), lane("cleo", 1, 0, 0.5)],
            without={"ana": 14 / 15, "cleo": 14 / 15},
        ),
        "poor": case(
            "Ana and Cleo both say bad: N = 2, d = 1/2, E = .45. Neither rated a stranger well, so strangers "
            "could have added nothing.",
            [ana, cleo, said("ana", "-", "ben"), said("cleo", "-", "ben")],
            votes=(0, 2),
            verdict="poor",
            rows=[row("-", 1, "me", "ana"), row("-", 1, "me", "cleo")],
            lanes=[lane("ana", 0, 1, 0.5), lane("cleo", 0, 1, 0.5)],
            without={"ana": 0.6, "cleo": 0.6},
        ),
        "half_life": case(
            "Ana's rating is exactly 90 days old: g = 1/2, P = 1/2, b = .5/2.5 = .2, E = .2 + .9 x .8 = .92. Not "
            "yet dashed.",
            [ana, said("ana", "+", "ben", days_ago=90)],
            votes=(0.5, 0),
            rows=[row("+", 1, "me", "ana", recency=0.5)],
            lanes=[lane("ana", 0.5, 0, 1)],
            without={"ana": 0.9},
        ),
        "two_half_lives": case(
            "A bad rating 180 days old: g = 1/4, N = 1/4, d = .25/2.25 = 1/9, E = .9 x 8/9 = .8.",
            [ana, said("ana", "-", "ben", days_ago=180)],
            votes=(0, 0.25),
            rows=[row("-", 1, "me", "ana", recency=0.25)],
            lanes=[lane("ana", 0, 0.25, 1)],
            without={"ana": 0.9},
        ),
        "dated_ahead": case(
            "Ana's clock is a day ahead of mine: her rating is fresh (g = 1), not worth more than fresh.",
            [ana, said("ana", "-", "ben", days_ago=-1)],
            votes=(0, 1),
            rows=[row("-", 1, "me", "ana")],
            lanes=[lane("ana", 0, 1, 1)],
            without={"ana": 0.9},
        ),
    }


def _admission() -> dict[str, Case]:
    """Which attestations count. All but the last two end in Ana's one bad vote: N = 1, d = 1/3, E = .6."""
    ana = said("me", "+", "ana")
    bad: Case = {
        "votes": (0, 1),
        "rows": [row("-", 1, "me", "ana")],
        "lanes": [lane("ana", 0, 1, 1)],
        "without": {"ana": 0.9},
    }
    return {
        "latest_of_a_pair": case(
            "Ana rated Ben well ten days ago and badly, after another trade, today. The later one counts; the "
            "earlier is gone.",
            [ana, said("ana", "+", "ben", days_ago=10), said("ana", "-", "ben")],
            **bad,
        ),
        "tie_in_time": case(
            "Two ratings of one pair at the same moment: the larger entry id counts as the later.",
            [ana, said("ana", "-", "ben", entry=2), said("ana", "+", "ben", entry=1)],
            **bad,
        ),
        "one_per_agreement": case(
            "Ana rated Ben twice over one agreement. The first stands; a second is no rating.",
            [ana, said("ana", "-", "ben", agreement=7, entry=1), said("ana", "+", "ben", agreement=7, entry=2)],
            **bad,
        ),
        "three_parties": case(
            "Three people traded together, and Ana rated both others over that one agreement: first Cleo, then Ben. "
            "Both count, each about another: one per agreement, rater and ratee.",
            [
                ana,
                said("ana", "-", "cleo", agreement=7, entry=1, days_ago=1),
                said("ana", "-", "ben", agreement=7, entry=2),
            ],
            **bad,
        ),
        "self_rating": case(
            "Ben rates himself. It counts nowhere, not even in the tally.",
            [ana, said("ana", "-", "ben"), said("ben", "+", "ben")],
            **bad,
        ),
        "silenced_rater": case(
            "Ana forked her log. Nothing by or about her counts: no vote, no way through her, not in the tally.",
            [ana, said("ana", "+", "ben"), said("ana", "+", "cleo"), said("cleo", "+", "ben")],
            votes=(0, 0),
            unreached=(1, 0),
            silenced=["ana"],
        ),
        "silenced_target": case(
            "Ben forked his log. He is unknown and b = 0, so no limit opens for him; the proof of the fork is "
            "shown instead.",
            [ana, said("ana", "+", "ben")],
            votes=(0, 0),
            silenced=["ben"],
        ),
    }


def _exact() -> dict[str, Case]:
    """Fourteen members, 110 ratings drawn from a hash, compared to the last bit."""
    names = ["me", "ben", *(f"m{k:02}" for k in range(12))]
    attestations = []
    for k in range(110):
        draw = blake2b(f"village {k}".encode(), digest_size=8).digest()
        rater, ratee = names[draw[0] % 14], names[draw[1] % 14]
        attestations.append(said(rater, "-" if draw[2] < 50 else "+", ratee, draw[3], agreement=1 + k, entry=1 + k))
    made = case("Computed by plain loops in the spec's order. Every bit must match.", attestations, votes=(0, 0))
    made["expect"] = plainly(made)
    made["exact"] = True
    return {"village": made}


def recency(age: int, half_life: int) -> float:
    whole, rest = divmod(max(age, 0), half_life)
    x = -(rest / half_life) * 0.6931471805599453
    series = 1.0
    for k in range(20, 0, -1):
        series = 1.0 + x * series / k
    return math.ldexp(series, -whole)


def plainly(vector: Case) -> Case:
    """The opinion of a vector with a viewer who has partners, step by step as the spec's text has it."""
    rule, latest, seen = vector["rule"], {}, set()
    for one in sorted(vector["attestations"], key=lambda one: (one["at"], one["entry"])):
        gone = one["rater"] == one["ratee"] or {one["rater"], one["ratee"]} & set(vector["silenced"])
        if not gone and (one["agreement"], one["rater"], one["ratee"]) not in seen:
            seen.add((one["agreement"], one["rater"], one["ratee"]))
            latest[one["rater"], one["ratee"]] = one
    members = sorted({name for pair in latest for name in pair})
    out = {name: [to for to in members if (name, to) in latest and latest[name, to]["good"]] for name in members}
    decay = 1.0 - rule["alpha"]
    share = {name: decay / max(len(out[name]), 1) for name in members}
    viewer, target, further = vector["viewer"], vector["target"], rule["steps"] - 1
    partners = out.get(viewer, [])
    first = decay / max(len(partners), 1)
    closed = {viewer, target, *partners}

    told = {rater: one for (rater, ratee), one in latest.items() if ratee == target}
    fresh = {rater: recency(vector["now"] - one["at"], rule["half_life_ms"]) for rater, one in told.items()}
    worth = {name: fresh[name] if name in told and name != viewer else 0.0 for name in members}
    total = dict(worth)
    for _ in range(further):
        back = dict.fromkeys(members, 0.0)
        for name in members:
            for to in out[name]:
                if to not in closed:
                    back[name] += worth[to]
        worth = {name: back[name] * share[name] for name in members}
        for name in members:
            total[name] += worth[name]

    at = dict.fromkeys(members, 0.0)
    for partner in partners:
        full = total[partner] * first * rule["c"]
        scale = rule["partner_cap"] / full if full > rule["partner_cap"] else 1.0
        at[partner] = 0.0 if partner == target else first * scale
    reach = dict(at)
    for _ in range(further):
        given = {name: at[name] * share[name] for name in members}
        at = dict.fromkeys(members, 0.0)
        for name in members:
            for to in out[name]:
                if to not in closed:
                    at[to] += given[name]
        for name in members:
            reach[name] += at[name]

    votes: dict[bool, list[float]] = {True: [], False: []}
    for rater, one in told.items():
        voice = 1.0 if rater == viewer else min(1.0, rule["c"] * reach[rater])
        votes[one["good"]].append(voice * fresh[rater])
    p, n = (round(math.fsum(votes[good]) * 2**40) / 2**40 for good in (True, False))
    weight = rule["W"]
    whole = p + n + weight
    return {
        "belief": p / whole,
        "disbelief": n / whole,
        "uncertainty": weight / whole,
        "expectation": p / whole + rule["a"] * (weight / whole),
    }
