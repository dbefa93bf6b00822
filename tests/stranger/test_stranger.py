"""A stranger's program, js-libp2p and the spec and nothing of ours, is a member like any other."""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.node.shell import Shell, carry, eventually, founding, invited
from tests.stranger.conftest import HERE

pytestmark = pytest.mark.processes


class Stranger:
    """The other program, at work: one line in, one line out."""

    def __init__(self, node: str, invitation: str, which: str) -> None:
        self.process = subprocess.Popen(
            [node, "client.js", invitation, which], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, command: str, **asked: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"command": command, **asked}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "trouble" not in answer, answer["trouble"]
        return answer


@contextlib.contextmanager
def stranger(node: str, host: Shell, which: str) -> Iterator[Stranger]:
    """A stranger with an invitation of `host`, whose key is the `which` of the two."""
    made = Stranger(node, host.ask("invite", "new")["invitation"], which)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


@pytest.fixture(scope="module")
def anna(node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A founder whose node runs, after a trade with Ben by USB stick."""
    del node  # asked for first, so that nothing is started where the stranger can not be
    homes = tmp_path_factory.mktemp("stranger")
    anna = founding(Shell(homes / "anna", program="tests.stranger.loud", DISCOVER="no"))
    ben = invited(Shell(homes / "ben"), "Ben", anna)
    bread = anna.ask("offer", "bread", "Loaf", "--quantity", "4", "--unit", "loaf")
    carry(ben, anna)
    carry(anna, ben)
    trade = ben.ask("propose", bread["listing"]["short"], "--quantity", "2")["agreement"]["short"]
    carry(ben, anna)
    anna.ask("accept", trade)
    anna.ask("deliver", trade)
    carry(anna, ben)
    ben.ask("receive", trade)
    carry(ben, anna)
    with anna.running():
        assert anna.look("agreements")["agreements"][0]["state"] == "completed"
        yield anna


def titles(shell: Shell) -> dict[str, str]:
    return {row["id"]: row["title"] for row in shell.ask("near")["listings"]}


@pytest.mark.parametrize(
    ("which", "fault", "reason"),
    [("smaller", "signature", "the signature is not"), ("larger", "coding", "not canonical")],
)
def test_a_stranger_enters_checks_everything_trades_and_is_blamed_for_a_lie(
    node: str, anna: Shell, which: str, fault: str, reason: str
) -> None:
    with stranger(node, anna, which) as greta:
        entered = greta.ask("enter", name=f"Greta the {which}")
        assert entered["opened"] == (which == "smaller")  # the smaller key opens the stream
        eventually(lambda: (f"Greta the {which}", "member") in people(anna))

        fetched = greta.ask("fetch")
        assert fetched["refused"] == []
        sizes = {log["device"]: log["size"] for log in fetched["logs"]}
        assert len(sizes) == len(people(anna))
        kinds = {kind for log in fetched["logs"] for kind in log["kinds"]}
        assert {"Found", "Admit", "Listing", "Propose", "Accept", "Deliver", "Receive"} <= kinds
        assert {tuple(row) for row in fetched["people"]} == people(anna)  # worked out by both from the same logs
        assert [log["proven"] for log in fetched["logs"]] == [True] * len(sizes)

        offered = greta.ask("offer", title=f"Rye of the {which}")["id"]
        eventually(lambda: titles(anna).get(offered) == f"Rye of the {which}")
        trade = anna.ask("propose", offered, "--quantity", "2")["agreement"]["id"]
        delivery = greta.ask("serve", agreement=trade)["delivery"]
        eventually(lambda: "receive" in agreement(anna, trade)["can"])
        anna.ask("receive", trade)
        assert agreement(anna, trade)["state"] == "completed"
        thanked = greta.ask("thanked", delivery=delivery)
        assert (thanked["quantity"], thanked["refused"]) == (2, [])
        assert (
            greta.ask("silent", times=4)["ended"] is None
        )  # after two questions without an answer the node would hang up

        wrong = greta.ask("wrong", fault=fault)
        assert wrong["ended"] is not None
        assert wrong["turned"] is not None
        assert [row for row in anna.log.read_text().splitlines() if f"blame {entered['device'][:12]}: {reason}" in row]
        assert "Never there" not in titles(anna).values()
        assert offered in titles(anna)  # what was true stays true


def agreement(shell: Shell, which: str) -> Any:
    return next(row for row in shell.look("agreements")["agreements"] if row["id"] == which)


def people(shell: Shell) -> set[tuple[str, str]]:
    return {(row["name"], row["membership"]) for row in shell.look("people")["people"]}
