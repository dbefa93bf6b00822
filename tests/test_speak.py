"""What a command says to people: lines to read, and nothing of how a program writes it."""

import pytest

from ruil import speak


def test_facts_are_lines_without_empty_ones_and_with_words_for_what_has_several_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speak.facts(
        {
            "schema": "ruil/status/1",
            "name": "Ben",
            "held": "",
            "at_home": ["one", "two"],
            "nowhere": [],
            "history": {"here": 7, "text": "7 of 9 entries"},
            "forks": 0,
        }
    )

    assert capsys.readouterr().out.splitlines() == [
        "name           Ben",
        "at home        one, two",
        "history        7 of 9 entries",
        "forks          0",
    ]
