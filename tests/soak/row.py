"""A row of what `make soak` prints: what was tried, how often, and how much was lost. And what a subject is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """`lost` counts what must never happen: an acknowledged entry that is gone, a corrupt file, a fork of ourselves. A
    subject may say the same `what` again and again, as it goes: tries and losses are added up, the last note stays."""

    what: str
    tried: int
    lost: int
    note: str = ""


class Subject(Protocol):
    """A module of this folder. `run` ends soon after `seconds` have passed; with 0 it tries each thing once, within a
    few seconds. Whatever is left to chance comes from `seed`, which the note of a loss repeats if it is not enough."""

    NAME: str

    def run(self, seconds: float, seed: int) -> Iterator[Row]: ...
