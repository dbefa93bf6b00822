"""Lines: a payment finds its way over trust lines, as much as can go, and nobody between gives more than they get."""

import random

from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.lines import Line, draws

PEOPLE = [MemberId(bytes([letter]) * 32) for letter in b"abcdef"]
A, B, C, D, E, F = PEOPLE


def line(number: int, lender: MemberId, borrower: MemberId, left: int) -> Line:
    return Line(lender, borrower, left, EntryId(number.to_bytes(32, "big")))


def test_it_goes_the_shortest_way_and_round_when_that_is_full() -> None:
    short, first, second = line(1, A, D, 5), line(2, A, B, 9), line(3, B, D, 9)

    assert draws([first, second, short], A, D, 4) == [(short, 4)]
    assert draws([first, second, short], A, D, 8) == [(short, 5), (first, 3), (second, 3)]


def test_what_was_drawn_the_wrong_way_at_first_is_given_back() -> None:
    # First A, B, E, D. Then C comes to E too, from where all goes on already, so B sends what it has by way of F.
    ways = [(A, B), (B, E), (E, D), (A, C), (C, E), (B, F), (F, D)]
    lines = [line(number, one, two, 3) for number, (one, two) in enumerate(ways)]

    found = draws(lines, A, D, 6)

    assert [(each.lender, each.borrower) for each, _ in found] == [(A, B), (E, D), (A, C), (C, E), (B, F), (F, D)]
    assert {much for _, much in found} == {3}


def test_where_there_is_no_way_nothing_is_drawn() -> None:
    assert draws([line(1, B, A, 9)], A, B, 5) == []
    assert draws([line(1, A, B, 9)], A, A, 5) == []


def least_cut(lines: list[Line], lender: MemberId, borrower: MemberId) -> int:
    """The least that separates the two, over all ways to part the people: the largest flow is as large."""
    between = [who for who in PEOPLE if who not in (lender, borrower)]
    cuts = []
    for chosen in range(2 ** len(between)):
        near = {lender, *(who for bit, who in enumerate(between) if chosen >> bit & 1)}
        cuts.append(sum(each.left for each in lines if each.lender in near and each.borrower not in near))
    return min(cuts)


LINES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 20)), max_size=14)


@given(LINES, st.integers(1, 100), st.integers(0, 2**32))
def test_as_much_goes_as_can_and_nobody_between_gains_or_loses(
    made: list[tuple[int, int, int]], amount: int, seed: int
) -> None:
    lines = [line(number, PEOPLE[one], PEOPLE[two], left) for number, (one, two, left) in enumerate(made) if one != two]

    found = draws(lines, A, B, amount)

    shuffled = list(lines)
    random.Random(seed).shuffle(shuffled)
    assert draws(shuffled, A, B, amount) == found, f"seed {seed}"
    assert all(0 < much <= each.left for each, much in found)
    gets = dict.fromkeys(PEOPLE, 0)
    for each, much in found:
        gets[each.lender] -= much
        gets[each.borrower] += much
    goes = min(amount, least_cut(lines, A, B))
    assert gets == {**dict.fromkeys(PEOPLE, 0), A: -goes, B: goes}
