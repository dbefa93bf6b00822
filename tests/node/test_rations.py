"""Rations: what was asked for comes at full speed, and what was not is paid for before a signature is looked at."""

from ruil.node import rations
from ruil.node.rations import BURST, BUSY_SECONDS, PER_SECOND, STRANGE_BURST, Rations
from ruil.protocol import wire
from ruil.protocol.ids import DeviceId, NeighbourId
from ruil.protocol.limits import ANNOUNCE_MAX, ENTRIES_MAX, HEADS_MAX, WANT_ENTRIES_MAX

BEN, CARLA = (NeighbourId(DeviceId(bytes([number]) * 32)) for number in range(2))
LOG = b"log" + bytes(29)


def met(*neighbours: NeighbourId) -> Rations:
    made = Rations(lambda neighbour: neighbour)
    for neighbour in neighbours:
        made.begin(neighbour)
    return made


def entries(count: int, device: bytes = LOG) -> wire.Entries:
    return wire.Entries(device, (b"entry",) * count)


def test_pushes_are_free_up_to_a_burst_and_wait_after_it() -> None:
    made = met(BEN, CARLA)
    push = wire.Push(LOG, b"entry")

    waits = [made.owes(BEN, push, 500, now=0)[0] for _ in range(2 * round(BURST))]

    assert waits[: round(BURST / 2)] == [0.0] * round(BURST / 2)
    assert BURST / PER_SECOND / 2 < waits[-1] < 2 * BURST / PER_SECOND
    assert made.owes(CARLA, push, 500, now=0)[0] == 0  # nobody pays for another
    assert made.owes(BEN, push, 500, now=2 * BURST / PER_SECOND)[0] == 0


def test_a_long_history_that_was_asked_for_costs_nothing_however_long_it_is() -> None:
    made = met(BEN)

    for start in range(0, 200_000, WANT_ENTRIES_MAX):
        made.asked(BEN, wire.Want(((LOG, start, start + WANT_ENTRIES_MAX - 1),)))
        for _ in range(WANT_ENTRIES_MAX // ENTRIES_MAX):
            assert made.owes(BEN, entries(ENTRIES_MAX), 262_144, now=0)[0] == 0

    assert made.owes(BEN, wire.Push(LOG, b""), 100, now=0)[0] == 0


def test_what_an_announcement_made_us_ask_for_costs_nothing_more() -> None:
    made = met(BEN)
    made.asked(BEN, wire.Ask((b"8 bytes.",) * 512))

    before = made.owes(BEN, entries(512), 262_144, now=0)[0]
    after = [made.owes(BEN, entries(512), 262_144, now=0)[0] for _ in range(5)]

    assert before == 0
    assert after[-1] > 0


def test_entries_of_another_log_than_was_asked_for_are_paid_for() -> None:
    made = met(BEN)
    made.asked(BEN, wire.Want(((LOG, 0, 4_095),)))

    assert [made.owes(BEN, entries(512, bytes(32)), 5_000, now=0)[0] for _ in range(5)][-1] > 0


def test_large_frames_and_many_heads_ids_proofs_and_hellos_are_paid_for_too() -> None:
    heads = wire.Heads(bytes(8), 0, ((LOG, 1, bytes(8)),) * HEADS_MAX)
    for frame, size, seconds in (
        (heads, 480_000, 1),
        (wire.Announce((bytes(8),) * ANNOUNCE_MAX), 37_000, 4),
        (wire.Proofs((b"",) * 256), 100_000, 2),
        (wire.Hello(bytes(32), (), bytes(8), 0), 100, 0.09),
        (wire.Push(LOG, bytes(65_000)), 65_000, 0.05),
        (wire.Want(((LOG, 0, 2**63),)), 60, 0.3),
        (None, 1 << 20, 1),
    ):
        made = met(BEN)
        first = made.owes(BEN, frame, size, now=0)[0]
        waits = [made.owes(BEN, frame, size, now=0)[0] for _ in range(1_000)]

        assert first == 0
        assert waits[-1] - waits[-2] >= seconds, frame


def test_coming_again_at_once_makes_nobody_richer() -> None:
    made = met(BEN)
    for _ in range(round(BURST)):
        made.owes(BEN, wire.Push(LOG, b""), 0, now=0)[0]

    made.end(BEN)
    made.begin(BEN)

    assert made.owes(BEN, wire.Push(LOG, b""), 0, now=0)[0] > 0


def test_all_devices_of_one_member_pay_from_one_bucket() -> None:
    made = Rations(lambda _: b"the member behind all of them")
    for neighbour in (BEN, CARLA):
        made.begin(neighbour)

    for _ in range(round(BURST)):
        made.owes(BEN, wire.Push(LOG, b""), 0, now=0)[0]

    assert made.owes(CARLA, wire.Push(LOG, b""), 0, now=0)[0] > 0


def test_wanting_a_whole_history_of_us_is_not_held_up() -> None:
    made = met(BEN)
    waits = [
        made.owes(BEN, wire.Want(((LOG, start, start + WANT_ENTRIES_MAX - 1),)), 60, now=start / 10_000)[0]
        for start in range(0, 1_000_000, WANT_ENTRIES_MAX)
    ]

    assert rations.PER_SECOND * rations.SERVED >= 10_000  # a new node checks no more than that in a second
    assert max(waits) == 0


def test_a_stranger_has_enough_to_show_who_they_are_and_not_much_more() -> None:
    made = Rations(lambda _: None)
    made.begin(BEN)

    hello = [made.owes(BEN, wire.Hello(bytes(32), (), bytes(8), 0), 1_000, now=0)[0] for _ in range(2)]
    pushes = [made.owes(BEN, wire.Push(LOG, b""), 0, now=0)[0] for _ in range(round(STRANGE_BURST))]

    assert hello == [0, 0]
    assert pushes[-1] > 1


def test_what_took_long_to_hear_is_paid_for_afterwards() -> None:
    made = met(BEN)
    assert made.owes(BEN, wire.Push(LOG, b""), 0, now=0) == (0, False)

    made.worked(BEN, 2 * BURST * BUSY_SECONDS, now=0)

    assert made.owes(BEN, wire.Push(LOG, b""), 0, now=0)[0] > BURST / PER_SECOND - 1
