"""An opener says what `open_entry` and `wire.decode` say, and does their work once."""

import pytest

from ruil.protocol import wire
from ruil.protocol.bodies import Profile
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.errors import Rejected
from ruil.protocol.opener import Opener
from tests.protocol.actors import Village


def said() -> Entry:
    return Village().founder.say(Profile("Anna"))


def test_an_entry_is_checked_once_however_often_it_comes() -> None:
    entry = said()
    opener = Opener(entry.community)

    first = opener.open(entry.data, entry.device)
    again = opener.open(bytes(bytearray(entry.data)), entry.device)

    assert first == open_entry(entry.data, entry.community, entry.device)
    assert again is first
    assert opener.checked == 1


def test_an_entry_is_known_for_the_device_that_signed_it_alone() -> None:
    entry = said()
    opener = Opener(entry.community)
    opener.open(entry.data, entry.device)

    assert opener.known(entry.data, entry.device) == entry
    assert opener.known(entry.data, Village("ben").founder.id) is None
    with pytest.raises(Rejected):
        opener.open(entry.data, Village("ben").founder.id)


def test_a_push_that_reaches_many_is_read_once_and_as_anybody_reads_it() -> None:
    entry = said()
    data = wire.encode(wire.Push(entry.device, entry.data))
    opener = Opener(entry.community, frames=8)

    first = opener.read(data)
    again = opener.read(bytes(bytearray(data)))

    assert first == wire.decode(data)
    assert again is first


def test_a_node_keeps_the_last_frame_alone() -> None:
    entry = said()
    data = wire.encode(wire.Push(entry.device, entry.data))
    opener = Opener(entry.community)

    first = opener.read(data)

    assert opener.read(data) is first
    assert opener.read(wire.encode(wire.Prune())) == wire.Prune()
    assert opener.read(data) == first
    assert opener.read(data) is not first


def test_a_wrong_frame_is_refused_every_time() -> None:
    opener = Opener(said().community, frames=8)
    data = wire.encode(wire.Push(bytes(31), b"entry"))

    for _ in range(2):
        with pytest.raises(Rejected, match="device must have 32"):
            opener.read(data)


def test_only_so_many_bytes_are_remembered_the_newest_of_them() -> None:
    device = Village().founder
    said = [device.say(Profile(f"Anna {number}")) for number in range(40)]
    size = len(said[0].data)
    opener = Opener(device.community, bytes_max=10 * size)

    for entry in said:
        opener.open(entry.data, entry.device)

    known = [entry for entry in said if opener.knows(entry.data, entry.device)]
    assert 4 <= len(known) <= 10
    assert known == said[-len(known) :]
