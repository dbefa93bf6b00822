"""A full disk and a folder that can not be written: each way to the disk says so plainly, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.node.disks import SmallDisk, obey_modes, read_only, small_disk
from tests.node.shell import Shell, books, eventually, founding, invited

pytestmark = pytest.mark.processes

NO_ROOM = (0, 81_920)  # not even the log's index fits; the index does, and the entry does not


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def on(disk: SmallDisk, name: str) -> Shell:
    """A profile on the small disk."""
    return Shell(disk.folder / name, seen=disk.root / name, before=disk.enter)


def is_refused(shell: Shell, *words: str, saying: str) -> None:
    """The command ends with the exit code of a disk that refuses, and this sentence."""
    code, said = shell.refused(*words)
    assert (code, saying in said) == (4, True), (words, said)


def test_a_profile_is_set_up_whole_or_not_at_all_when_the_disk_is_full(disk: SmallDisk) -> None:
    anna, ben = on(disk, "anna"), on(disk, "ben")

    disk.fill()
    is_refused(anna, "init", "Anna", saying="No space left on device. Nothing was changed.")
    assert list(anna.seen.iterdir()) == []
    disk.make_room()
    anna.ask("init", "Anna")
    ben.ask("init", "Ben")

    disk.fill()
    is_refused(anna, "community", "new", "Elm Street", saying="No space left on device. Nothing was changed.")
    disk.make_room()
    anna.ask("community", "new", "Elm Street")
    invitation = anna.ask("invite", "new")["invitation"]

    disk.fill()
    is_refused(ben, "invite", "use", invitation, saying="No space left on device. Nothing was changed.")
    disk.make_room()
    ben.ask("invite", "use", invitation)
    assert [path.name for path in ben.seen.iterdir()] == ["identity.json"]
    assert ben.ask("status")["name"] == "Ben"


@pytest.mark.parametrize("left", NO_ROOM)
def test_on_a_full_disk_nothing_is_said_and_everything_said_stays(disk: SmallDisk, left: int) -> None:
    anna = founding(on(disk, "anna"))
    before = anna.ask("check")
    long = ("offer", "bread", "Loaf", "--text", "long " * 1_500)

    disk.fill(leave_bytes=left)
    is_refused(anna, *long, saying="The disk is full. Everything said before is safe; this was not kept.")

    disk.make_room()
    assert anna.ask("check") == before
    anna.ask(*long)
    assert anna.ask("check")["entries"] == before["entries"] + 1


def test_an_import_that_fills_the_disk_goes_on_when_there_is_room(disk: SmallDisk, tmp_path: Path) -> None:
    anna = founding(on(disk, "anna"))
    ben = invited(Shell(tmp_path / "ben"), "Ben", anna)
    ben.ask("offer", "honey", "A jar", "--text", "sweet " * 1_000)
    stick = str(tmp_path / "ben.ruil")
    ben.ask("export", stick)
    before = anna.ask("check")

    disk.fill(leave_bytes=NO_ROOM[1])
    is_refused(anna, "import", stick, saying="The disk is full. Everything said before is safe")

    disk.make_room()
    between = anna.ask("check")
    assert between["faults"] == []
    assert before["entries"] <= between["entries"] < before["entries"] + 4
    anna.ask("import", stick)
    assert anna.ask("check")["entries"] == before["entries"] + 4


def test_an_export_to_a_full_disk_leaves_the_older_one_as_it_was(disk: SmallDisk, tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", before=disk.enter))
    backup = disk.root / "backup.ruil"
    anna.ask("export", str(disk.folder / backup.name))
    saved = backup.read_bytes()
    anna.ask("offer", "bread", "Loaf")

    disk.fill()
    is_refused(anna, "export", str(disk.folder / backup.name), saying="No space left on device. Nothing was lost.")

    assert backup.read_bytes() == saved


def test_a_backup_that_does_not_fit_leaves_nothing_in_the_way_of_the_next(disk: SmallDisk, tmp_path: Path) -> None:
    anna = founding(Shell(tmp_path / "anna", before=disk.enter))
    words = tmp_path / "words"
    words.write_text("five words drawn by chance")
    create = ("backup", "create", str(disk.folder / "key.ruil"), "--passphrase-file", str(words))

    disk.fill()
    is_refused(anna, *create, saying="There is no backup yet.")
    assert [path.name for path in disk.root.iterdir()] == ["filler"]

    disk.make_room()
    anna.ask(*create)
    assert anna.ask("backup", "test", create[2], *create[3:])["yours"]


def test_a_node_does_not_start_on_a_full_disk_and_starts_when_there_is_room(disk: SmallDisk) -> None:
    anna = founding(on(disk, "anna"))
    before = anna.ask("check")

    disk.fill()
    is_refused(anna, saying="can not be written: No space left on device. Nothing was lost.")

    disk.make_room()
    with anna.running():
        assert books(anna) == {before["book"]}


def test_a_running_node_says_that_the_disk_is_full_and_sends_nothing_it_could_not_keep(
    disk: SmallDisk, tmp_path: Path
) -> None:
    anna, ben = founding(on(disk, "anna")), Shell(tmp_path / "ben")
    with anna.running(), invited(ben, "Ben", anna).running():
        eventually(lambda: ben.look("status")["membership"] == "member")
        acknowledged = anna.ask("offer", "bread", "Loaf")["listing"]["id"]
        eventually(lambda: len(books(anna, ben)) == 1)
        before = books(ben)

        # Her own words, from the command line.
        disk.fill()
        is_refused(anna, "offer", "bread", "Too much", saying="The disk is full. Everything said before is safe")
        anna.stops(4, saying="The disk is full. Everything said before is safe")
        assert books(ben) == before

        # The same from a form of the page.
        disk.make_room()
        anna.start()
        assert books(anna) == before
        with httpx.Client(follow_redirects=True) as browser:
            home = browser.get(anna.login_url).url
            nonce = browser.get(f"{home}post").text.split('name="nonce" value="')[1].split('"')[0]
            offer = {"nonce": nonce, "role": "offer", "kind": "bread", "title": "Too much"}
            disk.fill()
            answer = browser.post(f"{home}post", data=offer, headers={"Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, "The disk is full." in answer.text) == (507, True)
        anna.stops(4, saying="The disk is full.")
        assert books(ben) == before

        # A neighbour's words.
        disk.make_room()
        anna.start()
        eventually(lambda: anna.look("status")["neighbours"] == 1)
        disk.fill()
        honey = ben.ask("offer", "honey", "A jar")["listing"]["id"]
        anna.stops(4, saying="The disk is full.")

        disk.make_room()
        anna.start()
        eventually(lambda: {row["id"] for row in anna.look("near")["listings"]} == {acknowledged, honey})
        eventually(lambda: len(books(anna, ben)) == 1)
    assert anna.ask("check")["faults"] == []


def test_a_running_node_whose_disk_reports_an_error_says_so_and_goes_on_from_what_is_there(tmp_path: Path) -> None:
    anna, ben = founding(Shell(tmp_path / "anna", program="tests.node.failing_disk")), Shell(tmp_path / "ben")
    with anna.running(), invited(ben, "Ben", anna).running():
        eventually(lambda: ben.look("status")["membership"] == "member")
        bread = anna.ask("offer", "bread", "Loaf")["listing"]["id"]
        eventually(lambda: len(books(anna, ben)) == 1)
        before = books(ben)

        (tmp_path / "fail").touch()
        is_refused(anna, "offer", "bread", "Unsure", saying="The disk reports an error")
        anna.stops(4, saying="may have been kept all the same: look before you say it again.")
        assert books(ben) == before

        (tmp_path / "fail").unlink()
        anna.start()
        honey = anna.ask("offer", "honey", "A jar")["listing"]["id"]
        eventually(lambda: len(books(anna, ben)) == 1)
        assert {bread, honey} <= {row["id"] for row in ben.look("near")["listings"]}
    for shell in (anna, ben):
        assert shell.ask("check")["faults"] == []


def test_the_first_page_says_that_the_disk_is_full_and_keeps_what_was_typed(disk: SmallDisk) -> None:
    with on(disk, "anna").running() as anna, httpx.Client(follow_redirects=True) as browser:
        first = browser.get(anna.login_url)

        def begin() -> httpx.Response:
            nonce = browser.get(first.url).text.split('name="nonce" value="')[1].split('"')[0]
            typed = {"nonce": nonce, "name": "Anna", "community": "Elm Street"}
            return browser.post(f"{first.url}begin", data=typed, headers={"Sec-Fetch-Site": "same-origin"})

        disk.fill()
        refused = begin()
        assert refused.status_code == 422
        assert "No space left on device. Nothing was changed." in refused.text
        assert 'value="Elm Street"' in refused.text

        disk.make_room()
        assert "Welcome." in begin().text


def test_a_folder_that_can_not_be_written_refuses_each_command_and_keeps_what_was_there(tmp_path: Path) -> None:
    anna, ben = founding(Shell(tmp_path / "anna", before=obey_modes)), Shell(tmp_path / "ben", before=obey_modes)
    stick, invitation = tmp_path / "stick.ruil", anna.ask("invite", "new")["invitation"]
    anna.ask("export", str(stick))
    before = anna.ask("check")
    shut = tmp_path / "shut"
    shut.mkdir()

    with read_only(shut):
        new = Shell(shut / "new", before=obey_modes)
        is_refused(new, "init", "Carla", saying="Permission denied. Nothing was changed.")
        is_refused(new, saying="Permission denied. Nothing was lost.")
        is_refused(anna, "export", str(shut / "backup.ruil"), saying="Permission denied. Nothing was lost.")
    ben.ask("init", "Ben")
    with read_only(ben.home):
        is_refused(ben, "community", "new", "Oak Lane", saying="Permission denied. Nothing was changed.")
        is_refused(ben, "invite", "use", invitation, saying="Permission denied. Nothing was changed.")
    with read_only(anna.home):
        is_refused(anna, "offer", "bread", "Loaf", saying="can not be written. Nothing was lost.")
        is_refused(anna, "import", str(stick), saying="can not be written. Nothing was lost.")
        is_refused(anna, saying="Permission denied. Nothing was lost.")

    ben.ask("invite", "use", invitation)
    assert anna.ask("check") == before
    anna.ask("offer", "bread", "Loaf")


def test_a_node_whose_folder_is_shut_meanwhile_keeps_what_it_acknowledges(tmp_path: Path) -> None:
    anna, ben = founding(Shell(tmp_path / "anna", before=obey_modes)), Shell(tmp_path / "ben")
    with anna.running(), invited(ben, "Ben", anna).running():
        eventually(lambda: ben.look("status")["membership"] == "member")

        with read_only(anna.home):  # the files that are open stay so
            bread = anna.ask("offer", "bread", "Loaf")["listing"]["id"]
            honey = ben.ask("offer", "honey", "A jar")["listing"]["id"]
            eventually(lambda: {row["id"] for row in anna.look("near")["listings"]} == {bread, honey})
            anna.kill()
            is_refused(anna, saying="Permission denied. Nothing was lost.")

        anna.start()
        assert {row["id"] for row in anna.look("near")["listings"]} >= {bread}
        eventually(lambda: len(books(anna, ben)) == 1)
