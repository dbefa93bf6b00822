"""How neighbours were reached, in words, and what a member can do when nobody is."""

from dataclasses import replace as with_

from ruil.node.network import Reach, Way
from ruil.node.ways import advice, names, others, reached_by_others, ways
from tests.protocol.actors import Village

ANNA, BEN, ROSA = (letter * 32 for letter in (b"a", b"b", b"r"))
NAMES = {ANNA: "Anna", BEN: "Ben", ROSA: "Rosa"}
ALONE = Reach(True, 4001, (), (), (), reached_from_outside=False, relaying=False, circuits=0, carried_bytes=0)


def test_each_way_has_its_words() -> None:
    reach = with_(
        ALONE,
        ways=(
            Way(ANNA, "192.168.1.5:4001", "found", None),
            Way(BEN, "/ip4/1.2.3.4/tcp/1/p2p/x/p2p-circuit/p2p/y", "asked", ROSA),
            Way(ROSA, "1.2.3.4:1", "asked", None),
        ),
    )

    assert ways(reach, NAMES.__getitem__) == [
        "Anna: at 192.168.1.5:4001, found on this network",
        "Ben: through the relay of Rosa",
        "Rosa: at 1.2.3.4:1, where this node was told to look (an invitation, a backup or another device)",
    ]


def test_who_can_not_be_reached_from_outside_is_told_what_helps() -> None:
    linked = with_(ALONE, ways=(Way(ANNA, "192.168.1.5:4001", "came", None),))

    assert "set relay = true" in advice(linked, 3)
    assert "Port 4001 was not reached from outside" in advice(linked, 3)
    assert advice(with_(linked, relays=(ROSA,)), 3) == ""
    assert advice(with_(linked, reached_from_outside=True), 3) == ""


def test_who_reaches_nobody_is_told_where_it_was_tried_and_what_to_do() -> None:
    tried = with_(ALONE, tried=tuple((f"10.0.0.{n}:4001", "asked") for n in range(7)))

    assert advice(tried, 3).startswith("Nobody answers at 10.0.0.0:4001, 10.0.0.1:4001")
    assert "and 2 more" in advice(tried, 3)
    assert "new invitation" in advice(tried, 3)
    assert "knows no address to try" in advice(ALONE, 3)
    assert advice(ALONE, 0) == "Nobody else is here yet. Invite a neighbour with: ruil invite new"
    assert advice(with_(ALONE, up=False), 3) == "Wait: the network is not up yet."


def test_a_newcomer_who_has_read_nothing_yet_knows_that_others_are_there() -> None:
    village = Village()

    assert others(village.book()) == 1
    assert others(village.book(village.founder)) == 0
    assert others(village.book(village.founder, village.joins(village.founder, "ben"))) == 1


def test_how_others_come_is_said_for_each_case() -> None:
    linked = with_(ALONE, ways=(Way(ANNA, "192.168.1.5:4001", "found", None),))

    assert reached_by_others(linked, NAMES.__getitem__) == (
        "Nobody has reached this node since it started; it reaches others."
    )
    assert reached_by_others(ALONE, NAMES.__getitem__) == "Nobody has reached this node since it started."
    assert "relay of Rosa" in reached_by_others(with_(linked, relays=(ROSA,)), NAMES.__getitem__)
    assert "from outside" in reached_by_others(with_(linked, reached_from_outside=True), NAMES.__getitem__)
    relaying = with_(linked, relaying=True, circuits=1, carried_bytes=2_500_000)
    assert reached_by_others(relaying, NAMES.__getitem__).endswith("It relays for others: 1 link now, 2.5 MB so far.")


def test_a_device_nobody_vouched_for_has_no_name() -> None:
    village = Village()
    name = names(village.book(village.founder))

    assert name(village.founder.id) == village.book(village.founder).members.name(village.founder.member)
    assert name(ANNA) == "somebody not known here yet (mfqwcylb)"
