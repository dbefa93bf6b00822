"""`make bench`: one JSON line per figure, each a ratio against a peer or a physical limit of the same run.

A figure is run several times, ours and the limit in turn, and its median counts: shared machines are not steady.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

from tests.bench import entries, growth, kernel, mesh, newcomer, reconnect, reputation, simulation, start

Figure = dict[str, object]
FIGURES: dict[int, Callable[[], Iterator[Figure]]] = {
    1: entries.check,
    2: entries.ingest,
    3: entries.append,
    4: entries.loop_delay,
    5: mesh.mesh,
    6: mesh.busy,
    7: reconnect.reconnect,
    11: reputation.standing,
    12: simulation.simulation,
    13: entries.replay,
    14: start.start,
    15: growth.growth,
    16: kernel.kernel,
    17: newcomer.newcomer,
}


def main(arguments: list[str] | None = None) -> None:
    """Print the figures asked for, or all."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("figures", nargs="*", type=int, help="which figures; all when none is named")
    parser.add_argument("--list", action="store_true", help="say which figures there are, and measure nothing")
    asked = parser.parse_args(arguments)
    unknown = set(asked.figures) - set(FIGURES)
    if unknown:
        parser.error(f"there is no figure {min(unknown)} here; there are {', '.join(map(str, FIGURES))}")
    if asked.list:
        for number, measured in FIGURES.items():
            sys.stdout.write(f"{number:2d}  {(measured.__doc__ or '').splitlines()[0]}\n")
        return
    for number in asked.figures or FIGURES:
        for figure in FIGURES[number]():
            sys.stdout.write(json.dumps({"figure": number, **figure}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
