"""`make fuzz`: ten minutes over all decoders. What is found is printed, kept in tests/fuzz/found/, and ends it with 1.

A kept input is tried first from then on, here and by `make test`; once the decoder is mended it becomes a vector.
"""

import argparse
import hashlib
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.search import Found, Search, Target
from tests.fuzz.targets import TARGETS

KEPT = Path(__file__).parent / "found"


def main(arguments: list[str] | None = None, targets: Sequence[Target] = TARGETS, kept: Path = KEPT) -> int:
    """Fuzz the targets asked for, or all. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=float, default=600, help="how long all of it may take (600)")
    parser.add_argument("--only", metavar="NAME", action="append", help="only this target; may be said again")
    parser.add_argument("--seed", type=int, help="where chance begins; printed")
    asked = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1 << 32) if asked.seed is None else asked.seed
    chosen = [target for target in targets if not asked.only or target.name in asked.only]
    if not chosen:
        parser.error(f"there is no such target; there are {', '.join(target.name for target in targets)}")
    sys.stdout.write(f"seed {seed}\n")
    found = 0
    for target in chosen:
        try:
            search = fuzzed(target, asked.seconds / len(chosen), seed, kept)
        except Found as why:
            found += 1
            path = keep(why, kept)
            sys.stdout.write(f"{why}\n  input, kept in {path}: {why.data[:400].hex()}\n")
            continue
        lines = f"{len(search.lines)} lines, {len(search.corpus)} inputs kept for them"
        sys.stdout.write(f"{target.name:<16} {search.tried:>9} tried, {search.taken:>8} decoded, {lines}\n")
        sys.stdout.flush()
    sys.stdout.write(f"found: {found or 'nothing'}\n")
    return 1 if found else 0


def fuzzed(target: Target, seconds: float, seed: int, kept: Path = KEPT) -> Search:
    """A search of so many seconds, after what was found before. Raises `Found`."""
    search = Search(target, random.Random(f"{seed} {target.name}"))
    for path in sorted(kept.glob(f"{_file(target.name)}-*.bin")):
        search.feed(path.read_bytes())
    search.run(seconds)
    return search


def keep(why: Found, kept: Path = KEPT) -> Path:
    """Put what was found into a file of its own."""
    kept.mkdir(exist_ok=True)
    path = kept / f"{_file(why.target)}-{hashlib.blake2b(why.data, digest_size=6).hexdigest()}.bin"
    path.write_bytes(why.data)
    return path


def _file(name: str) -> str:
    return name.replace(" ", "-")


if __name__ == "__main__":
    sys.exit(main())
