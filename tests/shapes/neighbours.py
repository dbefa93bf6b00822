"""Neighbours of a simulated street, and how a story has them speak.

Real peers on one clock (simulations/world.py): what they say takes 20 to 150 ms on each link, comes by several ways and
so out of order, and one frame in fifty is lost. Every story ends with all logs read once more from back to front.
"""

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import CREDIT, Body, Deliver, Profile, Receive
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS, Links
from ruil.simulations.world import Node


class Street:
    """A community of these people. The first one founded it; each can owe 600, and is linked with the next three."""

    def __init__(self, *names: str, seed: int = 1) -> None:
        self.world = village.found(seed, "Elm Street")
        self.world.links = Links(self.world.chance("links"), loss=0.02)
        founder = self.world.nodes[0]
        self.settle(1)  # a later profile is one of a later moment
        self.world.say(founder, Profile(names[0]))
        for name in names[1:]:
            village.join(self.world, founder, name)
        people = self.world.nodes
        for number, node in enumerate(people):
            for step in (1, 2, 3):
                self.world.link(node, people[(number + step) % len(people)])
        self.settle(60)

    def settle(self, seconds: float = 40) -> None:
        """Let what was said arrive: longer than the regular healing, which fetches what was lost."""
        village.settle(self.world, seconds)

    def wait(self, days: float) -> None:
        """Let days pass, and then what was said in them arrive."""
        self.world.leap(self.world.now + int(days * DAY) * NS_PER_MS)
        self.settle()

    def days(self, days: float) -> Millis:
        """The time so many days from now."""
        return Millis(self.world.millis() + int(days * DAY))

    def says(self, who: Node, body: Body, about: EntryId | None = None) -> EntryId:
        """Somebody says something, and it arrives wherever it can."""
        said = self.world.say(who, body, about)
        self.settle()
        return said

    def refusal(self, who: Node, body: Body, about: EntryId) -> str:
        """The sentence with which somebody's own node refuses to say it; empty when it said it."""
        try:
            self.says(who, body, about)
        except Refused as why:
            return str(why)
        return ""

    def cut_off(self, *people: Node) -> None:
        """These can reach each other, and nobody else."""
        self.world.split({node.number: 1 for node in people})

    def together_again(self) -> None:
        """Everybody can reach everybody."""
        self.world.split({})
        self.settle()

    def agreement(self, seen_by: Node, agreement: EntryId) -> Agreement:
        """An agreement as somebody's Book has it."""
        known = seen_by.peer.book.agreements.get(agreement)
        assert known is not None
        return known

    def keep(self, agreement: EntryId, *people: Node) -> None:
        """These hand over what they promised and confirm what came. Credit their nodes confirm by themselves."""
        known = self.agreement(people[0], agreement)
        by_id = {node.id: node for node in people}
        for number, promised in enumerate(known.commitments):
            if promised.provider in by_id:
                self.world.say(by_id[promised.provider], Deliver(number, promised.quantity), agreement)
        self.settle()
        for delivery in self.agreement(people[0], agreement).deliveries.values():
            promised = known.commitments[delivery.commitment]
            asked = promised.receiver in by_id and promised.unit != CREDIT and delivery.receipt is None
            if asked:
                self.world.say(by_id[promised.receiver], Receive(delivery.id, delivery.quantity), agreement)
        self.settle()

    def owes(self, agreement: EntryId, seen_by: Node) -> dict[str, list[str]]:
        """Who gives what by an agreement, in words."""
        book, found = seen_by.peer.book, dict[str, list[str]]()
        for each in self.agreement(seen_by, agreement).commitments:
            found.setdefault(book.members.name(each.provider), []).append(
                f"{each.quantity} {each.unit} to {book.members.name(each.receiver)}"
            )
        return {who: sorted(given) for who, given in found.items()}

    def balances(self, seen_by: Node) -> dict[str, int]:
        """Everybody's balance that is not 0, by name. Together they are 0."""
        book = seen_by.peer.book
        found = {book.members.name(member): sum_ for member, sum_ in book.credit.balances().items() if sum_}
        assert sum(found.values()) == 0
        return found

    def everybody_reads_the_same(self) -> None:
        """One Book everywhere, and the same again for somebody who reads all logs from back to front."""
        books = [node.peer.book for node in self.world.nodes]
        backwards = Book(self.world.community)
        for entry in sorted(self.world.nodes[0].disk, key=lambda entry: (entry.device, -entry.seq)):
            backwards.apply(entry)

        assert {book.digest() for book in books} == {backwards.digest()}

    def nothing_is_open(self, days: float = 30) -> None:
        """After all deadlines no agreement is open in anybody's Book."""
        now = self.days(days)
        for node in self.world.nodes:
            assert all(known.state_at(now).ended for known in node.peer.book.agreements.all())
