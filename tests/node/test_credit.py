"""Credit at the command line: three neighbours set their debts off, vote, trust each other, and read the receipts."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ruil import speak
from tests.node.shell import Shell, books, eventually, founder, founding

pytestmark = pytest.mark.processes
NAMES = ("ben", "carla")


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One profile for every bad input: at the end its Book must be what it was."""
    shell = founder(tmp_path_factory.mktemp("unharmed"))
    before = shell.ask("check")

    yield shell

    assert shell.ask("check") == before


@pytest.fixture
def street(tmp_path: Path) -> Iterator[list[Shell]]:
    """Anna, Ben and Carla, each let in by Anna, each with a node that runs."""
    anna, *guests = (Shell(tmp_path / name, DISCOVER="no") for name in ("anna", *NAMES))
    with contextlib.ExitStack() as nodes:
        nodes.enter_context(founding(anna).running())
        eventually(lambda: anna.look("status")["addresses"] != [])
        for guest, name in zip(guests, NAMES, strict=True):
            guest.ask("init", name.capitalize())
            guest.ask("invite", "use", anna.look("invite")["invitation"])
            nodes.enter_context(guest.running())
        people = [anna, *guests]
        for one in people:
            eventually(lambda: members(one) == ["founder", "member", "member"])  # noqa: B023
        spread(people)
        yield people


def members(one: Shell) -> list[str]:
    return sorted(row["membership"] for row in one.look("people")["people"])


def spread(people: list[Shell]) -> None:
    """What was said has reached everybody."""
    eventually(lambda: len(books(*people)) == 1)


def owes(people: list[Shell], debtor: Shell, creditor: Shell, hours: str) -> str:
    """The debtor took bread that is to be paid later."""
    made = creditor.ask("offer", "bread", "Loaf", "--want", f"credit {hours}")
    spread(people)
    trade: str = debtor.ask("propose", made["listing"]["short"], "--days", "30")["agreement"]["short"]
    spread(people)
    creditor.ask("accept", trade)
    spread(people)
    return trade


def test_a_circle_of_debts_is_set_off_and_the_statement_shows_it(street: list[Shell]) -> None:
    anna, ben, carla = street
    for debtor, creditor, hours in ((anna, ben, "1"), (ben, carla, "1.5"), (carla, anna, "2")):
        owes(street, debtor, creditor, hours)
    before = anna.ask("exposure")["exposure"]
    assert (before["owed"], before["coming"], before["left"]) == (60, 120, 540)

    code, why = anna.refused("clear")
    assert (code, "no circle of debts through you that all others have consented to" in why) == (speak.REFUSED, True), (
        why
    )
    for guest in (ben, carla):
        guest.ask("consent", "--most", "1", "--until-days", "30")
    spread(street)
    made = anna.ask("clear")["agreement"]
    spread(street)

    def state() -> str:
        return str(next(each["state"] for each in carla.look("agreements")["agreements"] if each["id"] == made["id"]))

    eventually(lambda: state() == "completed")  # each node signs by itself, and Anna's closes it
    spread(street)
    after = anna.ask("exposure")["exposure"]
    assert (after["balance"], after["owed"], after["coming"]) == (0, 0, 60)
    for shell in street:
        rows = shell.ask("statement")["statement"]
        assert sorted(row["amount"] for row in rows) == [-60, 60]
        assert rows[-1]["balance"] == 0
    table = anna.run("statement", "--as-csv").stdout.splitlines()
    assert table[0] == "date,other,words,amount,balance,agreement,receipt"
    assert {line.split(",")[-1] for line in table[1:]} == {made["id"]}


def test_a_call_is_voted_on_and_its_reward_split(street: list[Shell]) -> None:
    anna, ben, carla = street
    asked = anna.ask("call", "A name for the garden", "2")["agreement"]["short"]
    spread(street)
    ben.ask("join", asked, "--text", "Sunny Side")
    carla.ask("join", asked, "--text", "Elm Patch")
    spread(street)
    for voter, name in ((anna, "Ben"), (ben, "Ben"), (carla, "Carla")):
        voter.ask("vote", asked, name)
    spread(street)

    closed = anna.ask("close", asked)["agreement"]

    rewards = [each["quantity"] for each in closed["commitments"] if each["credit"]]
    assert sorted(rewards) == [40, 80]


def test_a_trust_line_carries_what_was_drawn_and_a_payment_finds_its_way(street: list[Shell]) -> None:
    anna, ben, carla = street
    lines = [carla.ask("trust", "Ben", "5"), ben.ask("trust", "Anna", "3")]
    spread(street)
    for who, line in zip((ben, anna), lines, strict=True):
        who.ask("accept", line["agreement"]["short"])
    spread(street)

    steps = anna.ask("path", "Carla", "2")["path"]
    code, why = anna.refused("path", "Carla", "4")

    assert {(step["lender"], step["borrower"], step["amount"]) for step in steps} == {
        ("Carla", "Ben", 120),
        ("Ben", "you", 120),
    }
    assert (code, "carry 3 hours of 4 hours" in why) == (speak.REFUSED, True), why


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("consent", "--most", "much"), "is not an amount"),
        (("consent", "--most", "-1"), "an amount of 0 or more"),
        (("consent", "--most", "1", "--until-days", "0"), "holds for 1 to 365 days"),
        (("call", " ", "1"), "say what you ask for"),
        (("call", "A name", "0"), "a number above 0"),
        (("trust", "Anna", "1"), "is for somebody else"),
        (("trust", "Anna", "0"), "is for somebody else"),
        (("trust", "Nobody", "1"), "no member here is called"),
        (("vote", "abcd", "Anna"), "no proposal with open place"),
        (("clear", "--ask-others"), "there is no circle of debts through you"),
        (("statement", "Nobody"), "no member here is called"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_gets_its_sentence_and_says_nothing(unharmed: Shell, words: tuple[str, ...], sentence: str) -> None:
    code, why = unharmed.refused(*words)

    assert (code, sentence in why) == (speak.REFUSED, True), why
