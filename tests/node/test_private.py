"""The files of a profile are their owner's alone, whatever the umask; what was opened up since is refused."""

import json
import os
import stat
from pathlib import Path

import pytest

from ruil.node import identity, setup
from ruil.node.errors import DiskRefused, TooOpen
from ruil.node.running import Running, announce, find_running
from tests.node.shell import Shell, founding, invited

HIDDEN = ("--passphrase-file", "-")


def _everybody() -> None:
    os.umask(0)


def test_every_file_is_made_for_its_owner_alone_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUIL_STATE", str(tmp_path / "state"))
    anna = founding(Shell(tmp_path / "anna", before=_everybody))
    invited(Shell(tmp_path / "ben", before=_everybody), "Ben", anna)
    anna.ask("offer", "bread", "Loaf")
    anna.ask("device", "ask")
    anna.run("backup", "create", str(tmp_path / "anna" / "key.ruil"), *HIDDEN, typed="five words drawn by chance")
    anna.ask("backup", "words")
    with anna.running():
        anna.look("listing", role="offer", kind="bread", title="Cake")
        made = [path for top in ("anna", "ben", "state") for path in [tmp_path / top, *(tmp_path / top).rglob("*")]]
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made if path.exists()}

    assert {"running.json", "own.sqlite-wal", "own.sqlite-shm", "letters.sqlite"} <= {path.name for path in modes}
    assert {path: oct(mode) for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


@pytest.mark.parametrize(
    ("name", "mode", "typed"),
    [
        ("", 0o755, "chmod 700"),
        ("", 0o710, "chmod 700"),
        ("identity.json", 0o640, "chmod 600"),
        ("own.sqlite", 0o604, "chmod 600"),
        ("logs.sqlite", 0o660, "chmod 600"),
        ("config.toml", 0o602, "chmod 600"),
        ("running.json", 0o644, "chmod 600"),
    ],
)
def test_what_others_can_read_or_change_is_refused_with_what_to_type(
    tmp_path: Path, name: str, mode: int, typed: str
) -> None:
    home = tmp_path / "anna"
    setup.begin(home, "Anna")
    for each in ("own.sqlite", "logs.sqlite", "config.toml", "running.json"):
        (home / each).touch(0o600)
    assert identity.read(home).name == "Anna"

    (home / name).chmod(mode)

    with pytest.raises(TooOpen) as why:
        identity.read(home)
    assert str(why.value).endswith(f"Run: {typed} {home / name}")


def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    announce(tmp_path, Running("http://127.0.0.1:1", "secret"))
    (tmp_path / "running.json").chmod(0o644)

    with pytest.raises(TooOpen, match="chmod 600"):
        find_running(tmp_path)


def test_a_folder_made_by_hand_is_closed_to_others_while_it_is_empty(tmp_path: Path) -> None:
    home = tmp_path / "anna"
    home.mkdir()
    home.chmod(0o755)

    setup.begin(home, "Anna")

    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_that_holds_something_else_is_not_ours_to_close(tmp_path: Path) -> None:
    home = tmp_path / "documents"
    home.mkdir()
    home.chmod(0o755)
    (home / "letter.txt").write_text("Dear Ben")

    with pytest.raises(TooOpen, match="holds something already"):
        setup.begin(home, "Anna")

    assert not (home / "identity.json").exists()
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


@pytest.mark.parametrize("field", ["member_seed", "device_seed", "earlier_seeds", "community", "person"])
def test_a_key_of_a_wrong_length_is_damage_and_has_its_sentence(tmp_path: Path, field: str) -> None:
    setup.begin(tmp_path, "Anna")
    plain = json.loads((tmp_path / "identity.json").read_text())
    plain[field] = ["abcd"] if field == "earlier_seeds" else "abcd"
    (tmp_path / "identity.json").write_text(json.dumps(plain))

    with pytest.raises(DiskRefused, match="is damaged"):
        identity.read(tmp_path)


def test_a_file_that_is_nested_without_end_is_damage_too(tmp_path: Path) -> None:
    setup.begin(tmp_path, "Anna")
    (tmp_path / "identity.json").write_text("[" * 100_000)

    with pytest.raises(DiskRefused, match="is damaged"):
        identity.read(tmp_path)
