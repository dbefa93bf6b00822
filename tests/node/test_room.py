"""Room: others' words give way in a promised order, what was dropped is shown, and the Book stays the same."""

from pathlib import Path
from random import Random

import msgspec
import pytest
import trio

from ruil.node import clock, identity
from ruil.node.errors import DiskRefused
from ruil.node.identity import Identity
from ruil.node.profile import Profile as Opened
from ruil.node.profile import opened
from ruil.node.room import MB, Room
from ruil.node.store import Store
from ruil.protocol import bodies, gist, limits
from ruil.protocol.bids import Fate, bid_seal
from ruil.protocol.bodies import Accept, Bid, Deliver, Found, Listing, Opening, Profile, Propose, Rate, Receive, Renew
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry, is_whole, open_entry
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY, HOUR, TEXT_CHARS_MAX
from ruil.protocol.listings import Listed
from tests.node.shell import Shell, eventually
from tests.protocol.actors import T0, Device, Village, bread, later, loaves, parties

LONG = "x" * TEXT_CHARS_MAX
HERE, ABROAD = 0x86196952FFFFFFF, 0x862A1072FFFFFFF
OF_ONE = 60  # long listings of one member: half a megabyte


def long_listing(number: int, *, cell: int | None = None, ends: int = T0 + DAY) -> Listing:
    return Listing("offer", "bread", f"Loaf {number}", 4, "loaf", Millis(ends), text=LONG, cell=cell)


class Town:
    """Anna's profile. She lives here, as Carla does; Ben once traded with her; Dora is far away. All have long words of
    what is over, and each one listing that is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.village = Village()
        self.anna = self.village.founder
        self.ben, self.carla, self.dora = (self.village.joins(self.anna, name) for name in ("ben", "carla", "dora"))
        self.said: dict[str, list[Entry]] = {}
        self.open: list[Entry] = []
        for name, who, cell in (("anna", self.anna, HERE), ("carla", self.carla, HERE), ("dora", self.dora, ABROAD)):
            who.say(Profile(name, about=LONG, cell=cell))
            who.say(Profile(name, cell=cell))
        trade(self.anna, self.ben)
        for name, each in zip(("anna", "ben", "carla", "dora"), self.everybody, strict=True):
            self.said[name] = [each.say(long_listing(number)) for number in range(OF_ONE)]
            self.open.append(each.say(long_listing(OF_ONE, ends=clock.now() + DAY), at=Millis(clock.now() - DAY)))
        founding = self.anna.entries[1].body
        assert isinstance(founding, Found)
        charter = "charter:" + founding.charter.hex()
        me = Identity(self.anna.owner, self.anna.key, "Anna", "desk", self.village.community, entrance=charter)
        identity.write(folder, me)
        store = Store(folder, self.anna.id)
        store.append([entry for each in self.everybody for entry in each.entries])
        store.close()

    @property
    def everybody(self) -> tuple[Device, ...]:
        return self.anna, self.ben, self.carla, self.dora

    def whole(self, store: Store, name: str) -> int:
        """Of how many of somebody's long listings the words are on the disk."""
        return sum(is_whole(store.read(each.device, each.seq, each.seq)[0]) for each in self.said[name])


def trade(one: Device, other: Device) -> None:
    """All of a trade, with a long text."""
    proposal = one.say(Propose(parties(one, other), (bread(one, other, due=T0 + DAY),), later(HOUR), text=LONG))
    other.say(Accept(), proposal)
    given = one.say(Deliver(0, 2), proposal)
    other.say(Receive(given.id, 2), proposal)


def keep_within(profile: Opened, megabytes: int) -> Room:
    room = Room(profile.store, profile.peer.book, profile.identity.member_id, megabytes)
    trio.run(room.keep_within)
    return room


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("RUIL_STATE", str(tmp_path / "state"))  # or each would be a copy of the one before
    return Town(tmp_path / "anna")


def test_within_the_cap_nothing_is_dropped(town: Town) -> None:
    with opened(town.folder) as profile:
        shown = keep_within(profile, 5).shown()

    assert (shown["dropped_entries"], shown["full"]) == (0, False)
    assert 1 < shown["mb"] < 5


def test_over_the_cap_words_go_until_it_fits_and_what_was_dropped_is_shown(town: Town) -> None:
    with opened(town.folder) as profile:
        shown = keep_within(profile, 1).shown()

    assert shown["mb"] <= 1.0
    assert shown["dropped_entries"] > 50
    assert shown["dropped_mb"] > 0.4
    assert "entries that are over the words were dropped" in shown["text"]


def test_strangers_words_go_first_then_those_of_who_is_near_then_partners_and_ours_never(town: Town) -> None:
    with opened(town.folder) as profile:
        kept = []
        before = profile.store.size()
        for goal in (0.95, 0.7, 0.0):
            room = Room(profile.store, profile.peer.book, profile.identity.member_id, 1)
            room._cap = int(before * goal) or 1
            trio.run(room.keep_within)
            kept.append([town.whole(profile.store, name) for name in ("dora", "carla", "ben", "anna")])

    few, more, all_ = kept
    assert few[0] < OF_ONE
    assert few[1:] == [OF_ONE] * 3
    assert more[0] == 0
    assert more[1] < OF_ONE
    assert more[2:] == [OF_ONE] * 2
    assert all_ == [0, 0, 0, OF_ONE]


def test_when_all_that_may_go_is_gone_it_is_said_that_more_room_is_needed(town: Town) -> None:
    with opened(town.folder) as profile:
        room = Room(profile.store, profile.peer.book, profile.identity.member_id, 1)
        room._cap = MB // 100
        trio.run(room.keep_within)

        assert room.shown()["full"]
        assert "raise storage_mb" in room.shown()["text"]


def test_the_book_is_the_same_before_and_after_with_and_without_a_snapshot(town: Town) -> None:
    with opened(town.folder) as profile:
        before = profile.peer.book.digest()
        room = Room(profile.store, profile.peer.book, profile.identity.member_id, 1)
        room._cap = 1
        trio.run(room.keep_within)
        assert profile.peer.book.digest() == before

    with opened(town.folder) as profile:
        assert profile.peer.book.digest() == before
    (town.folder / "book.snapshot").unlink()
    with opened(town.folder) as profile:
        assert profile.peer.book.digest() == before
        known = {each.id: each.body for each in profile.peer.book.listings.all()}

    assert known[town.said["dora"][3].id] == msgspec.structs.replace(long_listing(3), text="")
    assert all(known[each.id] == each.body for each in (*town.open, *town.said["anna"]))


def test_every_log_still_verifies_and_check_says_what_was_dropped(town: Town) -> None:
    with opened(town.folder) as profile:
        dropped = keep_within(profile, 1).shown()["dropped_entries"]

    checked = Shell(town.folder).ask("check")

    assert checked["faults"] == []
    assert checked["words_dropped"] == dropped
    assert checked["entries"] == sum(each.log.size for each in town.everybody)


def test_status_shows_the_room_and_the_setting_is_a_number_of_megabytes(town: Town) -> None:
    anna = Shell(town.folder, STORAGE_MB="1")

    assert anna.ask("status")["storage"]["cap_mb"] == 1
    assert anna.ask("config", "show")["settings"]["storage_mb"] == 1
    anna.environment["RUIL_STORAGE_MB"] = "much"
    assert "RUIL_STORAGE_MB must be int" in anna.refused("config", "show")[1]


@pytest.mark.processes
def test_a_running_node_keeps_within_its_room_by_itself(town: Town) -> None:
    anna = Shell(town.folder, STORAGE_MB="1", DISCOVER="no")
    with anna.running():
        eventually(lambda: anna.look("status")["storage"]["mb"] <= 1.0)
        shown = anna.look("status")["storage"]

    assert shown["dropped_entries"] > 50


# What may go


@pytest.mark.parametrize("seed", range(5))
def test_no_gist_changes_a_fact_whatever_was_said(seed: int) -> None:
    chance = Random(seed)
    village = Village()
    people = [village.founder, *(village.joins(village.founder, name) for name in ("ben", "carla", "dora"))]
    for _ in range(60):
        who, other = chance.sample(people, 2)
        match chance.randrange(3):
            case 0:
                who.say(msgspec.structs.replace(loaves(chance.randint(1, 9)), text="Fresh.", tags=("bread",)))
            case 1:
                who.say(Profile(f"someone {chance.random()}", about="Here I am.", can=("bake",)))
            case _:
                trade(who, other)
    book = village.book(*people)
    before = book.digest()

    later_book = village.book()
    for entry in (entry for each in people for entry in each.entries):
        small = gist.gist(entry.body) if entry.body is not None else None
        later_book.apply(msgspec.structs.replace(entry, body=small) if small is not None else entry)
        if small is not None:
            book.trim(entry.id, small)
            assert entry.body is not None
            assert len(bodies.encode(small)) < len(bodies.encode(entry.body)), f"seed {seed}"

    assert book.digest() == later_book.digest() == before, f"seed {seed}"


def test_a_bid_that_was_opened_fits_its_seal_whatever_was_dropped() -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    need = anna.say(msgspec.structs.replace(loaves(role="need"), bids_until=later(DAY)))
    offer = Propose(parties(anna, ben), (bread(ben, anna),), later(2 * DAY + HOUR), text="As soft as you like.")
    nonce = bytes(16)
    bid = ben.say(Bid(bid_seal(EntryId(need.id), ben.member, offer, nonce), bytes(64)), need)
    anna.say(Renew(later(7 * DAY), (EntryId(bid.id),)), need, at=later(2 * DAY))
    ben.say(msgspec.structs.replace(offer, opens=Opening(EntryId(bid.id), nonce)), at=later(2 * DAY))
    book, dropped = village.book(anna, ben), village.book()

    for entry in (*anna.entries, *ben.entries):
        small = gist.gist(entry.body) if entry.body is not None else None
        dropped.apply(msgspec.structs.replace(entry, body=small) if small is not None else entry)

    (opened,) = (each.fate for each in book.bids.on(listed(book, need)))
    assert opened is Fate.OPENED
    assert dropped.digest() == book.digest()


def listed(book: Book, entry: Entry) -> Listed:
    found = book.listings.get(EntryId(entry.id))
    assert found is not None
    return found


def test_what_goes_on_or_was_over_lately_keeps_its_words() -> None:
    village = Village()
    anna = village.founder
    ben = village.joins(anna, "ben")
    listing = anna.say(long_listing(1, ends=T0 + DAY))
    promised = bread(anna, ben, due=T0 + 50 * DAY, listing=listing)
    proposal = anna.say(Propose(parties(anna, ben), (promised,), later(HOUR), text=LONG))
    ben.say(Accept(), proposal)
    old, current = ben.say(Profile("Ben", about=LONG)), ben.say(Profile("Ben", about=LONG), at=later(1))
    rate = anna.say(Rate(ben.member, bytes(32), b"box"), proposal)
    book = village.book(anna, ben)

    def over(entry: Entry, at: int) -> bool:
        return gist.over(book, book.records[EntryId(entry.id)], Millis(at))

    month = limits.FORGET_AFTER_MS
    assert [over(old, T0 + 1), over(current, T0 + 999 * DAY)] == [True, False]
    assert not over(listing, T0 + DAY + month + HOUR), "somebody was promised it"
    assert over(listing, T0 + 60 * DAY + month)
    assert [over(proposal, T0 + 53 * DAY + month - HOUR), over(proposal, T0 + 60 * DAY + month)] == [False, True]
    assert [over(rate, T0 + month), over(rate, T0 + limits.RATING_BLIND_MS + month + HOUR)] == [False, True]


def test_a_gist_that_is_no_body_is_found_as_damage(town: Town) -> None:
    store = Store(town.folder, town.anna.id)
    entry = town.said["dora"][0]
    store.forget([(entry.device, entry.seq, b"\x00")])
    (data,) = store.read(entry.device, entry.seq, entry.seq)
    assert open_entry(data, entry.community, entry.device).id == entry.id
    store.close()

    with pytest.raises(DiskRefused, match="damaged"), opened(town.folder):
        pass
