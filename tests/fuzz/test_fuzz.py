"""Every decoder answers whatever bytes it gets: with a value or with its documented error, soon and in little memory.

So many seconds over all of them (FUZZ_SECONDS; CI takes 60), always from one seed, so that what fails here fails again;
`make fuzz` takes ten minutes and a new seed each time.
"""

import os
import random
from pathlib import Path

import pytest

from ruil.protocol import codec
from ruil.protocol.errors import Rejected
from tests.fuzz import search
from tests.fuzz.__main__ import fuzzed, main
from tests.fuzz.search import Found, Search, Target
from tests.fuzz.targets import TARGETS

SECONDS = float(os.environ.get("FUZZ_SECONDS", "10"))
SEED = 20_261_130


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_decoder_answers_whatever_it_is_given(target: Target) -> None:
    try:
        done = fuzzed(target, SECONDS / len(TARGETS), SEED)
    except Found as why:
        pytest.fail(f"{why}\nseed {SEED}, input {why.data[:2_000].hex()}")

    assert done.tried >= 16
    assert done.taken, "not even a sample is decoded: the target tests nothing"


def test_a_bug_behind_a_check_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def planted(data: bytes) -> None:
        value = codec.decode(data)
        if isinstance(value, dict) and isinstance(value.get("n"), int) and value["n"] > 2**31:
            raise KeyError("planted")

    target = Target("planted", planted, (Rejected,), (codec.encode({"a": b"x", "n": 7, "list": [1, 2]}),))

    assert main(["--seconds", "20", "--seed", "1"], [target], tmp_path) == 1

    (path,) = tmp_path.iterdir()
    assert codec.decode(path.read_bytes())["n"] > 2**31
    assert path.read_bytes().hex() in capsys.readouterr().out
    with pytest.raises(Found, match="raises KeyError: 'planted'"):  # it is tried first from now on
        fuzzed(target, 0, seed=2, kept=tmp_path)


def test_two_codings_of_one_value_and_a_slow_answer_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lax = Target("lax", lambda data: bytes(data[:1]), (), (b"ab",))
    with pytest.raises(Found, match="coded again"):
        Search(lax, random.Random(1)).run(1)

    monkeypatch.setattr(search, "SECONDS_MAX", 0.05)
    slow = Target("slow", lambda _: sum(range(20_000_000)) and None, (), (b"a",))
    with pytest.raises(Found, match=r"takes \d"):
        Search(slow, random.Random(1)).feed(b"a")


def test_inputs_that_reach_new_lines_are_built_upon() -> None:
    # Six bits, each in a byte of its own, and behind the one before: no chance sets all of them in one step.
    steps = Search(Target("steps", _steps, (Rejected,), (b"......",)), random.Random(5))

    with pytest.raises(Found, match="all the way down"):
        steps.run(60)


def _steps(data: bytes) -> None:
    if data[0:1] < b"\x80":
        raise Rejected("0")
    if data[1:2] < b"\x80":
        raise Rejected("1")
    if data[2:3] < b"\x80":
        raise Rejected("2")
    if data[3:4] < b"\x80":
        raise Rejected("3")
    if data[4:5] < b"\x80":
        raise Rejected("4")
    if data[5:6] < b"\x80":
        raise Rejected("5")
    raise KeyError("all the way down")
