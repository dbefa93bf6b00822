"""Figure 17: a newcomer with an empty disk, in a community of 1,000 members and 200,000 entries.

Two real `ruil`, each a process of its own: the founder's, with all of it on the disk (town.py), and that of somebody
who has just used an invitation. Counted from typing `ruil` there, libp2p's import and the link's handshakes included:

* until the newcomer's desk answers `near` with open listings: as many as are shown to a newcomer, or all there are;
* until every entry stands there, beside what only the signatures of as many take on one processor of the same run.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nacl.signing import VerifyKey

from ruil.crypto.contexts import SIGN_ENTRY
from ruil.protocol.limits import LATELY_MAX
from tests.bench import town
from tests.bench.entries import logs
from tests.bench.measure import cpu, figure
from tests.node.shell import Shell, eventually

USEFUL_SECONDS = 10.0
WHOLE_PART = 0.20  # of the raw signature check, for all that a node does with an entry, its neighbour beside it
PATIENCE_SECONDS = 900.0


def newcomer() -> Iterator[dict[str, object]]:
    """Seconds until the first listings are seen, and until all is there."""
    with tempfile.TemporaryDirectory() as folder:
        made = town.build(Path(folder) / "host")
        yield from watch(made, Path(folder) / "guest")


def watch(made: town.Town, home: Path) -> Iterator[dict[str, object]]:
    """Let somebody join this town, whose founder's profile nobody has open."""
    host, guest = (Shell(each, fresh=True, DISCOVER="no") for each in (made.home, home))
    with host.running():
        guest.ask("init", "Zoe")
        guest.ask("invite", "use", host.ask("invite", "new")["invitation"])
        began = time.perf_counter()
        with guest.running():
            most = min(made.open, LATELY_MAX)
            useful = _until(lambda: _seen(guest) >= most, began)
            useful_cpu = _cpu_seconds(guest)
            whole = _until(lambda: _here(guest) > made.entries, began)
            whole_cpu = _cpu_seconds(guest)
    what = f"a newcomer among {made.members:,} members and {made.entries:,} entries: "
    share = useful / USEFUL_SECONDS
    yield figure(what + f"{most} open listings are seen", useful, "s", share, 1.0, at_most=True)
    share = useful_cpu / USEFUL_SECONDS
    yield figure(what + "the same, CPU of their node", useful_cpu, "CPU s", share, 1.0, at_most=True)
    limit = _signature_seconds() * made.entries
    yield figure(what + "all is here, CPU of their node", whole_cpu, "CPU s", limit / whole_cpu, WHOLE_PART)
    yield figure(what + "all is here, by the clock", whole, "s", limit / whole, WHOLE_PART / 2)


def _seen(guest: Shell) -> int:
    near = guest.look("near")
    return len(near["lately"]) + len(near["listings"])


def _here(guest: Shell) -> int:
    return int(guest.look("near", search="nothing is called so")["history"]["here"])


def _until(what: Callable[[], bool], began: float) -> float:
    eventually(what, PATIENCE_SECONDS)
    return time.perf_counter() - began


def _cpu_seconds(node: Shell) -> float:
    """User and system time of the node so far, all its threads."""
    assert node.node is not None
    fields = Path(f"/proc/{node.node.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _signature_seconds() -> float:
    """CPU seconds of one bare signature check."""
    made = logs(1_500)
    checks = [(VerifyKey(each.device), SIGN_ENTRY + each.id, each.signed[-64:]) for each in made]

    def limit() -> None:
        for key, message, signature in checks:
            key.verify(message, signature)

    return min(cpu(limit) for _ in range(5)) / len(made)
