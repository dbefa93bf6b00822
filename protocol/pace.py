"""Pace: how fast all logs of one member may grow here, so that nobody fills everybody's disk and memory in an hour.

This is no fact and judges nobody: what is beyond it is asked for later, and each node has a pace of its own. As a rule
of the log it would bind nobody, since one that claims to be years old claims years of allowance (docs/decisions/0022).
Spec: docs/spec/sync.md.
"""

from typing import Final

from ruil.protocol.book import Book
from ruil.protocol.ids import DeviceId, MemberId
from ruil.protocol.limits import MEMBER_ENTRIES_AT_ONCE, MEMBER_ENTRIES_PER_MINUTE, MINUTE, PACE_BYTES

_EACH_MS: Final = MINUTE // MEMBER_ENTRIES_PER_MINUTE
_REMEMBERED: Final = 10_000


class Pace:
    """Counts what came from neighbours. A device of which no certificate is known counts by itself. What the member of
    `me` said elsewhere comes as fast as it can: who was restored can do little before it is here."""

    def __init__(self, book: Book, me: DeviceId | None = None) -> None:
        self._book = book  # and not its members, which are others once a log was cut
        self._me = me
        self._full_at: dict[bytes, int] = {}  # when each may be heard at once again, as much as at first

    def left(self, owner: DeviceId | MemberId, now: int) -> int:
        """How many entries of a device, or of all of a member's, may come now."""
        whose = self._of(owner)
        if self._me is not None and whose == self._of(self._me):
            return MEMBER_ENTRIES_AT_ONCE
        return MEMBER_ENTRIES_AT_ONCE - self._debt(whose, now) // _EACH_MS

    def took(self, device: DeviceId, size: int, now: int) -> None:
        """An entry of so many bytes came, and stands. A long one counts as several."""
        whose = self._of(device)
        self._full_at[whose] = now + self._debt(whose, now) + (1 + size // PACE_BYTES) * _EACH_MS
        if len(self._full_at) > _REMEMBERED:
            self._full_at = {each: at for each, at in self._full_at.items() if at > now}

    def _debt(self, whose: bytes, now: int) -> int:
        # A clock that was set back must keep nobody waiting for as long as it was wrong.
        return min(max(0, self._full_at.get(whose, 0) - now), 2 * MEMBER_ENTRIES_AT_ONCE * _EACH_MS)

    def _of(self, owner: DeviceId | MemberId) -> bytes:
        return self._book.members.of_device.get(DeviceId(owner), owner)
