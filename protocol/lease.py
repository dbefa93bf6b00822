"""A lease: whether this device may sign now, as far as what is heard from neighbours can tell.

A device whose log was set back would say a second thing at a place where it has spoken already, and so end its own log.
What the driver knows of its own machine comes in as events; what neighbours say of our own log is weighed here:

    sure --Doubted--> doubted --a neighbour tells our very head, nobody tells more--> sure
    any --a neighbour tells more--> held until it is shown or the claim has had its time
    any --an entry with our own signature that we do not know--> over, for good

Nothing else is believed: a claim without our signature decides nothing. Spec: docs/spec/lease.md.
"""

from collections.abc import Iterable
from typing import Final

from ruil.protocol.events import Effect, Send, Tell, Wake
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import LEASE_CLAIM_MS, LEASE_CLAIMS_MAX, LEASE_SETTLE_MS
from ruil.protocol.log import Log
from ruil.protocol.wire import Heads, Want

LEASE: Final = "lease"  # the reason for which a peer asks to be woken
_CLAIMED: Final = (
    "a neighbour says that this device has said more than is known here. Until that is shown or has turned out wrong,"
    f" at most {LEASE_CLAIM_MS // 1_000} seconds, nothing is signed; try again then"
)
SET_BACK: Final = (
    "this device's log was set back, or somebody else has a copy of this profile: a neighbour holds more of it than is"
    " known here, with its own signature. It signs nothing any more"
)
FORKED: Final = "this device's log has forked, as two copies of one profile do. It signs nothing any more"


class Lease:
    """Whether one device may sign. `doubt` and `over` are sentences, empty when there is none."""

    def __init__(self, device: DeviceId) -> None:
        self.doubt = ""
        self.over = ""
        self._device = device
        self._agreed: set[NeighbourId] = set()  # whose head of our log is ours, since the doubt began
        self._settled = 0  # when whoever else is linked has had the time to say more
        self._claims: dict[NeighbourId, int] = {}  # who tells more of our log, and until when we wait to see it
        self._wrong: set[NeighbourId] = set()  # who told more and did not show it: believed by what they show alone

    def why_not(self) -> str:
        """Why nothing may be signed now; empty when it may."""
        return self.over or self.doubt or (_CLAIMED if self._claims else "")

    def doubted(self, why: str) -> None:
        """What this device said last may be missing here."""
        self.doubt = self.doubt or why
        self._agreed.clear()

    def told(self, neighbour: NeighbourId, said: Heads, log: Log | None, now: int) -> list[Effect]:
        """What a neighbour that may read tells of our own log."""
        if self.over:
            return []
        effects: list[Effect] = []
        for device, size, short in said.heads:
            if device != self._device or size == 0 or (log is not None and log.cut is not None):
                continue
            mine = log.size if log is not None else 0
            if size > mine:
                self._agreed.discard(neighbour)
                effects += self._claim(neighbour, mine, now)
            elif log is None or size < mine or short != log.ids.tip:
                self._agreed.discard(neighbour)  # they lag behind, or a rival will show itself
            elif self.doubt:
                if not self._agreed:
                    self._settled = now + LEASE_SETTLE_MS
                    effects.append(Wake(self._settled, LEASE))
                self._agreed.add(neighbour)
        return effects

    def _claim(self, neighbour: NeighbourId, mine: int, now: int) -> Iterable[Effect]:
        if neighbour in self._claims or neighbour in self._wrong:
            return
        if len(self._claims) + len(self._wrong) >= LEASE_CLAIMS_MAX:
            return
        self._claims[neighbour] = until = now + LEASE_CLAIM_MS
        # Asked of each who claims it, and for one entry: that is proof enough. Sync would ask one after the other.
        yield Send(neighbour, Want(((self._device, mine, mine),)))
        yield Wake(until, LEASE)
        yield Tell("held", self._device, _CLAIMED)

    def woke(self, now: int) -> list[NeighbourId]:
        """A time we asked for has come. Returns who claimed more and did not show it."""
        late = [neighbour for neighbour, until in self._claims.items() if until <= now]
        for neighbour in late:
            del self._claims[neighbour]
            self._wrong.add(neighbour)
        if self._agreed and self._settled <= now and not self._claims:
            self.doubt = ""
        return late

    def next_wake(self, now: int) -> int | None:
        """When to be woken next; a driver keeps one time for each reason."""
        times = (*self._claims.values(), *((self._settled,) if self._agreed and self.doubt else ()))
        return min((at for at in times if at > now), default=None)
