"""What one implementation takes the other takes, and what one refuses so does the other: no lie splits a community."""

import pytest

from tests.stranger.second import SUBJECTS, compare

SEED = 25  # `make soak` takes others


@pytest.mark.parametrize("check", SUBJECTS)
def test_two_implementations_say_the_same_of_whatever_is_odd(node: str, check: str) -> None:
    count = SUBJECTS[check].at_once

    outcome = compare(node, check, count, SEED)

    assert outcome.differ == [], f"seed {SEED}: {len(outcome.differ)} of {outcome.read} differ"
    assert outcome.taken > count // 50
    assert (
        SUBJECTS[check].answers or outcome.taken < count - count // 50
    )  # else it is no test of one of the two answers
