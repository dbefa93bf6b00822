"""A bundle: what was packed comes out again, and damage is found and named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.bundle import MAGIC, PIECE_ITEMS, community_of, pack, pieces, unpack
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.limits import ENTRY_BYTES_MAX
from ruil.protocol.log import open_fork, prove_fork
from tests.protocol.actors import Village, loaves

HERE = CommunityId(bytes(range(32)))
ITEMS = st.lists(st.tuples(st.binary(min_size=32, max_size=32).map(DeviceId), st.binary(max_size=50)), max_size=8)
SMALL = pack(HERE, [(DeviceId(b"\7" * 32), b"an entry"), (DeviceId(b"\x08" * 32), b"another")], [b"a proof"])


@given(ITEMS, st.lists(st.binary(max_size=50), max_size=4))
def test_what_is_packed_is_unpacked(entries: list[tuple[DeviceId, bytes]], proofs: list[bytes]) -> None:
    data = pack(HERE, entries, proofs)

    items = list(unpack(data))

    assert community_of(data) == HERE
    assert [(item.device, item.data) for item in items if item.device is not None] == entries
    assert [item.data for item in items if item.device is None] == sorted(proofs)
    assert all(data[item.offset : item.offset + len(item.data)] == item.data for item in items)


@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, change: int) -> None:
    if len(MAGIC) <= place < len(MAGIC) + 32:
        assert community_of(SMALL[:place] + bytes([SMALL[place] ^ change]) + SMALL[place + 1 :]) != HERE
    damaged = SMALL[:place] + bytes([SMALL[place] ^ change]) + SMALL[place + 1 :]

    with pytest.raises(Rejected, match=r"byte \d+|not a ruil bundle"):
        list(unpack(damaged))


@given(st.integers(0, len(SMALL) - 1))
def test_a_cut_is_found(size: int) -> None:
    with pytest.raises(Rejected, match=r"byte \d+|not a ruil bundle"):
        list(unpack(SMALL[:size]))


def test_the_place_of_the_damage_is_named() -> None:
    first = len(MAGIC) + 32

    with pytest.raises(Rejected, match=f"byte {first} begins an item of unknown kind 9"):
        list(unpack(SMALL[:first] + b"\x09" + SMALL[first + 1 :]))
    with pytest.raises(Rejected, match=f"cut off after byte {first}"):
        list(unpack(SMALL[: first + 3]))


def test_an_item_over_the_limit_is_refused_unread() -> None:
    long = pack(HERE, [(DeviceId(bytes(32)), bytes(ENTRY_BYTES_MAX + 1))])

    with pytest.raises(Rejected, match="too long"):
        list(unpack(long))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for head in (b"", MAGIC + bytes(32)):
        with pytest.raises(Rejected):
            list(unpack(head + data))


def village(words: int) -> tuple[Village, list[Entry]]:
    made = Village()
    for number in range(words):
        made.founder.say(Profile(f"name {number}"))
    return made, list(made.founder.entries)


@pytest.mark.parametrize("words", [0, PIECE_ITEMS - 3, PIECE_ITEMS - 2, PIECE_ITEMS - 1, PIECE_ITEMS + 7])
def test_in_pieces_every_item_comes_once_and_in_order_with_its_entry(words: int) -> None:
    made, entries = village(words)
    data = pack(made.community, [(entry.device, entry.data) for entry in entries], [b"a proof"])

    read = list(pieces(data))

    assert [item for items, _ in read for item in items] == list(unpack(data))
    assert [entry for _, opened in read for entry in opened] == [None, *entries]
    assert max(len(items) for items, _ in read) <= PIECE_ITEMS


def test_what_stood_before_the_damage_comes_before_the_refusal() -> None:
    made, entries = village(PIECE_ITEMS)
    read = pieces(pack(made.community, [(entry.device, entry.data) for entry in entries])[:-1])

    assert next(read)[1] == entries[:PIECE_ITEMS]
    assert next(read)[1] == entries[PIECE_ITEMS:]
    with pytest.raises(Rejected, match="was changed"):
        next(read)


def test_what_is_wrong_with_one_entry_stands_in_its_place() -> None:
    made, entries = village(3)
    harmed = entries[2].data[:-1] + b"?"
    data = pack(made.community, [(each.device, harmed if each.seq == 2 else each.data) for each in entries])

    ((items, opened),) = pieces(data)

    assert [entry for entry in opened if isinstance(entry, Entry)] == [*entries[:2], *entries[3:]]
    assert (items[2].data, str(opened[2])) == (harmed, "the payload is not the one that was signed")


def test_a_book_comes_back_from_its_bundle() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    twin = ben.twin()
    ben.say(loaves())
    twin.say(Profile("Ben"))
    proof = prove_fork(ben.entries[2], twin.entries[2])
    before = village.book(anna, ben)
    before.freeze(proof)
    data = pack(
        village.community,
        [(entry.device, entry.data) for device in (anna, ben) for entry in device.entries],
        [proof.data],
    )

    after = Book(community_of(data))
    for item in unpack(data):
        if item.device is None:
            after.freeze(open_fork(item.data))
        else:
            after.apply(open_entry(item.data, after.community, item.device))

    assert after.digest() == before.digest()
