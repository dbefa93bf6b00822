"""Before any test: what a computer remembers of its devices is kept in folders of this run, never in the real one.

Each file of tests is a computer of its own: their devices often have the same keys, and would be copies of another's.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

_STATE = tempfile.mkdtemp(prefix="ruil-state-")
os.environ["RUIL_STATE"] = _STATE  # children get it too
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def _computer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUIL_STATE", tempfile.mkdtemp(dir=_STATE))
        yield
