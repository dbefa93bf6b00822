"""Forking: honest until one moment, when they sign two different entries at one place of their log and show one to half
of their neighbours and the other to the rest. From then on they say nothing."""

from ruil.protocol.bodies import Listing
from ruil.protocol.entry import seal
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY
from ruil.protocol.wire import Push
from ruil.simulations.people.honest import Honest, Life
from ruil.simulations.world import Node, World


class Forking(Honest):
    """`forked_at`: when it happened, in ns; None until then."""

    def __init__(self, world: World, node: Node, life: Life) -> None:
        super().__init__(world, node, life)
        self.forked_at: int | None = None

    def plan(self, visits: int) -> None:
        super().plan(visits)
        span = self.life.ends - self.life.begins
        self.world.at(self.life.begins + int((0.3 + 0.3 * self.chance.random()) * span), self.fork)

    def visit(self) -> None:
        if self.forked_at is None:
            super().visit()

    def look(self, about: EntryId) -> None:
        if self.forked_at is None:
            super().look(about)

    def fork(self) -> None:
        """Sign the same last loaf away twice."""
        around = [self.world.nodes[number] for number in sorted(self.node.neighbours)]
        within_reach = [each for each in around if each.up and self.world.links.joined(self.node.number, each.number)]
        if not self.node.up or len(within_reach) < 2:
            self._later(self.fork)
            return
        self.forked_at = self.world.now
        for side in (0, 1):
            frame = Push(self.node.peer.device, self._signed(f"my last loaf, for number {side}"))
            for other in within_reach[side::2]:
                self.world.show(self.node, other, frame)

    def _signed(self, title: str) -> bytes:
        log = self.node.peer.book.logs[self.node.peer.device]
        at = Millis(max(self.world.millis(self.node), log.at))
        return seal(
            self.node.device,
            self.world.community,
            Listing("offer", self.life.kinds[0], title, 1, "loaf", at + 7 * DAY),
            seq=log.size,
            at=at,
            root=log.range.root(),
            salt=self.chance.randbytes(16),
        ).data
