"""Rating at the desk: without a name it is about somebody the member may rate."""

from ruil.node.desk import open_desk
from ruil.node.identity import Identity
from ruil.protocol.bodies import Accept, Close, Deliver, Propose, Receive
from ruil.protocol.events import Drafted, Review
from ruil.protocol.ids import EntryId
from ruil.protocol.peer import Peer
from tests.protocol.actors import Village, bread, later, parties


async def test_without_a_name_a_rating_is_about_who_promised_one_something() -> None:
    # One gives bread to both others, who promised each other nothing. Whoever is first in the order of keys, each of
    # those two means the giver.
    village = Village()
    people = [village.founder, *(village.joins(village.founder, name) for name in ("ben", "carla"))]
    people.sort(key=lambda each: each.member)
    *takers, giver = people
    made = giver.say(Propose(parties(*people), tuple(bread(giver, each) for each in takers), later(1000)))
    accepted = [each.say(Accept(), made) for each in takers]
    giver.say(Close(tuple(sorted(each.id for each in accepted))), made)
    for number, taker in enumerate(takers):
        taker.say(Receive(giver.say(Deliver(number, 2), made).id, 2), made, at=later(10))
    last = takers[-1]
    peer = Peer(village.community, last.key, b"epoch 01", book=village.book(*people))
    said: list[Drafted] = []

    async def say(draft: Drafted) -> EntryId:
        said.append(draft)
        return EntryId(made.id)

    desk = open_desk(peer, Identity(last.owner, last.key, "Last", "desktop"), say, tuple)
    await desk.call("rate", {"id": made.id.hex(), "good": True})

    (draft,) = said
    assert isinstance(draft.body, Review)
    assert draft.body.about == giver.member
