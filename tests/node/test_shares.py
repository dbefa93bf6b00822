"""Shares: any so many give the secret back, fewer or false ones do not, and a wrong word is named."""

from itertools import combinations

import pytest

from ruil.node import shares
from ruil.protocol.errors import Refused
from ruil.protocol.limits import SHARES_MAX

SECRET = bytes(range(32))


@pytest.mark.parametrize(("needed", "count"), [(2, 2), (2, 3), (3, 5), (16, 16)])
def test_any_so_many_give_it_back_and_one_fewer_does_not(needed: int, count: int) -> None:
    made = shares.split(SECRET, needed, count)

    for some in list(combinations(made, needed))[:12]:
        assert shares.join(some) == SECRET
        with pytest.raises(Refused, match=rf"{needed} shares are needed; 1 is missing"):
            shares.join(some[1:])
    assert {len(each.split()) for each in made} == {shares.WORD_COUNT}


def test_what_was_split_long_ago_is_joined() -> None:
    """Of long ago, in SLIP-39's format."""
    assert shares.join(FIXED[:2]) == shares.join(FIXED[1:]) == SECRET


@pytest.mark.parametrize(("needed", "count"), [(1, 3), (0, 3), (4, 3)])
def test_one_alone_is_never_enough(needed: int, count: int) -> None:
    with pytest.raises(Refused, match="at least 2"):
        shares.split(SECRET, needed, count)


def test_more_than_can_be_told_apart_are_not_made() -> None:
    with pytest.raises(Refused, match="at most 16"):
        shares.split(SECRET, 2, SHARES_MAX + 1)


def test_a_wrong_word_is_named() -> None:
    words = FIXED[0].split()

    for wrong, why in (
        ([*words[:3], "zebras", *words[4:]], 'word 4 of this share, "zebras"'),
        (words[:-1], "33 words; this one has 32"),
        ([*words[:3], words[4], words[3], *words[5:]], "no share: one of them was taken for another"),
    ):
        with pytest.raises(Refused, match=why):
            shares.read(" ".join(wrong))
    assert shares.read("\n".join(f"{place} {word.upper()}," for place, word in enumerate(words, 1)))[1] == 2


def test_shares_of_two_secrets_are_told_apart() -> None:
    with pytest.raises(Refused, match="do not belong together"):
        shares.join([FIXED[0], shares.split(SECRET, 2, 3)[1]])
    with pytest.raises(Refused, match="no share yet"):
        shares.join([])


FIXED = (
    "extend lilac academic acid adjust browser reunion traveler admit agree exchange hormone "
    "vitamins traffic jury liquid acne capacity mama enjoy reject mansion emerald duckling "
    "extend threaten ugly anatomy include stadium inform require dwarf",
    "extend lilac academic agency aunt teammate meaning body should texture lamp firm "
    "victim elder anxiety fitness warn evil sled advocate rescue vegan geology race "
    "yelp custody lend tolerate rapids beaver manager staff purple",
    "extend lilac academic always angel holy sunlight laundry deny exotic crucial imply "
    "velvet welfare observe evaluate fact lair alive peaceful romantic earth ambition elbow "
    "promise rapids decent result episode forbid short holiday elder",
)
