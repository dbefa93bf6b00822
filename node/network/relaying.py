"""Relaying: what a network wants of relays, and what they do for it. It outlives a host, as links and targets do."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ruil.node.network import addresses


@dataclass(slots=True)
class Relaying:
    """`on`: relay for others, that is, for neighbours that `may`, who are told that our `places` are these."""

    on: bool = False
    may: Callable[[bytes], bool] = lambda _: False
    places: Callable[[], tuple[str, ...]] = tuple
    changed: Callable[[], None] = lambda: None
    slots: dict[bytes, tuple[str, ...]] = field(default_factory=dict)  # by relay: where we are reached through it
    reached_from_outside: bool = False  # somebody from a public address got through to us: we need no relay
    circuits: int = 0  # that we carry now
    carried_bytes: int = 0  # that we passed on since the start

    def came_from(self, host: str) -> None:
        """Somebody's connection from there got through to us. In IPv6 the next room has a public address too."""
        network, private = addresses.neighbourhood(host)
        ours = {addresses.neighbourhood(each)[0] for each in addresses.hosts(self.places())}
        if not private and network not in ours:
            self.reached_from_outside = True
