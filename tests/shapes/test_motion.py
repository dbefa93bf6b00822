"""Motions: neighbours decide together who has an office, who belongs here no more and what their charter says.

Silence is no, so somebody who is away, or parted from the others, is never outvoted without having been counted.
"""

import pytest
from msgspec.structs import replace

from ruil.protocol import charters
from ruil.protocol.agreement import State
from ruil.protocol.bodies import CREDIT, Accept, Commitment, Motion, Profile, Propose, Vote
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId
from ruil.protocol.members import Standing
from ruil.simulations import village
from ruil.simulations.world import Node
from tests.shapes.neighbours import Street

NAMES = ("Anna", "Ben", "Carla", "Dora", "Emil", "Fay", "Gus", "Hanna")


def move(street: Street, by: Node, motion: Motion, *, days: float = 2, why: str = "") -> EntryId:
    """Somebody moves something; the others have so many days."""
    return street.says(by, Propose((by.id,), (), street.days(days), text=why, motion=motion))


def say_yes(street: Street, motion: EntryId, *people: Node) -> None:
    """These say yes at one instant, each before they hear of the others."""
    for node in people:
        street.world.say(node, Vote(motion), motion)
    street.settle()


def states(street: Street, motion: EntryId) -> set[State]:
    """How everybody sees it now."""
    now = street.world.millis()
    return {street.agreement(node, motion).state_at(now) for node in street.world.nodes}


def standings(street: Street, of: Node) -> set[Standing]:
    """How everybody sees that somebody stands."""
    return {node.peer.book.members.all()[of.id].standing for node in street.world.nodes}


def amended(street: Street, **changes: object) -> Motion:
    """A motion for the charter as it stands, but for this."""
    held = street.world.nodes[0].peer.book.members.charter
    assert held is not None
    return Motion(charter=charters.charter_bytes(replace(held, **changes)))


def one_sees(street: Street) -> None:
    """One Book everywhere; what was carried is what is completed, and everything ends."""
    street.everybody_reads_the_same()
    for node in street.world.nodes:
        book = node.peer.book
        carried = {each.id for each in book.members.decisions.all()}
        moved = {each.id for each in book.agreements.all() if each.proposal.motion and each.state is State.COMPLETED}
        assert carried == moved
    street.nothing_is_open()


def sale(street: Street, seller: Node, buyer: Node) -> Propose:
    """Bread for 60 credit."""
    due = street.days(6)
    gives = Commitment(seller.id, buyer.id, "transfer", "bread", 4, "loaf", due)
    pays = Commitment(buyer.id, seller.id, "transfer", "credit", 60, CREDIT, due, per=0)
    return Propose(tuple(sorted((seller.id, buyer.id))), (gives, pays), street.days(2))


def test_six_neighbours_decide_that_hosts_invite_and_who_is_one() -> None:
    street = Street(*NAMES[:6])
    anna, ben, carla, dora, _, _ = street.world.nodes  # Emil and Fay say nothing at all
    office = move(street, ben, Motion(carla.id, "host"), why="She knows everybody.")
    rule = move(street, dora, amended(street, invites="hosts", credit_limit=900))

    # Three of six are not enough; with the fourth yes each mover's node closes it by itself.
    for motion in (office, rule):
        say_yes(street, motion, anna, ben, dora)
    assert states(street, office) == states(street, rule) == {State.PROPOSED}
    for motion in (office, rule):
        say_yes(street, motion, carla)
    assert states(street, office) == states(street, rule) == {State.COMPLETED}

    found = [node.peer.book.members for node in street.world.nodes]
    assert {(each.charter.invites, each.charter.credit_limit) for each in found if each.charter} == {("hosts", 900)}
    assert {(each.may_invite(carla.id, street.days(0)), each.may_invite(ben.id, street.days(0))) for each in found} == {
        (True, False)
    }

    # Whom Carla invites is let in. Ben's node lets nobody in any more, and nobody shows Jan anything.
    ida, jan = village.join(street.world, carla, "Ida"), village.join(street.world, ben, "Jan")
    street.settle()
    now = street.world.millis()
    assert {(each.belonged(ida.id, now), each.belonged(jan.id, now)) for each in found} == {(True, False)}
    assert ida.peer.book.digest() == anna.peer.book.digest()
    assert jan.peer.book.agreements.get(office) is None


def test_who_is_removed_keeps_what_they_agreed_and_begins_nothing_new() -> None:
    street = Street(*NAMES[:5], seed=2)
    anna, ben, carla, dora, emil = street.world.nodes
    sold = street.says(emil, sale(street, emil, anna))
    street.says(anna, Accept(), sold)
    asked = street.says(ben, sale(street, ben, emil))

    # Emil is cut off while the others remove him: he has no vote, and three of the other four are enough.
    street.cut_off(emil)
    removal = move(street, carla, Motion(emil.id, holds=False), why="He shouts at the children.")
    say_yes(street, removal, carla, dora, ben)
    assert street.agreement(anna, removal).state is State.COMPLETED

    # He has not heard of it, and accepts what Ben asked him before.
    street.says(emil, Accept(), asked)
    assert street.agreement(emil, asked).state is State.AGREED

    street.together_again()
    assert standings(street, emil) == {Standing.REMOVED}
    assert states(street, asked) == {State.PROPOSED}
    assert "the members removed you" in street.refusal(emil, Vote(removal), removal)
    with pytest.raises(Refused, match="the members removed you"):
        move(street, emil, Motion(anna.id, holds=False))

    # What he and Anna had agreed on is handed over and paid, as if nothing had been decided.
    street.keep(sold, anna, emil)
    assert states(street, sold) == {State.COMPLETED}
    assert street.balances(dora) == {"Anna": -60, "Emil": 60}

    # They let him back in; he trades again, and has a vote in what is moved from then on.
    back = move(street, dora, Motion(emil.id), why="He said sorry.")
    say_yes(street, back, anna, carla, dora)
    assert standings(street, emil) == {Standing.ADMITTED}
    street.says(anna, Accept(), street.says(emil, sale(street, emil, anna)))
    say_yes(street, move(street, anna, Motion(ben.id, "mediator")), emil)
    one_sees(street)


@pytest.mark.parametrize("people", range(2, 9))
def test_of_so_many_neighbours_more_than_half_carry_it_and_one_less_does_not(people: int) -> None:
    street = Street(*NAMES[:people], seed=people)
    nodes = street.world.nodes
    enough = people // 2 + 1
    motion = move(street, nodes[1], amended(street, limit="earned"))

    say_yes(street, motion, *nodes[: enough - 1])
    assert states(street, motion) == {State.PROPOSED}
    late = move(street, nodes[0], amended(street, credit_limit=0), days=1)
    say_yes(street, late, *nodes[people - enough + 1 :])
    say_yes(street, motion, nodes[-1])
    assert states(street, motion) == {State.COMPLETED}

    # What too few have said yes to lapses by itself, and changes nothing.
    street.wait(1.1)
    assert states(street, late) == {State.LAPSED}
    assert {node.peer.book.members.charter and node.peer.book.members.charter.credit_limit for node in nodes} == {600}
    one_sees(street)


def test_three_who_are_parted_from_five_decide_nothing_alone() -> None:
    street = Street(*NAMES, seed=3)
    anna, ben, carla, dora, emil, *_ = street.world.nodes
    street.cut_off(anna, ben, carla)
    motion = move(street, anna, Motion(dora.id, holds=False))
    say_yes(street, motion, anna, ben, carla)

    # Their own nodes know how many belong here: it takes four of the seven others.
    assert street.agreement(anna, motion).state is State.PROPOSED
    street.wait(1)
    street.together_again()
    assert states(street, motion) == {State.PROPOSED}
    say_yes(street, motion, emil)

    assert states(street, motion) == {State.COMPLETED}
    assert standings(street, dora) == {Standing.REMOVED}
    one_sees(street)


def test_a_yes_that_a_partition_held_up_past_the_closing_carries_nothing() -> None:
    street = Street(*NAMES[:5], seed=4)
    anna, ben, carla, dora, emil = street.world.nodes
    motion = move(street, anna, Motion(ben.id, "host"), days=1)
    say_yes(street, motion, anna, ben)
    street.cut_off(dora, emil)
    say_yes(street, motion, dora, emil)
    assert street.agreement(dora, motion).state is State.PROPOSED  # four of five: but it is Anna's log that carries it

    street.wait(2.5)
    street.together_again()
    assert states(street, motion) == {State.LAPSED}
    assert {len(street.agreement(node, motion).out_of_turn) for node in street.world.nodes} == {4}  # all read them
    assert not any(node.peer.book.members.decisions.all() for node in street.world.nodes)
    with pytest.raises(Refused):
        street.says(carla, Vote(motion), motion)
    one_sees(street)


def test_two_motions_that_remove_each_others_mover_both_hold_if_both_belonged_when_they_moved() -> None:
    street = Street(*NAMES[:6], seed=5)
    anna, ben, carla, dora, emil, fay = street.world.nodes
    street.says(ben, Profile("Ben"))
    first = move(street, anna, Motion(ben.id, holds=False))
    second = move(street, ben, Motion(anna.id, holds=False))
    say_yes(street, first, carla, dora, emil)
    assert states(street, first) == {State.COMPLETED}

    # Ben is no member any more; what he moved while he was one is decided by the others.
    say_yes(street, second, carla, dora, fay)
    assert states(street, second) == {State.COMPLETED}
    assert standings(street, anna) == standings(street, ben) == {Standing.REMOVED}

    # The founder is gone, and the community goes on.
    say_yes(street, move(street, carla, amended(street, name="Elm Street Commons")), carla, dora, emil)
    assert {node.peer.book.members.charter and node.peer.book.members.charter.name for node in street.world.nodes} == {
        "Elm Street Commons"
    }
    one_sees(street)
