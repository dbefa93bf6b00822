"""Three real nodes trade with each other, are parted and come together again, and lose nobody's word."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node.relay import Relay, relay
from tests.node.shell import Shell, books, eventually, founding

pytestmark = pytest.mark.processes


@dataclass
class Village:
    """Three members. Ben dials Anna; so does Carla, over a wire that can be cut."""

    anna: Shell
    ben: Shell
    carla: Shell
    wire: Relay

    @property
    def everybody(self) -> tuple[Shell, Shell, Shell]:
        return self.anna, self.ben, self.carla


def hasty(home: Path) -> Shell:
    """A profile whose node soon gives up on who does not answer, and finds only whom it is told of."""
    return Shell(home, program="tests.node.hasty", DISCOVER="no")


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    homes = tmp_path_factory.mktemp("village")
    anna, ben, carla = (hasty(homes / name) for name in ("anna", "ben", "carla"))
    with founding(anna).running():
        eventually(lambda: anna.look("status")["addresses"] != [])
        direct = anna.look("invite")["invitation"]
        with relay(int(direct.rpartition(":")[2])) as wire:
            ben.ask("init", "Ben")
            ben.ask("invite", "use", direct)
            carla.ask("init", "Carla")
            carla.ask("invite", "use", anna.look("invite")["invitation"].partition("@")[0] + "@" + wire.address)
            with ben.running(), carla.running():
                made = Village(anna, ben, carla, wire)
                for one in made.everybody:
                    eventually(lambda: memberships(one) == ["founder", "member", "member"])  # noqa: B023
                yield made


def memberships(one: Shell) -> list[str]:
    return sorted(row["membership"] for row in one.look("people")["people"])


def offers(owner: Shell, title: str) -> str:
    """The id of a new offer."""
    wants = ["credit 0.5"]
    posted = owner.look("listing", role="offer", kind="food", title=title, unit="piece", quantity=2, wants=wants)
    return str(posted["listing"]["id"])


def sees(one: Shell, listing: str) -> bool:
    return listing in {row["id"] for row in one.look("near")["listings"]}


def state(one: Shell, agreement: str) -> str:
    return next(
        (str(row["state"]) for row in one.look("agreements")["agreements"] if row["id"] == agreement), "not known here"
    )


def trade(giver: Shell, taker: Shell, title: str) -> str:
    """From an offer to the end of an agreement; its id."""
    listing = offers(giver, title)
    eventually(lambda: sees(taker, listing))
    agreed = taker.look("propose", listing=listing)["agreement"]["id"]
    eventually(lambda: state(giver, agreed) == "proposed")
    giver.look("accept", id=agreed)
    giver.look("deliver", id=agreed)
    eventually(lambda: "receive" in taker.look("agreement", id=agreed)["agreement"]["can"])
    taker.look("receive", id=agreed)
    # The giver's node confirms the credit, so the giver sees the end first.
    eventually(lambda: (state(giver, agreed), state(taker, agreed)) == ("completed", "completed"))
    return str(agreed)


def test_three_neighbours_trade_in_a_round_and_each_reads_how_the_others_stand(village: Village) -> None:
    names = ("Anna", "Ben", "Carla")
    around = list(zip(village.everybody, (village.ben, village.carla, village.anna), strict=True))

    for giver, taker in around:
        done = trade(giver, taker, "A pie")
        taker.look("rate", id=done, good=True)
        giver.look("rate", id=done, good=True)

    for one in village.everybody:
        for name in names:
            eventually(lambda: len(one.look("why", person=name)["person"]["rows"]) == 2)  # noqa: B023
        assert one.look("status")["balance"] == "0 hours"  # what went around came around
    eventually(lambda: len(books(*village.everybody)) == 1)


def test_a_partition_heals_and_what_was_begun_before_it_goes_on(village: Village) -> None:
    listing = offers(village.anna, "A cake")
    eventually(lambda: sees(village.carla, listing))
    agreed = village.carla.look("propose", listing=listing)["agreement"]["id"]
    eventually(lambda: state(village.anna, agreed) == "proposed")

    village.wire.cut()
    village.anna.look("accept", id=agreed)
    here, there = offers(village.ben, "On this side"), offers(village.carla, "On that side")
    eventually(lambda: sees(village.anna, here))
    eventually(lambda: village.carla.look("status")["neighbours"] == 0)
    eventually(lambda: village.anna.look("status")["neighbours"] == 1)
    assert state(village.carla, agreed) == "proposed"
    assert not sees(village.carla, here)
    assert not sees(village.anna, there)
    assert len(books(village.anna, village.carla)) == 2

    village.wire.mend()
    for one in village.everybody:
        eventually(lambda: sees(one, here) and sees(one, there))  # noqa: B023
    eventually(lambda: state(village.carla, agreed) == "agreed")
    eventually(lambda: len(books(*village.everybody)) == 1)


def test_a_neighbour_that_hangs_holds_nobody_up_is_let_go_and_comes_back(village: Village) -> None:
    assert village.ben.node is not None
    eventually(lambda: village.anna.look("status")["neighbours"] == 2)

    village.ben.node.send_signal(signal.SIGSTOP)
    try:
        done = trade(village.anna, village.carla, "A tart")
        eventually(lambda: village.anna.look("status")["neighbours"] == 1)
        later = trade(village.carla, village.anna, "A bun")
    finally:
        village.ben.node.send_signal(signal.SIGCONT)

    eventually(lambda: len(books(*village.everybody)) == 1)
    eventually(lambda: village.anna.look("status")["neighbours"] == 2)
    assert {state(one, each) for one in (village.anna, village.carla) for each in (done, later)} == {"completed"}
