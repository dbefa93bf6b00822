"""Keeps trying the addresses we want a link with: all at once, each with its own growing, jittered wait."""

import random
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Protocol

import trio

from ruil.node.network.addresses import Address
from ruil.node.network.limits import NetworkLimits
from ruil.node.network.link import Link


class Why(IntEnum):
    """Why an address is tried; the more somebody wants it, the smaller the number."""

    ASKED = 0  # our member named it, or an invitation did
    BOOTSTRAP = 1  # named in the settings, for when nobody is linked
    FOUND = 2  # heard on the local network


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
        self._targets: dict[Address, Why] = {}
        self._more = trio.Event()

    def add(self, address: Address, why: Why = Why.ASKED) -> None:
        """Want a link with whoever is there. Too many targets: the oldest of those least wanted is forgotten."""
        if address.relay is not None:
            self.add(address.of_relay(), why)  # the way leads over a link with the relay
        if address in self._targets:
            self._targets[address] = min(self._targets[address], why)
            return
        if len(self._targets) >= self._limits.targets_max:
            least = max(self._targets, key=self._targets.__getitem__)
            if self._targets[least] < Why.FOUND:
                return
            del self._targets[least]
        self._targets[address] = why
        self._more.set()

    def remove(self, address: Address) -> None:
        """Forget a discovered address; an address that somebody asked for stays."""
        if self._targets.get(address) == Why.FOUND:
            del self._targets[address]

    def why(self, address: str) -> Why | None:
        """Why we try this address, as it is written; None when we do not."""
        return min((why for target, why in self._targets.items() if str(target) == address), default=None)

    def wanted(self) -> dict[str, Why]:
        """Every address we try, as it is written."""
        return {str(target): why for target, why in self._targets.items()}

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
        if self._targets.get(address) == Why.FOUND and known is not None and host.key > known:
            await trio.sleep(limits.larger_key_waits_seconds)
        if address.relay is not None:
            await trio.sleep(limits.direct_first_seconds)
        while address in self._targets:
            link = self._good(address, known)
            if link is not None:
                since = trio.current_time()
                await link.gone.wait()
            elif self._unwanted(address, known):
                since = trio.current_time()
            else:
                since = trio.current_time()
                known = await host.connect(address) or known
                if self._good(address, known) is not None:
                    continue  # the neighbour's own connection was faster: wait for the end of that one
            if trio.current_time() - since >= limits.redial_forget_seconds:
                wait = limits.redial_first_seconds
            await trio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, limits.redial_last_seconds)

    def _good(self, address: Address, known: bytes | None) -> Link | None:
        """The link that makes this address needless: one through a relay does not, as long as a direct one may come."""
        link = None if known is None else self._links.get(known)
        return None if link is not None and link.relay is not None and address.relay is None else link

    def _unwanted(self, address: Address, known: bytes | None) -> bool:
        if known is not None and self._refused(known):
            return True
        if len(self._links) >= self._limits.neighbours_max:
            return True
        match self._targets.get(address, Why.FOUND):
            case Why.ASKED:
                return False
            case Why.BOOTSTRAP:
                return bool(self._links)
            case Why.FOUND:
                return len(self._links) >= self._limits.neighbours_wanted
