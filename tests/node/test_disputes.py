"""When a trade goes otherwise, and lending, from the command line: what is typed, what is shown, what is refused."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ruil.protocol.limits import DAY
from tests.node.shell import Shell, carry, founder, invited


@dataclass
class Three:
    """Anna, Ben and Mia, who hand each other a USB stick."""

    anna: Shell
    ben: Shell
    mia: Shell

    def go_round(self) -> None:
        for _ in range(2):
            carry(self.anna, self.ben)
            carry(self.ben, self.mia)
            carry(self.mia, self.anna)


@pytest.fixture
def three(tmp_path: Path) -> Three:
    anna = founder(tmp_path / "anna")
    street = Three(anna, invited(Shell(tmp_path / "ben"), "Ben", anna), invited(Shell(tmp_path / "mia"), "Mia", anna))
    for shell in (street.ben, street.mia):
        shell.ask("status")
        carry(shell, anna)
    street.go_round()
    return street


def sold(three: Three) -> str:
    """Ben takes five loaves for an hour each, with Mia to ask; three have come."""
    posted = three.anna.ask("offer", "bread", "Loaf", "--quantity", "5", "--unit", "loaf", "--want", "credit 1")
    three.go_round()
    listing = posted["listing"]["short"]
    trade = str(three.ben.ask("propose", listing, "--quantity", "5", "--mediator", "Mia")["agreement"]["short"])
    three.go_round()
    three.anna.ask("accept", trade)
    three.anna.ask("deliver", trade, "--quantity", "3")
    three.go_round()
    three.ben.ask("receive", trade)
    three.go_round()
    return trade


def test_a_dispute_is_mediated_and_settled_from_the_command_line(three: Three) -> None:
    # Ben asks Mia; what waits for her stands in her own list.
    trade = sold(three)
    three.ben.ask("dispute", trade, "two never came")
    three.go_round()
    shown = three.mia.run("agreements").stdout
    assert "mediator: you" in shown
    assert "waits for you to say how it should end" in shown

    # She proposes the three loaves and three hours; Ben and Anna say the same.
    three.mia.ask("mediate", trade, "--received", "2=3", "--reason", "three came")
    three.go_round()
    assert "the mediator would have it end with 3 loaf, 3 hours" in three.anna.run("agreements").stdout.lower()
    three.ben.ask("settle", trade, "--like", "mediator")
    three.go_round()
    three.anna.ask("settle", trade, "--like", "Ben")
    three.go_round()

    # It has ended, and three hours have moved.
    for shell in (three.anna, three.ben):
        (known,) = shell.ask("agreements")["agreements"]
        assert known["state"] == "settled"
    assert "balance 3 hours" in three.ben.run("why", "Anna").stdout

    # What can not be said has its sentence.
    assert "the agreement is settled" in three.anna.refused("deliver", trade, "--number", "1", "--quantity", "1")[1]


@pytest.mark.parametrize(
    ("who", "words", "sentence"),
    [
        ("ben", "settle TRADE --received 1=6", "that is more than promised: 6 of 5 loaf Loaf"),
        ("ben", "settle TRADE --received 7=1", "write the number of a promise"),
        ("ben", "settle TRADE --received 1=some", "is not a whole number"),
        ("ben", "settle TRADE --like Anna", "Anna has not said yet how it should end"),
        ("ben", "settle TRADE --like Anna --received 1=1", "not both"),
        ("ben", "extend TRADE --days 0", "say how many days longer, at least 1"),
        ("ben", "extend TRADE --days 900", "for no more than two years in all"),
        ("ben", "mediate TRADE", "only the mediator whom the agreement names can say how it should end"),
        ("mia", "mediate TRADE", "nobody has asked the mediator"),
        ("mia", "settle TRADE", "only the parties of an agreement have a say in it"),
        ("ben", "lend 0 Anna", "a loan is given back in one part or several, none of them zero"),
        ("ben", "lend 1 Ben", "lender, borrower and who stands in are different people"),
        ("ben", "lend 500 Anna", "that costs 500 hours, and you can spend"),
        ("ben", "team --role painting", "is no role: write how much of what at most"),
    ],
)
def test_what_can_not_be_said_has_its_sentence(
    sold_once: tuple[Three, str], who: str, words: str, sentence: str
) -> None:
    three, trade = sold_once
    shell = {"ben": three.ben, "mia": three.mia}[who]

    code, said = shell.refused(*(trade if word == "TRADE" else word for word in words.split()))

    assert (code, sentence in said) == (8, True), said


@pytest.fixture(scope="module")
def sold_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Three, str]:
    homes = tmp_path_factory.mktemp("street")
    anna = founder(homes / "anna")
    street = Three(anna, invited(Shell(homes / "ben"), "Ben", anna), invited(Shell(homes / "mia"), "Mia", anna))
    for shell in (street.ben, street.mia):
        shell.ask("status")
        carry(shell, anna)
    street.go_round()
    return street, sold(street)


def test_a_loan_comes_back_one_part_at_a_time_and_what_is_late_is_shown_in_words(three: Three) -> None:
    lent = str(
        three.anna.ask("lend", "4", "Ben", "--times", "2", "--first", "10", "--every", "10")["agreement"]["short"]
    )
    three.go_round()
    three.ben.ask("accept", lent)
    three.go_round()
    three.anna.ask("deliver", lent)
    three.go_round()

    # Credit that arrives is confirmed by itself, and nothing is paid back for that; then one part of the two is.
    (known,) = three.ben.ask("agreements")["agreements"]
    assert [each["received"] for each in known["commitments"]] == [240, 0, 0]
    three.ben.ask("deliver", lent)
    three.go_round()
    (known,) = three.anna.ask("agreements")["agreements"]
    assert [each["received"] for each in known["commitments"]] == [240, 120, 0]

    with three.anna.clock_ahead(21 * DAY):
        assert "2 hours late since" in three.anna.run("agreements").stdout
    with three.anna.clock_ahead(40 * DAY):
        assert "2 hours in default since" in three.anna.run("agreements").stdout


def test_a_team_is_joined_and_paid_for_what_it_did(three: Three) -> None:
    begun = three.anna.ask("team", "--role", "10 hour painting for 0.5", "--answer-days", "1", "--days", "5")
    team = str(begun["agreement"]["short"])
    three.go_round()
    three.ben.ask("join", team, "10")
    three.go_round()
    three.anna.ask("close", team)
    three.go_round()
    three.ben.ask("deliver", team, "--quantity", "4")
    three.go_round()

    three.anna.ask("receive", team)
    three.go_round()

    three.ben.ask("status")  # his node confirms the credit that came
    three.go_round()
    assert "balance 2 hours" in three.anna.run("why", "Ben").stdout
