"""Settings: defaults, the file, then RUIL_* variables; what can not be used is refused with the place it stands in."""

from pathlib import Path

import pytest

from ruil.node.errors import Stopped
from ruil.node.settings import read


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCOVER", "LISTEN", "PORT", "RELAY", "ANNOUNCE", "BOOTSTRAP"):
        monkeypatch.delenv(f"RUIL_{name}", raising=False)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('relay = true\nport = 4001\nbootstrap = ["home.example:4001"]\n')
    monkeypatch.setenv("RUIL_PORT", "4002")
    monkeypatch.setenv("RUIL_ANNOUNCE", "home.example:4001, [2001:db8::1]:4001")

    settings = read(tmp_path)

    assert (settings.relay, settings.port, settings.discover) == (True, 4002, True)
    assert settings.bootstrap == ("home.example:4001",)
    assert settings.announce == ("home.example:4001", "[2001:db8::1]:4001")
    assert settings.origin["bootstrap"] == str(tmp_path / "config.toml")
    assert settings.origin["announce"] == "RUIL_ANNOUNCE"
    assert settings.origin["discover"] == "default"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('bootstrap = "home.example:4001"', "bootstrap must be a list of addresses"),
        ('bootstrap = ["nowhere"]', "bootstrap: “nowhere” is not an address such as 192.168.1.5:4001"),
        ("announce = [4001]", "announce must be a list of addresses"),
        ("relay = 1", "relay must be bool"),
        ("relais = true", "there is no setting 'relais'"),
    ],
)
def test_what_can_not_be_used_is_refused_with_its_place(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(line)

    with pytest.raises(Stopped) as why:
        read(tmp_path)

    assert str(why.value).startswith(str(path))
    assert sentence in str(why.value)
