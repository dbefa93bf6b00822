"""A street whose people write to each other, simulated: who is away, what is lost, and what stands on whose disk."""

from random import Random

from ruil.protocol import letters
from ruil.protocol.events import Blame, Effect, Wrote
from ruil.protocol.ids import DeviceId, LetterId
from ruil.protocol.letterbox import State, state
from ruil.protocol.letters import KEPT, Letter, Note
from ruil.protocol.members import certify
from ruil.simulations import village
from ruil.simulations.links import Links
from ruil.simulations.village import settle
from ruil.simulations.world import Node

NEVER = 10**18


class Road(Links):
    """Links on which somebody can be deaf, and letters can be lost without a word."""

    def __init__(self, seed: int) -> None:
        super().__init__(Random(seed))
        self.deaf: set[int] = set()
        self.loses = 0

    def carry(self, sender: int, receiver: int, size: int, now: int) -> int | None:
        lost = self.loses > 0 and size > 1_000
        self.loses -= lost
        return NEVER if lost or receiver in self.deaf else super().carry(sender, receiver, size, now)


class Street:
    """Anna, Ben and Carla and more, each linked with each, or not."""

    def __init__(self, people: int = 3, seed: int = 7) -> None:
        self.road = Road(seed)
        self.world = village.found(seed, links=self.road)
        self.anna = self.world.nodes[0]
        for _ in range(people - 1):
            village.join(self.world, self.anna)
        nodes = self.world.nodes
        self.ben, self.carla = nodes[1], nodes[2]
        for one in nodes:
            for other in nodes[: one.number]:
                self.world.link(one, other)
        settle(self.world, 60)
        self.frames: list[tuple[Node, Effect]] = []
        self.world.watchers.append(lambda node, effect, _: self.frames.append((node, effect)))

    def writes(
        self, text: str = "Hello", *, by: Node | None = None, to: Node | None = None, **more: object
    ) -> LetterId:
        wrote = Wrote((to or self.ben).id, text, **more)  # type: ignore[arg-type]
        return self.world.write(by or self.anna, wrote)

    def reads(self, node: Node, partner: Node) -> list[str]:
        """What stands in a conversation, opened from this node's disk."""
        return [self.opened(node, note).text for note in node.peer.post.box.letters(partner.id)]

    def opened(self, node: Node, note: Note) -> Letter:
        data = node.letters[note.id][1]
        return letters.open_letter(node.device, self.world.community, letters.open_sealed(self.world.community, data))

    def state(self, letter: LetterId, node: Node | None = None) -> State:
        node = node or self.anna
        note = node.peer.post.box.get(letter)
        assert note is not None
        return state(node.peer.book.members, note, self.world.millis())

    def kept(self, node: Node) -> list[LetterId]:
        """What a node keeps the bytes of for others, on its disk."""
        return [id_ for id_, (note, data) in node.letters.items() if note.role == KEPT and data]

    def away(self, *nodes: Node) -> None:
        for node in nodes:
            self.world.crash(node)

    def back(self, *nodes: Node, seconds: float = 10) -> None:
        for node in nodes:
            self.world.restart(node)
        settle(self.world, seconds)

    def phone(self, of: Node) -> Node:
        """A second device of somebody, linked with everybody."""
        made = self.world.add(of.member)
        device = DeviceId(made.device.public)
        self.world.say(made, certify(of.member, device, "phone", self.world.millis(made)))
        for other in self.world.nodes[:-1]:
            self.world.link(made, other)
        settle(self.world, 60)
        return made

    def blamed(self) -> list[str]:
        return [effect.reason for _, effect in self.frames if isinstance(effect, Blame)]
