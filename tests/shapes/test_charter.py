"""A charter: neighbours hire a bus to the sea, and its cost is split over who comes.

Anna organises, Bob drives. Ben takes two seats, Carla and Emil one each; Frida gives hers back in time. Dora is cut off
just when it is closed. Emil, once he is in, never says a word again.
"""

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Cancel, Deliver, Join
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.shapes.charter import charter
from tests.shapes.neighbours import Street


def test_a_bus_is_hired_and_its_cost_is_split_to_the_last_part_over_who_comes() -> None:
    street = Street("Anna", "Bob", "Ben", "Carla", "Dora", "Emil", "Frida", seed=3)
    anna, bob, ben, carla, dora, emil, frida = street.world.nodes

    # 1001 for the bus, eight seats, and it goes if at least three people want to.
    sea = charter(
        bob.id, "bus to the sea", 1001, street.days(4), street.days(5), street.days(2), organiser=anna.id, people=3,
        seats=8,
    )  # fmt: skip
    bus = street.says(anna, sea)
    street.says(bob, Accept(), bus)

    # At least three come, so of four seats or more Ben pays for two: 501 at most. The whole bus he could not pay.
    street.says(ben, Join(0, 2), bus)
    assert ben.peer.book.credit.promised(ben.id, street.days(0)) == 501
    street.says(carla, Join(0, 1, people=4), bus)
    street.says(emil, Join(0, 1), bus)
    street.says(frida, Join(0, 1), bus)

    # Frida changes her mind. Three are left, and Carla wants at least four: without her they are too few.
    street.says(frida, Cancel(), bus)
    assert len(street.agreement(anna, bus).staying()) == 3

    # Dora, cut off from everybody, joins in time; nobody hears it before it is closed. Carla gives in: three will do.
    street.cut_off(dora)
    late = street.says(dora, Join(0, 1), bus)
    street.says(carla, Join(0, 1), bus)
    street.wait(2)
    assert street.agreement(anna, bus).state is State.AGREED
    street.together_again()

    # The close names Ben, Carla and Emil. 1001 over four seats: the part that is left over falls to one of them.
    closed = street.agreement(frida, bus)
    paid = {each.provider: each.quantity for each in closed.commitments if each.unit == "credit"}
    assert sum(paid.values()) == 1001
    assert (paid[ben.id], paid[carla.id] + paid[emil.id]) in [(500, 501), (501, 500)]
    assert {commitment.receiver for commitment in closed.commitments if commitment.unit == "place"} == set(paid)

    # Dora's join is there for everybody to see. She is not in, and owes nothing.
    assert late in closed.joins
    assert late not in closed.counting
    assert dora.peer.book.credit.promised(dora.id, street.days(0)) == 0

    # They go. Ben and Carla say so, and pay; of Emil nothing is heard.
    street.wait(2.5)
    street.keep(bus, bob, ben, carla)
    known = street.agreement(frida, bus)
    assert known.state is State.AGREED
    assert set(known.waits_for(street.days(0))) == {emil.id}
    assert street.balances(frida) == {
        "Bob": paid[ben.id] + paid[carla.id], "Ben": -paid[ben.id], "Carla": -paid[carla.id],
    }  # fmt: skip

    # Three days after it was due it ends by itself. What was paid stays paid; what Emil owes is there to be seen.
    street.wait(5)
    assert street.agreement(frida, bus).state_at(street.days(0)) is State.LAPSED
    assert "ended by itself" in street.refusal(emil, Deliver(_payment_of(street, bus, emil.id), paid[emil.id]), bus)
    street.everybody_reads_the_same()
    street.nothing_is_open()


def _payment_of(street: Street, agreement: EntryId, who: MemberId) -> int:
    commitments = street.agreement(street.world.nodes[0], agreement).commitments
    return next(number for number, each in enumerate(commitments) if each.provider == who)


def test_a_driver_who_does_not_want_to_hires_nobody_out() -> None:
    street = Street("Anna", "Bob", "Ben", "Carla", seed=4)
    anna, bob, ben, carla = street.world.nodes
    sea = charter(bob.id, "bus", 300, street.days(4), street.days(5), street.days(1), organiser=anna.id)
    bus = street.says(anna, sea)
    street.says(ben, Join(0, 1), bus)

    street.wait(1)

    # Bob said nothing: Anna's node says so, whoever had joined.
    assert street.agreement(carla, bus).state is State.LAPSED
    assert street.agreement(carla, bus).commitments == ()
    street.everybody_reads_the_same()
