"""What each kind of person leaves behind. Spec: docs/spec/scenario.md#people."""

from ruil.simulations.run import Result, run
from ruil.simulations.scenario import parse


def played(*, honest: int, silent: int = 0, forking: int = 0, faults: str = "") -> Result:
    members = honest + silent + forking
    return run(
        parse(
            f"""
            [run]
            name = "few"
            seed = 5
            duration = "3h"
            [population]
            members = {members}
            activity = 24
            categories = 3
            mix = {{ honest = {honest}, silent = {silent}, forking = {forking} }}
            {faults}
            """
        ),
        5,
    )


def test_honest_people_on_a_good_network_leave_nothing_lapsed_for_want_of_an_answer() -> None:
    result = played(honest=8)

    assert result.measures["agreements_completed"] > 0
    assert result.measures["agreements_lapsed"] == 0
    assert result.measures["blamed"] == 0
    assert result.measures["delivery"] == 1.0


def test_what_silent_people_leave_undone_ends_by_itself() -> None:
    result = played(honest=4, silent=6)

    assert result.measures["agreements_lapsed"] > 0
    assert result.measures["agreements_open_after_deadline"] == 0
    assert result.measures["digest_equal"]


def test_whoever_forks_is_proved_to_every_honest_member() -> None:
    result = played(honest=8, forking=2)

    assert result.measures["forks"] == 2
    assert result.measures["fork_proof_share"] == 1.0
    assert result.measures["fork_proof_last_ms"] >= 0
    assert result.measures["digest_equal"]


def test_a_partition_heals_and_nothing_said_behind_it_is_lost() -> None:
    result = played(
        honest=12,
        faults="""
            [[faults]]
            kind = "partition"
            at = "20m"
            for = "40m"
            share = 0.5
        """,
    )

    assert 0 < result.measures["heal_ms"] <= 60_000
    assert result.measures["delivery"] == 1.0
    assert result.measures["digest_equal"]


def test_a_node_that_stopped_comes_back_with_its_disk_and_catches_up() -> None:
    result = played(
        honest=10,
        faults="""
            [[faults]]
            kind = "crash"
            at = "20m"
            for = "1h"
            share = 0.3
        """,
    )

    assert result.measures["delivery"] == 1.0
    assert result.measures["digest_equal"]
