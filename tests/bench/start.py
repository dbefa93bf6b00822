"""Figure 14: from the command typed to a page that answers, to a node that takes links, and what it holds at rest.

A real `ruil` in a process of its own, with a profile that belongs to a community, as a member starts it.

* The page answers: any answer to a request, right after the node has said where its page is.
* The whole node is up: a stranger who connected to its port reads the first bytes of libp2p's handshake. The port is
  bound earlier, and the system takes connections for it; these bytes come from the node alone.
* Memory at rest: what the process holds resident when the node hangs up on that stranger, who has said nothing: its
  own limit of ten seconds, so an event to wait for and no sleep.

What libp2p alone costs to import, in a process of its own of the same run, is most of the last two and can not be less.
"""

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import ROUNDS, figure
from tests.node.shell import Shell, founding

PAGE_SECONDS = 1.0
UP_SECONDS = 4.0
IDLE_MB = 130.0
IMPORT_SECONDS, IMPORT_MB = 1.6, 86.0  # what the bars above were set beside
PATIENCE_SECONDS = 60.0

_IMPORT = """
import time
from pathlib import Path
from ruil.node.network import without_fastecdsa
without_fastecdsa.prepare()
before = time.perf_counter()
import libp2p
print(time.perf_counter() - before, Path("/proc/self/statm").read_text().split()[1])
"""


def start() -> Iterator[dict[str, object]]:
    """The page, the whole node and its memory; then the same as parts of what libp2p alone costs."""
    page: list[float] = []
    up: list[float] = []
    alone: list[float] = []
    idle = pages = 0
    with tempfile.TemporaryDirectory() as folder:
        anna = founding(Shell(Path(folder) / "anna", fresh=True))
        port = _free_port()
        anna.environment["RUIL_PORT"] = str(port)
        for _ in range(ROUNDS):
            done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
            alone.append(float(done.stdout.split()[0]))
            pages = int(done.stdout.split()[1])
            before = time.perf_counter()
            with anna.running():
                _ask_page(anna)
                page.append(time.perf_counter() - before)
                with _stranger(port) as stranger:
                    greeting = stranger.recv(64)
                    up.append(time.perf_counter() - before)
                    assert b"multistream" in greeting, greeting
                    if len(up) == ROUNDS:
                        assert stranger.recv(64) == b"", "the node talks to a stranger who is silent"
                        idle = _resident_pages(anna)
    page_seconds, up_seconds, memory = statistics.median(page), statistics.median(up), _mb(idle)
    yield figure("start: the page answers", page_seconds, "s", page_seconds / PAGE_SECONDS, 1.0, at_most=True)
    yield figure("start: the whole node takes links", up_seconds, "s", up_seconds / UP_SECONDS, 1.0, at_most=True)
    yield figure("memory at rest, ten seconds later", memory, "MB", memory / IDLE_MB, 1.0, at_most=True)
    what, import_seconds = "import of libp2p alone (ratio: the node's ", statistics.median(alone)
    share, bar = up_seconds / import_seconds, UP_SECONDS / IMPORT_SECONDS
    yield figure(what + "time until it is up / this)", import_seconds, "s", share, bar, at_most=True)
    share, bar = memory / _mb(pages), round(IDLE_MB / IMPORT_MB, 3)
    yield figure(what + "memory at rest / this)", _mb(pages), "MB", share, bar, at_most=True)


def _ask_page(node: Shell) -> None:
    running = json.loads((node.home / "running.json").read_text())
    with contextlib.suppress(urllib.error.HTTPError):  # a used-up code is refused, by a page that answers
        urllib.request.urlopen(running["url"] + "/login/none").close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _stranger(port: int) -> socket.socket:
    """A connection to the node's port. Nobody tells us when it is bound, so this asks until it is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise


def _resident_pages(node: Shell) -> int:
    assert node.node is not None
    return int(Path(f"/proc/{node.node.pid}/statm").read_text().split()[1])


def _mb(pages: int) -> float:
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
