"""Vouching: what a member can say about this device itself, and what the node then does."""

from ruil.node.lease import ASKED_FOR, Lease
from ruil.node.pump import Pump


class Vouching:
    """A member's word about a device whose peer runs in `pump`."""

    def __init__(self, pump: Pump, lease: Lease) -> None:
        self._pump = pump
        self._lease = lease

    async def vouch(self, *, always: bool) -> None:
        """Nothing was set back; with `always`: on this computer nothing ever is, and a start of it needs no word."""
        if always:
            self._lease.trust()
        await self._pump.vouch()

    async def anew(self) -> None:
        """This device signs nothing more. Whoever opens the profile next begins another in its place."""
        await self._pump.end(ASKED_FOR)
