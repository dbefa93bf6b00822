"""Nodes that are killed at any instant while they speak and hear: nothing acknowledged is lost, nobody forks."""

from pathlib import Path

import apsw
import pytest

from tests.node.kills import killing
from tests.node.shell import eventually

pytestmark = pytest.mark.processes

SEED = 20
ROUNDS = 6  # 200 in `make soak`


def test_killed_at_any_instant_nothing_acknowledged_is_lost_and_nobody_holds_what_we_lost(tmp_path: Path) -> None:
    with killing(tmp_path, SEED) as street:
        for _ in range(ROUNDS):
            street.round()
        street.end()

        assert street.lost == [], SEED
        assert len(street.anna.acknowledged | street.ben.acknowledged) > ROUNDS


def test_an_export_beside_a_node_that_runs_takes_nothing_of_what_it_says_later(tmp_path: Path) -> None:
    with killing(tmp_path, SEED) as street:
        anna = street.anna
        for path in ("one.ruil", "two.ruil"):
            anna.acknowledged.add(anna.shell.look("listing", role="offer", kind="bread", title="Loaf")["listing"]["id"])
            anna.shell.ask("export", str(tmp_path / path))
        anna.acknowledged.add(anna.shell.look("listing", role="offer", kind="bread", title="Loaf")["listing"]["id"])
        anna.kill()
        street.look(anna, street.ben)

        assert street.lost == []


def test_a_disk_that_lost_what_it_acknowledged_is_noticed(tmp_path: Path) -> None:
    with killing(tmp_path, SEED) as street:
        anna, ben = street.anna, street.ben
        said = anna.shell.look("listing", role="offer", kind="bread", title="Loaf")["listing"]["id"]
        anna.acknowledged.add(said)
        eventually(lambda: said in {row["id"] for row in ben.shell.look("near")["listings"]})
        anna.kill()
        street.look(anna, ben)
        assert street.lost == []

        database = apsw.Connection(str(anna.shell.home / "own.sqlite"))
        database.execute("DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)")
        database.close()
        street.look(anna, ben)

    gone, held = street.lost
    assert gone.endswith("1 acknowledged by anna are gone")
    assert "ben holds an entry" in held
