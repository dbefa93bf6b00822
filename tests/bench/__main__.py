"""`make bench`: one JSON line per figure, each a ratio against a peer or a physical limit of the same run.

A figure is run several times, ours and the limit in turn, and its median counts: shared machines are not steady.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator

from tests.bench import entries, start

Figure = dict[str, object]
FIGURES: dict[int, Callable[[], Iterator[Figure]]] = {
    1: entries.check,
    2: entries.ingest,
    3: entries.append,
    4: entries.loop_delay,
    13: entries.replay,
    14: start.start,
}


def main() -> None:
    """Print the figures asked for, or all."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("figures", nargs="*", type=int, help="which figures; all when none is named")
    asked = parser.parse_args().figures or sorted(FIGURES)
    for number in asked:
        for figure in FIGURES[number]():
            sys.stdout.write(json.dumps({"figure": number, **figure}) + "\n")
            sys.stdout.flush()


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


if __name__ == "__main__":
    main()
