"""A cradle: starts nodes, each in a process of its own, forked from one that has imported all that a node needs.

Importing takes longer than a whole life of a node that is killed within its first second, and there are hundreds.
"""

import gc
import importlib
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from tests.node.prompt import ROOT

_LOOK_SECONDS = 0.01  # how often a node that is waited for is looked at: nobody tells us within a time


class Cradle:
    """The test's end. `before` runs once, in the process that all nodes are forked from."""

    def __init__(self, before: Callable[[], None] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.node.cradle"],
            cwd=ROOT,
            preexec_fn=before,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, program: str, environment: Mapping[str, str], log: Path) -> "Born":
        """The node that the module `program` is, of the profile this environment names."""
        process, line = self._ask("start", program, dict(environment), str(log))
        assert isinstance(process, int)
        return Born(self._ask, process, str(line))

    def close(self) -> None:
        """No more nodes; those that live are killed."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()

    def _ask(self, *words: object) -> list[object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer: list[object] = json.loads(self._process.stdout.readline())
        return answer


class Born:
    """A node that was forked, to be asked and ended like a `subprocess.Popen`; `line` is the first it said."""

    def __init__(self, ask: Callable[..., list[object]], pid: int, line: str) -> None:
        self._ask = ask
        self._code: int | None = None
        self.pid = pid
        self.line = line

    def poll(self) -> int | None:
        """How it ended, minus the signal's number or its code; None while it lives."""
        if self._code is None:
            (code,) = self._ask("poll", self.pid)
            self._code = code if isinstance(code, int) else None
        return self._code

    def wait(self, timeout: float = 60.0) -> int:
        """The same, once it has ended. Raises `subprocess.TimeoutExpired`."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("ruil", timeout)
            time.sleep(_LOOK_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """A signal, if it still lives."""
        if self.poll() is None:
            os.kill(self.pid, number)


# The process that nodes are forked from ----------------------------------------


def _serve() -> None:
    from ruil.node.network import without_fastecdsa

    without_fastecdsa.prepare()
    for module in ("ruil.node.cli.main", "ruil.node.app", "ruil.node.network.host", "ruil.node.network.libp2p_host"):
        importlib.import_module(module)
    gc.freeze()  # or each node would look through all of it, and so copy every page
    living: dict[int, IO[str]] = {}  # what each says later is read by nobody, and must not end it
    for line in sys.stdin:
        match json.loads(line):
            case ["start", program, environment, log]:
                read, write = os.pipe()
                process = os.fork()
                if process == 0:
                    for said in living.values():
                        said.close()
                    os.close(read)
                    _be(program, environment, log, write)
                    return
                os.close(write)
                living[process] = os.fdopen(read)
                answer: list[object] = [process, living[process].readline()]
            case ["poll", process]:
                ended, status = os.waitpid(process, os.WNOHANG)
                answer = [os.waitstatus_to_exitcode(status) if ended else None]
                if ended:
                    living.pop(process).close()
            case other:
                raise AssertionError(other)
        print(json.dumps(answer), flush=True)
    for process in living:
        os.kill(process, signal.SIGKILL)


def _be(program: str, environment: dict[str, str], log: str, says: int) -> None:
    """This process is that node from now on, as if it had been started with `python -m`."""
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, says), (2, errors)):
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = ["ruil"]
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
