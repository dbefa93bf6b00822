"""Starting from a snapshot: the same Book as from every entry, and nothing believed that does not fit the store."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest
import trio

from ruil.node import identity
from ruil.node.errors import DiskRefused
from ruil.node.identity import Identity
from ruil.node.profile import let_go, opened
from ruil.node.snapshot import TAIL_MIN, Snapshots
from ruil.node.store import Store
from ruil.protocol.bodies import Profile
from ruil.protocol.book import Book
from ruil.protocol.entry import Entry, seal
from ruil.protocol.events import Met, Send
from ruil.protocol.ids import Millis
from ruil.protocol.limits import SEQ_MAX
from ruil.protocol.log import ForkProof, prove_fork
from ruil.protocol.revocations import open_proof, revocation, revoke
from ruil.protocol.wire import Hello
from tests.node.shell import Shell
from tests.protocol.actors import SALT, Device, Village, loaves, read


@dataclass
class Home:
    """Anna's profile, in which Ben's log is stored too."""

    folder: Path
    village: Village = field(default_factory=Village)

    def __post_init__(self) -> None:
        anna = self.anna = self.village.founder
        self.ben = self.village.joins(anna, "ben")
        for number in range(1, 9):
            self.twin = self.ben.twin()
            self.ben.say(loaves(number))
        who = Identity(anna.owner, anna.key, "Anna", "desk", self.village.community)
        identity.write(self.folder, who)
        self.store(*anna.entries, *self.ben.entries)

    @property
    def file(self) -> Path:
        return self.folder / "book.snapshot"

    def store(self, *entries: Entry, proofs: Iterable[bytes] = ()) -> None:
        store = Store(self.folder, self.anna.id)
        store.append(entries)
        for proof in proofs:
            store.keep(open_proof(proof).about, proof)
        store.close()

    def change(self, sql: str) -> None:
        database = apsw.Connection(str(self.folder / "logs.sqlite"))
        database.execute(sql)
        database.close()

    def digest(self) -> bytes:
        """Start and end a node here: what it knew."""
        with opened(self.folder) as profile:
            return profile.peer.book.digest()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    # Each is a computer of its own: their devices have the same keys, and would be copies of one another.
    monkeypatch.setenv("RUIL_STATE", str(tmp_path / "state"))
    (tmp_path / "anna").mkdir(mode=0o700)
    return Home(tmp_path / "anna")


def known(*devices: Device, home: Home) -> bytes:
    return home.village.book(*devices).digest()


def test_a_profile_that_is_opened_again_does_not_leave_the_book_that_was_there(home: Home) -> None:
    before = books()
    home.digest()
    with opened(home.folder) as profile:
        let_go()
        assert [book for book in books() if all(book is not each for each in before)] == [profile.peer.book]


def books() -> list[Book]:
    """All there are in this process, also those that nobody has any more and that were not looked for yet."""
    gc.unfreeze()  # what was left to itself would not be listed
    return [each for each in gc.get_objects() if isinstance(each, Book)]


def test_a_start_from_a_snapshot_and_one_from_every_entry_know_the_same(home: Home) -> None:
    from_entries = home.digest()
    assert home.file.stat().st_mode & 0o777 == 0o600

    from_snapshot = home.digest()

    assert from_entries == from_snapshot == known(home.anna, home.ben, home=home)


def test_what_was_stored_after_the_snapshot_is_read_too(home: Home) -> None:
    home.digest()
    carla = home.village.joins(home.ben, "carla")
    home.store(home.ben.entries[-1], *carla.entries)

    after = home.digest()

    assert after == known(home.anna, home.ben, carla, home=home)


def test_what_was_verified_before_the_snapshot_is_not_verified_again(home: Home) -> None:
    before = home.digest()
    home.change("UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB) WHERE seq = 4")

    assert home.digest() == before
    found = Shell(home.folder).run("check", "--json")
    assert found.returncode == 9
    assert "the payload is not the one that was signed" in found.stdout


def test_what_came_after_the_snapshot_is_verified(home: Home) -> None:
    home.digest()
    home.store(home.ben.say(loaves(9)))
    home.change("UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB) WHERE seq = 10")

    with pytest.raises(DiskRefused, match="which holds what others said, is damaged"):
        home.digest()


def test_a_node_shows_its_card_after_a_start_from_a_snapshot(home: Home) -> None:
    home.digest()

    with opened(home.folder) as profile:
        (effect,) = profile.peer.handle(Met(home.ben.id), Millis(0))

    assert isinstance(effect, Send)
    assert isinstance(effect.frame, Hello)
    assert effect.frame.card == tuple(entry.data for entry in home.anna.entries[:2])


def test_a_fork_stays_proven(home: Home) -> None:
    other = home.ben.twin()
    mine, theirs = home.ben.say(loaves(3)), other.say(loaves(4))
    proof = prove_fork(mine, theirs)
    home.digest()
    home.store(mine, proofs=[proof.data])

    digests = [home.digest() for _ in range(3)]

    book = home.village.book(home.anna, home.ben)
    book.freeze(proof)
    assert digests == [book.digest()] * 3


def test_a_revocation_that_stands_in_an_entry_alone_is_stored_by_itself_too(home: Home) -> None:
    ben = home.ben
    phone = home.village.device("ben", "phone")
    said = phone.say(revoke(ben.owner, home.village.community, ben.id, 4))
    home.store(*phone.entries)

    digests = [home.digest() for _ in range(2)]

    assert digests == [known(home.anna, ben, phone, home=home)] * 2
    store = Store(home.folder, home.anna.id)
    assert store.proofs() == [revocation(said.community, revoke(ben.owner, said.community, ben.id, 4)).data]
    store.close()


def test_a_cut_far_beyond_every_entry_hinders_no_start(home: Home) -> None:
    # Whoever holds a device's key may contradict themselves at any place the header can say.
    proof = fork_far_out(home.ben)
    home.store(proofs=[proof.data])

    digests = [home.digest() for _ in range(3)]

    book = home.village.book(home.anna, home.ben)
    book.freeze(proof)
    assert digests == [book.digest()] * 3


def fork_far_out(device: Device) -> ForkProof:
    """A contradiction as far out in the log as an entry may stand."""
    one, other = (
        seal(device.key, device.community, loaves(n), seq=SEQ_MAX, at=device.log.at, root=bytes(32), salt=SALT)
        for n in (1, 2)
    )
    return prove_fork(one, other)


def test_a_store_reads_on_to_any_place_a_cut_can_name(home: Home) -> None:
    store = Store(home.folder, home.anna.id)

    found = list(store.beyond({home.anna.id: (99, None), home.ben.id: (4, SEQ_MAX)}))

    assert found == [(home.ben.id, entry.data) for entry in home.ben.entries[4:]]
    store.close()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param("DELETE FROM entries WHERE seq = 9", id="the store lost the last entry"),
        pytest.param("DELETE FROM entries", id="the store lost a whole log"),
    ],
)
def test_a_snapshot_that_knows_more_than_the_store_is_thrown_away(home: Home, harm: str) -> None:
    before = home.digest()
    home.change(harm)

    after = home.digest()

    assert after != before
    home.file.unlink()
    assert home.digest() == after


def test_a_snapshot_that_knows_another_head_is_thrown_away(home: Home) -> None:
    home.digest()
    other = home.twin.sign(loaves(7))
    home.change(f"UPDATE entries SET data = x'{other.data.hex()}' WHERE seq = {other.seq}")

    after = home.digest()

    assert after == read(home.village.book(home.anna), *home.ben.entries[:-1], other).digest()


def test_a_snapshot_that_knows_a_proof_the_store_lost_is_thrown_away(home: Home) -> None:
    other = home.ben.twin()
    mine = home.ben.say(loaves(3))
    home.store(mine, proofs=[prove_fork(mine, other.say(loaves(4))).data])
    home.digest()
    home.change("DELETE FROM cuts")

    assert home.digest() == known(home.anna, home.ben, home=home)


@pytest.mark.parametrize("place", [0, 20, 200, -1])
def test_a_damaged_snapshot_is_thrown_away(home: Home, place: int) -> None:
    before = home.digest()
    data = bytearray(home.file.read_bytes())
    data[place] ^= 1
    home.file.write_bytes(data)

    assert home.digest() == before
    assert home.file.read_bytes() != data


def test_a_disk_that_refuses_the_snapshot_stops_nothing(home: Home) -> None:
    home.file.with_suffix(".new").mkdir()

    assert home.digest() == home.digest()
    assert not home.file.exists()


def test_after_an_error_of_ours_nothing_is_kept(home: Home) -> None:
    with pytest.raises(AssertionError), opened(home.folder):
        raise AssertionError("the Book in memory can be anything now")

    assert not home.file.exists()


async def test_a_running_node_writes_a_snapshot_now_and_then(home: Home) -> None:
    anna = home.anna
    book = home.village.book(anna)
    snapshots = Snapshots(home.folder, book, book.entries())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(snapshots.run)
        for number in range(TAIL_MIN):
            book.apply(anna.say(Profile(f"Anna {number}")))
            assert not home.file.exists()
            snapshots.grew()
        await _appears(home.file)
        nursery.cancel_scope.cancel()


async def _appears(file: Path) -> None:
    with trio.fail_after(10):
        while not await trio.Path(file).exists():  # a thread writes it, and tells nobody
            await trio.lowlevel.checkpoint()


def test_a_smaller_cut_takes_the_place_of_the_one_before_it(home: Home) -> None:
    ben = home.ben
    words = [revocation(home.village.community, revoke(ben.owner, home.village.community, ben.id, n)) for n in (4, 3)]
    home.digest()
    home.store(proofs=[word.data for word in words])

    digest = home.digest()

    book = home.village.book(home.anna, ben)
    book.freeze(words[1])
    assert digest == book.digest()
    store = Store(home.folder, home.anna.id)
    assert store.proofs() == [words[1].data]
    store.close()
