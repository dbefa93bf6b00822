"""A node as `ruil` runs it, on a machine whose clock is wrong by as much as CLOCK_AHEAD_MS says."""

import os
import sys

from tests.node.prompt import AHEAD, set_clock


def main() -> None:
    """As `ruil` without a command."""
    from ruil.__main__ import main as ruil

    set_clock(int(os.environ.get(AHEAD, "0")))
    sys.argv[:] = ["ruil"]
    ruil()


if __name__ == "__main__":
    main()
