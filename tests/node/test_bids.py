"""Sealed bids at a terminal: three neighbours with a USB stick, from the need to the one that is accepted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ruil import speak
from ruil.protocol.limits import DAY, HOUR
from tests.node.shell import Shell, carry, founder, invited


def until(days: int) -> str:
    """A time as people type it, so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M")


@dataclass
class Street:
    """Ben needs two hours of credit and a wall, and takes bids for two days; Anna and Carla bid."""

    anna: Shell
    ben: Shell
    carla: Shell
    saw: str
    wall: str

    def everybody_hears(self) -> None:
        """The stick goes round, and each node that read it says by itself what is due."""
        for _ in range(2):
            for one, other in ((self.anna, self.ben), (self.ben, self.carla), (self.carla, self.anna)):
                carry(one, other)
                other.ask("status")

    def bids(self, who: Shell, listing: str) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in who.ask("bids", listing)["bids"]}


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    homes = tmp_path_factory.mktemp("street")
    anna = founder(homes / "anna")
    ben, carla = (invited(Shell(homes / name.lower()), name, anna) for name in ("Ben", "Carla"))
    for guest in (ben, carla):
        guest.ask("status")
        carry(guest, anna)
    anna.ask("status")  # lets them in
    for guest in (ben, carla):
        carry(anna, guest)
    asked = ("--bids-until", until(2))
    saw = ben.ask("need", "credit", "A saw", "--quantity", "2", "--unit", "credit", *asked)["listing"]
    wall = ben.ask("need", "garden", "A wall", *asked)["listing"]
    assert (saw["left_text"], wall["left_text"]) == ("2 hours", "1")
    made = Street(anna, ben, carla, saw["short"], wall["short"])
    made.everybody_hears()
    return made


def test_anything_that_is_needed_can_be_bid_for(street: Street) -> None:
    street.everybody_hears()

    answer = street.carla.ask("bid", street.wall, "--pay", "3")

    assert answer["bids"][-1]["terms"][1].startswith("Ben gives you 3 hours")
    street.carla.ask("bid", street.wall, "--pay", "2")
    assert [row["fate"] for row in street.carla.ask("bids", street.wall)["bids"]] == ["replaced", "sealed"]


@pytest.mark.parametrize(
    ("who", "line", "sentence"),
    [
        ("ben", ["bid", "WALL"], "is your own"),
        ("anna", ["propose", "WALL"], "are sealed until"),
        ("anna", ["lend", "2", "Ben", "--listing", "WALL", "--bid", "--times", "0"], "one part or several"),
        ("anna", ["bids", "WALL", "--count"], "asked for bids, and counts them"),
        ("ben", ["need", "garden", "A gate", "--bids-until", "soon"], "is no time"),
        ("ben", ["need", "garden", "A gate", "--bids-until", "2020-01-01"], "in the future"),
        ("ben", ["need", "garden", "A gate", "--bids-until", "2999-01-01"], "before the listing ends"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(street: Street, who: str, line: list[str], sentence: str) -> None:
    words = [street.wall if word == "WALL" else word for word in line]

    code, said = getattr(street, who).refused(*words)

    assert code == speak.REFUSED
    assert sentence in said


def test_a_need_that_takes_no_bids_says_so(street: Street) -> None:
    plain = street.ben.ask("need", "garden", "A hedge")["listing"]["short"]

    for line in (["bids", plain], ["bid", plain]):
        assert "takes no sealed bids" in street.ben.refused(*line)[1]


def test_lenders_bid_and_the_borrower_accepts_one_when_all_are_open(street: Street) -> None:
    anna, ben, carla, saw = street.anna, street.ben, street.carla, street.saw
    anna.ask("lend", "2", "Ben", "--times", "2", "--listing", saw, "--bid")
    carla.ask("lend", "1", "Ben", "--listing", saw, "--bid")
    street.everybody_hears()

    # Only who has bid reads what it was.
    assert {row["fate"] for row in street.bids(ben, saw).values()} == {"sealed"}
    assert [row["terms"] for row in street.bids(ben, saw).values()] == [[], []]
    assert len(street.bids(anna, saw)["you"]["terms"]) == 3
    assert street.bids(anna, saw)["Carla"]["terms"] == []
    code, said = ben.refused("bids", saw, "--count")
    assert (code, "and counted then" in said) == (speak.REFUSED, True)

    # After two days Ben counts, and the others' nodes open.
    ahead = 2 * DAY + HOUR
    with ben.clock_ahead(ahead), anna.clock_ahead(ahead), carla.clock_ahead(ahead):
        ben.ask("bids", saw, "--count")
        street.everybody_hears()
        opened = street.bids(ben, saw)
        assert {row["fate"] for row in opened.values()} == {"opened"}
        assert "you give Anna 1 hour," in opened["Anna"]["terms"][1]
        ben.ask("accept", opened["Anna"]["agreement"])
        assert street.bids(ben, saw)["Anna"]["state"] == "agreed"
        code, said = ben.refused("bids", saw, "--count")
        assert (code, "counted already" in said) == (speak.REFUSED, True)
