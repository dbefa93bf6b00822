"""Network namespaces: machines of their own, joined by wires where a test puts one. Only root can make them."""

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

_NEWNET = 0x40000000


def why_not() -> str:
    """Why this machine can not make them; empty when it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need the program ip (Debian: iproute2)"
    made = _ip("netns", "add", f"ruil-try-{os.getpid()}", check=False)
    if made.returncode != 0:
        return f"this kernel makes no network namespace: {made.stderr.strip()}"
    _ip("netns", "del", f"ruil-try-{os.getpid()}")
    return ""


class Machine:
    """A namespace with a loopback of its own."""

    def __init__(self, name: str) -> None:
        self.name = f"ruil-{name}-{os.getpid()}"
        _ip("netns", "add", self.name)
        self("ip", "link", "set", "lo", "up")
        self.enter: Callable[[], None] = self._enter  # one object, so that a shell's prompt is made once

    def _enter(self) -> None:
        """Move this process here. To be called in a child before it becomes what it shall be."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{self.name}") as place:
            if libc.setns(place.fileno(), _NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def __call__(self, *words: str) -> str:
        """What a command says here."""
        return _ip("netns", "exec", self.name, *words).stdout


def wire(one: Machine, host: str, other: Machine, remote: str) -> None:
    """A cable between two machines, with an address of one /24 at each end."""
    near, far = f"{host.replace('.', '')[-8:]}a"[:15], f"{remote.replace('.', '')[-8:]}b"[:15]
    _ip("link", "add", near, "netns", one.name, "type", "veth", "peer", "name", far, "netns", other.name)
    for machine, name, address in ((one, near, host), (other, far, remote)):
        machine("ip", "addr", "add", f"{address}/24", "dev", name)
        machine("ip", "link", "set", name, "up")


@contextlib.contextmanager
def machines(*names: str) -> Iterator[list[Machine]]:
    """Machines for as long as this lasts, wired to nothing. Where none can be made the test is skipped, with why."""
    if why := why_not():
        pytest.skip(why)
    made: list[Machine] = []
    try:
        for name in names:
            made.append(Machine(name))
        yield made
    finally:
        for machine in made:
            _ip("netns", "del", machine.name, check=False)


def _ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)
