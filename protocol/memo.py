"""A memo: what a pure function made of something once, so that it is not made again. Bounded, the oldest half goes.

Results are values, so whoever asks for the same may share them: a simulation's Books, each of which reads every entry,
hold one record of it between them (sharing.py).
"""

from typing import TypeVar

Key = TypeVar("Key")
Made = TypeVar("Made")


class Memo(dict[Key, Made]):
    """A dict that never holds more than `size` results."""

    __slots__ = ("_size",)

    def __init__(self, size: int) -> None:
        self._size = size

    def keep(self, key: Key, made: Made) -> Made:
        """Remember `made` under `key`, and return it."""
        if len(self) >= self._size:
            for oldest in list(self)[: self._size // 2]:
                del self[oldest]
        self[key] = made
        return made
