"""A run plays real peers from one seed: its promises hold in a village in which much goes wrong."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ruil.simulations.measures import percentile
from ruil.simulations.run import Result, judge, run
from ruil.simulations.scenario import Expect, load, parse

SMALL = Path(__file__).parents[2] / "simulations" / "scenarios" / "small.toml"
TRACE = """
import sys
from pathlib import Path
from ruil.simulations.run import run
from ruil.simulations.scenario import load
print(run(load(Path(sys.argv[1])), 11).trace_hash)
"""
QUIET = """
[run]
name = "quiet"
seed = 3
duration = "1h"
[population]
members = 6
activity = 60
mix = { honest = 5, silent = 1 }
"""


@pytest.fixture(scope="module")
def small() -> Result:
    scenario = load(SMALL)
    return run(scenario, scenario.run.seed)


def test_a_small_village_meets_every_expectation(small: Result) -> None:
    assert small.ok
    assert [each["metric"] for each in small.expectations if not each["ok"]] == []


def test_no_agreement_is_left_open(small: Result) -> None:
    ended = ("completed", "cancelled", "declined", "replaced", "withdrawn", "lapsed")

    assert small.measures["agreements_open_after_deadline"] == 0
    assert sum(small.measures[f"agreements_{state}"] for state in ended) == small.measures["agreements"] > 0


def test_every_honest_member_ends_with_every_entry_and_the_same_book(small: Result) -> None:
    assert small.measures["delivery"] == 1.0
    assert small.measures["digests"] == 1


def test_every_honest_member_holds_the_proof_of_a_fork(small: Result) -> None:
    assert small.measures["forks"] == 1
    assert small.measures["fork_proof_share"] == 1.0
    assert 0 < small.measures["fork_proof_last_ms"] < 60_000


def test_the_village_really_trades_and_its_credit_sums_to_nothing(small: Result) -> None:
    assert small.measures["trades_completed"] >= 5
    assert small.measures["credit_moved"] > 0
    assert small.measures["credit_sum"] == 0


def test_the_plain_result_names_its_seed_scenario_and_trace(small: Result) -> None:
    plain = small.plain()

    assert plain["seed"] == 7
    assert plain["scenario_hash"] == load(SMALL).hash
    assert len(plain["trace_hash"]) == 64
    assert plain["ok"] is True


def test_the_trace_is_the_same_in_other_processes_with_other_hash_seeds() -> None:
    def started(hash_seed: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", TRACE, str(SMALL)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )

    processes = [started(hash_seed) for hash_seed in ("0", "1", "4242")]
    traces = [process.communicate(timeout=300)[0].strip() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(traces[0]) == 64
    assert len(set(traces)) == 1


def test_another_seed_is_another_run_and_the_same_seed_is_not() -> None:
    quiet = parse(QUIET)

    traces = [run(quiet, seed).trace_hash for seed in (3, 3, 4)]

    assert traces[0] == traces[1] != traces[2]


def test_progress_grows_from_nothing_to_one() -> None:
    heard: list[float] = []

    run(parse(QUIET), 3, heard.append)

    assert heard == sorted(heard)
    assert heard[-1] == 1.0


@pytest.mark.parametrize(
    ("op", "value", "met"),
    [("==", 3, True), ("!=", 3, False), ("<", 4, True), ("<=", 3, True), (">", 3, False), (">=", 4, False)],
)
def test_an_expectation_compares_what_was_got(op: str, value: int, met: bool) -> None:
    expected = parse(QUIET + f'[[expect]]\nmetric = "forks"\nop = "{op}"\nvalue = {value}').expect[0]

    judged = judge(expected, {"forks": 3})

    assert judged == {"metric": "forks", "op": op, "value": value, "got": 3, "ok": met}


def test_an_expectation_of_a_measure_nobody_takes_is_missed() -> None:
    assert judge(Expect("happiness", ">=", 0), {})["ok"] is False


def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed() -> None:
    counted = Counter({10: 98, 500: 1, 900: 1})

    assert [percentile(counted, part) for part in (1, 50, 98, 99, 100)] == [10, 10, 10, 500, 900]
    assert percentile(Counter(), 50) == 0
