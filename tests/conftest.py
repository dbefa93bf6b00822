"""Before any test: what a computer remembers of its devices is kept in folders of this run, never in the real one.

Each file of tests is a computer of its own: their devices often have the same keys, and would be copies of another's.
`make test` runs several files side by side (pytest-xdist), and what is marked `quiet` with nothing beside it.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Hypothesis measures by the clock on the wall, which runs on while other tests have the processor.
settings.register_profile("side by side", deadline=None)
settings.load_profile("side by side")

_WHOLE = "TESTS_STATE"  # the folder of the whole run, for those who run its tests side by side
_STATE = tempfile.mkdtemp(prefix="ruil-state-", dir=os.environ.get(_WHOLE))
_RUN = Path(os.environ.setdefault(_WHOLE, _STATE))
os.environ["RUIL_STATE"] = _STATE  # children get it too
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def _computer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUIL_STATE", tempfile.mkdtemp(dir=_STATE))
        yield


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one more than there are processors, since tests of processes wait for some of their time."""
    return min(8, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, files that start processes come first and quiet ones last; alone, all as they stand."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: (_marked(item, "quiet"), not _marked(item, "processes")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A quiet test has the machine to itself: it waits until the others end, and they until it has ended."""
    with (_RUN / "door").open("w") as door, (_RUN / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)  # who waits for quiet stands in the door, so that nobody else begins
        fcntl.flock(room, fcntl.LOCK_SH if item.get_closest_marker("quiet") is None else fcntl.LOCK_EX)
        fcntl.flock(door, fcntl.LOCK_UN)
        return (yield)


def _marked(item: pytest.Item, name: str) -> bool:
    """Whether all of its file is."""
    module = item.getparent(pytest.Module)
    return module is not None and module.get_closest_marker(name) is not None
