"""`make soak`: each of its subjects runs, adds up what it tried, and nothing that is lost goes by in silence."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.soak.__main__ import SUBJECTS, main
from tests.soak.row import Row, Subject
from tests.stranger.conftest import needed


@dataclass
class Coins:
    """A subject of its own, which loses what it is told to. Remembers what it was asked."""

    NAME: str
    rows: tuple[Row, ...]
    seconds: float = -1
    seed: int = -1

    def run(self, seconds: float, seed: int) -> Iterator[Row]:
        self.seconds, self.seed = seconds, seed
        yield from self.rows


@pytest.mark.processes
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.NAME)
def test_every_subject_tries_something_and_loses_nothing_in_the_shortest_time(
    subject: Subject, capsys: pytest.CaptureFixture[str]
) -> None:
    if subject.NAME == "stranger":
        needed()

    assert main(["--only", subject.NAME, "--seconds", "0", "--seed", "7"]) == 0, capsys.readouterr().out


def test_each_thing_has_one_row_with_all_that_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    calm = Coins("calm", (Row("toss", 3, 0), Row("roll", 1, 0, "a die"), Row("toss", 4, 0, "heads")))

    assert main(["--seed", "7", "--seconds", "60"], [calm]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["seed", "7"],
        ["subject", "what", "tried", "lost", "note"],
        ["calm", "toss", "7", "0", "heads"],
        ["calm", "roll", "1", "0", "a", "die"],
        ["lost:", "nothing"],
    ]


def test_a_loss_is_counted_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    unlucky = Coins("unlucky", (Row("toss", 3, 0), Row("toss", 3, 2, "seed 11")))

    assert main([], [Coins("calm", (Row("toss", 1, 0),)), unlucky]) == 1

    assert "lost: 2" in capsys.readouterr().out


def test_a_subject_that_tried_nothing_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], [Coins("idle", ()), Coins("lazy", (Row("toss", 0, 0),))]) == 1

    assert "idle: nothing was tried\nlazy: nothing was tried\n" in capsys.readouterr().out


def test_without_node_js_the_table_says_so_and_it_is_no_proof(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert main(["--only", "stranger", "--seconds", "0"]) == 1

    said = capsys.readouterr().out
    assert "no Node.js and npm are installed on this machine" in said
    assert "stranger: nothing was tried" in said


def test_the_time_is_divided_and_what_one_leaves_the_others_share() -> None:
    started = time.monotonic()
    quick = [Coins(name, (Row("toss", 1, 0),)) for name in ("one", "two", "three")]

    main(["--seconds", "90", "--seed", "5", "--only", "one", "--only", "three"], quick)

    took = time.monotonic() - started
    assert [subject.seed for subject in quick] == [5, -1, 5]
    assert 45 - took <= quick[0].seconds <= 45
    assert 90 - took <= quick[2].seconds <= 90


def test_a_subject_nobody_has_is_refused_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "coins"], [Coins("calm", ())])

    assert "there is no subject 'coins' here; there are calm" in capsys.readouterr().err
