"""Backups: a member whose device is gone is the same member on a new one, and nobody else is."""

import stat
from pathlib import Path

import pytest
import trio

from ruil.crypto.words import from_words, to_words
from ruil.node import backup, clock, identity, setup
from ruil.node.health import health
from ruil.node.network import Reach
from ruil.node.offline import NoLinks
from ruil.node.profile import locked, opened
from ruil.node.pump import Pump
from ruil.protocol import wire
from ruil.protocol.bodies import Accept, Found, Propose
from ruil.protocol.bodies import Profile as Shown
from ruil.protocol.errors import Refused
from ruil.protocol.events import Received
from ruil.protocol.ids import Millis, NeighbourId
from ruil.protocol.limits import HOUR
from ruil.protocol.peer import Peer
from tests.node.shell import Shell, eventually, founder
from tests.protocol.actors import T0, Device, Village, bread, later, parties
from tests.protocol.test_peer import greet, push

PASSPHRASE = "five words drawn by chance"
HIDDEN = ("--passphrase-file", "-")


@pytest.fixture(scope="module")
def ben(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A profile with a backup beside it: at the end of these tests it must be what it was."""
    shell = founder(tmp_path_factory.mktemp("ben"))
    shell.ask("backup", "create", str(shell.home / "key.ruil"), *HIDDEN, typed=PASSPHRASE)
    return shell


@pytest.fixture
def file(ben: Shell) -> Path:
    return ben.home / "key.ruil"


@pytest.fixture
def empty(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "empty")


def nothing_was_written(shell: Shell) -> bool:
    return not (shell.home / "identity.json").exists()


# A device is lost ----------------------------------------


def trade(anna: Shell, ben: Shell) -> None:
    """Anna bakes for Ben, and both rate it."""
    listing = anna.ask("offer", "bread", "Loaf", "--want", "credit 0.5")["listing"]["short"]
    eventually(lambda: len(ben.look("near")["listings"]) == 1)
    agreement = ben.look("propose", listing=listing)["agreement"]["short"]
    eventually(lambda: len(anna.look("agreements")["agreements"]) == 1)
    anna.look("accept", id=agreement)
    anna.look("deliver", id=agreement)
    eventually(lambda: "receive" in ben.look("agreements")["agreements"][0]["can"])
    ben.look("receive", id=agreement)
    eventually(lambda: anna.look("agreements")["agreements"][0]["state"] == "completed")
    anna.look("rate", id=agreement, good=True)
    eventually(lambda: anna.look("status")["book"] == ben.look("status")["book"])
    ben.look("rate", id=agreement, good=True)
    eventually(lambda: len(ben.look("why", person="Anna")["person"]["rows"]) == 1)
    eventually(lambda: anna.look("status")["book"] == ben.look("status")["book"])


@pytest.mark.processes
def test_a_member_who_lost_their_device_is_the_same_member_on_a_new_one(tmp_path: Path) -> None:
    anna = founder(tmp_path / "anna")
    anna.environment["RUIL_DISCOVER"] = "no"
    with anna.running():
        ben = Shell(tmp_path / "ben")
        ben.ask("init", "Ben")
        ben.ask("invite", "use", anna.look("invite")["invitation"])
        with ben.running():
            eventually(lambda: ben.look("status")["membership"] == "member")
            trade(anna, ben)
            ben.ask("backup", "create", str(tmp_path / "key.ruil"), *HIDDEN, typed=PASSPHRASE)
            words = " ".join(ben.ask("backup", "words")["words"])
            before, standing = ben.look("status"), anna.look("why", person="Ben")["person"]
        community, (address, *_) = anna.look("community")["community"]["id"], anna.look("status")["addresses"]
        invitation = anna.look("invite")["invitation"]
        ways = (
            (("backup", "restore", str(tmp_path / "key.ruil"), *HIDDEN), PASSPHRASE),
            (("init", "Ben", "--words", "--invite", invitation), words),
            (("backup", "restore", "--words", "--name", "Ben", "--community", community, "--at", address), words),
        )

        for number, (command, typed) in enumerate(ways, 1):
            again = Shell(tmp_path / f"again {number}")
            again.environment["RUIL_DISCOVER"] = "no"  # it finds the neighbour by what the backup, or its member, says
            again.ask(*command, typed=typed)
            with again.running():
                eventually(lambda: again.look("status")["book"] == anna.look("status")["book"])  # noqa: B023
                after = again.look("status")

            assert [after[same] for same in ("membership", "member", "fingerprint", "balance", "forks", "logs")] == [
                *(before[same] for same in ("membership", "member", "fingerprint", "balance", "forks")),
                before["logs"] + number,
            ]
            person = anna.look("why", person="Ben")["person"]
            assert len(person["devices"]) == 1 + number
            assert (person["balance"], person["sentence"]) == (standing["balance"], standing["sentence"])
            assert person["belief"] == pytest.approx(standing["belief"], rel=1e-3)  # it fades with time
            assert [row["entry"] for row in person["rows"]] == [row["entry"] for row in standing["rows"]] != []

        with again.running():
            again.look("listing", role="need", kind="bread", title="Another loaf")
            eventually(lambda: "Ben" in [row["name"] for row in anna.look("near")["listings"]])


def test_a_founder_alone_has_their_community_again(tmp_path: Path, ben: Shell, file: Path) -> None:
    again = Shell(tmp_path / "again")

    again.ask("backup", "restore", str(file), *HIDDEN, typed=PASSPHRASE)

    assert again.ask("status")["membership"] == "founder"
    assert again.ask("community", "show")["community"] == ben.ask("community", "show")["community"]


@pytest.mark.parametrize("known", [True, False])
async def test_a_restored_founder_says_their_name_once_it_is_clear_that_nobody_knows_more(
    tmp_path: Path, known: bool
) -> None:
    village = Village()
    anna = village.founder
    carla = village.joins(anna, "carla")
    if known:
        anna.say(Shown("Anna", can=("roofing",)))
    founding = anna.entries[1].body
    assert isinstance(founding, Found)
    setup.restore(tmp_path, anna.owner, "Anna B", village.community, (), charter=founding.charter)

    with locked(tmp_path), opened(tmp_path) as profile:
        peer = profile.peer
        pump = Pump(peer, profile.store, profile.letters, profile.opener, NoLinks())
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            await setup.complete(profile, pump)
            assert (peer.book.logs[peer.device].size, peer.book.members.name(anna.member)) == (2, "Anna B")

            greet(peer, carla)
            for entry in carla.entries:
                push(peer, entry, carla, clock.now())
            heads = tuple((device.id, device.log.size, device.log.head[: wire.SHORT_BYTES]) for device in (anna, carla))
            hears(peer, carla, wire.Heads(b"epoch 02", 1, heads))
            await setup.introduce(profile, pump)  # her old log is still to come
            assert (peer.caught_up, peer.book.logs[peer.device].size) == (False, 2)

            hears(peer, carla, wire.Entries(anna.id, tuple(entry.data for entry in anna.entries)))
            assert peer.caught_up
            await setup.introduce(profile, pump)
            nursery.cancel_scope.cancel()

    shown = peer.book.members.all()[anna.member].profile
    assert shown == (Shown("Anna", can=("roofing",)) if known else Shown("Anna B"))
    assert not setup.nameless(profile)


def hears(peer: Peer, neighbour: Device, frame: wire.Frame) -> None:
    peer.handle(Received(wire.encode(frame), NeighbourId(neighbour.id)), clock.now())


def test_a_restored_device_says_nothing_twice(tmp_path: Path, ben: Shell, file: Path) -> None:
    again, stick = Shell(tmp_path / "again"), tmp_path / "stick.ruil"
    again.ask("backup", "restore", str(file), *HIDDEN, typed=PASSPHRASE)
    ben.ask("export", str(stick))

    again.ask("import", str(stick))

    status = again.ask("status")
    assert (status["forks"], status["logs"]) == (0, 2)
    old, new = (identity.read(shell.home) for shell in (ben, again))
    assert (old.member_id, old.device_id == new.device_id) == (new.member_id, False)


# Keeping a key ----------------------------------------


def test_a_backup_is_for_its_owner_alone(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_tells_a_finder_nothing(ben: Shell, file: Path) -> None:
    who = identity.read(ben.home)
    assert who.community is not None

    data = file.read_bytes()

    for secret in (who.member.seed, who.member.public, who.community, who.name.encode(), b"Elm"):
        assert secret not in data


def test_a_backup_can_be_tried(ben: Shell, file: Path) -> None:
    tried = ben.ask("backup", "test", str(file), *HIDDEN, typed=PASSPHRASE + "\n")

    assert (tried["name"], tried["yours"]) == ("Anna", True)
    assert tried["fingerprint"] == ben.ask("status")["fingerprint"]


def test_a_backup_of_somebody_else_is_said_to_be_one(tmp_path: Path, file: Path) -> None:
    other = founder(tmp_path / "other")

    code, said = other.refused("backup", "test", str(file), *HIDDEN, typed=PASSPHRASE)

    assert code == 9
    assert "another member's" in said


def test_the_words_on_paper_are_the_key(ben: Shell) -> None:
    shown = ben.run("backup", "words").stdout

    assert from_words(shown) == identity.read(ben.home).member.seed


def test_a_backup_is_never_written_over(ben: Shell, file: Path) -> None:
    before = file.read_bytes()

    code, said = ben.refused("backup", "create", str(file), *HIDDEN, typed=PASSPHRASE)

    assert (code, file.read_bytes() == before) == (8, True)
    assert "is there already" in said


def test_a_passphrase_that_protects_nothing_is_refused(ben: Shell, tmp_path: Path) -> None:
    short = "x" * (backup.PASSPHRASE_CHARS_MIN - 1)

    code, said = ben.refused("backup", "create", str(tmp_path / "new"), *HIDDEN, typed=short)

    assert (code, "at least 12 characters" in said) == (8, True)
    assert not (tmp_path / "new").exists()


def test_without_a_terminal_nobody_is_asked(ben: Shell, tmp_path: Path) -> None:
    code, said = ben.refused("backup", "create", str(tmp_path / "new"), typed=PASSPHRASE)

    assert (code, "--passphrase-file" in said) == (8, True)


@pytest.mark.parametrize(("second", "code"), [(PASSPHRASE, 0), ("five words drawn bi chance", 8)])
def test_at_a_terminal_the_passphrase_is_asked_twice_and_not_shown(
    ben: Shell, tmp_path: Path, second: str, code: int
) -> None:
    path = tmp_path / "new"

    shown, ended = ben.at_terminal("backup", "create", str(path), answers=[PASSPHRASE, second])

    assert (ended, path.exists()) == (code, code == 0), shown
    assert "five words" not in shown


# Bad input: a sentence, a code, and nothing is changed ----------------------------------------


def test_a_wrong_passphrase_is_said_to_be_wrong(empty: Shell, file: Path) -> None:
    code, said = empty.refused("backup", "restore", str(file), *HIDDEN, typed="five words drawn bi chance")

    assert (code, said) == (8, "that is not the passphrase this backup was closed with; nothing was changed")
    assert nothing_was_written(empty)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(0, "not a ruil backup"), (40, "this vault is damaged"), (140, "damaged behind the key")],
)
def test_a_damaged_backup_is_said_to_be_damaged(
    empty: Shell, file: Path, tmp_path: Path, place: int, sentence: str
) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    harmed = tmp_path / "harmed"
    harmed.write_bytes(data)

    code, said = empty.refused("backup", "restore", str(harmed), *HIDDEN, typed=PASSPHRASE)

    assert (code, sentence in said) == (8, True), said
    assert nothing_was_written(empty)


def test_a_file_too_long_to_be_a_backup_is_not_read(empty: Shell, tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(bytes(backup.BACKUP_BYTES_MAX + 1))

    code, said = empty.refused("backup", "test", str(path), *HIDDEN, typed=PASSPHRASE)

    assert (code, "at most 65536" in said) == (8, True)


def test_a_backup_is_not_restored_over_somebody(tmp_path: Path, file: Path) -> None:
    other = founder(tmp_path / "other")
    before = (other.home / "identity.json").read_bytes()

    code, said = other.refused("backup", "restore", str(file), *HIDDEN, typed=PASSPHRASE)

    assert (code, "belongs to Anna already" in said) == (8, True)
    assert (other.home / "identity.json").read_bytes() == before


WORDS = to_words(bytes(range(32)))
AT = ("--community", "ab" * 32, "--at", "192.168.1.5:4001")


@pytest.mark.parametrize(
    ("place", "typed", "sentence"),
    [
        (4, WORDS[4][:-1] + "q", f'word 5, "{WORDS[4][:-1]}q", is not in the list; did you mean "{WORDS[4]}"'),
        (0, "xyzzyx", 'word 1, "xyzzyx", is not in the list'),
        (23, "", "a key has 24 words; these are 23"),
    ],
)
def test_a_mistyped_word_is_named(empty: Shell, place: int, typed: str, sentence: str) -> None:
    words = " ".join([*WORDS[:place], typed, *WORDS[place + 1 :]])

    code, said = empty.refused("init", "Ben", "--words", *AT, typed=words)

    assert (code, sentence in said) == (8, True), said
    assert said.endswith("Nothing was changed.")
    assert nothing_was_written(empty)


def test_words_that_changed_places_are_named(empty: Shell) -> None:
    words = " ".join([*WORDS[:7], WORDS[8], WORDS[7], *WORDS[9:]])

    code, said = empty.refused("backup", "restore", "--words", "--name", "Ben", *AT, typed=words)

    assert (code, "words 8 and 9" in said) == (8, True), said
    assert nothing_was_written(empty)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("init", "Ben", "--words"), "which community you belong to"),
        (("init", "Ben", *AT), "go with --words"),
        (("init", "Ben", "--words", "--community", "elm"), "64 letters and digits"),
        (("init", "Ben", "--words", "--invite", "nonsense"), "not an invitation"),
        (("init", "Ben", "--words", "--community", "ab" * 32, "--at", "elm street"), "is not an address"),
        (("init", " ", "--words", *AT), "your name must be given"),
        (("backup", "restore"), "or --words; one of the two"),
        (("backup", "restore", "/nowhere", "--words"), "or --words; one of the two"),
        (("backup", "restore", "--words", *AT), "say your name with --name"),
        (("backup", "restore", "/nowhere"), "can not be read"),
    ],
)
def test_what_is_missing_is_asked_for(empty: Shell, words: tuple[str, ...], sentence: str) -> None:
    code, said = empty.refused(*words, typed=" ".join(WORDS))

    assert (code, sentence in said) == (8, True), said
    assert nothing_was_written(empty)


def test_a_backup_for_another_community_than_the_one_named_is_refused(empty: Shell, file: Path) -> None:
    code, said = empty.refused("backup", "restore", str(file), *HIDDEN, *AT, typed=PASSPHRASE)

    assert (code, "for another community" in said) == (8, True)
    assert nothing_was_written(empty)


# Being asked for one ----------------------------------------


NOWHERE = Reach(True, 4001, (), (), (), reached_from_outside=False, relaying=False, circuits=0, carried_bytes=0)


def test_who_has_traded_is_asked_for_a_backup_until_there_is_one(tmp_path: Path) -> None:
    village = Village()
    anna, ben = village.founder, village.joins(village.founder, "ben")
    peer = Peer(village.community, ben.key, bytes(8), book=village.book(anna, ben))

    def step() -> str:
        return str(health(peer, ben.member, "", NOWHERE, backup.marked(tmp_path), Millis(T0 + HOUR))["next"])

    before = step()
    offer = anna.say(Propose(parties(anna, ben), (bread(anna, ben),), later(2 * HOUR)))
    for entry in (offer, ben.say(Accept(), offer)):
        peer.book.apply(entry)
    assert "ruil backup" not in before
    assert "ruil backup create FILE" in step()

    backup.mark(tmp_path, T0)

    assert "ruil backup" not in step()


@pytest.mark.parametrize("words", [("backup", "words"), ("backup", "create", "key.ruil", *HIDDEN)])
def test_a_backup_counts_as_made_once_it_was_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    anna = founder(tmp_path)
    before = backup.marked(anna.home)

    anna.ask(*(str(tmp_path / word) if word == "key.ruil" else word for word in words), typed=PASSPHRASE)

    assert before is None
    assert backup.marked(anna.home) is not None


def test_a_passphrase_as_long_as_asked_is_taken() -> None:
    backup.check_passphrase("x" * backup.PASSPHRASE_CHARS_MIN)

    with pytest.raises(Refused):
        backup.check_passphrase("x" * (backup.PASSPHRASE_CHARS_MIN - 1))
