"""The lease on the disk: no two entries at one place of a log, however an old state of a profile comes back."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ruil.node import identity, lease
from ruil.node.errors import DiskRefused, InUse, TooOpen
from ruil.node.lease import Here
from ruil.node.profile import locked, opened
from ruil.protocol import bodies
from ruil.protocol.bodies import Profile
from ruil.protocol.events import Doubted, Ended, Tell
from tests.node.copies import moved
from tests.node.setbacks import (
    AROUND,
    HERE,
    MET,
    SIZE,
    WAYS,
    Around,
    Ledger,
    Past,
    Way,
    folder_in_memory,
    invisible,
    live,
    put_back,
    put_back_and_live,
    remembering,
)
from tests.node.shell import Shell, carry, eventually, founder, invited
from tests.protocol.actors import T0, Village


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    with folder_in_memory() as folder:
        yield Past(folder)


# Every way with everybody around; all sizes of each are tried by `make soak` (tests/soak/lease.py).
SIZES = (26, MET, SIZE - 1, 0, SIZE, 41, 3)
TRIED = [
    (way, around, SIZES[(row + 2 * column) % len(SIZES)])
    for row, way in enumerate(WAYS)
    for column, around in enumerate(AROUND)
]


@pytest.mark.parametrize(("way", "around", "size"), TRIED)
def test_an_old_state_never_says_a_second_thing_where_something_was_said(
    past: Past, way: Way, around: Around, size: int
) -> None:
    forks, said = put_back_and_live(past, way, size, around)

    assert (forks == []) or invisible(way, size, around)
    assert said or "honest" not in around  # and with an honest neighbour a member can always go on


@pytest.mark.parametrize("way", ["home put back", "machine set back"])
def test_what_no_rule_can_see_is_what_we_say_it_is(past: Past, way: Way) -> None:
    forks, said = put_back_and_live(past, way, SIZE - 1, "withholds")

    assert invisible(way, SIZE - 1, "withholds")
    assert (len(forks) > 0, said > 0) == (True, True)  # the list of what is impossible is no longer than it has to be


@pytest.mark.parametrize("way", ["another folder", "another computer", "same files", "database alone"])
def test_without_a_neighbour_they_go_on_as_a_new_device(past: Past, way: Way) -> None:
    state = put_back(past, way, SIZE - 3)
    before = identity.read(state.home)

    assert live(state, [], Ledger(past.community)) == 5

    after = identity.read(state.home)
    assert (after.member_id, after.community) == (before.member_id, before.community)
    assert after.device_id != before.device_id
    assert after.because
    with remembering(state.memory), locked(state.home), opened(state.home, where=state.here) as profile:
        assert profile.peer.book.logs[past.anna].size == SIZE - 3  # what was said before stays readable
        assert (profile.begun, profile.peer.book.forks) == (False, {})


# One machine ----------------------------------------


@pytest.fixture
def home(past: Past) -> Iterator[Path]:
    """Anna's profile with all fifty entries, and what her computer remembers of them."""
    state = put_back(past, "machine set back", SIZE)
    with remembering(state.memory), locked(state.home):
        yield state.home


TUESDAY = dataclasses.replace(HERE, boot="tuesday")


def news(home: Path, where: Here = HERE) -> Doubted | Ended | None:
    """What a start finds out."""
    with opened(home, where=where) as profile:
        return profile.lease.doubts()


def file_of(home: Path) -> Path:
    return lease.path_of(identity.read(home).device)


def test_another_start_of_a_node_is_no_reason_to_doubt(home: Path) -> None:
    assert news(home) is None
    assert news(home) is None


def test_another_start_of_the_computer_is_until_somebody_said_that_all_is_there(home: Path) -> None:
    for _ in range(2):
        assert isinstance(doubt := news(home, TUESDAY), Doubted)
        assert doubt.why == lease.STARTED_ANEW

    with opened(home, where=TUESDAY) as profile:
        profile.lease.heard(Tell("freed", profile.identity.device_id))

    assert news(home, TUESDAY) is None


def test_a_computer_that_is_never_set_back_is_not_asked_again(home: Path) -> None:
    with opened(home, where=TUESDAY) as profile:
        profile.lease.trust()

    assert news(home, TUESDAY) is None
    assert news(home, dataclasses.replace(HERE, boot="wednesday")) is None


def test_a_system_that_tells_no_run_of_it_is_doubted_at_every_start(home: Path) -> None:
    assert isinstance(news(home, dataclasses.replace(HERE, boot="")), Doubted)


@pytest.mark.parametrize(("lost_ms", "doubted"), [(59_000, False), (61_000, True), (-3_600_000, False)])
def test_a_machine_that_runs_on_from_a_snapshot_and_is_told_the_time_is_doubted(
    home: Path, lost_ms: int, doubted: bool
) -> None:
    with opened(home, where=HERE) as profile:
        profile.lease.heard(Tell("freed", profile.identity.device_id))  # as after any word: written now
    later = dataclasses.replace(HERE, now=lambda: HERE.now() + lost_ms)

    assert isinstance(news(home, later), Doubted) == doubted


def test_so_is_one_that_was_set_back_while_its_node_runs(home: Path) -> None:
    lost_ms = 0
    with opened(home, where=dataclasses.replace(HERE, now=lambda: HERE.now() + lost_ms)) as profile:
        assert profile.lease.doubts() is None
        lost_ms = 3_600_000

        assert profile.lease.doubts() == Doubted(lease.JUMPED)
        assert profile.lease.doubts() is None  # once


def test_of_words_that_follow_each_other_at_once_the_first_is_written_and_the_rest_soon_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUIL_STATE", str(tmp_path))
    anna, ms = Village().founder, 0
    where = Here("machine", "boot", now=lambda: T0 + ms, up=lambda: 1 + ms)
    lease.begin(anna.key, where)
    file = lease.path_of(anna.key)
    before = file.read_bytes()

    def was_written() -> bool:
        nonlocal before
        changed, before = file.read_bytes() != before, file.read_bytes()
        return changed

    with lease.taken(anna.key, where) as held:
        for ms, written in ((100, True), (101, False), (109, False), (149, True)):
            held.said(anna.say(Profile(f"Anna {ms}")))
            assert was_written() is written, ms
        for ms in range(150, 199):
            held.said(anna.say(Profile(f"Anna {ms}")))
            assert not was_written(), ms
        ms = 199  # a burst that does not end is written now and then
        held.said(anna.say(Profile("Anna")))
        assert was_written()
        held.said(anna.say(Profile("Anna")))
        assert not was_written()
        ms = 209
        held.doubts()  # as before every event
        assert was_written()
        held.said(anna.say(Profile("Anna")))  # what that event led to
        assert was_written()
        ms = 50  # the clock was set back
        held.said(anna.say(Profile("Anna")))
        assert was_written()
        held.said(anna.say(Profile("Anna")))
        assert not was_written()
    assert was_written()


def touched(path: Path) -> None:
    os.utime(path)


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [touched, damaged, emptied])
def test_a_lease_that_this_computer_did_not_write_last_is_doubted(home: Path, harm: Callable[[Path], None]) -> None:
    long_ago = dataclasses.replace(HERE, now=lambda: HERE.now() - 60_000)
    with opened(home, where=long_ago) as profile:
        profile.lease.heard(Tell("freed", profile.identity.device_id))

    harm(file_of(home))

    assert news(home) == Doubted(lease.TOUCHED)


def test_a_profile_of_an_earlier_ruil_is_leased_and_doubted_once(home: Path) -> None:
    file_of(home).unlink()
    identity.write(home, dataclasses.replace(identity.read(home), leased=False))

    assert news(home) == Doubted(lease.UNKNOWN)

    assert identity.read(home).leased
    with opened(home, where=HERE) as profile:
        profile.lease.heard(Tell("freed", profile.identity.device_id))
    assert news(home) is None


def test_a_lease_behind_its_log_is_what_a_power_cut_leaves_and_believed(past: Past) -> None:
    state = put_back(past, "machine set back", SIZE)
    younger = past.folder / f"state {SIZE - 4}"
    for file in younger.iterdir():
        shutil.copyfile(file, state.memory / file.name)

    with remembering(state.memory), locked(state.home):
        assert isinstance(news(state.home, TUESDAY), Doubted)


def test_a_copy_waits_until_the_other_has_stopped(home: Path) -> None:
    with (
        lease.taken(identity.read(home).device),
        pytest.raises(InUse, match="from a copy of it in another folder"),
        opened(home, where=HERE),
    ):
        pass


def test_where_the_members_key_is_not_a_copy_reads_on_and_says_what_to_do(home: Path) -> None:
    who = identity.read(home)
    with opened(home, where=HERE) as profile:
        certificate = profile.peer.book.records[profile.peer.book.logs[who.device_id].ids[0]].body  # type: ignore[index]
    identity.write(home, dataclasses.replace(who, member=None, certificate=bodies.encode(certificate)))

    ended = news(home, Here("another computer", "monday"))

    assert isinstance(ended, Ended)
    assert "Ask for a new grant" in ended.why
    assert identity.read(home).device_id == who.device_id


def test_a_lease_that_others_can_read_is_refused(home: Path) -> None:
    file_of(home).chmod(0o640)

    with pytest.raises(TooOpen, match="chmod 600"), opened(home, where=HERE):
        pass


def test_a_folder_that_takes_no_lease_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with remembering(tmp_path / "file"), pytest.raises(DiskRefused, match="RUIL_STATE"):
        identity.begin(tmp_path / "anna", identity.make("Anna", "desktop"))

    assert list((tmp_path / "anna").iterdir()) == []


def test_a_lease_tells_nobody_whose_it_is(home: Path) -> None:
    who = identity.read(home)

    data, name = file_of(home).read_bytes(), file_of(home).name

    for secret in (who.device.public, who.device_id.hex().encode(), HERE.machine.encode(), str(home).encode()):
        assert secret not in data
    assert who.device_id.hex()[:8] not in name


# Real nodes ----------------------------------------


def memory(shell: Shell) -> Path:
    return Path(shell.environment["RUIL_STATE"])


def started_anew(shell: Shell) -> None:
    """The computer was started again since, with its disk as it is now."""
    with (
        remembering(memory(shell)),
        lease.taken(identity.read(shell.home).device, dataclasses.replace(HERE, boot="yesterday")) as held,
    ):
        held.heard(Tell("freed", b""))


def forget_since(shell: Shell, boot: str = HERE.boot) -> None:
    """What the computer remembers is as old as the profile."""
    device = identity.read(shell.home).device
    with remembering(memory(shell)):
        lease.path_of(device).unlink()
        lease.begin(device, dataclasses.replace(HERE, boot=boot))


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Anna and Ben, who is a member; neither runs."""
    homes = tmp_path_factory.mktemp("street")
    anna = founder(homes / "anna")
    ben = invited(Shell(homes / "ben"), "Ben", anna)
    ben.ask("status")
    carry(ben, anna)
    anna.ask("status")
    carry(anna, ben)
    return homes


@pytest.fixture
def street(met: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Shell, Shell]:
    """The two, each on a computer of their own."""
    anna = Shell(moved(monkeypatch, met / "anna", tmp_path / "anna"))
    return anna, Shell(moved(monkeypatch, met / "ben", tmp_path / "ben"))


def test_a_member_without_internet_in_the_morning_is_asked_once(street: tuple[Shell, Shell]) -> None:
    anna, _ = street
    started_anew(anna)

    code, said = anna.refused("offer", "bread", "Loaf")
    assert (code, "started anew" in said, "ruil device vouch" in said) == (8, True, True)
    assert anna.ask("status")["held"] == lease.STARTED_ANEW  # and all else works
    assert anna.ask("near")["listings"] == []

    anna.ask("device", "vouch")
    anna.ask("offer", "bread", "Loaf")
    assert anna.ask("status")["held"] == ""

    started_anew(anna)
    anna.ask("device", "vouch", "--always")
    started_anew(anna)
    anna.ask("offer", "bread", "Another loaf")


def test_a_copied_profile_goes_on_as_a_device_of_its_own(street: tuple[Shell, Shell], tmp_path: Path) -> None:
    anna, ben = street
    shutil.copytree(anna.home, tmp_path / "copy")
    anna.ask("profile", "--can", "baking")
    anna.ask("offer", "bread", "Loaf")

    copy = Shell(tmp_path / "copy", STATE=str(memory(anna)))
    done = copy.run("offer", "bread", "Cake")

    assert done.returncode == 0, done.stderr
    assert "A new device of yours was begun here" in done.stderr
    assert copy.ask("status")["begun_because"] == lease.SET_BACK
    anna.ask("offer", "bread", "Bun")
    for each in (anna, copy):
        carry(each, ben)
    assert (ben.ask("status")["forks"], len(ben.ask("near")["listings"])) == (0, 3)
    assert {each["title"] for each in ben.ask("near")["listings"]} == {"Loaf", "Cake", "Bun"}
    assert [each["name"] for each in ben.ask("people", "--can", "baking")["people"]] == ["Anna"]


def test_a_member_can_go_on_as_a_new_device_when_what_they_said_is_gone(street: tuple[Shell, Shell]) -> None:
    anna, ben = street
    before = anna.ask("status")
    (anna.home / "own.sqlite").unlink()
    code, said = anna.refused("offer", "bread", "Loaf")
    assert (code, "ruil device anew" in said) == (4, True)

    anna.ask("device", "anew")
    carry(ben, anna)

    after = anna.ask("status")
    assert (after["member"], after["membership"]) == (before["member"], before["membership"])
    anna.ask("offer", "bread", "Loaf")
    carry(anna, ben)
    assert ben.ask("status")["forks"] == 0


def test_a_stick_that_brings_more_than_was_known_here_proves_a_set_back(
    street: tuple[Shell, Shell], tmp_path: Path
) -> None:
    anna, ben = street
    shutil.copytree(anna.home, tmp_path / "image")
    anna.ask("offer", "bread", "Loaf")
    carry(anna, ben)
    shutil.rmtree(anna.home)
    shutil.copytree(tmp_path / "image", anna.home)
    forget_since(anna)

    carry(ben, anna)

    assert "A new device of yours was begun here" in anna.run("offer", "bread", "Cake").stderr
    carry(anna, ben)
    assert ben.ask("status")["forks"] == 0
    assert {each["title"] for each in ben.ask("near")["listings"]} == {"Loaf", "Cake"}


@pytest.mark.processes
def test_a_computer_that_was_started_anew_waits_for_a_neighbour_and_one_that_was_set_back_has_a_new_device(
    street: tuple[Shell, Shell], tmp_path: Path
) -> None:
    anna, ben = street
    shutil.copytree(anna.home, tmp_path / "image")
    started_anew(anna)
    with anna.running():
        assert anna.refused("offer", "bread", "Loaf")[0] == 8
        with ben.running():
            eventually(lambda: anna.look("status")["held"] == "")
            anna.look("listing", role="offer", kind="bread", title="Loaf")
            eventually(lambda: len(ben.look("near")["listings"]) == 1)
            anna.kill()
            shutil.rmtree(anna.home)
            shutil.copytree(tmp_path / "image", anna.home)
            forget_since(anna, "yesterday")
            anna.start()

            eventually(lambda: bool(anna.look("status")["begun_because"]))
            anna.look("listing", role="offer", kind="bread", title="Cake")
            eventually(lambda: len(ben.look("near")["listings"]) == 2)

            assert ben.look("status")["forks"] == 0
            assert len(ben.look("why", person="Anna")["person"]["devices"]) == 2
