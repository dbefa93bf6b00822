"""`make soak`: the long loops, 20 minutes in all, and a table of what was tried and what was lost.

The time is divided over the subjects below, one after the other; what one does not use the next ones share. It ends
with 1 when anything was lost, or when something was not tried at all: silence is no proof.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence

from tests.soak import hostile, kills, lease, letters, power, stranger
from tests.soak.row import Row, Subject

# A module of this folder each; new ones find their place here.
SUBJECTS: tuple[Subject, ...] = (power, kills, lease, letters, hostile, stranger)


def main(arguments: list[str] | None = None, subjects: Sequence[Subject] = SUBJECTS) -> int:
    """Run the subjects asked for, or all, and print the table. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--seconds", type=float, default=1_200, help="how long all of it may take (1200)")
    parser.add_argument("--only", metavar="NAME", action="append", help="only this subject; may be said again")
    parser.add_argument("--seed", type=int, help="where chance begins; printed, so that a loss can be had again")
    parser.add_argument("--list", action="store_true", help="say which subjects there are, and try nothing")
    asked = parser.parse_args(arguments)
    names = [subject.NAME for subject in subjects]
    if unknown := set(asked.only or ()) - set(names):
        parser.error(f"there is no subject {min(unknown)!r} here; there are {', '.join(names)}")
    if asked.list:
        for subject in subjects:
            sys.stdout.write(
                f"{subject.NAME:<12} {(sys.modules[subject.run.__module__].__doc__ or '').splitlines()[0]}\n"
            )
        return 0
    chosen = [subject for subject in subjects if not asked.only or subject.NAME in asked.only]
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    table: dict[tuple[str, str], Row] = {}
    try:
        _run(chosen, asked.seconds, seed, table)
    finally:  # a subject that fails is our mistake: it is shown, and so is what the others found
        _print(table)
    silent = {subject.NAME for subject in chosen} - {name for (name, _), row in table.items() if row.tried}
    for name in sorted(silent):
        sys.stdout.write(f"{name}: nothing was tried\n")
    lost = sum(row.lost for row in table.values())
    sys.stdout.write(f"lost: {lost or 'nothing'}\n")
    return 1 if lost or silent or not table else 0


def _run(subjects: Sequence[Subject], seconds: float, seed: int, table: dict[tuple[str, str], Row]) -> None:
    began = time.monotonic()
    for number, subject in enumerate(subjects):
        left = max(0.0, seconds - (time.monotonic() - began))
        for row in subject.run(left / (len(subjects) - number), seed):
            before = table.get((subject.NAME, row.what), Row(row.what, 0, 0))
            now = Row(row.what, before.tried + row.tried, before.lost + row.lost, row.note or before.note)
            table[subject.NAME, row.what] = now
            _progress(f"{time.monotonic() - began:5.0f} s  {subject.NAME}: {now.what}: {now.tried}, lost {now.lost}")
    _progress("")


def _progress(line: str) -> None:
    """On a terminal always the same line; elsewhere nothing but the table is wanted."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def _print(table: dict[tuple[str, str], Row]) -> None:
    rows = [("subject", "what", "tried", "lost", "note")]
    rows += [(name, row.what, str(row.tried), str(row.lost), row.note) for (name, _), row in table.items()]
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, what, tried, lost, note in rows:
        cells = (name.ljust(wide[0]), what.ljust(wide[1]), tried.rjust(wide[2]), lost.rjust(wide[3]), note)
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        os.environ.setdefault("RUIL_STATE", state)  # this computer need not remember the devices that come and go here
        sys.exit(main())
