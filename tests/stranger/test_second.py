"""What one implementation takes the other takes, and what one refuses so does the other: no lie splits a community."""

import pytest

from tests.stranger.second import SUBJECTS, compare

SEED = 25  # `make soak` takes others
COUNT = {"entry": 500, "invitation": 400}  # a signature takes 3 ms there; of the others 1,500


@pytest.mark.parametrize("check", SUBJECTS)
def test_two_implementations_say_yes_and_no_to_the_same(node: str, check: str) -> None:
    count = COUNT.get(check, 1_500)

    outcome = compare(node, check, count, SEED)

    assert outcome.differ == [], f"seed {SEED}: {len(outcome.differ)} of {outcome.read} differ"
    assert count // 50 < outcome.taken < count - count // 50  # else it is no test of one of the two answers
