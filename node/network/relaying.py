"""Relaying: what a network wants of relays, and what they do for it. It outlives a host, as links and targets do."""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import trio

from ruil.node.network import addresses

OUTSIDE_SECONDS: Final = 3_600.0  # after that we may be on another network


@dataclass(slots=True)
class Relaying:
    """`on`: relay for others, that is, for neighbours that `may`, who are told that our `places` are these."""

    on: bool = False
    may: Callable[[bytes], bool] = lambda _: False
    places: Callable[[], tuple[str, ...]] = tuple
    changed: Callable[[], None] = lambda: None
    slots: dict[bytes, tuple[str, ...]] = field(default_factory=dict)  # by relay: where we are reached through it
    outside: int = 0  # links of whoever came from a public address and is still linked
    outside_at: float = -math.inf  # when the last of them was
    circuits: int = 0  # that we carry now
    carried_bytes: int = 0  # that we passed on since the start

    @property
    def reached_from_outside(self) -> bool:
        """Whether we need no relay: somebody from a public address got through to us, lately. Laptops are moved."""
        return self.outside > 0 or trio.current_time() - self.outside_at < OUTSIDE_SECONDS

    @contextlib.contextmanager
    def linked(self, host: str) -> Iterator[None]:
        """As long as somebody is linked who came to us from there."""
        outside = self._is_outside(host)
        self.outside += outside
        try:
            yield
        finally:
            self.outside -= outside
            self.outside_at = trio.current_time() if outside else self.outside_at

    def _is_outside(self, host: str) -> bool:
        """In IPv6 the next room has a public address too."""
        network, private = addresses.neighbourhood(host)
        ours = {addresses.neighbourhood(each)[0] for each in addresses.hosts(self.places())}
        return not private and network not in ours
