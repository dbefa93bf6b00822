"""A memo saves work, never changes a result, and never holds more than it may."""

from ruil.protocol import limits
from ruil.protocol.bodies import Profile
from ruil.protocol.log import Log, Place
from ruil.protocol.memo import Memo
from ruil.protocol.record import record
from tests.protocol.actors import Device, Village


def anna(count: int) -> Device:
    """Anna's device, after `count` entries: her certificate, her charter, and profiles."""
    device = Village("anna").founder
    for number in range(2, count):
        device.say(Profile(f"Anna {number}"))
    return device


def test_a_memo_gives_back_what_it_kept() -> None:
    memo: Memo[str, int] = Memo(4)

    kept = memo.keep("bread", 3)

    assert kept == 3
    assert memo.get("bread") == 3
    assert memo.get("butter") is None


def test_a_full_memo_forgets_its_older_half() -> None:
    memo: Memo[int, int] = Memo(4)

    for number in range(5):
        memo.keep(number, number)

    assert list(memo) == [2, 3, 4]


def test_two_readers_of_one_entry_share_its_record() -> None:
    device = anna(3)
    said = device.entries[2]
    assert isinstance(said.body, Profile)

    assert record(said, said.body, device.member) is record(said, said.body, device.member)


def test_two_logs_of_one_past_share_it_and_grow_apart_without_touching_each_other() -> None:
    device = anna(3)
    one, other = Log(device.id), Log(device.id)
    for log in (one, other):
        for entry in device.entries[:2]:
            log.append(entry)
    assert one.ids is other.ids

    one.append(device.entries[2])

    assert (one.size, other.size) == (3, 2)
    assert other.place(device.entries[2]) is Place.NEXT
    assert other.head == device.entries[1].id


def test_a_log_and_its_contradicting_twin_keep_their_own_ids() -> None:
    device = anna(3)
    twin = Device(device.key, device.owner, device.community, Log(device.id))
    one, other = Log(device.id), Log(device.id)
    for log in (one, other, twin.log):
        log.append(device.entries[0])
        log.append(device.entries[1])
    rival = twin.say(Profile("somebody else"))

    one.append(device.entries[2])
    other.append(rival)

    assert one.ids[2] == device.entries[2].id
    assert other.ids[2] == rival.id
    assert one.place(rival) is other.place(device.entries[2]) is Place.FORK


def test_a_log_longer_than_the_memo_is_read_again_as_it_was() -> None:
    device = anna(3)
    for number in range(limits.MEMO_MAX):
        device.say(Profile(f"Anna {number}"))
    again = Log(device.id)

    for entry in device.entries:
        again.append(entry)

    assert (again.size, again.head, again.range.root()) == (device.log.size, device.log.head, device.log.range.root())
