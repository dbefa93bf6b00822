"""A newcomer whose line is slow sees what is open before the history has come; two real nodes in real processes."""

from pathlib import Path

import pytest

from ruil.protocol.limits import LATELY_BEHIND
from tests.bench import town
from tests.node.relay import relay
from tests.node.shell import Shell, eventually

pytestmark = pytest.mark.processes

MEMBERS = 10


def test_a_newcomer_sees_what_is_open_before_the_history_and_then_all_of_it(tmp_path: Path) -> None:
    made = town.build(tmp_path / "host", members_=MEMBERS, entries=3 * LATELY_BEHIND // 2, snapshot=False)
    host, guest = (Shell(tmp_path / name, DISCOVER="no") for name in ("host", "guest"))
    with host.running():
        eventually(lambda: host.look("status")["addresses"] != [])
        direct = host.look("invite")["invitation"]
        with relay(int(direct.rpartition(":")[2]), passes=150_000) as wire:
            guest.ask("init", "Zoe")
            guest.ask("invite", "use", direct.partition("@")[0] + "@" + wire.address)
            with guest.running():
                eventually(lambda: len(guest.look("near")["lately"]) >= made.open - 2 * town.OPEN)

                near = guest.look("near")
                assert near["history"]["coming"]
                assert near["history"]["of"] >= made.entries
                first = near["lately"][0]
                assert first["name"].startswith("Member ")
                code, why = guest.refused("propose", first["short"])
                assert (code, "history has not come yet" in why) == (8, True), (code, why)
                assert "the history is still coming" in guest.run("near").stdout

                wire.open()
                eventually(lambda: not guest.look("near")["history"]["coming"])
                near = guest.look("near")
                assert (len(near["listings"]), near["lately"]) == (made.open, [])
                guest.ask("propose", first["short"])
