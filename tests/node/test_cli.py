"""The command line, as a member types it: two profiles that meet by USB stick, and what is said to bad input."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.shell import Shell, carry, founder


@pytest.fixture
def anna(tmp_path: Path) -> Shell:
    return founder(tmp_path / "anna")


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One profile for every bad input: at the end its Book must be what it was."""
    shell = founder(tmp_path_factory.mktemp("unharmed"))
    before = shell.ask("check")

    yield shell

    assert shell.ask("check") == before


def test_two_neighbours_trade_by_usb_stick_and_a_researcher_reads_the_same_book(tmp_path: Path, anna: Shell) -> None:
    ben = Shell(tmp_path / "ben")
    ben.ask("init", "Ben")
    ben.ask("invite", "use", anna.ask("invite", "new")["invitation"])
    ben.ask("status")
    carry(ben, anna)
    anna.ask("status")
    carry(anna, ben)
    assert ben.ask("status")["membership"] == "member"

    bread = anna.ask("offer", "bread", "Sourdough loaf", "--quantity", "4", "--unit", "loaf", "--want", "credit 0.5")
    carry(anna, ben)
    trade = ben.ask("propose", bread["listing"]["short"], "--quantity", "2")["agreement"]["short"]
    carry(ben, anna)
    anna.ask("accept", trade)
    anna.ask("deliver", trade)
    carry(anna, ben)
    ben.ask("receive", trade)
    carry(ben, anna)
    assert anna.ask("agreements")["agreements"][0]["state"] == "completed"
    anna.ask("rate", trade, "good", "A pleasure")
    carry(anna, ben)
    ben.ask("rate", trade, "good")
    carry(ben, anna)
    anna.ask("status")
    carry(anna, ben)
    standing = ben.ask("why", "Anna")["person"]
    assert standing["balance_parts"] == 60
    assert [row["rater"] for row in standing["rows"]] == ["Ben"]

    stick = ben.home / "all.ruil"
    exported = ben.ask("export", str(stick))
    verified = ben.ask("replay", "verify", str(stick))
    assert verified["faults"] == []
    assert verified["book"] == ben.ask("check")["book"]
    state = Shell(tmp_path / "researcher").ask("replay", "state", str(stick), "--at", str(exported["at"]))
    assert state["book"] == verified["book"]
    assert state["agreements"] == {"completed": 1}


def test_what_is_wanted_is_read_back_as_it_was_typed(anna: Shell) -> None:
    wanted = ["nothing", "credit 1.5", "3 jar honey", "12 eggs", "help with moving"]

    posted = anna.ask("offer", "jam", "Jam", *(word for want in wanted for word in ("--want", want)))

    assert posted["listing"]["wants"] == ["nothing", "1.5 hours", "3 jar honey", "12 eggs", "help with moving"]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ruil.node.cli.main", ("numpy", "trio", "libp2p", "nacl", "apsw", "msgspec", "starlette")),
        ("ruil.node.offline", ("numpy", "libp2p", "starlette", "hypercorn")),
    ],
)
def test_a_command_imports_no_more_than_it_needs(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sys.modules.keys() & set({heavy}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("offer", " ", "Bread"), 8, "a listing needs a kind"),
        (("offer", "bread", "Bread", "--quantity", "0"), 8, "a quantity of zero"),
        (("offer", "bread", "Bread", "--place", "871969500ffffff0"), 8, "is not a place"),
        (("offer", "bread", "Bread", "--place", "8a1969500007fff"), 8, "finer than allowed"),
        (("offer", "bread", "Bread", "--days", "9999"), 8, "within 180 days"),
        (("propose", "zzzzzzzz"), 8, "no listing here is called"),
        (("accept", "zzzzzzzz"), 8, "no agreement here is called"),
        (("why", "Nobody"), 8, "no member here is called"),
        (("invite", "use", "nonsense"), 8, "in a community already"),
        (("init", "Anna"), 8, "belongs to Anna already"),
        (("import", "/nowhere"), 8, "can not be read"),
        (("replay", "verify", "/dev/null"), 8, "not a ruil bundle"),
        (("replay", "state", "/dev/null", "--at", "soon"), 8, "is not a moment"),
    ],
)
def test_bad_input_gets_a_sentence_and_a_code(
    unharmed: Shell, words: tuple[str, ...], code: int, sentence: str
) -> None:
    got, said = unharmed.refused(*words)

    assert (got, sentence in said) == (code, True), said


def test_a_profile_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    code, said = Shell(tmp_path / "empty").refused("near")

    assert (code, said) == (3, "There is no profile here yet. Begin with: ruil init NAME")


def test_keys_others_can_read_are_not_used(anna: Shell) -> None:
    (anna.home / "identity.json").chmod(0o644)

    code, said = anna.refused("status")

    assert code == 6
    assert "chmod 600" in said


def test_a_changed_bundle_is_found_out(tmp_path: Path, anna: Shell) -> None:
    anna.ask("status")
    path = tmp_path / "all.ruil"
    anna.ask("export", str(path))
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)

    done = anna.run("replay", "verify", str(path), "--json")

    assert done.returncode == 9
    assert json.loads(done.stdout)["faults"] != []
