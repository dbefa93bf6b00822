"""The README is followed to the letter: every command in it is typed."""

import re
from pathlib import Path

from tests.node.shell import Shell

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def test_every_command_of_the_readme_exists(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    typed = re.findall(r"^ +(?:RUIL_HOME=\w+ )?\.venv/bin/ruil +([a-z]+(?: (?:new|use))?)", README, re.MULTILINE)

    assert len(typed) > 10
    for verb in sorted(set(typed)):
        assert shell.run(*verb.split(), "--help").returncode == 0, verb


def test_a_new_user_gets_as_far_as_the_readme_says(tmp_path: Path) -> None:
    anna, ben = Shell(tmp_path / "a"), Shell(tmp_path / "b")

    assert anna.run("init", "Anna").returncode == 0
    assert anna.run("community", "new", "Elm Street").returncode == 0
    invitation = anna.run("invite", "new").stdout.strip()
    assert ben.run("init", "Ben").returncode == 0
    assert "Start the node with: ruil" in ben.run("invite", "use", invitation).stdout


def test_the_files_the_readme_names_are_there() -> None:
    root = Path(__file__).resolve().parents[2]

    missing = [name for name in re.findall(r"\]\(([^)]+)\)", README) if not (root / name).exists()]

    assert missing == []
