"""A node whose disk fails at every sync of what its member says, while a file `fail` is beside the profile."""

import sys

from ruil.__main__ import main
from ruil.node.settings import home
from tests.node.power import Disk

if __name__ == "__main__":
    with Disk(home()) as disk:
        signal = home().with_name("fail")
        disk.failing = lambda kind, name: (kind, name) == ("sync", "own.sqlite-wal") and signal.exists()
        sys.argv[:] = ["ruil"]
        main()
