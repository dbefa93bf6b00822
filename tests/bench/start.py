"""Figure 14: how soon the page answers after the command is typed."""

import contextlib
import json
import statistics
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import figure
from tests.node.shell import founder


def start() -> Iterator[dict[str, object]]:
    """Seconds from the command to the page's first answer, and the node's memory ten seconds of idling later."""
    with tempfile.TemporaryDirectory() as folder:
        anna = founder(Path(folder) / "anna")
        seconds: list[float] = []
        for _ in range(5):
            before = time.perf_counter()
            anna.start()
            running = json.loads((anna.home / "running.json").read_text())
            with contextlib.suppress(urllib.error.HTTPError):  # a used-up code is refused, by a page that answers
                urllib.request.urlopen(running["url"] + "/login/none").close()
            seconds.append(time.perf_counter() - before)
            assert anna.node is not None
            pages = int(Path(f"/proc/{anna.node.pid}/statm").read_text().split()[1])
            anna.kill()
        value = statistics.median(seconds)
        yield figure("start: the page answers", value, "s", value / 1.0, 1.0, at_most=True)
        yield figure("memory right after the start", pages * 4096 / 1e6, "MB", pages * 4096 / 130e6, 1.0, at_most=True)
