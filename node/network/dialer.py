"""Keeps trying the addresses we want a link with: all at once, each with its own growing, jittered wait.

Who was linked a while ago and is missing is tried often, so that the link is back soon after they are. What only a
record of the peer book names is knocked at seldom: anybody can name a place that is not theirs (docs/spec/peerbook.md).
"""

import math
import random
from collections.abc import Callable, Mapping, Set
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
    BOOK = 3  # in a signed record of the peer book


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
        self._nudges: dict[Address, trio.Event] = {}
        self._answered: dict[Address, float] = {}  # when somebody was there last
        self._missing: set[Address] = set()  # where somebody was a while ago, and is not
        self._knocks = Knocks(limits)

    def add(self, address: Address, why: Why = Why.ASKED) -> None:
        """Want a link with whoever is there. Too many targets: the oldest of those least wanted is forgotten."""
        if address.relay is not None:
            self.add(address.of_relay(), why)  # the way leads over a link with the relay
        if address in self._targets:
            self._targets[address] = min(self._targets[address], why)
            if why is Why.FOUND and address in self._nudges:
                self._nudges[address].set()  # it has just come up
            return
        if len(self._targets) >= self._limits.targets_max:
            least = max(self._targets, key=self._targets.__getitem__)
            if self._targets[least] < max(Why.FOUND, why):
                return
            del self._targets[least]
        self._targets[address] = why
        self._more.set()

    def remove(self, address: Address) -> None:
        """Forget a discovered address; an address that somebody asked for stays."""
        if self._targets.get(address) == Why.FOUND:
            del self._targets[address]

    def leave_to_them(self, keys: Set[bytes]) -> None:
        """Try no more what only the peer book names of these: they came to us, and others have their turn."""
        for address in [each for each, why in self._targets.items() if why is Why.BOOK and each.key in keys]:
            del self._targets[address]

    def why(self, address: str) -> Why | None:
        """Why we try this address, as it is written; None when we do not."""
        return min((why for target, why in self._targets.items() if str(target) == address), default=None)

    def wanted(self) -> dict[str, Why]:
        """Every address we try, as it is written."""
        return {str(target): why for target, why in self._targets.items()}

    def count(self, why: Why) -> int:
        """How many addresses we try for this reason."""
        return sum(each is why for each in self._targets.values())

    async def run(self, host: Connects, itself: type[Exception]) -> None:
        """Try every target, one task each, until cancelled."""
        started: set[Address] = set()

        async def attend(address: Address, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            try:
                await self._attend(host, address)
            except itself:
                self._targets.pop(address, None)  # our own address came back to us by some detour
            finally:
                started.discard(address)
                self._missing.discard(address)
                if address not in self._targets:
                    self._answered.pop(address, None)
                self._nudges.pop(address, None)

        async with trio.open_nursery() as nursery:
            while True:
                self._more = trio.Event()
                for address in [each for each in self._targets if each not in started]:
                    started.add(address)
                    await nursery.start(attend, address)  # one after the other: who was added first knocks first
                await self._more.wait()

    async def _attend(self, host: Connects, address: Address) -> None:
        limits, wait, known = self._limits, self._limits.redial_first_seconds, address.key
        failures = 0
        if self._targets.get(address) == Why.FOUND and known is not None and host.key > known:
            await trio.sleep(limits.larger_key_waits_seconds)
        if address.relay is not None:
            await trio.sleep(limits.direct_first_seconds)
        while address in self._targets:
            since = trio.current_time()
            link = self._good(address, known)
            if link is not None:
                await link.gone.wait()
            elif not self._unwanted(address, known):
                told = self._targets[address] is Why.BOOK and address not in self._answered
                if told:
                    await self._knocks.turn(address)
                answered = await host.connect(address)
                known = address.key or answered or known
                if answered is not None and address.key in (None, answered):
                    self._answered[address], failures = trio.current_time(), 0
                    self._knocks.answered(address)
                elif told and (failures := failures + 1) >= limits.book_tries:
                    self._targets.pop(address, None)
                    break
                if self._good(address, known) is not None:
                    continue  # the neighbour's own connection was faster: wait for the end of that one
            if trio.current_time() - since >= limits.redial_forget_seconds:
                wait = limits.redial_first_seconds
            longest = self._longest(address)
            if await self._nudged(address, min(wait, longest) * random.uniform(0.5, 1.0)):
                wait = limits.redial_first_seconds
            else:
                wait = min(wait * 2, longest)

    def _longest(self, address: Address) -> float:
        """The longest wait between two tries: short for a while after somebody was there, if few are missing."""
        if trio.current_time() - self._answered.get(address, -math.inf) > self._limits.missing_seconds:
            self._missing.discard(address)
            return self._limits.redial_last_seconds
        self._missing.add(address)
        return self._limits.redial_missing_seconds * math.ceil(len(self._missing) / self._limits.neighbours_chosen)

    async def _nudged(self, address: Address, seconds: float) -> bool:
        """Wait so long, or until somebody says that it is worth trying at once."""
        self._nudges[address] = trio.Event()
        with trio.move_on_after(seconds):
            await self._nudges[address].wait()
            return True
        return False

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
            case Why.FOUND | Why.BOOK:
                own = sum(link.outbound for link in self._links.values())
                return len(self._links) >= self._limits.neighbours_wanted and own >= self._limits.neighbours_own


class Knocks:
    """When a place that others named may be knocked at: all together so often, and each host ever more seldom while
    nobody answers there, whatever ports and keys it is named with. So nobody's record turns nodes against a third."""

    def __init__(self, limits: NetworkLimits) -> None:
        self._limits = limits
        self._next = 0.0
        self._hosts: dict[str, tuple[float, float]] = {}  # -> when next, and how long after that

    async def turn(self, address: Address) -> None:
        """Wait until it may be."""
        await trio.sleep_until(self.when(address, trio.current_time()))

    def when(self, address: Address, now: float) -> float:
        """When it may be; that time is taken."""
        limits = self._limits
        gap = 1 / limits.knocks_per_second
        self._next = max(self._next, now - limits.knocks_burst * gap) + gap
        at = max(now, self._next)
        if address.relay is not None:
            return at  # it goes over a link that we have
        host_at, wait = self._hosts.pop(address.host, (now, limits.knock_again_seconds))
        at = max(at, host_at)
        self._hosts[address.host] = at + wait, min(2 * wait, limits.knock_last_seconds)
        if len(self._hosts) > limits.targets_max:
            del self._hosts[next(iter(self._hosts))]
        return at

    def answered(self, address: Address) -> None:
        """Somebody is there."""
        self._hosts.pop(address.host, None)
