"""Links between simulated nodes: latency, bandwidth, loss of frames, partitions. All chance is one named stream.

A link is a stream, as on TCP: frames arrive in order. A lost frame is what an overflowing queue does in a real node:
the frame is gone, and both sides compare notes anew.
"""

import random
from dataclasses import dataclass, field

NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Links:
    """The network between nodes, which are named by their number. Times in ns."""

    chance: random.Random
    latency_ms: tuple[int, int] = (20, 150)
    bytes_per_second: int = 1_250_000
    loss: float = 0.0
    _latency: dict[tuple[int, int], int] = field(default_factory=dict)
    _ways: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # one way: [free from, latency]
    _island: dict[int, int] = field(default_factory=dict)
    sent_bytes: int = 0
    sent_frames: int = 0
    lost_frames: int = 0

    def latency(self, one: int, other: int) -> int:
        """A pair's one-way latency in ns: drawn once, the same both ways."""
        pair = (one, other) if one < other else (other, one)
        known = self._latency.get(pair)
        if known is None:
            known = self._latency[pair] = int(self.chance.uniform(*self.latency_ms) * NS_PER_MS)
        return known

    def carry(self, sender: int, receiver: int, size: int, now: int) -> int | None:
        """When a frame of `size` bytes sent at `now` arrives; None when it is lost."""
        self.sent_frames += 1
        self.sent_bytes += size
        if self.loss and self.chance.random() < self.loss:
            self.lost_frames += 1
            return None
        way = self._ways.get((sender, receiver))
        if way is None:
            way = self._ways[sender, receiver] = [0, self.latency(sender, receiver)]
        begins = now if now > way[0] else way[0]
        way[0] = begins + size * 1_000_000_000 // self.bytes_per_second
        return way[0] + way[1]

    def split(self, islands: dict[int, int]) -> None:
        """Nodes on different islands can not reach each other; an empty map joins all again."""
        self._island = islands

    def joined(self, one: int, other: int) -> bool:
        """Whether two nodes can reach each other now."""
        return not self._island or self._island.get(one, 0) == self._island.get(other, 0)
