"""What reputation promises (docs/spec/reputation.md)."""

import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.ratings import recencies
from ruil.protocol.reputation import (
    DAY_MS,
    Attestation,
    Graph,
    Opinion,
    Rule,
    Standing,
    View,
    recency_after,
    sentence,
    standing,
)
from tests.vectors.make_reputation import cases, plainly

VECTORS = Path(__file__).parents[1] / "vectors"
NOW = Millis(1_000 * DAY_MS)
CLOSE = 1e-12


def member(name: str) -> MemberId:
    return MemberId(name.encode().ljust(32, b"\0"))


def name(who: MemberId) -> str:
    return who.rstrip(b"\0").decode().capitalize()


ME, ANA, BEN, CLEO = (member(word) for word in ("me", "ana", "ben", "cleo"))


def rated(rater: MemberId, ratee: MemberId, good: bool = True, at: int = NOW, number: int = 0) -> Attestation:
    """One attestation over a trade of its own."""
    own = EntryId((rater[:14] + ratee[:14]).ljust(28, b"\0") + number.to_bytes(4, "big"))
    return Attestation(own, rater, ratee, good, Millis(at), own)


def village(people: int, most: int = 60) -> st.SearchStrategy[list[Attestation]]:
    """Any ratings among `people` members called m0, m1 and so on, and me and Ben."""
    who = st.sampled_from([ME, BEN, *(member(f"m{k}") for k in range(people))])
    days = st.integers(0, 300).map(lambda days: NOW - days * DAY_MS)
    one = st.tuples(who, who, st.sampled_from([True, True, True, False]), days)
    return st.lists(one, max_size=most).map(lambda all_: [rated(*what, number=k) for k, what in enumerate(all_)])


def opinion(of: Standing | Opinion) -> tuple[float, float, float, float]:
    return of.belief, of.disbelief, of.uncertainty, of.expectation


def scored(of: Standing) -> tuple[Any, ...]:
    """Everything but the public tally, which is shown and never scored."""
    return (*opinion(of), of.verdict, of.rows, of.lanes, dict(of.without), of.stranger_bound)


# -- Vectors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(cases()))
def test_every_vector_comes_out_as_worked_out_by_hand(path: str) -> None:
    case = json.loads((VECTORS / path).read_text(encoding="utf-8"))
    attestations = [
        Attestation(
            EntryId(bytes.fromhex(one["agreement"])),
            MemberId(bytes.fromhex(one["rater"])),
            MemberId(bytes.fromhex(one["ratee"])),
            one["good"],
            Millis(one["at"]),
            EntryId(bytes.fromhex(one["entry"])),
        )
        for one in case["attestations"]
    ]

    found = standing(
        attestations,
        MemberId(bytes.fromhex(case["viewer"])),
        MemberId(bytes.fromhex(case["target"])),
        case["now"],
        inviter=MemberId(bytes.fromhex(case["inviter"])) if case["inviter"] else None,
        silenced=frozenset(bytes.fromhex(who) for who in case["silenced"]),
        rule=Rule(**case["rule"]),
    )

    expected = case["expect"]
    if case.get("exact"):
        assert {key: getattr(found, key) for key in expected} == expected
    else:
        assert shown(found) == nearly(expected)


def test_the_vector_files_are_the_ones_the_cases_make() -> None:
    written = {f"reputation/{path.name}": json.loads(path.read_text()) for path in (VECTORS / "reputation").iterdir()}

    assert written == cases()


def shown(of: Standing) -> dict[str, Any]:
    """A standing with the fields and the hex of the vectors."""
    keys = ("belief", "disbelief", "uncertainty", "expectation", "verdict", "unreached_good", "unreached_bad")
    return {
        **{key: getattr(of, key) for key in (*keys, "stranger_bound")},
        "without": {partner.hex(): value for partner, value in of.without.items()},
        "rows": [
            {"good": r.good, "voice": r.voice, "recency": r.recency, "path": [who.hex() for who in r.path]}
            for r in sorted(of.rows, key=lambda row: row.path[-1])
        ],
        "lanes": [
            {"partner": v.partner.hex(), "good": v.good, "bad": v.bad, "share": v.share, "bridge": v.bridge}
            for v in of.lanes
        ],
    }


def nearly(value: Any) -> Any:
    """The same value, with every number in it compared to 12 digits."""
    if isinstance(value, dict):
        return {key: nearly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [nearly(inner) for inner in value]
    return pytest.approx(value, abs=CLOSE) if isinstance(value, float) else value


# -- The same bits, everywhere --------------------------------------------------------------------------------------


@given(village(8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(attestations: list[Attestation], chance: Any) -> None:
    shuffled = [*attestations, *attestations[:3]]
    chance.shuffle(shuffled)

    assert standing(shuffled, ME, BEN, NOW) == standing(attestations, ME, BEN, NOW)


@given(village(8))
def test_the_opinion_is_that_of_plain_loops_in_the_order_of_the_spec_bit_for_bit(all_: list[Attestation]) -> None:
    found = standing(all_, ME, BEN, NOW)

    expected = plainly(as_vector(all_))
    assert {key: getattr(found, key) for key in expected} == expected


def fields(one: Attestation) -> Iterable[tuple[str, Any]]:
    return ((key, getattr(one, key)) for key in one.__struct_fields__)


@pytest.mark.parametrize("seed", range(6))
def test_a_large_village_is_walked_in_short_cuts_and_has_the_same_bits(seed: int) -> None:
    # Large enough that some steps take from the few they are wanted at, and others give from the few that have.
    chance = random.Random(seed)
    who = [ME, BEN, *(member(f"m{k}") for k in range(300))]
    # Some are known to all, most to few.
    some = [who[min(int(chance.paretovariate(0.7)) - 1, len(who) - 1)] for _ in range(3_000)]
    pairs = zip(some, chance.sample(who * 10, 3_000), strict=True)
    all_ = [rated(a, b, chance.random() < 0.9, NOW - k * DAY_MS // 9, k) for k, (a, b) in enumerate(pairs)]
    target = chance.choice(who[1:])

    found = standing(all_, ME, target, NOW)

    expected = plainly(as_vector(all_, target))
    assert {key: getattr(found, key) for key in expected} == expected
    assert found.rows


def as_vector(all_: list[Attestation], target: MemberId = BEN) -> dict[str, Any]:
    return cases()["reputation/one_partner.json"] | {
        "target": target.hex(),
        "attestations": [
            {key: value.hex() if isinstance(value, bytes) else value for key, value in fields(one)} for one in all_
        ],
    }


@given(village(6), village(6))
def test_sybils_whom_nobody_honest_rated_well_change_nothing_bit_for_bit(
    honest: list[Attestation], theirs: list[Attestation]
) -> None:
    # Whatever the sybils say, about each other and about honest people, and whoever calls them bad.
    known = {who for one in theirs for who in (one.rater, one.ratee)} - {BEN}
    sybil = {BEN: BEN} | {who: MemberId(b"sybil " + who[:26]) for who in known}
    between = [rated(sybil[a.rater], sybil[a.ratee], a.good, a.at, k) for k, a in enumerate(theirs) if a.rater != BEN]
    praise = [rated(sybil[who], honest_one) for who in sorted(known) for honest_one in (ME, member("m0"))]
    warnings = [rated(member("m1"), sybil[who], False) for who in sorted(known)]

    before = standing(honest, ME, BEN, NOW)
    after = standing([*honest, *between, *praise, *warnings], ME, BEN, NOW)

    assert scored(after) == scored(before)


@given(village(8), st.permutations(range(8)))
def test_other_names_for_the_same_people_give_the_same_result(all_: list[Attestation], order: list[int]) -> None:
    new = {member(f"m{k}"): member(f"m{to}") for k, to in enumerate(order)}
    renamed = [rated(new.get(a.rater, a.rater), new.get(a.ratee, a.ratee), a.good, a.at, k) for k, a in enumerate(all_)]
    # Ties at one moment are broken by entry id, which would change with the names: give every rating its own moment.
    timed = [[rated(a.rater, a.ratee, a.good, a.at - k, k) for k, a in enumerate(some)] for some in (all_, renamed)]

    one, other = (standing(some, ME, BEN, NOW) for some in timed)

    assert opinion(other) == pytest.approx(opinion(one), abs=CLOSE)
    assert {r.rater: r.voice for r in other.rows} == nearly({new.get(r.rater, r.rater): r.voice for r in one.rows})
    assert other.without == nearly({new.get(who, who): value for who, value in one.without.items()})


# -- Bounds ---------------------------------------------------------------------------------------------------------


@given(village(8))
def test_belief_disbelief_and_uncertainty_share_one_whole(attestations: list[Attestation]) -> None:
    found = standing(attestations, ME, BEN, NOW)

    assert math.isclose(found.belief + found.disbelief + found.uncertainty, 1)
    assert found.uncertainty <= 0.5 or found.verdict == "unknown"


@given(village(8))
def test_the_rows_add_up_to_the_opinion_and_the_lanes_to_at_most_one_vote_each(attestations: list[Attestation]) -> None:
    found = standing(attestations, ME, BEN, NOW)

    votes = [math.fsum(row.voice * row.recency for row in found.rows if row.good is good) for good in (True, False)]
    assert found.belief == pytest.approx(votes[0] / (sum(votes) + 2), abs=CLOSE)
    assert found.disbelief == pytest.approx(votes[1] / (sum(votes) + 2), abs=CLOSE)
    assert all(lane.good + lane.bad <= 1 + CLOSE for lane in found.lanes)
    assert all(0 < row.voice <= 1 + CLOSE and row.path[0] == ME and row.path[-1] == row.rater for row in found.rows)
    assert all(a in attestations_by(attestations, b) for row in found.rows for b, a in pairwise(row.path))


def attestations_by(attestations: list[Attestation], rater: MemberId) -> set[MemberId]:
    return {one.ratee for one in attestations if one.rater == rater and one.good}


def serial(doors: list[MemberId], sybils: list[MemberId]) -> list[tuple[MemberId, MemberId]]:
    return [*((door, sybils[0]) for door in doors), *pairwise(sybils)]


def parallel(doors: list[MemberId], sybils: list[MemberId]) -> list[tuple[MemberId, MemberId]]:
    return [(door, sybil) for door in doors for sybil in sybils]


def cycle(doors: list[MemberId], sybils: list[MemberId]) -> list[tuple[MemberId, MemberId]]:
    return [*serial(doors, sybils), (sybils[-1], sybils[0])]


def ring(doors: list[MemberId], sybils: list[MemberId]) -> list[tuple[MemberId, MemberId]]:
    """A cycle both ways, with a way back to the doors: the walk returns and enters again."""
    around = cycle(doors, sybils)
    return [*around, *((b, a) for a, b in around)]


@pytest.mark.parametrize("shape", [serial, parallel, cycle, ring])
@given(
    honest=village(6),
    doors=st.sets(st.integers(0, 5), min_size=1),
    count=st.integers(1, 30),
    c=st.sampled_from([0.05, 1, 100]),
)
def test_strangers_in_any_shape_stay_under_the_printed_bound(
    shape: Callable[[list[MemberId], list[MemberId]], list[tuple[MemberId, MemberId]]],
    honest: list[Attestation],
    doors: set[int],
    count: int,
    c: float,
) -> None:
    sybils = [member(f"sybil {k}") for k in range(count)]
    pairs = shape([member(f"m{k}") for k in sorted(doors)], sybils) + [(sybil, BEN) for sybil in sybils]
    attack = [rated(a, b, number=1_000 + k) for k, (a, b) in enumerate(pairs) if a != b]

    found = standing([*honest, *attack], ME, BEN, NOW, rule=Rule(c=c))

    partners = attestations_by(Graph([*honest, *attack]).ratings, ME)
    strangers = [row.voice * row.recency for row in found.rows if row.rater not in {ME, *partners}]
    assert math.fsum(strangers) <= found.stranger_bound + CLOSE
    assert found.stranger_bound <= len(partners)


def votes(of: Standing) -> tuple[float, float]:
    """P and N, out of the shares of the opinion."""
    return 2 * of.belief / of.uncertainty, 2 * of.disbelief / of.uncertainty


def captured(said: list[tuple[int, int, bool]]) -> list[Attestation]:
    """What Ana (0) and nine sybils only she leads to (1 to 9) say about each other, Ben (10) and six honest people."""
    theirs = [ANA, *(member(f"sybil {k}") for k in range(9))]
    anybody = [*theirs, BEN, *(member(f"m{k}") for k in range(6))]
    return [rated(theirs[a], anybody[b], good, NOW, 2_000 + k) for k, (a, b, good) in enumerate(said)]


@given(
    honest=village(6),
    trusting=st.sets(st.integers(0, 5)),
    partners=st.sets(st.integers(0, 5)),
    said=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 16), st.booleans()), max_size=80),
    leads_to=st.sets(st.integers(1, 9)),
    praise=st.sets(st.integers(0, 9)),
)
def test_one_captured_partner_adds_at_most_one_vote_and_takes_none_away(
    honest: list[Attestation],
    trusting: set[int],
    partners: set[int],
    said: list[tuple[int, int, bool]],
    leads_to: set[int],
    praise: set[int],
) -> None:
    # Whoever else trusts Ana, whatever she and her sybils say about themselves, each other and honest people.
    world = [*honest, rated(ME, ANA, number=900), *(rated(member(f"m{k}"), ANA, number=901) for k in trusting)]
    world += [rated(ME, member(f"m{k}"), number=902) for k in partners]
    attack = captured([*said, *((0, k, True) for k in leads_to), *((k, 10, True) for k in praise)])

    silent, loud = (votes(standing(all_, ME, BEN, NOW)) for all_ in (world, [*world, *attack]))

    good, bad = (after - before for before, after in zip(silent, loud, strict=True))
    assert min(good, bad) >= -1e-9
    assert good + bad <= 1 + 1e-9


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 16), st.booleans()), max_size=80),
    st.sets(st.integers(0, 9), min_size=1),
)
def test_who_is_known_through_one_partner_only_stays_unknown(
    said: list[tuple[int, int, bool]], praise: set[int]
) -> None:
    attack = captured([*said, *((k, 10, True) for k in praise)])

    found = standing([rated(ME, ANA), *attack], ME, BEN, NOW)

    assert found.belief <= 1 / 3 + CLOSE
    assert found.verdict == "unknown"


def test_a_thousand_sybils_are_still_one_vote() -> None:
    sybils = [member(f"sybil {k}") for k in range(1_000)]
    attack = [rated(ANA, sybil) for sybil in sybils] + [rated(sybil, BEN) for sybil in sybils]

    found = standing([rated(ME, ANA), rated(ME, CLEO), rated(CLEO, ANA), *attack], ME, BEN, NOW)

    assert found.belief == pytest.approx(1 / 3)


@given(village(6), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_nobody_is_heard_about_themselves_nor_through_themselves(
    honest: list[Attestation], fooled: set[int], friends: set[int]
) -> None:
    # I trust Ben's fooled customers, and his friends praise him; some of them only he leads to.
    doors = [said for k in fooled for said in (rated(ME, member(f"m{k}")), rated(member(f"m{k}"), BEN))]
    praise = [rated(member(f"friend{k}"), BEN, number=k) for k in friends]
    led = [rated(BEN, member(f"friend{k}"), number=k) for k in friends]

    found = standing([*honest, *doors, *praise, *led], ME, BEN, NOW)

    assert all(BEN not in row.path for row in found.rows)
    assert BEN not in {lane.partner for lane in found.lanes}
    assert found == standing([said for said in (*honest, *doors, *praise) if said.rater != BEN], ME, BEN, NOW)


@given(village(8))
def test_without_a_partner_is_what_it_would_be_if_they_had_said_nothing(attestations: list[Attestation]) -> None:
    found = standing(attestations, ME, BEN, NOW)

    assert list(found.without) == [lane.partner for lane in found.lanes[:4]]
    for partner, expected in found.without.items():
        others = [said for said in attestations if said.rater != partner]
        assert standing(others, ME, BEN, NOW).expectation == pytest.approx(expected, abs=CLOSE)


# -- What it does not promise (the honest limits of the spec) -------------------------------------------------------


def test_whom_two_partners_lead_to_can_fill_both_lanes() -> None:
    # Ana and Cleo both trust Dora, who is captured: a stranger to me. She has a vote of her own, and sybils.
    sybils = [member(f"sybil {k}") for k in range(50)]
    dora = member("dora")
    attack = [rated(dora, sybil) for sybil in sybils] + [rated(sybil, BEN) for sybil in sybils]

    found = standing([rated(ME, ANA), rated(ME, CLEO), rated(ANA, dora), rated(CLEO, dora), *attack], ME, BEN, NOW)

    assert votes(found) == pytest.approx((2, 0))
    assert found.stranger_bound == pytest.approx(2)


# -- Single promises ------------------------------------------------------------------------------------------------


@given(village(8))
def test_what_was_said_long_ago_fades_to_the_prior(attestations: list[Attestation]) -> None:
    found = standing(attestations, ME, BEN, Millis(NOW + 100 * 365 * DAY_MS))

    assert found.expectation == pytest.approx(0.9)
    assert all(row.dashed for row in found.rows)


@given(village(6), st.integers(0, 5))
def test_a_proven_forker_has_no_voice_and_leads_nowhere(attestations: list[Attestation], k: int) -> None:
    forker = member(f"m{k}")

    found = standing(attestations, ME, BEN, NOW, silenced=frozenset([forker]))

    assert all(forker not in row.path for row in found.rows)
    assert found == standing([a for a in attestations if forker not in (a.rater, a.ratee)], ME, BEN, NOW)


@given(village(6), st.lists(st.booleans(), max_size=5))
def test_rating_oneself_changes_nothing(attestations: list[Attestation], praise: list[bool]) -> None:
    selves = [rated(who, who, good, number=500 + k) for k, good in enumerate(praise) for who in (ME, BEN)]

    assert standing([*attestations, *selves], ME, BEN, NOW) == standing(attestations, ME, BEN, NOW)


@given(st.lists(st.integers(-(2**62), 2**62)), st.integers(1, 10**12))
def test_many_ages_at_once_have_the_same_recency_as_one_by_one_bit_for_bit(ages: list[int], half_life: int) -> None:
    found = recencies(np.array(ages, np.int64), half_life)

    assert found.tolist() == [recency_after(age, half_life) for age in ages]


def test_a_rating_from_a_clock_far_ahead_is_merely_fresh() -> None:
    found = standing([rated(ME, ANA), rated(ANA, BEN, at=2**64 - 1)], ME, BEN, NOW)

    assert [row.recency for row in found.rows] == [1]


@given(st.integers(-10, 10**13), st.integers(1, 10**12))
def test_recency_is_a_power_of_one_half(age: int, half_life: int) -> None:
    assert recency_after(age, half_life) == pytest.approx(2.0 ** (-max(age, 0) / half_life), rel=1e-12, abs=1e-300)


def test_a_view_answers_for_many_targets_as_if_each_was_asked_alone() -> None:
    attestations = [rated(ME, ANA), rated(ANA, BEN), rated(ANA, CLEO, False), rated(CLEO, BEN)]
    view = View(Graph(attestations), ME)

    found = [view.standing(target, NOW) for target in (BEN, CLEO)]

    assert found == [standing(attestations, ME, target, NOW) for target in (BEN, CLEO)]
    assert astuple(view.opinion(BEN, NOW)) == opinion(found[0])


def test_a_partner_whose_lane_is_taken_away_leaves_the_others_alone() -> None:
    found = standing([rated(ME, ANA), rated(ME, CLEO), rated(ANA, BEN), rated(CLEO, BEN, False)], ME, BEN, NOW)

    assert found.without == nearly({ANA: 0.6, CLEO: 14 / 15})


# -- The sentence ---------------------------------------------------------------------------------------------------

D, E, F, G = (member(word) for word in ("dora", "eve", "finn", "gus"))
TOLD = "Of the people your trades lead to, "


@pytest.mark.parametrize(
    ("attestations", "more", "said"),
    [
        ([], {}, "Nobody has rated Ben yet."),
        (
            [rated(D, BEN)],
            {},
            "Nobody your trades lead to has rated Ben. That is too little to know Ben by. "
            "1 rating comes from people you have no path to; it is not counted.",
        ),
        (
            [rated(ME, ANA), rated(ANA, BEN)],
            {},
            TOLD + "1 rated Ben well; all of that voice comes through Ana. That is too little to know Ben by."
            " Strangers could have added nothing.",
        ),
        (
            [
                *(rated(ME, ANA), rated(ME, CLEO), rated(ANA, D), rated(CLEO, D), rated(CLEO, E)),
                *(rated(D, BEN, False), rated(E, BEN), rated(CLEO, BEN), rated(F, BEN), rated(F, ANA), rated(G, BEN)),
            ],
            {},
            TOLD
            + "2 rated Ben well and 1 badly; 53 % of that voice comes through Cleo. That is too little to know Ben by."
            " 2 more ratings come from people you have no path to; they are not counted."
            " Strangers could have added at most 2.0 votes.",
        ),
        (
            [rated(ME, BEN, False)],
            {},
            "You rated Ben badly yourself. Nobody your trades lead to has rated Ben. "
            "That is too little to know Ben by.",
        ),
        (
            [rated(ANA, BEN)],
            {"inviter": ANA},
            "Of the people Ana, who invited you, leads to, 1 rated Ben well; all of that voice comes through Ana. "
            "That is too little to know Ben by. Strangers could have added nothing.",
        ),
        (
            [rated(ANA, BEN)],
            {"silenced": frozenset([BEN])},
            "Ben signed two different histories with one key, so nothing said by or about Ben counts.",
        ),
        (
            [rated(ME, ANA), rated(ME, CLEO), rated(ANA, BEN), rated(CLEO, BEN)],
            {},
            TOLD + "2 rated Ben well; 50 % of that voice comes through Ana. Strangers could have added nothing.",
        ),
    ],
)
def test_a_standing_is_said_in_plain_words(attestations: list[Attestation], more: dict[str, Any], said: str) -> None:
    found = standing(attestations, ME, BEN, NOW, **more)

    assert sentence(found, name) == said
