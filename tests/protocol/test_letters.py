"""A letter: what was sealed is read by whom it was sealed to, and nobody changes, forges or repeats it unseen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.crypto.contexts import SIGN_LETTER, SIGN_RECEIPT
from ruil.crypto.keys import SigningKey
from ruil.crypto.seal import lock, seal
from ruil.protocol import letters, limits, wire
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, LetterId, MemberId
from ruil.protocol.letters import Letter, Sealed, open_letter, open_receipt, open_sealed, receipt, seal_letter
from ruil.protocol.limits import DAY
from tests.protocol.actors import T0, key

ELM, OAK = CommunityId(b"e" * 32), CommunityId(b"o" * 32)
ANNA, BEN, CARLA, PHONE = key("anna"), key("ben"), key("carla"), key("ben's phone")
TO = MemberId(b"b" * 32)
UNTIL = T0 + 30 * DAY
HELLO = Letter(TO, T0, "Is the ladder still there?")


def devices(*keys: SigningKey) -> list[DeviceId]:
    return [DeviceId(each.public) for each in keys]


def sealed(letter: Letter = HELLO, expires: int = UNTIL) -> Sealed:
    return seal_letter(ANNA, ELM, devices(ANNA, BEN, PHONE), letter, expires)


def forged(
    words: bytes, *, by: SigningKey = ANNA, expires: int = UNTIL, pad: bytes = b"", community: bytes = ELM
) -> Sealed:
    """A letter to Ben put together by hand, said to be Anna's and signed by `by`."""
    once = bytes(range(32))
    head = b"\x01" + ANNA.public + expires.to_bytes(8, "big") + b"\x01" + BEN.public + seal(BEN.public, once, bytes(32))
    inside = len(words).to_bytes(4, "big") + words + by.sign(SIGN_LETTER, community + head + words) + pad
    inside += bytes(-len(inside) % 1_024)
    return open_sealed(ELM, head + lock(once, inside, bytes(24))[24:])


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=300).filter(str.strip),
    st.binary(max_size=300),
    st.none() | st.binary(min_size=32, max_size=32),
    st.integers(1, 30 * DAY),
)
def test_each_device_it_is_sealed_to_reads_what_was_written(
    text: str, picture: bytes, about: bytes | None, lasts: int
) -> None:
    letter = Letter(TO, T0, text, EntryId(about) if about else None, picture)

    made = sealed(letter, T0 + lasts)

    assert [open_letter(each, ELM, open_sealed(ELM, made.data)) for each in (ANNA, BEN, PHONE)] == [letter] * 3
    assert made.sender == ANNA.public
    assert list(made.devices) == sorted(devices(ANNA, BEN, PHONE))


def test_nobody_else_reads_it() -> None:
    with pytest.raises(Rejected, match="somebody else"):
        open_letter(CARLA, ELM, sealed())


def test_it_does_not_show_what_was_written_nor_how_much_to_less_than_a_kib() -> None:
    short, long = sealed(Letter(TO, T0, "yes")), sealed(Letter(TO, T0, "no, and this is why: " + "x" * 700))

    assert len(short.data) == len(long.data)
    assert b"yes" not in short.data


@given(st.integers(0, len(sealed().data) - 1), st.integers(1, 255))
def test_a_letter_with_one_byte_changed_is_another_and_opens_for_nobody(place: int, change: int) -> None:
    data = bytearray(sealed().data)
    data[place] ^= change
    try:
        other = open_sealed(ELM, bytes(data))
    except Rejected:
        return

    assert other.id != sealed().id
    for each in (BEN, PHONE):
        with pytest.raises(Rejected):
            open_letter(each, ELM, other)


def test_in_another_community_it_is_another_letter_and_opens_for_nobody() -> None:
    there = open_sealed(OAK, sealed().data)

    assert there.id != sealed().id
    with pytest.raises(Rejected, match="not signed"):
        open_letter(BEN, OAK, there)


def test_who_can_read_it_can_not_seal_it_on_to_others_in_the_writers_name() -> None:
    # Ben knows the words and Anna's signature; it is over the very devices she sealed it to.
    with pytest.raises(Rejected, match="not signed"):
        open_letter(BEN, ELM, forged(letters.encode(HELLO), by=CARLA))
    with pytest.raises(Rejected, match="not signed"):
        open_letter(BEN, ELM, forged(letters.encode(HELLO), community=OAK))
    assert open_letter(BEN, ELM, forged(letters.encode(HELLO))) == HELLO


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (letters.codec.encode({"at": T0, "text": "hello"}), "not a letter"),
        (letters.codec.encode({"at": T0, "to": TO, "text": "a\x07"}), "control character"),
        (letters.codec.encode({"at": T0, "to": TO, "text": " "}), "empty letter"),
        (letters.codec.encode(["hello"]), "must be a map"),
        (b"\xff", "not MessagePack|extension|not canonical|map"),
    ],
)
def test_what_is_no_letter_inside_is_refused_though_its_author_signed_it(words: bytes, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        open_letter(BEN, ELM, forged(words))


def test_a_field_of_a_later_version_is_passed_over() -> None:
    words = letters.codec.encode({"at": T0, "mood": "glad", "text": HELLO.text, "to": TO})

    assert open_letter(BEN, ELM, forged(words)) == HELLO


def test_nothing_stands_behind_its_end() -> None:
    for pad in (b"\x01", bytes(1_024)):
        with pytest.raises(Rejected, match="behind its end"):
            open_letter(BEN, ELM, forged(letters.encode(HELLO), pad=pad))


def test_it_is_passed_on_for_thirty_days_at_most_and_for_some_time_at_least() -> None:
    for expires in (T0, UNTIL + 1):
        with pytest.raises(Rejected, match="longer than 30 days"):
            open_letter(BEN, ELM, forged(letters.encode(HELLO), expires=expires))


def test_the_same_letter_is_sealed_the_same_and_no_other_is() -> None:
    assert sealed() == sealed()
    assert sealed().data[-1_000:] != sealed(Letter(TO, T0 + 1, HELLO.text)).data[-1_000:]


def test_an_empty_letter_is_refused_with_a_sentence() -> None:
    with pytest.raises(Refused, match="write something"):
        Letter(TO, T0, "  ")


def test_the_longest_letter_with_a_picture_to_the_most_devices_fits_a_frame() -> None:
    longest = Letter(TO, T0, "\U0001f35e" * limits.TEXT_CHARS_MAX, EntryId(bytes(32)), bytes(limits.PICTURE_BYTES_MAX))
    many = [key(f"device {number}") for number in range(limits.LETTER_DEVICES_MAX)]

    made = seal_letter(ANNA, ELM, devices(*many), longest, UNTIL)

    assert len(made.data) <= limits.LETTER_BYTES_MAX
    assert len(wire.encode(wire.Carry(made.data))) <= limits.FRAME_ENTRIES_BYTES
    assert open_letter(many[7], ELM, made) == longest


@given(st.binary(max_size=2_000))
def test_no_bytes_crash_who_carries_a_letter(data: bytes) -> None:
    for each in (data, sealed().data[:150] + data, b"\x01" + data):
        try:
            assert open_sealed(ELM, each).data == each
        except Rejected:
            pass


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x02" + sealed().data[1:], "version"),
        (sealed().data[:41] + b"\x00" + sealed().data[42:], "to 0 devices"),
        (sealed().data[:41] + b"\x21" + sealed().data[42:], "to 33 devices"),
        (sealed().data[:-1], "cut off"),
        (sealed().data + bytes(1), "cut off"),
        (sealed().data[:33] + b"\xff" * 8 + sealed().data[41:], "for ever"),
        (sealed().data[:42] + b"\xff" * 32 + sealed().data[74:], "order of their keys"),
        (bytes(limits.LETTER_BYTES_MAX + 1), "at most"),
    ],
)
def test_what_is_wrong_outside_is_refused_by_who_carries_it(data: bytes, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        open_sealed(ELM, data)


# Receipts

ID = LetterId(bytes(range(32)))


def test_a_receipt_says_by_which_device_and_whether_it_was_read() -> None:
    for read in (False, True):
        made = open_receipt(ELM, receipt(BEN, ELM, ID, T0, read=read).data)

        assert (made.letter, made.by, made.read, made.at) == (ID, BEN.public, read, T0)
        assert len(made.data) == letters.RECEIPT_BYTES


@given(st.integers(0, letters.RECEIPT_BYTES - 1), st.integers(1, 255))
def test_a_receipt_with_one_byte_changed_is_none(place: int, change: int) -> None:
    data = bytearray(receipt(BEN, ELM, ID, T0).data)
    data[place] ^= change

    with pytest.raises(Rejected):
        open_receipt(ELM, bytes(data))


def test_a_receipt_of_another_community_is_none() -> None:
    with pytest.raises(Rejected, match="not signed"):
        open_receipt(OAK, receipt(BEN, ELM, ID, T0).data)


def test_a_letter_can_not_be_taken_for_a_receipt_nor_a_receipt_for_a_letter() -> None:
    assert SIGN_LETTER != SIGN_RECEIPT
    with pytest.raises(Rejected):
        open_receipt(ELM, sealed().data[: letters.RECEIPT_BYTES])
