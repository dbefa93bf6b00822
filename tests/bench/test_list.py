"""`make bench` knows which figures it measures, and measures none when only asked for them."""

import pytest

from tests.bench.__main__ import main

PROMISED = {1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 17}  # the figures that are ours to meet


def test_every_promised_figure_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--list"])

    listed = capsys.readouterr().out.splitlines()
    assert {int(line.split()[0]) for line in listed} >= PROMISED
    assert all(len(line.split()) > 3 for line in listed)


def test_a_figure_nobody_measures_is_refused_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["77"])

    assert "there is no figure 77" in capsys.readouterr().err
