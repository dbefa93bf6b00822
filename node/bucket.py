"""A bucket of tokens: so many come every second, up to a burst. Whoever makes us work pays with them first."""

from collections import OrderedDict


class Bucket:
    """All times are seconds of one monotonic clock. It begins full."""

    __slots__ = ("_at", "_burst", "_held", "_per_second")

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._held = burst
        self._at = float("-inf")

    def _fill(self, now: float) -> float:
        """Tokens there now; below 0 when more was spent than there was."""
        return min(self._burst, self._held + (now - self._at) * self._per_second)

    def take(self, count: float, now: float) -> bool:
        """Spend `count`, if they are there; nothing is spent when they are not."""
        held = self._fill(now)
        if held < count:
            return False
        self._held, self._at = held - count, now
        return True

    def owe(self, count: float, now: float) -> float:
        """Spend `count`, there or not. Returns the seconds until the bucket is out of debt again."""
        self._held, self._at = self._fill(now) - count, now
        return max(0.0, -self._held / self._per_second)


class Buckets:
    """A bucket for each of many keys. A stranger can make up keys, so the longest unused are forgotten past `most`;
    who is forgotten begins with a full one again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: OrderedDict[object, Bucket] = OrderedDict()

    def take(self, key: object, per_second: float, burst: float, now: float) -> bool:
        """Spend one token of this key, if it is there."""
        return self._bucket(key, per_second, burst).take(1, now)

    def owe(self, key: object, per_second: float, burst: float, count: float, now: float) -> float:
        """Spend `count` of this key's, there or not. Returns the seconds until it is out of debt again."""
        return self._bucket(key, per_second, burst).owe(count, now)

    def _bucket(self, key: object, per_second: float, burst: float) -> Bucket:
        bucket = self._of.get(key)
        if bucket is None:
            bucket = self._of[key] = Bucket(per_second, burst)
            if len(self._of) > self._most:
                self._of.popitem(last=False)
        self._of.move_to_end(key)
        return bucket
