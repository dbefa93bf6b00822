"""A real node under attack by members gone bad: the honest neighbour gets through, and memory is bounded.

The numbers are measured over minutes by tests/soak/hostile.py; here all attacks at once only have to be survived.
"""

from collections.abc import Iterator

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.siege import Besieged, besieged

pytestmark = [pytest.mark.processes, pytest.mark.quiet]
RESIDENT_BYTES_MAX = 300 << 20


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("siege"), history=500) as node:
        yield node


def test_an_honest_neighbour_gets_through_whatever_others_do(anna: Besieged) -> None:
    with anna.attacked(7, *ATTACKS):
        trips = anna.trips(seconds=3, every=0.1)

    assert anna.alive()
    assert trips.lost == 0
    assert trips.at(0.5) < 2_000, trips.seconds  # generous: this machine has other work
    assert trips.bytes < RESIDENT_BYTES_MAX
    assert anna.shell.look("status")["entries"] >= 500
