"""A scenario says what it means, or is refused with a sentence. Spec: docs/spec/scenario.md."""

from pathlib import Path

import pytest

from ruil.protocol.errors import Refused
from ruil.simulations.scenario import Scenario, load, milliseconds, parse

SCENARIOS = Path(__file__).parents[2] / "simulations" / "scenarios"

VILLAGE = """
[run]
name = "village"
seed = 1
duration = "2h"

[population]
members = 4
mix = { honest = 3, silent = 1 }
"""

PARTITION = """
[[faults]]
kind = "partition"
at = "10m"
for = "20m"
share = 0.5
"""


def test_every_scenario_that_ships_can_be_read() -> None:
    names = sorted(path.stem for path in SCENARIOS.glob("*.toml"))

    read = [load(SCENARIOS / f"{name}.toml").run.name for name in names]

    assert read == names == ["market", "small", "village"]


def test_what_is_not_given_is_a_fair_network_without_faults() -> None:
    read = parse(VILLAGE)

    assert isinstance(read, Scenario)
    assert read.network.loss == 0
    assert read.network.degree == 6
    assert read.faults == read.expect == ()


@pytest.mark.parametrize(("said", "meant"), [("90s", 90_000), ("10m", 600_000), ("6h", 21_600_000), ("1d", 86_400_000)])
def test_a_duration_is_a_number_and_a_unit(said: str, meant: int) -> None:
    assert milliseconds(said) == meant


@pytest.mark.parametrize("said", ["", "6", "h", "-1h", "1.5h", "1 h", "1w"])
def test_any_other_duration_is_refused(said: str) -> None:
    with pytest.raises(Refused, match="is not a duration"):
        milliseconds(said)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (VILLAGE + "colour = 3", r"\[population\] has no key 'colour'"),
        ("colour = 3" + VILLAGE, "a scenario has no key 'colour'"),
        (VILLAGE + PARTITION + "colour = 3", r"\[faults\[0\]\] has no key 'colour'"),
        (VILLAGE.replace("honest = 3", "honest = 2"), "the mix has 3 members, and the population 4"),
        (VILLAGE.replace('"2h"', '"2 hours"'), "'2 hours' is not a duration"),
        (VILLAGE.replace('"2h"', '"5m"'), "too short for a trade"),
        (VILLAGE + PARTITION.replace('"20m"', '"2h"'), "the partition at 10m lasts longer than the run"),
        (VILLAGE + PARTITION + PARTITION, "two partitions overlap"),
        (VILLAGE + PARTITION.replace("partition", "flood"), "flood"),
        (VILLAGE + PARTITION.replace("0.5", "1.5"), "share of a partition is above 0 and below 1"),
        (VILLAGE.replace("seed = 1", ""), "seed"),
        ("[run", "this is not TOML"),
    ],
)
def test_a_slip_is_refused_with_a_sentence_that_names_it(toml: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        parse(toml)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="can not be read"):
        load(tmp_path / "nowhere.toml")


def test_the_hash_names_what_was_read_and_not_how_it_was_written() -> None:
    one = parse(VILLAGE)

    commented = parse("# another\n" + VILLAGE.replace("silent = 1 }", "silent = 1, forking = 0 }"))
    other = parse(VILLAGE.replace("seed = 1", "seed = 2"))

    assert one.hash == commented.hash
    assert one.hash != other.hash
    assert len(one.hash) == 64


@pytest.mark.parametrize("text", ["seed = " + "1" * 5_000, "a = " + "[" * 10_000])
def test_a_number_or_a_nesting_without_end_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="this is not TOML"):
        parse(text)
