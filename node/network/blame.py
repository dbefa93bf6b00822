"""Who misbehaved, and whom we therefore refuse for a while. Memory is bounded: keys cost a stranger nothing."""

import logging

from ruil.node.network.limits import NetworkLimits

log = logging.getLogger("ruil.network")


class Blames:
    """Scores that fade by half in blame_half_life_seconds. All times are seconds of one monotonic clock."""

    def __init__(self, limits: NetworkLimits) -> None:
        self._limits = limits
        self._scores: dict[bytes, tuple[float, float]] = {}  # key -> score, and when it had that score
        self._refused: dict[bytes, float] = {}  # key -> until

    def add(self, neighbour: bytes, reason: str, weight: int, now: float) -> bool:
        """Add `weight` to the neighbour's score; True if it is now past the limit and refused."""
        score = self.score(neighbour, now) + weight
        self._scores.pop(neighbour, None)
        self._scores[neighbour] = (score, now)
        log.info("blame %s: %s (%.1f of %d)", neighbour.hex()[:12], reason, score, self._limits.blame_max)
        _keep(self._scores, self._limits.refused_max)
        if score < self._limits.blame_max:
            return False
        del self._scores[neighbour]
        self.refuse(neighbour, now)
        return True

    def score(self, neighbour: bytes, now: float) -> float:
        score, then = self._scores.get(neighbour, (0.0, now))
        return float(score * 0.5 ** ((now - then) / self._limits.blame_half_life_seconds))

    def refuse(self, neighbour: bytes, now: float) -> None:
        self._refused.pop(neighbour, None)
        self._refused[neighbour] = now + self._limits.refuse_seconds
        _keep(self._refused, self._limits.refused_max)

    def refused(self, neighbour: bytes, now: float) -> bool:
        until = self._refused.get(neighbour)
        if until is not None and until <= now:
            del self._refused[neighbour]
            until = None
        return until is not None


def _keep(table: dict[bytes, tuple[float, float]] | dict[bytes, float], count: int) -> None:
    """Forget the oldest entries beyond `count` (a dict keeps the order of insertion)."""
    while len(table) > count:
        table.pop(next(iter(table)))
