"""A log grows in order, and two things said at one place are proved to anyone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import codec
from ruil.protocol.bodies import Profile
from ruil.protocol.entry import forget
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import PROOF_BYTES_MAX
from ruil.protocol.log import Log, Place, open_fork, prove_fork, prove_fork_by_root
from tests.protocol.actors import Device, Village, later


def anna(entries: int = 3) -> Device:
    """Anna's device with so many entries."""
    device = Village().founder
    while device.log.size < entries:
        device.say(Profile(f"Anna {device.log.size}"), at=later(device.log.size))
    return device


def log_of(device: Device, size: int) -> Log:
    log = Log(device.id)
    for entry in device.entries[:size]:
        log.append(entry)
    return log


def test_the_next_entry_is_next_and_an_earlier_one_was_seen() -> None:
    device = anna(4)
    log = log_of(device, 2)

    places = [log.place(entry) for entry in device.entries]

    assert places == [Place.SEEN, Place.SEEN, Place.NEXT, Place.GAP]


def test_an_entry_behind_a_gap_is_not_taken() -> None:
    device = anna(4)
    log = log_of(device, 2)

    with pytest.raises(Rejected, match="entry 3 where 2 is next"):
        log.append(device.entries[3])

    assert log.size == 2


def test_time_never_goes_back_inside_a_log() -> None:
    device = anna(3)
    log = log_of(device, 3)
    early = device.sign(Profile("Anna"), at=later(1))

    with pytest.raises(Rejected, match="the time goes back by 1 ms"):
        log.append(early)

    assert (log.size, log.head) == (3, device.entries[2].id)


def test_a_root_that_speaks_of_another_past_is_refused() -> None:
    device = anna(2)
    other = device.twin()
    device.say(Profile("one"))
    other.say(Profile("other"))
    stranger = other.sign(Profile("next"))

    with pytest.raises(Rejected, match="another past"):
        device.log.append(stranger)


def test_nothing_follows_the_end_of_a_log() -> None:
    device = anna(2)
    device.say(Profile("Farewell"), end=True)

    with pytest.raises(Rejected, match="ended by its device"):
        device.say(Profile("one thing more"))


def test_two_entries_at_one_place_are_a_fork() -> None:
    device = anna(2)
    other = device.twin()
    one, two = device.say(Profile("one")), other.say(Profile("two"))

    assert device.log.place(two) is Place.FORK
    proof = prove_fork(one, two)

    assert (proof.community, proof.device, proof.seq) == (device.community, device.id, 2)
    assert open_fork(proof.data) == proof
    assert prove_fork(two, one) == proof
    assert len(proof.data) <= 512


def test_a_proof_needs_no_payload() -> None:
    device = anna(2)
    other = device.twin()
    one, two = device.say(Profile("one secret")), other.say(Profile("two secrets"))

    proof = prove_fork(one, two)

    assert forget(one.data) in proof.data
    assert b"secret" not in proof.data


@given(st.integers(1, 20), st.integers(0, 12))
def test_a_later_root_that_holds_another_past_is_a_fork(place: int, further: int) -> None:
    device = anna(place + 1)
    other = device.twin()
    early = device.say(Profile("one"))
    for step in range(further + 2):
        other.say(Profile(f"other {step}"))
    late = other.entries[-1]
    leaf = EntryId(other.log.ids[early.seq])

    proof = prove_fork_by_root(early, late, leaf, other.log.prove(early.seq, late.seq))

    assert proof.seq == early.seq
    assert open_fork(proof.data) == proof
    assert len(proof.data) <= PROOF_BYTES_MAX


def test_one_entry_twice_proves_nothing() -> None:
    device = anna(3)

    with pytest.raises(Rejected, match="two different entries at one place"):
        prove_fork(device.entries[2], device.entries[2])


def test_two_entries_at_two_places_prove_nothing() -> None:
    device = anna(4)

    with pytest.raises(Rejected, match="two different entries at one place"):
        prove_fork(device.entries[2], device.entries[3])


def test_an_honest_past_proves_nothing() -> None:
    device = anna(6)
    early, late = device.entries[2], device.entries[5]
    path = device.log.prove(2, 5)

    with pytest.raises(Rejected, match="another id at its place"):
        prove_fork_by_root(early, late, early.id, path)
    with pytest.raises(Rejected, match="does not lead from the leaf"):
        prove_fork_by_root(early, late, EntryId(bytes(32)), path)


def test_two_devices_can_not_be_made_to_look_like_a_fork() -> None:
    village = Village()
    ben = village.device("ben")
    one, two = village.founder.entries[0], ben.entries[0]

    with pytest.raises(Rejected, match="not by this device"):
        prove_fork(one, two)


def test_a_proof_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(Rejected, match=f"at most {PROOF_BYTES_MAX}"):
        open_fork(bytes(PROOF_BYTES_MAX + 1))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader_of_proofs(data: bytes) -> None:
    with pytest.raises(Rejected):
        open_fork(data)


@pytest.mark.parametrize("field", ["a", "b", "community", "device", "version"])
def test_a_proof_with_a_field_changed_is_refused(field: str) -> None:
    device = anna(2)
    other = device.twin()
    fields = codec.decode(prove_fork(device.say(Profile("one")), other.say(Profile("two"))).data)
    fields[field] = 2 if field == "version" else fields[field][:-1]

    with pytest.raises(Rejected):
        open_fork(codec.encode(fields))


def test_a_proof_with_a_field_too_many_is_refused() -> None:
    device = anna(2)
    other = device.twin()
    fields = codec.decode(prove_fork(device.say(Profile("one")), other.say(Profile("two"))).data)

    with pytest.raises(Rejected, match="not a fork proof"):
        open_fork(codec.encode({**fields, "more": [{}] * 1_000}))


def test_a_frozen_log_takes_nothing_behind_the_cut() -> None:
    device = anna(5)
    log = log_of(device, 4)

    lost = log.freeze(2)

    assert lost == [entry.id for entry in device.entries[2:4]]
    assert (log.size, log.head, log.range.root()) == (2, device.entries[1].id, device.entries[2].root)
    assert [log.place(entry) for entry in device.entries] == [
        Place.SEEN, Place.SEEN, Place.FROZEN, Place.FROZEN, Place.FROZEN
    ]  # fmt: skip


def test_the_earliest_cut_stands() -> None:
    log = log_of(anna(5), 5)

    log.freeze(2)
    log.freeze(4)

    assert (log.cut, log.size) == (2, 2)


def test_an_empty_log_has_a_head_of_zeros() -> None:
    assert Log(anna().id).head == bytes(32)
