"""Keeps trying the addresses we want a link with: all at once, each with its own growing, jittered wait."""

import random
from collections.abc import Callable, Mapping
from typing import Protocol

import trio

from ruil.node.network.addresses import Address
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Link


class Connects(Protocol):
    """What the dialer needs of a host."""

    key: bytes

    async def connect(self, address: Address) -> bytes | None: ...


class Dialer:
    """The targets outlive a host: the next one goes on with them."""

    def __init__(
        self,
        limits: NetworkLimits,
        links: Mapping[bytes, Link],
        refused: Callable[[bytes], bool],
    ) -> None:
        self._limits = limits
        self._links = links
        self._refused = refused
        self._targets: dict[Address, bool] = {}  # -> was discovered, that is, not asked for by anybody
        self._more = trio.Event()

    def add(self, address: Address, *, discovered: bool = False) -> None:
        """Want a link with whoever is there. Too many targets: the oldest discovered one is forgotten."""
        if address in self._targets:
            self._targets[address] = self._targets[address] and discovered
            return
        if len(self._targets) >= self._limits.targets_max:
            oldest = next((known for known, found in self._targets.items() if found), None)
            if oldest is None:
                return
            del self._targets[oldest]
        self._targets[address] = discovered
        self._more.set()

    def remove(self, address: Address) -> None:
        """Forget a discovered address; an address that somebody asked for stays."""
        if self._targets.get(address):
            del self._targets[address]

    def wants(self, address: str) -> bool:
        """Whether this, as it is written, is one of the addresses we try."""
        return any(str(target) == address for target in self._targets)

    async def run(self, host: Connects, itself: type[Exception]) -> None:
        """Try every target, one task each, until cancelled."""
        started: set[Address] = set()

        async def attend(address: Address) -> None:
            try:
                await self._attend(host, address)
            except itself:
                self._targets.pop(address, None)  # our own address came back to us by some detour
            finally:
                started.discard(address)

        async with trio.open_nursery() as nursery:
            while True:
                self._more = trio.Event()
                for address in self._targets.keys() - started:
                    started.add(address)
                    nursery.start_soon(attend, address)
                await self._more.wait()

    async def _attend(self, host: Connects, address: Address) -> None:
        limits, wait, known = self._limits, self._limits.redial_first_seconds, address.key
        if self._targets.get(address) and known is not None and host.key > known:
            await trio.sleep(limits.larger_key_waits_seconds)
        while address in self._targets:
            link = None if known is None else self._links.get(known)
            if link is not None:
                since = trio.current_time()
                await link.gone.wait()
            elif self._unwanted(address, known):
                since = trio.current_time()
            else:
                since = trio.current_time()
                known = await host.connect(address) or known
                if known is not None and known in self._links:
                    continue  # the neighbour's own connection was faster: wait for the end of that one
            if trio.current_time() - since >= limits.redial_forget_seconds:
                wait = limits.redial_first_seconds
            await trio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, limits.redial_last_seconds)

    def _unwanted(self, address: Address, known: bytes | None) -> bool:
        if known is not None and self._refused(known):
            return True
        if len(self._links) >= self._limits.neighbours_max:
            return True
        return self._targets.get(address, True) and len(self._links) >= self._limits.neighbours_wanted
