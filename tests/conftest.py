"""Before any test: what a computer remembers of its devices is kept in a folder of this run, never in the real one."""

import atexit
import os
import shutil
import tempfile

_STATE = tempfile.mkdtemp(prefix="ruil-state-")
os.environ["RUIL_STATE"] = _STATE  # children get it too
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)
