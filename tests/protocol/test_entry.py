"""An entry: the exact bytes a device signed, and every way in which bytes are not one."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.crypto.contexts import ENTRY_ID, PAYLOAD, SIGN_ENTRY
from ruil.crypto.hashes import blake2b
from ruil.protocol import bodies, codec
from ruil.protocol.bodies import Accept, Profile, Propose
from ruil.protocol.entry import HEADER_BYTES, Entry, forget, header_bytes, open_each, open_entries, open_entry, seal
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, Millis, Reference
from ruil.protocol.limits import ENTRY_BYTES_MAX, PAYLOAD_BYTES_MAX, SEQ_MAX, TIMESTAMP_MS_MAX
from tests.protocol.actors import SALT, T0, Village, bread, key, parties

VILLAGE = Village()
ANNA = VILLAGE.founder
BEN = VILLAGE.joins(ANNA, "ben")
HELLO = ANNA.sign(Profile("Anna"))
PROPOSAL = ANNA.say(Propose(parties(ANNA, BEN), (bread(ANNA, BEN),), T0 + 1000))
ANSWER = BEN.sign(Accept(), PROPOSAL)


def opened(data: bytes) -> Entry:
    return open_entry(data, VILLAGE.community, ANNA.id)


def signed(
    *,
    version: int = 1,
    flags: int = 0,
    kind: int = 4,
    payload: bytes | None = None,
    payload_len: int | None = None,
    seq: int = 2,
    at: int = T0,
    salt: bytes = SALT,
) -> bytes:
    """An entry by Anna's device with a header we choose: what another program might sign."""
    payload = codec.encode({"name": "Anna"}) if payload is None else payload
    size = len(payload) if payload_len is None else payload_len
    hashed = blake2b(PAYLOAD, salt + payload)
    header = struct.pack(">BBHIQQ32s32s", version, flags, kind, size, seq, at, bytes(32), hashed)
    signature = ANNA.key.sign(SIGN_ENTRY, blake2b(ENTRY_ID, VILLAGE.community, ANNA.id, header))
    return header + signature + salt + payload


def test_what_is_sealed_is_opened() -> None:
    entry = opened(HELLO.data)

    assert entry == HELLO
    assert entry.body == Profile("Anna")
    assert entry.reference is None
    assert header_bytes(entry.data) == HEADER_BYTES == 88


def test_an_answer_names_exactly_the_entry_it_answers() -> None:
    entry = open_entry(ANSWER.data, VILLAGE.community, BEN.id)

    assert entry.reference == Reference(ANNA.id, PROPOSAL.seq, PROPOSAL.id)
    assert header_bytes(entry.data) == 160


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs"]), min_size=1, max_size=60),
    seq=st.integers(0, SEQ_MAX),
    at=st.integers(0, TIMESTAMP_MS_MAX),
    root=st.binary(min_size=32, max_size=32),
    salt=st.binary(min_size=16, max_size=16),
    end=st.booleans(),
)
def test_any_profile_comes_back_as_it_was_said(
    name: str, seq: int, at: int, root: bytes, salt: bytes, end: bool
) -> None:
    if not name.strip():
        return
    entry = seal(ANNA.key, VILLAGE.community, Profile(name), seq=seq, at=Millis(at), root=root, salt=salt, end=end)

    again = opened(entry.data)

    assert (again.body, again.seq, again.at, again.root, again.end) == (Profile(name), seq, at, root, end)


@given(st.data())
def test_a_changed_byte_is_never_the_same_entry(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(HELLO.data) - 1))
    change = data.draw(st.integers(1, 255))
    changed = HELLO.data[:place] + bytes([HELLO.data[place] ^ change]) + HELLO.data[place + 1 :]

    with pytest.raises(Rejected):
        opened(changed)


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with pytest.raises(Rejected):
        opened(data)


@given(st.lists(st.sampled_from(["good", "another", "unsigned", "cut", "nothing"]), max_size=8))
def test_many_are_opened_as_each_alone_up_to_the_first_that_is_not_good(kinds: list[str]) -> None:
    other = ANNA.sign(Profile("Anna again"))
    unsigned = HELLO.data[:100] + bytes([HELLO.data[100] ^ 1]) + HELLO.data[101:]
    of = {"good": HELLO.data, "another": other.data, "unsigned": unsigned, "cut": HELLO.data[:-1], "nothing": b""}
    parts = [of[kind] for kind in kinds]
    alone: list[Entry] = []
    reason = None
    for data in parts:
        try:
            alone.append(opened(data))
        except Rejected as why:
            reason = str(why)
            break

    together, wrong = open_entries(iter(parts), VILLAGE.community, ANNA.id)

    assert together == alone
    assert (None if wrong is None else str(wrong)) == reason


@given(st.lists(st.sampled_from(["good", "another's", "unsigned", "cut", "nothing"]), max_size=8))
def test_of_many_each_is_opened_as_it_is_alone(kinds: list[str]) -> None:
    unsigned = HELLO.data[:100] + bytes([HELLO.data[100] ^ 1]) + HELLO.data[101:]
    of = {
        "good": (HELLO.data, ANNA.id),
        "another's": (ANSWER.data, BEN.id),
        "unsigned": (unsigned, ANNA.id),
        "cut": (HELLO.data[:-1], ANNA.id),
        "nothing": (b"", ANNA.id),
    }
    parts = [of[kind] for kind in kinds]
    alone: list[Entry | str] = []
    for data, device in parts:
        try:
            alone.append(open_entry(data, VILLAGE.community, device))
        except Rejected as why:
            alone.append(str(why))

    together = open_each(iter(parts), VILLAGE.community)

    assert [each if isinstance(each, Entry) else str(each) for each in together] == alone


def test_the_signature_of_another_device_is_refused() -> None:
    with pytest.raises(Rejected, match="not by this device for this community"):
        open_entry(HELLO.data, VILLAGE.community, BEN.id)


def test_an_entry_of_another_community_is_refused() -> None:
    with pytest.raises(Rejected, match="not by this device for this community"):
        open_entry(HELLO.data, CommunityId(bytes(32)), ANNA.id)


def test_a_repeated_signature_over_the_same_words_has_the_same_id() -> None:
    again = seal(ANNA.key, VILLAGE.community, Profile("Anna"), seq=HELLO.seq, at=HELLO.at, root=HELLO.root, salt=SALT)

    assert again.id == HELLO.id
    assert again.id == blake2b(ENTRY_ID, VILLAGE.community, ANNA.id, HELLO.data[:HEADER_BYTES])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"\1" * (ENTRY_BYTES_MAX + 1), f"at most {ENTRY_BYTES_MAX}", id="too long"),
        pytest.param(HELLO.data[:100], "at least 152", id="too short"),
        pytest.param(signed(version=0), "version 0 does not exist", id="version 0"),
        pytest.param(signed(flags=4), "unknown flags 0x04", id="unknown flag"),
        pytest.param(signed(payload_len=PAYLOAD_BYTES_MAX + 1), "payload of 65537 bytes", id="payload too long"),
        pytest.param(signed(at=TIMESTAMP_MS_MAX + 1), "beyond the year 9999", id="time too late"),
        pytest.param(signed(seq=SEQ_MAX + 1), f"place {SEQ_MAX + 1} in a log; at most", id="place too far"),
        pytest.param(
            bytes([1, 1]) + HELLO.data[2 : HEADER_BYTES + 64], "says a reference follows", id="no room for a reference"
        ),
        pytest.param(HELLO.data + b"\0", "bytes after the signature; the header says", id="bytes left over"),
        pytest.param(HELLO.data[:-1], "bytes after the signature; the header says", id="cut off"),
        pytest.param(HELLO.data[:-1] + b"!", "not the one that was signed", id="another payload"),
        pytest.param(HELLO.data[:152] + bytes(16) + HELLO.data[168:], "not the one that was signed", id="another salt"),
        pytest.param(signed(payload=b"\x81\xa4name\xd9\x04Anna"), "not canonical", id="two codings"),
        pytest.param(signed(payload=b"\x82\xa4name\xa1A\xa4name\xa1B"), "not canonical", id="a repeated key"),
        pytest.param(signed(payload=codec.encode({"name": 1})), "not a Profile: Expected `str`", id="wrong type"),
        pytest.param(signed(payload=codec.encode({})), "not a Profile: .*missing.*name", id="field missing"),
        pytest.param(signed(payload=codec.encode([1])), "a payload must be a map", id="no map"),
        pytest.param(signed(payload=codec.encode({"name": ""})), "your name must be given", id="a body's own rule"),
        pytest.param(signed(kind=33, payload=codec.encode({})), "Accept must name the entry", id="names nothing"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        opened(data)


def test_a_reference_to_a_place_no_log_has_is_refused() -> None:
    def answer(place: int) -> Entry:
        about = Reference(ANNA.id, place, PROPOSAL.id)
        return seal(BEN.key, VILLAGE.community, Accept(), seq=2, at=T0, root=bytes(32), salt=SALT, reference=about)

    assert answer(SEQ_MAX).reference == Reference(ANNA.id, SEQ_MAX, PROPOSAL.id)
    with pytest.raises(Rejected, match=f"the reference names place {SEQ_MAX + 1}"):
        answer(SEQ_MAX + 1)


def test_a_signature_with_a_changed_bit_is_refused() -> None:
    at = HEADER_BYTES + 5
    changed = HELLO.data[:at] + bytes([HELLO.data[at] ^ 1]) + HELLO.data[at + 1 :]

    with pytest.raises(Rejected, match="the signature is not by this device"):
        opened(changed)


def test_a_later_version_is_kept_and_not_read() -> None:
    data = signed(version=2, payload=b"\xc1 anything at all")

    entry = opened(data)

    assert entry.body is None
    assert entry.data == data


def test_a_kind_we_do_not_know_is_kept_and_not_read() -> None:
    entry = opened(signed(kind=999, payload=codec.encode({"new": [1, 2]})))

    assert entry.body is None
    assert entry.kind == 999


def test_a_field_we_do_not_know_is_kept_in_the_bytes() -> None:
    data = signed(payload=codec.encode({"name": "Anna", "pronouns": "she"}))

    entry = opened(data)

    assert entry.body == Profile("Anna")
    assert entry.data == data


def test_a_forgotten_payload_leaves_a_valid_entry() -> None:
    short = forget(HELLO.data)

    entry = opened(short)

    assert entry.id == HELLO.id
    assert entry.body is None
    assert b"Anna" not in short
    assert short == HELLO.signed


def test_the_bytes_are_kept_as_they_came() -> None:
    for said in (HELLO, PROPOSAL):
        assert opened(said.data).data == said.data


def test_every_kind_that_answers_must_name_what_it_answers() -> None:
    names = {bodies.KINDS[number].__name__ for number in bodies.ANSWERS}

    assert names == {
        "Accept", "Admit", "Bid", "Cancel", "Close", "Correct", "Decline", "Deliver", "Dispute", "Extend", "Join",
        "Lapse", "Mediate", "Open", "Rate", "Receive", "Renew", "Reply", "Settle", "Vote", "Withdraw",
    }  # fmt: skip


def test_keys_and_ids_have_their_types() -> None:
    assert DeviceId(key("device anna desktop").public) == ANNA.id
    assert EntryId(HELLO.id) == HELLO.id
