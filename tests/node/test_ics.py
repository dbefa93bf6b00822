"""Calendar files, read back the way RFC 5545 says."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ruil.node.ics import LINE_BYTES_MAX, calendar
from ruil.node.views import Plain

ROW: Plain = {
    "id": "ab" * 32,
    "number": 0,
    "at": 1_767_225_600_000,
    "begins": 1_796_119_200_000,
    "ends": 1_796_130_000_000,
    "summary": "Cargo bike, from Anna",
    "text": "Anna gives you 1 Cargo bike",
}


def read(text: str) -> list[dict[str, str]]:
    """The events of a file. Asserts that every line ends in CRLF and is short enough."""
    *lines, rest = text.split("\r\n")
    assert rest == ""
    assert all("\n" not in line and "\r" not in line and len(line.encode()) <= LINE_BYTES_MAX for line in lines)
    unfolded = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert [unfolded[0], unfolded[1], unfolded[-1]] == ["BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR"]
    events: list[dict[str, str]] = []
    for line in unfolded:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events:
            plain = re.sub(r"\\(.)", lambda found: {"n": "\n", "N": "\n"}.get(found[1], found[1]), value)
            events[-1][name] = plain
    return events


def test_a_reservation_is_an_event_with_its_times_in_utc() -> None:
    (event,) = read(calendar([ROW]))

    assert event["UID"] == f"{'ab' * 32}-0@ruil.invalid"
    assert (event["DTSTART"], event["DTEND"]) == ("20261201T100000Z", "20261201T130000Z")
    assert event["DTSTAMP"] == "20260101T000000Z"
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (ROW["summary"], ROW["text"])


def test_the_same_reservations_give_the_same_file() -> None:
    assert calendar([ROW]) == calendar([dict(ROW)])


def test_nothing_reserved_is_a_calendar_too() -> None:
    assert read(calendar([])) == []


def test_what_a_stranger_writes_adds_no_line_of_its_own() -> None:
    rude = "Bike\r\nEND:VEVENT\r\nBEGIN:VEVENT\rATTACH:http://example.invalid\u2028x; a, b \\n"

    (event,) = read(calendar([{**ROW, "summary": rude}]))

    assert "ATTACH" not in event
    assert event["SUMMARY"] == "Bike\nEND:VEVENT\nBEGIN:VEVENTATTACH:http://example.invalidx; a, b \\n"


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=300))
def test_any_words_come_back_as_they_were_however_long(words: str) -> None:
    (event,) = read(calendar([{**ROW, "text": words}]))

    assert event["DESCRIPTION"] == words
