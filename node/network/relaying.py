"""Relaying: what a network wants of relays, and what they do for it. It outlives a host, as links and targets do."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Relaying:
    """`on`: relay for others, that is, for neighbours that `may`, who are told that our `places` are these."""

    on: bool = False
    may: Callable[[bytes], bool] = lambda _: False
    places: Callable[[], tuple[str, ...]] = tuple
    changed: Callable[[], None] = lambda: None
    slots: dict[bytes, tuple[str, ...]] = field(default_factory=dict)  # by relay: where we are reached through it
    reached_from_outside: bool = False  # somebody from a public address got through to us: we need no relay
