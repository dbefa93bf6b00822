"""A street for stories: simulated members who all see each other, over links of uneven length, so that what one says
second may arrive first."""

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Accept, Body, Deliver, Receive
from ruil.protocol.events import Bidding, Review
from ruil.protocol.exposure import Exposure, exposure
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY
from ruil.protocol.statement import Movement, statement
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World


class Street:
    """Anna, who founded it, and the others in the order of their names."""

    def __init__(self, *others: str, credit_limit: int = 600) -> None:
        self.world: World = village.found(seed=11, name="Elm Street", credit_limit=credit_limit)
        self.anna = self.world.nodes[0]
        self.people = [self.anna, *(village.join(self.world, self.anna, name) for name in others)]
        for number, one in enumerate(self.people):
            for other in self.people[number + 1 :]:
                if other.number not in one.neighbours:
                    self.world.link(one, other)
        settle(self.world)

    @property
    def now(self) -> int:
        return self.world.millis()

    def say(self, node: Node, body: Body | Review | Bidding, about: EntryId | None = None) -> EntryId:
        """Say it, and let it go round."""
        made = self.world.say(node, body, about)
        settle(self.world)
        return made

    def agree(self, by: Node, proposal: Body, *others: Node) -> EntryId:
        """Propose, and have the others accept at one instant, each before they hear of the rest."""
        made = self.say(by, proposal)
        for other in others:
            self.world.say(other, Accept(), made)
        settle(self.world)
        return made

    def hand_over(self, about: EntryId, number: int, quantity: int) -> None:
        """The provider delivers and the receiver confirms; credit is confirmed by itself."""
        known = self.known(about)
        given = known.commitments[number]
        delivered = self.say(self.of(given.provider), Deliver(number, quantity), about)
        if self.known(about).deliveries[delivered].receipt is None:
            self.say(self.of(given.receiver), Receive(delivered, quantity), about)

    def of(self, member: MemberId) -> Node:
        return next(node for node in self.people if node.id == member)

    def pass_days(self, days: float) -> None:
        """Days in which nobody says anything but the nodes by themselves."""
        self.world.leap(self.world.now + int(days * DAY) * NS_PER_MS)

    def part(self, *away: Node) -> None:
        """The network falls in two; with nobody away it is one again."""
        self.world.split({node.number: 1 for node in away})
        settle(self.world, 60)

    def known(self, about: EntryId, node: Node | None = None) -> Agreement:
        known = (node or self.anna).peer.book.agreements.get(about)
        assert known is not None
        return known

    def state(self, about: EntryId) -> State:
        """The state in which everybody sees it now."""
        (found,) = {self.known(about, node).state_at(self.now) for node in self.people if node.up}
        return found

    def balances(self) -> list[int]:
        """Everybody's balance in the order of people, as everybody reads it; together they are 0."""
        found = [node.peer.book.credit.balances() for node in self.people if node.up]
        assert all(each == found[0] for each in found)
        assert sum(found[0].values()) == 0
        return [found[0].get(node.id, 0) for node in self.people]

    def exposure(self, node: Node) -> Exposure:
        """What somebody owes and is owed, as Anna's node reads it."""
        book = self.anna.peer.book
        return exposure(book.members, book.agreements, book.credit, node.id, Millis(self.now))

    def statement(self, node: Node) -> list[Movement]:
        """The movements of somebody's credit, as Anna's node reads them."""
        book = self.anna.peer.book
        return statement(book.agreements, book.records, node.id)

    def one_book(self) -> bool:
        """Whether all who are there know the same."""
        return len({node.peer.book.digest() for node in self.people if node.up}) == 1
