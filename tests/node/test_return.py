"""A node that comes back is linked again within 2 s of its network being up, whoever dials, and after any time."""

import socket
import time
from collections.abc import Iterator

import pytest

from ruil.node import peers
from tests.node.shell import Shell, eventually, founding

pytestmark = [pytest.mark.processes, pytest.mark.quiet]

SECONDS_MAX = 2.0
AWAY_SECONDS = 6.0  # by then a wait that doubles from 0.25 s is 4 s long


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, Shell]]:
    """Anna, and Ben, who was invited to where she is. They find each other by what they were told alone."""
    homes = tmp_path_factory.mktemp("pair")
    anna, ben = (Shell(homes / name, DISCOVER="no") for name in ("anna", "ben"))
    with founding(anna).running():
        eventually(lambda: anna.look("status")["addresses"] != [])
        ben.ask("init", "Ben")
        ben.ask("invite", "use", anna.look("invite")["invitation"])
        with ben.running():
            eventually(lambda: ben.look("status")["membership"] == "member")
            eventually(lambda: anna.look("status")["neighbours"] == 1)
            yield anna, ben


def returns(one: Shell, other: Shell) -> float:
    """One is killed, away for a while, and back: seconds from its network being up until the other is linked to it.
    It has no peer book any more, so it dials whom its invitation names, if it has one."""
    one.kill()
    eventually(lambda: other.look("status")["neighbours"] == 0)
    gone = time.monotonic()
    eventually(lambda: time.monotonic() > gone + AWAY_SECONDS)  # nothing happens but that the other tries in vain
    (one.home / "peers").unlink(missing_ok=True)
    one.start()
    eventually(lambda: one.look("reach")["network"] == "up")
    began = time.monotonic()
    eventually(lambda: other.look("status")["neighbours"] == 1)
    took = time.monotonic() - began
    print(f"{one.home.name} was linked again after {took:.2f} s")
    return took


def test_who_was_invited_is_back_at_once(pair: tuple[Shell, Shell]) -> None:
    anna, ben = pair

    assert returns(ben, anna) < SECONDS_MAX


def test_who_is_dialled_is_found_again_though_it_knows_nobody_s_address(pair: tuple[Shell, Shell]) -> None:
    anna, ben = pair

    assert returns(anna, ben) < SECONDS_MAX


def test_a_node_knows_from_its_peer_book_whom_to_dial(pair: tuple[Shell, Shell]) -> None:
    anna, ben = pair
    eventually(lambda: len(peers.read(anna.home / "peers")) == 2)
    anna.kill()
    with socket.create_server(("127.0.0.1", 0)) as free:
        anna.environment["RUIL_PORT"] = str(free.getsockname()[1])  # where Ben does not look for her

    anna.start()

    eventually(lambda: anna.look("status")["neighbours"] == 1)
    (link,) = anna.look("reach")["links"]
    assert (link["who"], link["how"]) == ("Ben", "book")
    assert link["address"] in ben.look("status")["addresses"]
