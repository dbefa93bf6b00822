"""Successions: which key signs for a member follows from the logs alone, in whatever order they come."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ruil.crypto.keys import SigningKey
from ruil.protocol import members, snapshot
from ruil.protocol.agreement import State
from ruil.protocol.bodies import Admit, Body, Close, Enter, Heir, Join, Profile, Protest, Seat, Step, Succeed
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, HOUR, SUCCESSIONS_MAX
from ruil.protocol.log import Log
from ruil.protocol.record import Record
from ruil.protocol.revocations import revoke
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.successions import Reign, Successions, plan, succeed
from tests.protocol.actors import Device, Village, at, key, later, read

RECOVERY, NEW, OTHER = key("recovery"), key("anna's new key"), key("somebody's key")
WAIT = 7 * DAY


@dataclass
class Place:
    """Anna, who founded a community, and three neighbours, each let in by the one before."""

    village: Village = field(default_factory=Village)

    def __post_init__(self) -> None:
        self.anna = self.village.founder
        self.ben = self.village.joins(self.anna, "ben")
        self.carla = self.village.joins(self.ben, "carla")
        self.dora = self.village.joins(self.carla, "dora")
        self.community = self.village.community
        self.others: list[Device] = []

    @property
    def me(self) -> MemberId:
        return self.anna.member

    def plans(self, needed: int = 2, days: int = 7, at: int = HOUR, recovery: SigningKey = RECOVERY) -> Entry:
        return self.anna.say(plan(self.anna.owner, self.community, recovery.public, needed, days), at=later(at))

    def word(self, signer: SigningKey = RECOVERY, to: SigningKey = NEW, old: SigningKey | None = None) -> Succeed:
        return succeed(signer, self.community, self.me, (old or self.anna.owner).public, to.public)

    def device(self, by: SigningKey = NEW, name: str = "new laptop", at: int = 2 * DAY) -> Device:
        """A device of Anna's that a later key certified."""
        own = key(f"device {name}")
        made = Device(own, by, self.community, Log(DeviceId(own.public)))
        made.say(members.certify(by, made.id, name, later(at), self.me), at=later(at))
        self.others.append(made)
        return made

    def everybody(self) -> list[Device]:
        return [self.anna, self.ben, self.carla, self.dora, *self.others]

    def book(self) -> Book:
        """The Book, whatever order its logs come in: the given one, the reverse, and some shuffled."""
        logs = self.everybody()
        books = [self.village.book(*logs), self.village.book(*reversed(logs))]
        for seed in range(4):
            books.append(self.shuffled(random.Random(seed)))
        assert len({book.digest() for book in books}) == 1
        return books[0]

    def shuffled(self, chance: random.Random) -> Book:
        """The Book, with the logs' entries come one by one, now of one log, then of another."""
        left = [list(log.entries) for log in self.everybody()]
        book = Book(self.community)
        while left := [entries for entries in left if entries]:
            book.apply(chance.choice(left).pop(0))
        return book


def heard(book: Book, device: Device) -> int:
    """How many entries of a device count."""
    return sum(record.device == device.id for record in book.records.values())


# By friends ----------------------------------------


def test_what_friends_passed_on_takes_effect_after_the_waiting_time_and_not_before() -> None:
    place = Place()
    place.plans()
    place.ben.say(place.word(), at=later(2 * DAY))
    place.carla.say(place.word(), at=later(3 * DAY))
    laptop = place.device(at=2 * DAY)
    laptop.say(Profile("Too early"), at=later(3 * DAY + WAIT - 1))
    laptop.say(Profile("Anna again"), at=later(3 * DAY + WAIT))

    book = place.book()

    assert book.successions.chains == {place.me: (Reign(NEW.public, later(3 * DAY + WAIT)),)}
    assert book.members.of_device[laptop.id] == place.me
    assert book.members.name(place.me) == "Anna again"
    assert (heard(book, laptop), book.successions.begins(laptop.id)) == (2, later(3 * DAY + WAIT))
    assert book.members.charter is not None  # what the old key founded stands


@pytest.mark.parametrize(
    "wrong",
    ["one too few", "twice the same", "oneself", "another recovery key", "no plan", "a stranger", "a later plan"],
)
def test_without_what_the_plan_asks_for_nothing_takes_effect(wrong: str) -> None:
    place = Place()
    if wrong != "no plan":
        place.plans(recovery=OTHER if wrong == "another recovery key" else RECOVERY)
    if wrong == "a later plan":
        place.plans(recovery=OTHER, at=2 * DAY + HOUR)
    place.ben.say(place.word(), at=later(2 * DAY))
    if wrong == "twice the same":
        place.ben.say(place.word(), at=later(3 * DAY))
    elif wrong == "oneself":
        place.anna.say(place.word(), at=later(3 * DAY))
    elif wrong == "a stranger":
        eve = place.village.device("eve")
        eve.say(place.word(), at=later(3 * DAY))
        place.others.append(eve)
    elif wrong != "one too few":
        place.carla.say(place.word(), at=later(3 * DAY))
    laptop = place.device()
    laptop.say(Profile("Eve"), at=later(40 * DAY))

    book = place.book()

    assert book.successions.chains == {}
    assert laptop.id not in book.members.of_device
    assert heard(book, laptop) == 0
    assert book.logs[laptop.id].size == 2


@pytest.mark.parametrize("dates", [(4, 5), (1, 5)], ids=["the older again", "the newer dated back too"])
def test_a_plan_that_another_took_the_place_of_never_counts_again(dates: tuple[int, int]) -> None:
    place = Place()
    older = place.plans(at=2 * DAY, needed=1).body
    newer = place.plans(at=3 * DAY, recovery=OTHER).body
    assert isinstance(older, Heir)
    assert isinstance(newer, Heir)
    stolen = place.village.device("anna", "stolen")  # without Anna's key
    for said, day in zip((newer, older) if dates[0] == 1 else (older, older), dates, strict=True):
        stolen.say(said, at=later(day * DAY))
    place.others.append(stolen)
    place.ben.say(place.word(), at=later(6 * DAY))

    book = place.book()

    assert (book.successions.chains, book.successions.plan(place.me)) == ({}, None)


def test_a_protest_that_somebody_passed_on_in_time_stops_it() -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    no = Protest(place.me, place.me, NEW.public)
    said = place.anna.say(no, at=later(2 * DAY + WAIT - HOUR))
    place.dora.say(no, said, at=later(2 * DAY + WAIT))

    book = place.book()

    assert book.successions.chains == {}
    (option,) = book.successions.options
    assert (option.stopped, option.since, option.passed_on) == (True, later(2 * DAY + WAIT), (
        place.ben.member, place.carla.member,
    ))  # fmt: skip


@pytest.mark.parametrize("how", ["nobody passed it on", "passed on too late", "dated back", "of another key"])
def test_a_protest_that_came_too_late_stops_nothing(how: str) -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    no = Protest(place.me, place.me, OTHER.public if how == "of another key" else NEW.public)
    said = place.anna.say(no, at=later(2 * DAY + HOUR))  # whoever finds the old computer can write any date
    if how in ("passed on too late", "dated back"):
        place.dora.say(no, said, at=later(2 * DAY + WAIT + 1))
    elif how == "of another key":
        place.dora.say(no, said, at=later(2 * DAY + HOUR))

    assert [each.key for each in place.book().successions.chains[place.me]] == [NEW.public]


def test_a_later_key_can_not_take_a_protest_against_itself_away() -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    no = Protest(place.me, place.me, NEW.public)
    place.dora.say(no, place.anna.say(no, at=later(3 * DAY)), at=later(3 * DAY))
    laptop = place.device()
    laptop.say(revoke(NEW, place.community, place.anna.id, 2, place.me), at=later(20 * DAY))

    book = place.book()

    assert (book.successions.chains, book.revoked(place.anna.id)) == ({}, False)


def test_the_old_keys_certificates_and_revocations_count_no_more() -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    start = 2 * DAY + WAIT
    laptop = place.device()
    laptop.say(Profile("Anna again"), at=later(start))
    late = place.village.device("anna", "thief's", at=later(start + HOUR))
    late.say(Profile("Thief"), at=later(start + 2 * HOUR))
    before = place.village.device("anna", "old tablet", at=later(start - HOUR))
    before.say(Profile("Anna on her tablet"), at=later(start + 3 * HOUR))
    place.others += [late, before]
    place.ben.say(revoke(place.anna.owner, place.community, laptop.id, 1), at=later(start + HOUR))

    book = place.book()

    assert (heard(book, late), heard(book, before), heard(book, laptop)) == (0, 2, 2)
    assert late.id not in book.members.of_device
    assert not book.revoked(laptop.id)
    assert book.members.name(place.me) == "Anna on her tablet"


def test_a_later_key_takes_the_voice_of_an_older_keys_device_away() -> None:
    place = Place()
    place.plans()
    place.anna.say(Profile("Anna"), at=later(DAY))
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    kept = place.anna.log.size
    laptop = place.device()
    place.anna.say(Profile("Thief"), at=later(30 * DAY))
    laptop.say(revoke(NEW, place.community, place.anna.id, kept, place.me), at=later(20 * DAY))

    book = place.book()

    assert book.members.name(place.me) == "Anna"
    assert book.revoked(place.anna.id)
    assert (heard(book, place.anna), book.logs[place.anna.id].size) == (kept, kept + 1)


def test_a_device_of_a_later_key_is_revoked_by_that_key() -> None:
    place = Place()
    place.anna.say(place.word(place.anna.owner), at=later(DAY))
    laptop, phone = place.device(), place.device(name="phone")
    phone.say(Profile("Thief"), at=later(3 * DAY))
    laptop.say(revoke(NEW, place.community, phone.id, 1, place.me), at=later(4 * DAY))

    book = place.book()

    assert (book.revoked(phone.id), book.logs[phone.id].size, book.logs[phone.id].cut) == (True, 1, 1)


def test_who_passed_it_on_may_be_known_to_belong_only_later() -> None:
    place = Place()
    place.plans()
    place.carla.say(place.word(), at=later(2 * DAY))
    eve = place.village.enters(place.ben, "eve", at=later(DAY))
    eve.say(place.word(), at=later(3 * DAY))
    laptop = place.device()
    book = place.village.book(place.anna, place.carla, place.dora, eve, laptop, place.ben)
    assert (book.successions.chains, heard(book, laptop)) == ({}, 0)

    book.apply(admits_at(place.ben, eve, 4 * DAY))
    assert book.successions.chains == {}  # she was let in by an entry that is dated
    place.others.append(eve)
    assert place.book().digest() == book.digest()

    gina = place.village.enters(place.dora, "gina", at=later(DAY))
    gina.say(place.word(), at=later(3 * DAY))
    read(book, *gina.entries, admits_at(place.dora, gina, DAY))
    assert heard(book, laptop) == 1


def admits_at(host: Device, guest: Device, at: int) -> Entry:
    entrance = guest.entries[1]
    assert isinstance(entrance.body, Enter)
    return host.say(Admit(entrance.body.token), entrance, at=later(at))


# By the key itself ----------------------------------------


def test_who_has_the_key_goes_before_friends_whose_time_has_not_come() -> None:
    place = Place()
    place.plans()
    for friend in (place.ben, place.carla):
        friend.say(place.word(), at=later(2 * DAY))
    assert place.book().successions.key_of(place.me, later(2 * DAY + WAIT - 1)) == place.me
    assert place.book().successions.key_of(place.me, later(2 * DAY + WAIT)) == NEW.public

    own = place.anna.say(place.word(place.anna.owner, OTHER), at=later(3 * DAY))
    assert own.body is not None
    place.dora.say(own.body, at=later(4 * DAY))

    assert place.book().successions.chains[place.me] == (Reign(OTHER.public, later(3 * DAY)),)


def test_a_member_who_has_the_old_key_changes_it_at_once() -> None:
    place = Place()
    place.anna.say(place.word(place.anna.owner), at=later(DAY))
    laptop = place.device(at=DAY)
    laptop.say(Profile("Anna"), at=later(DAY))
    late = place.village.device("anna", "thief's", at=later(2 * DAY))
    place.others.append(late)

    book = place.book()

    assert book.successions.chains[place.me] == (Reign(NEW.public, later(DAY)),)
    assert (heard(book, laptop), heard(book, late)) == (2, 0)


def test_of_two_keys_named_by_the_old_one_the_one_that_others_knew_first_counts_whatever_its_date() -> None:
    place = Place()
    first = place.anna.say(place.word(place.anna.owner), at=later(5 * DAY))
    assert isinstance(first.body, Succeed)
    place.ben.say(first.body, at=later(5 * DAY + HOUR))
    thief = place.village.device("anna", "thief's", at=later(DAY))
    thief.say(place.word(place.anna.owner, OTHER), at=later(2 * DAY))  # dated back
    place.others.append(thief)

    assert [each.key for each in place.book().successions.chains[place.me]] == [NEW.public]


def test_keys_follow_each_other_and_each_plan_is_for_the_key_that_made_it() -> None:
    place = Place()
    place.plans()
    place.anna.say(place.word(place.anna.owner), at=later(2 * DAY))
    for friend in (place.ben, place.carla):
        friend.say(place.word(RECOVERY, OTHER, NEW), at=later(3 * DAY))  # the plan was the first key's
    laptop = place.device(at=2 * DAY)
    assert len(place.book().successions.chains[place.me]) == 1

    laptop.say(plan(NEW, place.community, RECOVERY.public, 1, 1, place.me), at=later(4 * DAY))
    place.dora.say(place.word(RECOVERY, OTHER, NEW), at=later(5 * DAY))

    chain = place.book().successions.chains[place.me]
    assert chain == (Reign(NEW.public, later(2 * DAY)), Reign(OTHER.public, later(6 * DAY)))


def test_no_key_signs_for_a_member_twice() -> None:
    place = Place()
    place.anna.say(place.word(place.anna.owner), at=later(DAY))
    laptop = place.device(at=DAY)
    with pytest.raises(Refused, match="succeeded by another key"):
        place.word(NEW, place.anna.owner, NEW)
    laptop.say(place.word(NEW, OTHER, NEW), at=later(2 * DAY))
    tablet = place.device(OTHER, "tablet", at=3 * DAY)
    tablet.say(place.word(OTHER, NEW, OTHER), at=later(4 * DAY))

    assert [each.key for each in place.book().successions.chains[place.me]] == [NEW.public, OTHER.public]


def test_a_member_changes_their_key_at_most_so_often() -> None:
    place = Place()
    keys = [place.anna.owner, *(key(f"anna's key {number}") for number in range(SUCCESSIONS_MAX + 1))]
    for number, (old, to) in enumerate(pairwise(keys)):
        place.anna.say(place.word(old, to, old), at=later(number * HOUR))

    assert len(place.book().successions.chains[place.me]) == SUCCESSIONS_MAX == len(keys) - 2


def test_who_changed_their_own_key_still_passes_a_friends_word_on() -> None:
    place = Place()
    place.plans(needed=1)
    ben = place.ben
    ben.say(succeed(ben.owner, place.community, ben.member, ben.member, OTHER.public), at=later(2 * HOUR))
    own = key("ben's tablet")
    tablet = Device(own, OTHER, place.community, Log(DeviceId(own.public)))
    tablet.say(members.certify(OTHER, tablet.id, "tablet", later(DAY), ben.member), at=later(DAY))
    tablet.say(place.word(), at=later(2 * DAY))
    place.others.append(tablet)

    assert place.book().successions.chains[place.me] == (Reign(NEW.public, later(2 * DAY + WAIT)),)


# What is refused ----------------------------------------


def test_words_that_are_not_truly_signed_are_refused() -> None:
    place = Place()
    book = place.village.book(place.anna, place.ben, place.carla, place.dora)
    for said, why in (
        (Succeed(place.me, place.me, NEW.public, bytes(64)), "signed neither by"),
        (Succeed(place.me, place.me, NEW.public, place.word().signature, OTHER.public), "signed neither by"),
        (Heir(place.ben.member, RECOVERY.public, 2, 7, bytes(64)), "not signed by the member"),
        (plan(place.anna.owner, place.community, RECOVERY.public, 2, 7), "somebody else's key"),
        (Protest(place.me, place.me, NEW.public), "the member's own, or names theirs"),
    ):
        with pytest.raises(Rejected, match=why):
            book.apply(place.ben.sign(said))
    own = place.device()
    false = members.certify(NEW, place.ben.id, "x", Millis(0), place.me)
    with pytest.raises(Rejected, match="certificate is not signed"):
        book.apply(Device(own.key, NEW, place.community, Log(own.id)).sign(false))


# A Book that was cut, kept, or reads in any order ----------------------------------------


def test_a_succession_whose_log_was_cut_is_undone() -> None:
    place = Place()
    place.plans(needed=1)
    word = place.ben.say(place.word(), at=later(2 * DAY))
    laptop = place.device()
    laptop.say(Profile("Anna again"), at=later(20 * DAY))
    book = place.book()
    assert heard(book, laptop) == 2

    tablet = place.village.device("ben", "tablet")
    read(book, *tablet.entries, tablet.say(revoke(place.ben.owner, place.community, place.ben.id, word.seq)))

    assert (heard(book, laptop), book.successions.chains) == (0, {})
    place.others.append(tablet)
    assert place.book().digest() == book.digest()


def test_a_seat_for_what_does_not_count_is_struck_out_whether_the_join_or_the_close_comes_first() -> None:
    place = Place()
    until, due = later(3 * DAY), later(5 * DAY)
    offered = group_buy(place.ben.member, "flour", "sack", (Step(1, 9),), due, until)
    first = place.ben.say(offered, at=later(DAY))
    laptop = place.device(at=DAY)  # of a key that follows nobody's
    joins = [each.say(Join(0, 1), first, at=later(DAY + HOUR)) for each in (laptop, place.carla)]
    seats = [Seat(at(join), who, 0, 1) for join, who in zip(joins, (place.me, place.carla.member), strict=True)]
    place.ben.say(Close(seats=tuple(sorted(seats, key=lambda seat: seat.at))), first, at=later(2 * DAY))
    known = [place.anna, place.carla, place.dora]
    book = place.village.book(*known, place.ben)
    before = book.agreements.get(EntryId(first.id))
    assert before is not None
    assert before.state is State.PROPOSED  # a close that names a join which is not here yet

    read(book, *laptop.entries)

    assert book.digest() == place.village.book(*known, laptop, place.ben).digest()
    after = book.agreements.get(EntryId(first.id))
    assert after is not None
    assert (after.state, [each.member for each in after.lost]) == (State.AGREED, [place.me])


def test_a_snapshot_knows_what_does_not_count() -> None:
    place = Place()
    place.plans()
    place.ben.say(place.word(), at=later(2 * DAY))
    laptop = place.device()
    laptop.say(Profile("Anna again"), at=later(20 * DAY))
    book = place.book()

    kept = snapshot.open_snapshot(b"".join(snapshot.take(book).parts()), place.community)

    assert kept.digest() == book.digest()
    place.carla.say(place.word(), at=later(3 * DAY))
    for each in (book, kept):
        each.apply(place.carla.entries[-1])
        assert heard(each, laptop) == 2
    assert kept.digest() == book.digest()
    again = snapshot.open_snapshot(b"".join(snapshot.take(book).parts()), place.community)
    assert again.digest() == book.digest()


def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time all keys are worked out."""
    times: list[int] = []
    once = Successions.judge

    def counted(self: Successions, records: Iterable[Record]) -> list[DeviceId]:
        times.append(1)
        return once(self, records)

    monkeypatch.setattr(Successions, "judge", counted)
    return times


def test_words_that_anybody_can_make_up_are_kept_and_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    place.plans()
    place.ben.say(place.word(), at=later(2 * DAY))
    start = place.carla.log.size
    for number in range(20):
        made_up = key(f"made up {number}")
        for word in (place.word(made_up), place.word(made_up, old=made_up), place.word(made_up, made_up)):
            if word.old != word.key:
                place.carla.say(word, at=later(3 * DAY))
        place.carla.say(Protest(place.carla.member, place.carla.member, made_up.public), at=later(3 * DAY))
        place.carla.say(plan(place.carla.owner, place.community, made_up.public, 1, 1), at=later(3 * DAY))
    book = place.village.book(place.anna, place.ben, place.dora)
    read(book, *place.carla.entries[:start])
    times = judged(monkeypatch)

    read(book, *place.carla.entries[start:])

    assert len(times) == 0
    assert book.digest() == place.book().digest()


def test_a_word_by_somebody_who_is_not_let_in_makes_no_newcomer_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    place.plans(needed=1)
    eve = place.village.enters(place.dora, "eve", at=later(DAY))
    eve.say(place.word(), at=later(2 * DAY))
    guests = [place.village.joins(place.carla, f"guest {number}", at=later(0)) for number in range(20)]
    place.others += [eve, *guests]
    book = place.village.book(place.anna, place.ben, place.carla, place.dora, eve)
    times = judged(monkeypatch)

    read(book, *(entry for guest in guests for entry in guest.entries))

    assert (len(times), book.successions.chains) == (0, {})
    read(book, admits_at(place.dora, eve, DAY))
    assert (len(times), [each.key for each in book.successions.chains[place.me]]) == (1, [NEW.public])
    assert book.digest() == place.book().digest()


STEP = st.tuples(st.integers(0, 12), st.integers(0, 5), st.integers(0, 5))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=6, max_size=30), st.integers(0, 2**32))
def test_whatever_is_said_about_keys_every_order_gives_one_book(steps: list[tuple[int, int, int]], seed: int) -> None:
    place, day = Place(), 1
    place.plans(needed=1, days=3)
    keys = (place.anna.owner, NEW, OTHER)
    spare = [place.device(by, f"{number}", at=DAY) for number, by in enumerate(keys[1:])]
    for what, who, pause in steps:
        speaker = [place.anna, place.ben, place.carla, place.dora, *spare][who]
        day += pause
        if what == 9:
            place.others.append(place.village.device("anna", f"more {len(place.others)}", at=later(day * DAY)))
            continue
        said, about = _said(place, what, speaker, pause)
        # Some are dated back as far as their log allows.
        at = speaker.log.at if what in (1, 3, 8) else Millis(max(speaker.log.at, later(day * DAY)))
        speaker.say(said, about, at=at)

    books = [place.shuffled(random.Random(seed + number)) for number in range(3)]
    books.append(place.village.book(*place.everybody()))

    assert len({book.digest() for book in books}) == 1, (seed, steps)
    counted = [{record.id for record in book.records.values()} for book in books]
    assert all(each == counted[0] for each in counted), (seed, steps)
    kept = snapshot.open_snapshot(b"".join(snapshot.take(books[0]).parts()), place.community)
    assert kept.digest() == books[0].digest(), (seed, steps)


def _said(place: Place, what: int, speaker: Device, number: int) -> tuple[Body, Entry | None]:
    """Something about Anna's keys that this device can say: two of them, in turn, or a protest, or a revocation."""
    keys = (place.anna.owner, NEW, OTHER)
    old, to = (keys[0], NEW) if number < 3 else (keys[0], OTHER) if number == 3 else (NEW, OTHER)
    if what in (2, 3, 4, 11):
        return place.word(RECOVERY, to, old), None
    if what in (5, 10):
        return place.word(old, to, old), None
    if what == 6 and speaker.owner in keys:
        return plan(speaker.owner, place.community, RECOVERY.public, 1 + number % 2, 1, place.me), None
    if what in (7, 8):
        no = Protest(place.me, old.public, to.public)
        if speaker.owner in keys:
            return no, None
        own = [each for log in place.everybody() for each in log.entries if each.body == no and not each.reference]
        return no, own[0] if own else place.anna.say(no)
    if what == 12:
        return revoke(place.ben.owner, place.community, place.ben.id, 4 + number), None  # what Ben passed on falls
    if what == 0:
        return revoke(keys[1 + number % 2], place.community, place.anna.id, 4, place.me), None
    return Profile(f"{speaker.id.hex()[:6]} {speaker.log.size}"), None
