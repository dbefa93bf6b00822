"""Real nodes in real processes on this machine: they find each other, trade, and lose nothing."""

import threading
from pathlib import Path
from typing import Any

import pytest

from ruil.node.profile import locked
from tests.node.shell import Shell, books, eventually, founder, founding, invited

pytestmark = pytest.mark.processes


def test_two_nodes_find_each_other_and_complete_a_trade(tmp_path: Path) -> None:
    anna = founder(tmp_path / "anna")
    with anna.running():
        ben = invited(Shell(tmp_path / "ben"), "Ben", anna)
        with ben.running():
            eventually(lambda: ben.look("status")["membership"] == "member")

            bread = anna.ask("offer", "bread", "Loaf", "--quantity", "4", "--unit", "loaf", "--want", "credit 0.5")
            listing = bread["listing"]["short"]
            eventually(lambda: [row["short"] for row in ben.look("near")["listings"]] == [listing])
            trade = ben.ask("propose", listing, "--quantity", "2")["agreement"]["short"]
            eventually(lambda: len(anna.look("agreements")["agreements"]) == 1)
            anna.ask("accept", trade)
            anna.ask("deliver", trade)
            eventually(lambda: "receive" in ben.look("agreements")["agreements"][0]["can"])
            ben.ask("receive", trade)
            eventually(lambda: anna.look("agreements")["agreements"][0]["state"] == "completed")
            anna.ask("rate", trade, "good")
            ben.ask("rate", trade, "good", "Warm")
            eventually(lambda: len(ben.look("why", person="Anna")["person"]["rows"]) == 1)
            eventually(lambda: len(books(anna, ben)) == 1)


def test_a_node_that_waits_for_a_name_notices_what_is_typed_in_another_terminal(tmp_path: Path) -> None:
    anna, ben = (Shell(tmp_path / name, fresh=True) for name in ("anna", "ben"))
    for shell in (anna, ben):
        shell.home.mkdir()
    with anna.running(), ben.running():
        code, said = anna.refused("status")
        assert (code, "not set up yet" in said) == (1, True), said

        anna.ask("init", "Anna")
        anna.ask("community", "new", "Elm Street")
        ben.ask("init", "Ben")
        ben.ask("invite", "use", anna.ask("invite", "new")["invitation"])

        eventually(lambda: ben.look("status")["membership"] == "member")


def test_a_second_start_hands_over_to_the_first(tmp_path: Path) -> None:
    anna = founder(tmp_path / "anna")
    with anna.running():
        second = anna.run()

        assert second.returncode == 0
        assert "runs already" in second.stdout


def test_a_node_and_a_command_wait_for_whoever_holds_the_profile_for_a_moment(tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", fresh=True))
    asked: list[dict[str, Any]] = []
    node = threading.Thread(target=anna.start)
    command = threading.Thread(target=lambda: asked.append(anna.ask("status")))
    try:
        with locked(anna.home):  # as another command does
            node.start()
            command.start()
            command.join(1.5)
            assert node.is_alive()
            assert command.is_alive()
        node.join()
        command.join()

        assert asked[0]["membership"] == anna.look("status")["membership"] == "founder"
    finally:
        anna.kill()


def test_an_import_waits_for_whoever_holds_the_profile_for_a_moment(tmp_path: Path) -> None:
    anna, stick = founder(tmp_path / "anna"), tmp_path / "stick.ruil"
    anna.ask("export", str(stick))
    came: list[dict[str, Any]] = []
    command = threading.Thread(target=lambda: came.append(anna.ask("import", str(stick))))

    with locked(anna.home):
        command.start()
        command.join(1.5)
        assert command.is_alive()
    command.join()

    assert (came[0]["entries"], came[0]["faults"]) == (0, [])
