"""Credit at the command line: three neighbours set their debts off, vote, trust each other, and read the receipts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ruil import speak
from tests.node.shell import Shell, carry, founder

NAMES = ("ben", "carla")


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One profile for every bad input: at the end its Book must be what it was."""
    shell = founder(tmp_path_factory.mktemp("unharmed"))
    before = shell.ask("check")

    yield shell

    assert shell.ask("check") == before


@pytest.fixture
def street(tmp_path: Path) -> list[Shell]:
    """Anna, Ben and Carla, each let in by Anna, who have read each other."""
    anna = founder(tmp_path / "anna")
    people = [anna]
    for name in NAMES:
        guest = Shell(tmp_path / name)
        guest.ask("init", name.capitalize())
        guest.ask("invite", "use", anna.ask("invite", "new")["invitation"])
        guest.ask("status")
        people.append(guest)
    spread(people)
    return people


def spread(people: list[Shell]) -> None:
    """Everybody brings everybody all they have, and answers what there is to answer."""
    for _ in range(2):
        for giver in people:
            for taker in people:
                if giver is not taker:
                    carry(giver, taker)
                    taker.ask("status")


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

    known = next(each for each in carla.ask("agreements")["agreements"] if each["id"] == made["id"])
    assert known["state"] == "completed"
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
