"""Lending at a terminal: what is free, asking for a time, and the calendar file that comes of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ruil.node.desk import open_desk
from ruil.node.identity import Identity
from ruil.protocol.events import Drafted
from ruil.protocol.ids import EntryId
from ruil.protocol.peer import Peer
from tests.node.shell import Shell, carry, founder, invited
from tests.node.test_ics import read
from tests.protocol.test_reservations import Street as Neighbours

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def at(day: int, hour: int | None = None) -> str:
    """A time as people type it, so many days from today."""
    moment = TODAY + timedelta(days=day, hours=hour or 0)
    return moment.strftime("%Y-%m-%d" if hour is None else "%Y-%m-%d %H:%M")


@dataclass
class Street:
    """Anna lends a bike by the hour and a tent by the day; Ben has the bike in two days from ten to two."""

    anna: Shell
    ben: Shell
    bike: str
    tent: str
    agreed: str


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    homes = tmp_path_factory.mktemp("street")
    anna = founder(homes / "anna")
    ben = invited(Shell(homes / "ben"), "Ben", anna)
    ben.ask("status")
    carry(ben, anna)
    bike = anna.ask("offer", "transport", "Cargo bike; red, big", "--lend", "hourly", "--want", "credit 0.5")
    tent = anna.ask("offer", "tools", "Tent", "--lend", "daily", "--want", "nothing", "--quantity", "2")
    carry(anna, ben)
    asked = ben.ask("reserve", bike["listing"]["short"], "--from", at(2, 10), "--hours", "4")
    carry(ben, anna)
    anna.ask("accept", asked["agreement"]["short"])
    carry(anna, ben)
    return Street(anna, ben, bike["listing"]["short"], tent["listing"]["short"], asked["agreement"]["short"])


def test_a_reservation_costs_its_hours_and_shows_in_what_is_free(street: Street) -> None:
    known = next(each for each in street.ben.ask("agreements")["agreements"] if each["short"] == street.agreed)
    days = street.ben.ask("free", street.bike, "--days", "4")["free"]["days"]

    assert [promised["words"] for promised in known["commitments"]] == [
        "Anna gives you 1 Cargo bike; red, big",
        "you give Anna 2 hours",
    ]
    assert [day["free"] for day in days[1:]] == ["all day", "00:00–10:00; 14:00–24:00", "all day"]


def test_days_count_from_the_first_to_the_last(street: Street) -> None:
    asked = street.ben.ask("reserve", street.tent, "--from", at(20), "--until", at(22), "--quantity", "2")

    assert asked["span"]["times"] == 3
    assert [len(asked["agreement"]["commitments"]), asked["agreement"]["state"]] == [1, "proposed"]


def test_the_calendar_of_both_has_it_and_so_has_the_file(street: Street, tmp_path: Path) -> None:
    file = tmp_path / "mine.ics"

    street.ben.ask("calendar", "--ics", str(file))
    street.anna.ask("calendar", "--ics", str(tmp_path / "hers.ics"))

    (mine,), (hers,) = read(file.read_bytes().decode()), read((tmp_path / "hers.ics").read_bytes().decode())
    assert mine["SUMMARY"] == "Cargo bike; red, big, from Anna"
    assert hers["SUMMARY"] == "Cargo bike; red, big: lent to Ben"
    assert mine["DTSTART"] == (TODAY + timedelta(days=2, hours=10)).strftime("%Y%m%dT%H%M%SZ")
    assert mine["DTEND"] == (TODAY + timedelta(days=2, hours=14)).strftime("%Y%m%dT%H%M%SZ")
    assert mine["UID"] == hers["UID"]
    assert "Cargo bike" in street.ben.run("calendar").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "soon", "--hours", "1"), "the beginning is no time: write it as 2026-12-01 10:00"),
        (("--from", "2026-13-01", "--days", "1"), "the beginning is no time"),
        (("--from", at(-1, 10), "--hours", "1"), "the beginning is in the past: it is"),
        (("--from", at(3, 10)), "the end is missing: say until when"),
        (("--from", at(3, 10), "--until", at(3, 11), "--hours", "1"), "the end is missing: say until when"),
        (("--from", at(3, 10), "--until", at(3, 10)), "the end is not after the beginning"),
        (("--from", at(3, 10), "--until", at(3, 9)), "the end is not after the beginning"),
        (("--from", at(3, 10), "--hours", "0"), "the end is no time to come"),
        (("--from", at(3, 10), "--hours", "-3"), "the end is no time to come"),
        (("--from", at(3, 10), "--hours", "99999999"), "the end is no time to come"),
        (("--from", at(3, 10), "--hours", "1", "--quantity", "2"), "a promised quantity of 2: there are 1 one"),
        (("--from", at(3, 10), "--hours", "1", "--pay", "much"), "'much' is not an amount"),
        (("--from", at(3, 10), "--hours", "1", "--pay", "1", "--gift"), "pay, or have it for nothing: not both"),
        (
            ("--from", at(2, 13), "--hours", "2"),
            f"not free then: 0 of 1 are left. It is free from {at(2, 14)} UTC to {at(2, 16)} UTC",
        ),
    ],
)
def test_what_can_not_be_reserved_has_a_sentence(street: Street, words: tuple[str, ...], sentence: str) -> None:
    done = street.ben.run("reserve", street.bike, *words)

    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr.startswith(sentence)


def test_what_is_not_lent_is_not_reserved_and_what_is_lent_is_not_taken(street: Street) -> None:
    bread = street.anna.ask("offer", "bread", "Loaf")["listing"]["short"]
    carry(street.anna, street.ben)

    reserved = street.ben.run("reserve", bread, "--from", at(3, 10), "--hours", "1")
    taken = street.ben.run("propose", street.bike, "--gift")
    own = street.anna.run("reserve", street.bike, "--from", at(3, 10), "--hours", "1")

    assert "'Loaf' is not lent by the hour or by the day" in reserved.stderr
    assert "is lent for a time: say from when until when" in taken.stderr
    assert "that listing is your own" in own.stderr


@pytest.mark.parametrize("days", ["0", "367"])
def test_a_calendar_is_looked_at_for_a_year_at_most(street: Street, days: str) -> None:
    done = street.ben.run("free", street.bike, "--days", days)

    assert (done.returncode, done.stderr) == (8, "look at 1 to 366 days at once\n")


async def test_what_was_promised_twice_is_shown_with_the_signature_that_came_first() -> None:
    elm = Neighbours()
    first, second = elm.lends(elm.ben, 10, 14), elm.lends(elm.carla, 12, 16, at=1)
    peer = Peer(elm.village.community, elm.carla.key, b"epoch 01", book=elm.book)

    async def nothing_is_said(_: Drafted) -> EntryId:
        raise AssertionError

    desk = open_desk(peer, Identity(elm.carla.owner, elm.carla.key, "Carla", "desktop"), nothing_is_said, tuple)
    (shown,) = (await desk.call("free", {"listing": elm.bike.id.hex()}))["free"]["promised_twice"]

    *_, yes, too_late = elm.anna.entries
    assert [(each["entry"], each["agreement"]) for each in shown["first"]] == [(yes.id.hex(), first.id.hex())]
    assert (shown["then"]["entry"], shown["then"]["agreement"]) == (too_late.id.hex(), second.id.hex())
    assert shown["then"]["spans"] == ["2026-01-02 12:00 UTC to 2026-01-02 16:00 UTC"]


def test_a_file_that_can_not_be_written_has_a_sentence(street: Street, tmp_path: Path) -> None:
    done = street.ben.run("calendar", "--ics", str(tmp_path / "nowhere" / "mine.ics"))

    assert done.returncode == 4
    assert "can not be written" in done.stderr
