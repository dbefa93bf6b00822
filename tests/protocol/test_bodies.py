"""Bodies: the short way of reading a payload takes exactly what the long way takes, and gives the same."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol import bodies, codec, limits
from ruil.protocol.bodies import Commitment, Listing, Profile, Propose, Rate, Want
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import MemberId

KEY = st.binary(min_size=32, max_size=32)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=24).filter(str.strip)
TIME = st.integers(0, limits.TIMESTAMP_MS_MAX)
AMOUNT = st.integers(1, limits.QUANTITY_MAX)
WANTS = st.builds(Want, TEXT, AMOUNT, TEXT, st.just("") | TEXT)
LISTINGS = st.builds(
    Listing, st.sampled_from(["offer", "need"]), TEXT, TEXT, AMOUNT, TEXT, TIME,
    tags=st.lists(TEXT, max_size=12).map(tuple), text=st.just("") | TEXT, wants=st.lists(WANTS, max_size=12).map(tuple),
)  # fmt: skip


@st.composite
def proposals(draw: st.DrawFn) -> Propose:
    parties = sorted(draw(st.sets(KEY, min_size=2, max_size=5)))
    until = draw(st.integers(0, limits.TIMESTAMP_MS_MAX - 9))
    promises = [
        Commitment(
            *map(MemberId, draw(st.permutations(parties))[:2]),
            "transfer",
            draw(TEXT),
            draw(AMOUNT),
            draw(TEXT),
            until + 9,
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    return Propose(tuple(map(MemberId, parties)), tuple(promises), until)


BODIES = st.one_of(LISTINGS, proposals(), st.builds(Profile, TEXT), st.builds(Rate, KEY, KEY, st.binary(max_size=40)))


@given(BODIES)
def test_a_body_is_written_as_its_plain_values_are(body: bodies.Body) -> None:
    data = bodies.encode(body)

    assert data == codec.encode(bodies.plain(body))
    assert bodies.decode(bodies.NUMBER[type(body)], data) == body


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(BODIES, st.data())
def test_whatever_is_changed_in_a_payload_the_short_way_and_the_long_way_agree(
    body: bodies.Body, data: st.DataObject
) -> None:
    kind, value = bodies.NUMBER[type(body)], bodies.plain(body)
    value[data.draw(st.sampled_from(sorted(value)) | st.text(max_size=6))] = data.draw(PLAIN)
    payload = codec.encode(value)

    assert outcome(lambda: bodies.decode(kind, payload)) == outcome(lambda: bodies.convert(kind, codec.decode(payload)))


@given(BODIES, st.data())
def test_a_changed_byte_never_makes_the_short_way_take_what_the_long_way_refuses(
    body: bodies.Body, data: st.DataObject
) -> None:
    kind, payload = bodies.NUMBER[type(body)], bytearray(bodies.encode(body))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))

    assert outcome(lambda: bodies.decode(kind, bytes(payload))) == outcome(
        lambda: bodies.convert(kind, codec.decode(bytes(payload)))
    )


def outcome(read: Any) -> Any:
    try:
        return read()
    except Rejected as why:
        return str(why)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Profile(" "), "your name must be given; between 1 and 60 are allowed"),
        (lambda: Profile("x" * 61), "your name has 61 characters; between 1 and 60 are allowed"),
        (lambda: Profile("Anna", tags=("",)), "a tag must be given; between 1 and 40 are allowed"),
        (lambda: Profile("Anna", about="\x07"), "about holds a control character"),
        (lambda: Profile("Anna", tags=("a\x07",)), "a tag holds a control character"),
        (lambda: Want("bread", 0), "a quantity wanted in return of zero: say how much, at least 1"),
        (lambda: Want("bread", -1), "a quantity wanted in return is -1; it must be between 1 and 1000000000000"),
        (lambda: Rate(MemberId(bytes(31)), bytes(32)), "about has 31 bytes; it must have 32"),
        (lambda: Rate(MemberId(bytes(32)), bytes(32), bytes(4_097)), "box has 4097 bytes; at most 4096"),
    ],
)
def test_what_a_member_types_wrong_has_a_sentence(make: Any, sentence: str) -> None:
    with pytest.raises(Refused) as why:
        make()

    assert str(why.value) == sentence


def test_a_bound_a_stranger_breaks_inside_a_list_has_the_same_sentence() -> None:
    listing = Listing("offer", "bread", "Loaf", 1, "loaf", 9, wants=(Want("honey"),))
    value = bodies.plain(listing)
    value["wants"] = [{"kind": "honey", "quantity": 0}]

    with pytest.raises(Rejected) as why:
        bodies.decode(bodies.NUMBER[Listing], codec.encode(value))

    assert str(why.value) == "not a Listing: a quantity wanted in return of zero: say how much, at least 1"


def test_a_body_is_made_by_its_fields_in_the_order_they_are_written_down_in() -> None:
    assert Want("bread", 2, "loaf") == Want(unit="loaf", quantity=2, kind="bread")
    match Want("bread", 2, "loaf"):
        case Want(kind, quantity, unit):
            assert (kind, quantity, unit) == ("bread", 2, "loaf")
    assert list(inspect.signature(Want).parameters) == ["kind", "quantity", "unit", "text"]
    with pytest.raises(TypeError, match="Want has 4 fields, not 5"):
        Want("bread", 2, "loaf", "", "more")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="kind"):
        Want("bread", kind="bread")  # type: ignore[misc]
