"""Two machines with no route between them trade through a third that relays, by the commands a member types."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.node.namespaces import machines, wire
from tests.node.shell import Shell, eventually

pytestmark = pytest.mark.processes


@dataclass
class Town:
    """Anna has a wire to Rosa, whose node relays; so have Ben and Carla, on one machine. No route leads to Anna's."""

    anna: Shell
    ben: Shell
    carla: Shell
    rosa: Shell


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    homes = tmp_path_factory.mktemp("town")
    with machines("a", "r", "b") as (a, r, b):
        wire(r, "10.71.1.1", a, "10.71.1.2")
        wire(r, "10.71.2.1", b, "10.71.2.2")
        shells = [
            Shell(homes / name, before=machine.enter, LISTEN="0.0.0.0", DISCOVER="no", RELAY=relay)
            for name, machine, relay in (("anna", a, "no"), ("ben", b, "no"), ("carla", b, "no"), ("rosa", r, "yes"))
        ]
        made = Town(*shells)
        try:
            yield made
        finally:
            for shell in shells:
                shell.kill()


def links(shell: Shell) -> dict[str, Any]:
    return {link["who"]: link for link in shell.ask("doctor").get("links", [])}


def test_two_machines_without_a_route_trade_through_a_relay(town: Town) -> None:
    anna, ben, rosa = town.anna, town.ben, town.rosa
    anna.ask("init", "Anna")
    anna.ask("community", "new", "Elm Street")
    anna.start()
    eventually(lambda: anna.ask("status")["addresses"] != [])
    rosa.ask("init", "Rosa")
    rosa.ask("invite", "use", anna.ask("invite", "new")["invitation"])
    rosa.start()
    eventually(lambda: any("p2p-circuit" in each for each in anna.ask("status")["addresses"]))
    assert "Rosa" in anna.ask("doctor")["reached_by_others"]

    ben.ask("init", "Ben")
    invitation = anna.ask("invite", "new")["invitation"]
    ben.ask("invite", "use", invitation)
    ben.start()
    eventually(lambda: ben.ask("status")["membership"] == "member")
    eventually(lambda: links(ben).get("Anna", {}).get("relay") == "Rosa")

    before = rosa.ask("doctor")["carried_bytes"]
    bread = anna.ask("offer", "bread", "Loaf", "--quantity", "4", "--unit", "loaf", "--want", "credit 0.5")
    listing = bread["listing"]["short"]
    eventually(lambda: [row["short"] for row in ben.ask("near")["listings"]] == [listing])
    trade = ben.ask("propose", listing, "--quantity", "2")["agreement"]["short"]
    eventually(lambda: len(anna.ask("agreements")["agreements"]) == 1)
    anna.ask("accept", trade)
    anna.ask("deliver", trade)
    eventually(lambda: "receive" in ben.ask("agreements")["agreements"][0]["can"])
    ben.ask("receive", trade)
    eventually(lambda: anna.ask("agreements")["agreements"][0]["state"] == "completed")
    anna.ask("rate", trade, "good")
    ben.ask("rate", trade, "good", "Warm")
    eventually(lambda: len(ben.ask("why", "Anna")["person"]["rows"]) == 1)

    shown = {shell: shell.run("doctor").stdout for shell in (anna, ben, rosa)}
    print(*shown.values(), sep="\n")  # what a member reads; pytest shows it with -s
    assert "Ben: through the relay of Rosa" in shown[anna]
    assert "Anna: through the relay of Rosa" in shown[ben]
    assert "It relays for others: 1 link now" in shown[rosa]
    assert rosa.ask("doctor")["carried_bytes"] > before + 2_000, "the trade did not pass through the relay"


def test_who_is_told_of_nobody_finds_all_by_their_signed_records(town: Town) -> None:
    anna, ben, carla, rosa = town.anna, town.ben, town.carla, town.rosa
    carla.ask("init", "Carla")
    carla.ask("invite", "use", rosa.ask("invite", "new")["invitation"])

    carla.start()

    eventually(lambda: {"Anna", "Ben", "Rosa"} <= links(carla).keys())
    found = links(carla)
    assert found["Anna"]["relay"] == "Rosa"
    assert found["Ben"]["relay"] is None
    assert found["Ben"]["how"] in ("book", "came")
    print(carla.run("doctor").stdout)
    assert "Carla" in links(ben)
    assert "Carla" in links(anna)
