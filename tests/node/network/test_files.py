"""Open files: a node takes as many links as the system gives it files, and never all of them."""

import subprocess
import sys

import pytest

from ruil.node.network import NetworkLimits
from ruil.node.network.files import OTHER_FILES, fitted

LOW = """
import resource
from ruil.node.network.files import files_allowed
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard if hard == resource.RLIM_INFINITY else min(hard, 1_000)))
print(files_allowed(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))
print(files_allowed())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_soft_limit_is_raised_to_what_is_needed_and_a_low_hard_one_is_kept_to() -> None:
    said = subprocess.run([sys.executable, "-c", LOW], capture_output=True, text=True, check=True).stdout.split()

    assert said[0] == said[1]
    assert int(said[0]) >= 1_000
    assert said[2] == "150"


@pytest.mark.parametrize("files", [0, 100, 128, 150, 200, 256])
def test_fewer_files_mean_fewer_links_and_some_are_always_left(files: int) -> None:
    limits = fitted(NetworkLimits(), files)

    assert 2 <= limits.neighbours_chosen < limits.neighbours_max
    sockets = limits.neighbours_max + limits.handshakes_max + limits.dials_max
    assert sockets <= max(12, files - OTHER_FILES)


def test_where_there_are_enough_nothing_changes() -> None:
    assert fitted(NetworkLimits(), 1_024) == NetworkLimits()
