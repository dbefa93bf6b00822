"""The search: feeds a target what is nearly right, and keeps what reaches lines that nothing reached before. It says at
once what must not happen: another error than the documented one, too long, or another coding of what was decoded.

No coverage tool in C is needed for that: what decodes here is Python, so Python itself counts its lines, for one input
in eight (counting is slow).
"""

import functools
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from tests.fuzz.mutate import mutated

SECONDS_MAX = 1.0  # of CPU for one input of at most 128 KiB
MB_MAX = 100  # more than this process ever held before it, for the same
_CORPUS_MAX = 2_000


@dataclass(frozen=True)
class Target:
    """`read` decodes, and raises nothing but `errors`. What it returns, if not None, is what `data` must be."""

    name: str
    read: Callable[[bytes], bytes | None]
    errors: tuple[type[Exception], ...]
    samples: tuple[bytes, ...]


class Found(Exception):
    """Something that must not happen, and the input that makes it happen."""

    def __init__(self, target: str, data: bytes, what: str) -> None:
        super().__init__(f"{target}: {what}")
        self.target = target
        self.data = data


@dataclass
class Search:
    """One target's."""

    target: Target
    chance: random.Random
    tried: int = 0
    taken: int = 0  # inputs that were decoded
    corpus: list[bytes] = field(default_factory=list)
    lines: set[tuple[str, int]] = field(default_factory=set)

    def run(self, seconds: float) -> None:
        """Search for so long, after the samples. Raises `Found`."""
        for data in self.target.samples:
            self.corpus.append(data)
            self._counted(data)
        ends = time.monotonic() + seconds
        while True:
            for _ in range(16):
                self.step()
            if time.monotonic() >= ends:
                return

    def step(self) -> None:
        """One input."""
        data = mutated(self.chance.choice(self.corpus), self.corpus, self.chance)
        if self.tried % 8:
            self.feed(data)
        elif self._counted(data) and len(self.corpus) < _CORPUS_MAX:
            self.corpus.append(data)

    def feed(self, data: bytes) -> None:
        """Raises `Found` when the target does what it must not."""
        self.tried += 1
        began, held = time.thread_time(), _peak_mb()
        try:
            again = self.target.read(data)
        except self.target.errors:
            again = None
        except Exception as why:
            raise Found(self.target.name, data, f"raises {type(why).__name__}: {why}") from why
        else:
            self.taken += 1
        if again is not None and again != data:
            raise Found(self.target.name, data, f"decodes, and is coded again as {again[:200].hex()}…")
        if (took := time.thread_time() - began) > SECONDS_MAX:
            raise Found(self.target.name, data, f"takes {took:.1f} s")
        if (more := _peak_mb() - held) > MB_MAX:
            raise Found(self.target.name, data, f"takes {more} MB")

    def _counted(self, data: bytes) -> bool:
        """Feed it with its lines counted; whether it reached new ones."""
        before, lines = len(self.lines), self.lines

        def line(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
            return line

        def call(frame: FrameType, _event: str, _arg: Any) -> Any:
            return line if _ours(frame.f_code.co_filename) else None

        outer = sys.gettrace()
        sys.settrace(call)
        try:
            self.feed(data)
        finally:
            sys.settrace(outer)
        return len(lines) > before


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


@functools.cache
def _ours(file: str) -> bool:
    return (
        any(part in file for part in ("/protocol/", "/crypto/", "/node/", "/simulations/", "/fuzz/test_"))
        and ".venv" not in file
    )
