"""Every limit has a test that stands just above it.

Here are those of what a member types and of what a node holds; frames are in test_wire.py, entries in test_entry.py,
proofs in test_log.py, bundles in test_bundle.py, what waits for its time in test_peer.py.
"""

import copy
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ruil.protocol import bodies, limits, wire
from ruil.protocol.bodies import (
    Bid,
    Close,
    Commitment,
    Decline,
    Deliver,
    Found,
    Heir,
    Join,
    Listing,
    Open,
    Option,
    Profile,
    Propose,
    Rate,
    Renew,
    Seat,
    Slot,
    Step,
    Term,
    Want,
)
from ruil.protocol.charters import Charter
from ruil.protocol.errors import Refused
from ruil.protocol.events import Blame, Drafted, Effect, Lost, Met, Received, Restored, Send, Serve, Store
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis, NeighbourId, Position
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.log import Log
from ruil.protocol.members import certify
from ruil.protocol.peer import Peer
from ruil.protocol.revocations import revocation, revoke
from ruil.protocol.spread import Spread
from tests.protocol.actors import T0, Device, Village, bread, key, later, loaves, parties

ID, KEY = EntryId(bytes(32)), MemberId(bytes(32))
MANY = tuple(MemberId(number.to_bytes(32, "big")) for number in range(limits.PARTIES_MAX + 1))
FINE = 0x882A1072B5FFFFF  # an H3 cell of resolution 8


def listing(**change: object) -> Listing:
    fields = {"role": "offer", "kind": "bread", "title": "Loaf", "quantity": 1, "unit": "loaf", "ends": T0, **change}
    return Listing(**fields)  # type: ignore[arg-type]


def commitment(**change: object) -> Commitment:
    fields = {
        "provider": MANY[0], "receiver": MANY[1], "action": "transfer", "what": "bread", "quantity": 1, "unit": "loaf",
        "due": T0, **change,
    }  # fmt: skip
    return Commitment(**fields)  # type: ignore[arg-type]


TERM = Term(True, MANY[0], "transfer", "bread", "loaf", T0, each=1)

SEAT = Seat(Position(bytes(40)), MANY[0])
VOTES = replace(SEAT, votes=(SEAT.at,) * (limits.VOTES_MAX // 2 + 1))

STEPS = tuple(Step(number + 1, 1) for number in range(limits.STEPS_MAX + 1))

ABOVE: dict[str, Callable[[], object]] = {
    "NAME_CHARS_MAX": lambda: Profile("x" * (limits.NAME_CHARS_MAX + 1)),
    "KIND_CHARS_MAX": lambda: listing(kind="x" * (limits.KIND_CHARS_MAX + 1)),
    "TITLE_CHARS_MAX": lambda: listing(title="x" * (limits.TITLE_CHARS_MAX + 1)),
    "TEXT_CHARS_MAX": lambda: listing(text="x" * (limits.TEXT_CHARS_MAX + 1)),
    "BIDS_MAX": lambda: Renew(T0, (ID,) * (limits.BIDS_MAX + 1)),
    "BID_BOX_BYTES_MAX": lambda: Bid(bytes(32), bytes(limits.BID_BOX_BYTES_MAX + 1)),
    "TAGS_MAX": lambda: listing(tags=("tag",) * (limits.TAGS_MAX + 1)),
    "WANTS_MAX": lambda: listing(wants=(Want("bread"),) * (limits.WANTS_MAX + 1)),
    "OPTIONS_MAX": lambda: listing(options=tuple(Option(f"way {each}") for each in range(limits.OPTIONS_MAX + 1))),
    "UNIT_CHARS_MAX": lambda: listing(unit="x" * (limits.UNIT_CHARS_MAX + 1)),
    "QUANTITY_MAX": lambda: listing(quantity=limits.QUANTITY_MAX + 1),
    "QUANTITY_MAX promised": lambda: commitment(quantity=limits.QUANTITY_MAX + 1),
    "QUANTITY_MAX delivered": lambda: Deliver(0, limits.QUANTITY_MAX + 1),
    "TIMESTAMP_MS_MAX": lambda: Renew(limits.TIMESTAMP_MS_MAX + 1),
    "CELL_RES_MAX": lambda: listing(cell=FINE),
    "PARTIES_MAX": lambda: Propose(MANY, (commitment(),), T0),
    "PARTIES_MAX answering": lambda: Close((ID,) * (limits.PARTIES_MAX + 1)),
    "VOTES_MAX": lambda: Close(seats=(VOTES,) * 2),
    "MOTION_VOTES_MAX": lambda: Close(votes=(SEAT.at,) * (limits.MOTION_VOTES_MAX + 1)),
    "JOINS_MAX seated": lambda: Close(seats=(SEAT,) * (limits.JOINS_MAX + 1)),
    "COMMITMENTS_MAX": lambda: Propose(MANY[:2], (commitment(),) * (limits.COMMITMENTS_MAX + 1), T0),
    "COMMITMENTS_MAX + JOINED_MAX delivered": lambda: Deliver(limits.COMMITMENTS_MAX + limits.JOINED_MAX, 1),
    "JOINS_MAX": lambda: Slot("buyer", (TERM,), most=limits.JOINS_MAX + 1),
    "JOINS_MAX wished for": lambda: Join(0, people=limits.JOINS_MAX + 1),
    "SLOTS_MAX": lambda: Propose(MANY[:1], (), T0, slots=(Slot("buyer", (TERM,)),) * (limits.SLOTS_MAX + 1)),
    "SLOTS_MAX joined": lambda: Join(limits.SLOTS_MAX),
    "TERMS_MAX": lambda: Slot("buyer", (TERM,) * (limits.TERMS_MAX + 1)),
    "STEPS_MAX": lambda: Term(True, KEY, "transfer", "bread", "loaf", T0, steps=STEPS),
    "CREDIT_LIMIT_MAX": lambda: Charter("Elm", KEY, T0, bytes(16), credit_limit=limits.CREDIT_LIMIT_MAX + 1),
    "SHARES_MAX": lambda: Heir(KEY, bytes(32), limits.SHARES_MAX + 1, 7, bytes(64)),
    "HEIR_DAYS_MAX": lambda: Heir(KEY, bytes(32), 2, limits.HEIR_DAYS_MAX + 1, bytes(64)),
    "a reason": lambda: Decline("x" * (limits.TITLE_CHARS_MAX + 1)),
    "a charter": lambda: Found(bytes(8_193), bytes(64)),
    "a box": lambda: Rate(KEY, bytes(32), bytes(4_097)),
    "the words of a rating": lambda: Open(ID, True, "x" * 501, bytes(16)),
}


@pytest.mark.parametrize("name", ABOVE)
def test_one_above_the_limit_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=r"at most|between|finer"):
        ABOVE[name]()


def test_what_stands_at_the_limit_is_allowed() -> None:
    full = listing(
        kind="x" * limits.KIND_CHARS_MAX,
        title="x" * limits.TITLE_CHARS_MAX,
        text="x" * limits.TEXT_CHARS_MAX,
        tags=("tag",) * limits.TAGS_MAX,
        wants=(Want("bread"),) * limits.WANTS_MAX,
        unit="x" * limits.UNIT_CHARS_MAX,
        quantity=limits.QUANTITY_MAX,
        ends=limits.TIMESTAMP_MS_MAX,
    )

    assert Village().founder.say(full).body == full


# What our own member may draft

NOW = later(HOUR)


def anna_and_ben() -> tuple[Peer, Device, Device]:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    peer = Peer(village.community, anna.key, b"epoch 01")
    for entry in (*anna.entries, *ben.entries):
        peer.handle(Restored(entry), NOW)
    return peer, anna, ben


def test_a_listing_stands_for_half_a_year_at_most() -> None:
    peer, _, _ = anna_and_ben()
    peer.handle(Drafted(loaves(ends=NOW + limits.LISTING_MS_MAX)), NOW)

    with pytest.raises(Refused, match="within 180 days"):
        peer.handle(Drafted(loaves(ends=NOW + limits.LISTING_MS_MAX + 1)), NOW)


def test_a_proposal_holds_for_ninety_days_at_most() -> None:
    peer, anna, ben = anna_and_ben()
    until = NOW + limits.ANSWER_MS_MAX + 1
    long = Propose(parties(anna, ben), (bread(anna, ben, due=until),), until)

    with pytest.raises(Refused, match="within 90 days"):
        peer.handle(Drafted(long), NOW)


def test_nothing_is_promised_for_later_than_two_years() -> None:
    peer, anna, ben = anna_and_ben()
    late = Propose(parties(anna, ben), (bread(anna, ben, due=NOW + limits.DUE_MS_MAX + 1),), NOW + DAY)

    with pytest.raises(Refused, match="later than 730 days"):
        peer.handle(Drafted(late), NOW)


def test_a_payload_over_the_limit_is_refused_to_its_own_author() -> None:
    # Each text is within its limit and has four bytes a letter; together they are more than an entry holds.
    peer, anna, ben = anna_and_ben()
    promised = tuple(
        Commitment(anna.member, ben.member, "transfer", "\U0001f35e" * 120, 1, "loaf", NOW + 2 * DAY)
        for _ in range(200)
    )

    with pytest.raises(Refused, match=r"(payload|entry) of [0-9]+ bytes; at most"):
        peer.handle(Drafted(Propose(parties(anna, ben), promised, NOW + DAY)), NOW)


# What a node holds and sends


def greeted(peer: Peer, ben: Device) -> list[Effect]:
    peer.handle(Met(NeighbourId(ben.id)), NOW)
    tag = wire.hello_tag(ben.community, ben.id, peer.device)
    hello = wire.Hello(tag, tuple(entry.data for entry in ben.entries[:2]), bytes(8), 0)
    return peer.handle(Received(wire.encode(hello), NeighbourId(ben.id)), NOW)


def test_no_more_is_asked_of_one_neighbour_than_the_limit() -> None:
    peer, _, ben = anna_and_ben()
    greeted(peer, ben)
    frame = wire.Heads(bytes(8), 1, ((ben.id, 10**9, bytes(8)),))

    effects = peer.handle(Received(wire.encode(frame), NeighbourId(ben.id)), NOW)

    (want,) = [effect.frame for effect in effects if isinstance(effect, Send) and isinstance(effect.frame, wire.Want)]
    assert sum(last - first + 1 for _, first, last in want.ranges) == limits.WANT_ENTRIES_MAX


def test_no_more_logs_are_asked_for_at_once_than_the_limit() -> None:
    peer, _, ben = anna_and_ben()
    greeted(peer, ben)
    heads = tuple((number.to_bytes(32, "big"), 1, bytes(8)) for number in range(limits.RANGES_MAX + 1))

    effects = peer.handle(Received(wire.encode(wire.Heads(bytes(8), 1, heads)), NeighbourId(ben.id)), NOW)

    wants = [effect.frame for effect in effects if isinstance(effect, Send) and isinstance(effect.frame, wire.Want)]
    assert [len(want.ranges) for want in wants] == [limits.RANGES_MAX]


def test_no_more_is_served_at_once_than_the_limit() -> None:
    peer, anna, ben = anna_and_ben()
    greeted(peer, ben)
    ranges = ((bytes(anna.id), 0, 10**9),) * 3

    effects = peer.handle(Received(wire.encode(wire.Want(ranges)), NeighbourId(ben.id)), NOW)

    served = [effect for effect in effects if isinstance(effect, Serve)]
    assert sum(each.last - each.first + 1 for each in served) <= limits.WANT_ENTRIES_MAX


def test_a_stranger_leaves_no_more_entries_than_the_limit() -> None:
    peer, anna, ben = anna_and_ben()
    village = Village()
    stranger = village.device("stranger")
    while stranger.log.size < limits.UNVOUCHED_ENTRIES_MAX + 3:
        stranger.say(Profile(f"stranger {stranger.log.size}"))
    greeted(peer, stranger)

    for entry in stranger.entries:
        push = wire.encode(wire.Push(stranger.id, entry.data))
        peer.handle(Received(push, NeighbourId(stranger.id)), NOW)

    assert peer.book.logs[stranger.id].size == limits.UNVOUCHED_ENTRIES_MAX
    assert {anna.id, ben.id} <= set(peer.book.logs)


def test_announcements_beyond_the_limit_are_left_to_sync() -> None:
    village = Village()
    anna = village.founder
    lazy = NeighbourId(village.device("zoe").id)
    others = [NeighbourId(village.device(f"neighbour {number}").id) for number in range(limits.EAGER_MIN + 1)]
    spread = Spread(anna.id)
    for neighbour in (lazy, *others):
        spread.join(neighbour)
    spread.pruned(lazy)
    assert lazy not in spread.eager()

    for number in range(limits.ANNOUNCE_MAX + 1):
        id_ = EntryId(number.to_bytes(8, "big") + bytes(24))
        spread.news(replace(anna.entries[0], id=id_), None, NOW)
    announced = [effect.frame for _ in range(2) for effect in spread.flush(NOW) if isinstance(effect, Send)]

    assert [len(frame.ids) for frame in announced if isinstance(frame, wire.Announce)] == [limits.ANNOUNCE_MAX]


def test_no_link_is_pruned_below_the_least_number_of_eager_ones() -> None:
    village = Village()
    spread = Spread(village.founder.id)
    neighbours = [NeighbourId(village.device(f"neighbour {number}").id) for number in range(8)]
    for neighbour in neighbours:
        spread.join(neighbour)

    for neighbour in neighbours * 2:
        spread.repeated(neighbour)
        spread.pruned(neighbour)

    assert len(spread.eager()) >= limits.EAGER_MIN


def test_a_peer_that_lost_everybody_still_takes_drafts() -> None:
    peer, _, ben = anna_and_ben()
    greeted(peer, ben)
    peer.handle(Lost(NeighbourId(ben.id)), NOW)

    effects = peer.handle(Drafted(Profile("Anna")), Millis(NOW + 1))

    assert [type(effect) for effect in effects if isinstance(effect, Store | Send | Blame)] == [Store]


def test_proofs_about_devices_nobody_has_heard_of_are_few() -> None:
    peer, _, ben = anna_and_ben()
    greeted(peer, ben)

    def by_ben(device: DeviceId) -> bytes:
        return revocation(ben.community, revoke(ben.owner, ben.community, device, 2)).data

    made_up = [by_ben(DeviceId(number.to_bytes(32, "big"))) for number in range(limits.PROOFS_STRANGE_MAX + 1)]

    effects: list[Effect] = []
    for frame in wire.proofs([*made_up, by_ben(ben.id)]):
        effects += peer.handle(Received(wire.encode(frame), NeighbourId(ben.id)), NOW)

    assert len(peer.book.proofs()) == limits.PROOFS_STRANGE_MAX + 1
    assert peer.book.revoked(ben.id)
    assert not [effect for effect in effects if isinstance(effect, Blame)]


def test_revocations_in_entries_that_do_not_stand_are_as_few() -> None:
    peer, _, ben = anna_and_ben()
    greeted(peer, ben)
    behind_a_gap = copy.deepcopy(ben)
    behind_a_gap.say(Profile("Ben"))

    for number in range(limits.PROOFS_STRANGE_MAX + 1):
        made_up = DeviceId(number.to_bytes(32, "big"))
        entry = behind_a_gap.say(revoke(ben.owner, ben.community, made_up, 2))
        peer.handle(Received(wire.encode(wire.Push(ben.id, entry.data)), NeighbourId(ben.id)), NOW)

    assert len(peer.book.proofs()) == limits.PROOFS_STRANGE_MAX


def test_a_revocation_in_an_entry_that_stands_is_never_passed_over() -> None:
    peer, anna, ben = anna_and_ben()
    for number in range(limits.PROOFS_STRANGE_MAX):
        made_up = DeviceId(number.to_bytes(32, "big"))
        peer.book.freeze(revocation(ben.community, revoke(ben.owner, ben.community, made_up, 2)), rationed=True)
    phone = Device(key("phone"), ben.owner, ben.community, Log(DeviceId(key("phone").public)))

    peer.handle(Restored(ben.say(revoke(ben.owner, ben.community, phone.id, 1))), NOW)
    for entry in (phone.say(certify(ben.owner, phone.id, "phone", T0)), phone.say(Profile("Ben"))):
        peer.handle(Restored(entry), NOW)

    assert peer.book.logs[phone.id].size == 1
    assert peer.book.members.of_device[anna.id] == anna.member


def test_the_longest_close_fits_into_a_payload() -> None:
    most = Slot("buyer", (TERM,))
    seat = Seat(SEAT.at, MANY[0], limits.SLOTS_MAX - 1, limits.QUANTITY_MAX, (SEAT.at,) * 2)
    assert most.most * len(seat.votes) == limits.VOTES_MAX

    close = Close((ID,) * limits.PARTIES_MAX, (seat,) * limits.JOINS_MAX)

    assert len(bodies.encode(close)) <= limits.PAYLOAD_BYTES_MAX
    assert len(bodies.encode(Close(votes=(SEAT.at,) * limits.MOTION_VOTES_MAX))) <= limits.PAYLOAD_BYTES_MAX
