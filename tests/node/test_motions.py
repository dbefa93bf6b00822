"""What the members decide, from the command line: moved, voted on, carried, and refused with a sentence."""

from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec.structs import replace

from ruil.node.motions import changes
from ruil.protocol.charters import KEPT, Charter, charter_bytes
from tests.node.shell import Shell, carry, founder, invited
from tests.protocol.actors import Village, later


class Three:
    """Anna, Ben and Carla, who hand each other a USB stick. Of three people 51 % are two."""

    def __init__(self, homes: Path) -> None:
        self.anna = founder(homes / "anna")
        self.ben, self.carla = (invited(Shell(homes / name.lower()), name, self.anna) for name in ("Ben", "Carla"))
        for shell in (self.ben, self.carla):
            shell.ask("status")
            carry(shell, self.anna)
        self.anna.ask("status")  # her node lets them in
        self.go_round()

    def go_round(self) -> None:
        for _ in range(2):
            carry(self.anna, self.ben)
            carry(self.ben, self.carla)
            carry(self.carla, self.anna)

    def carried(self, motion: str, *voters: Shell) -> None:
        for voter in voters:
            self.go_round()
            voter.ask("motion", "yes", motion)
        self.go_round()
        self.anna.ask("status")  # her node closes what she moved
        self.go_round()


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Three:
    return Three(tmp_path_factory.mktemp("three"))


def test_an_office_is_given_by_two_of_three_and_shown(three: Three) -> None:
    moved = three.anna.ask("motion", "office", "Ben", "mediator", "--text", "He listens.")["agreement"]
    assert moved["motion"]["needed"] == 2

    three.carried(moved["short"], three.carla, three.ben)

    assert [row["offices"] for row in three.carla.ask("people")["people"] if row["name"] == "Ben"] == [["mediator"]]
    shown = three.carla.run("motion", "list").stdout
    assert "carried" in shown
    assert "Ben is to be mediator" in shown
    assert "said yes: Ben, Carla (2 of 2 needed)" in " ".join(shown.split())
    assert "member, mediator" in three.anna.run("why", "Ben").stdout


def test_the_charter_is_amended_and_who_is_no_host_invites_nobody(three: Three) -> None:
    moved = three.anna.ask("motion", "amend", "--credit-limit", "15", "--invites", "hosts")["agreement"]
    assert moved["motion"]["changes"] == [
        "how far anybody's balance may go below zero: 10 hours becomes 15 hours",
        "who may invite: members becomes hosts",
    ]

    three.carried(moved["short"], three.anna, three.ben)

    shown = three.carla.ask("community", "show")["community"]
    assert (shown["credit_limit"], shown["invites"]) == ("15 hours", "hosts")
    assert "its hosts let people in" in three.carla.refused("invite", "new")[1]
    assert three.anna.ask("invite", "new")["invitation"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("office", "Zoe", "host"), "no member here is called 'Zoe'"),
        (("office", "Ben", "king"), "there is no 'king'; there are host and mediator"),
        (("office", "Ben", "host", "--ends"), "Ben is no host"),
        (("office", "Ben", "host", "--days", "0"), "a proposal is answered in the future"),
        (("return", "Ben"), "Ben belongs here already"),
        (("amend",), "that is the charter as it stands"),
        (("amend", "--credit-limit", "lots"), "'lots' is not an amount"),
        (("amend", "--decide-percent", "101"), "1 to 100 percent"),
        (("amend", "--name", "x" * 61), "a community's name has between 1 and 60"),
        (("yes", "abcd"), "no motion here is called 'abcd'"),
    ],
)
def test_what_can_not_be_moved_has_its_sentence(three: Three, words: tuple[str, ...], sentence: str) -> None:
    code, why = three.carla.refused("motion", *words)

    assert (code, sentence in why) == (8, True), why


def test_who_is_removed_keeps_what_they_signed_and_signs_nothing_new(tmp_path: Path) -> None:
    three = Three(tmp_path)
    posted = three.ben.ask("offer", "bread", "Loaf", "--quantity", "2", "--want", "nothing")["listing"]["short"]
    three.go_round()
    trade = three.carla.ask("propose", posted, "--gift")["agreement"]["short"]
    three.go_round()
    three.ben.ask("accept", trade)
    moved = three.anna.ask("motion", "remove", "Ben", "--text", "He is never here.")["agreement"]["short"]
    three.go_round()
    assert "nobody votes on their own membership" in three.ben.refused("motion", "yes", moved)[1]

    three.carried(moved, three.anna, three.carla)

    assert "the members removed you" in three.ben.refused("need", "help", "Garden")[1]
    assert three.ben.ask("status")["membership"] == "removed"
    three.ben.ask("deliver", trade)
    three.go_round()
    assert three.carla.ask("receive", trade)["agreement"]["state"] == "completed"
    assert "was removed from this community" in three.carla.refused("propose", posted, "--gift")[1]
    back = three.anna.ask("motion", "return", "Ben")["agreement"]["short"]
    three.carried(back, three.anna, three.carla)
    assert three.ben.ask("need", "help", "Garden")["listing"]["short"]


def test_a_motion_is_taken_back_by_who_moved_it(three: Three) -> None:
    moved = three.ben.ask("motion", "office", "Carla", "host")["agreement"]["short"]
    three.go_round()

    assert three.ben.ask("motion", "withdraw", moved)["agreement"]["state"] == "withdrawn"
    three.go_round()

    assert "withdrawn" in three.carla.refused("motion", "yes", moved)[1]


def another(charter: Charter, name: str) -> object:
    """Something else that a field of a charter could say."""
    kind, value = get_type_hints(Charter)[name], getattr(charter, name)
    if get_origin(kind) is Literal:
        return next(each for each in get_args(kind) if each != value)
    return (charter.founder,) if get_origin(kind) is tuple else value + (1 if kind is int else "!")


@pytest.mark.parametrize("name", [each for each in Charter.__struct_fields__ if each not in KEPT])
def test_whatever_an_amendment_changes_is_shown_to_who_votes(name: str) -> None:
    village = Village()
    book = village.book(village.founder)
    held = book.members.charter
    assert held is not None

    shown = changes(book, charter_bytes(replace(held, **{name: another(held, name)})), later(1))

    assert len(shown) == 1
    assert " becomes " in shown[0]


def test_a_mediators_word_binds_where_the_charter_said_so_from_the_beginning(tmp_path: Path) -> None:
    anna = Shell(tmp_path / "anna")
    anna.ask("init", "Anna")
    anna.ask("community", "new", "Elm Street", "--mediation", "binding")
    ben, mia = (invited(Shell(tmp_path / name.lower()), name, anna) for name in ("Ben", "Mia"))
    for guest in (ben, mia):
        guest.ask("status")
        carry(guest, anna)
    assert anna.ask("community", "show")["community"]["mediation"] == "binding"
    loaf = anna.ask("offer", "bread", "Loaf", "--want", "nothing")["listing"]["short"]
    carry(anna, ben)
    trade = ben.ask("propose", loaf, "--mediator", "Mia")["agreement"]["short"]
    carry(ben, anna)

    # Anna reads it before she signs.
    assert "whose word binds unless all parties end it otherwise" in anna.run("agreements").stdout

    anna.ask("accept", trade)
    anna.ask("dispute", trade, "he never came")
    carry(anna, mia)
    assert mia.ask("mediate", trade, "--received", "1=0")["agreement"]["state"] == "settled"
