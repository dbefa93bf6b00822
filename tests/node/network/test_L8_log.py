"""Defect L8: a hundred odd strangers made libp2p write 700 lines to stderr."""

import logging

import pytest

from ruil.node.network.quiet import LINES_PER_MINUTE, RateLimited, quieten


def test_a_few_lines_a_minute_reach_our_own_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    handler = RateLimited()

    for n in range(700):
        handler.handle(logging.makeLogRecord({"name": "libp2p.host", "msg": "odd stranger %d", "args": (n,)}))

    ours = [record.getMessage() for record in caplog.records if record.name == "ruil.network.libp2p"]
    assert ours[0] == "libp2p.host: odd stranger 0"
    assert len(ours) in (LINES_PER_MINUTE, 2 * LINES_PER_MINUTE + 1)  # the latter if a minute ended in between


def test_libp2p_has_no_other_way_out() -> None:
    quieten()
    quieten()

    logger = logging.getLogger("libp2p")
    assert sum(isinstance(handler, RateLimited) for handler in logger.handlers) == 1
    assert not logger.propagate
    assert logging.getLogger().handlers  # or libp2p's logging.warning() would install one that prints
