"""A cradle: starts nodes, each in a process of its own, forked from one that has imported all that a node needs.

Importing takes longer than a whole life of a node that is killed within its first second, and there are hundreds.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.node.prompt import ROOT


class Cradle:
    """The test's end. The nodes are like tests/node/hasty.py, which has little patience with the network."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.node.cradle"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, environment: Mapping[str, str], log: Path) -> int:
        """A node of the profile this environment names; returns its process once it says that it runs."""
        process, line = self._ask(["start", dict(environment), str(log)])
        assert line.startswith("ruil runs"), (line, log.read_text())
        return int(process)

    def kill(self, process: int) -> int:
        """As a power cut would: no word, no clean-up. Returns how it ended: minus the signal's number, or its code."""
        return int(self._ask(["kill", process])[0])

    def close(self) -> None:
        """No more nodes; those that live are killed."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()

    def _ask(self, words: list[object]) -> list[object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer: list[object] = json.loads(self._process.stdout.readline())
        return answer


def _serve() -> None:
    importlib.import_module("tests.node.hasty")
    importlib.import_module("ruil.node.network.host")
    importlib.import_module("ruil.node.network.libp2p_host")
    living: set[int] = set()
    for line in sys.stdin:
        match json.loads(line):
            case ["start", environment, log]:
                process, said = _start(environment, log)
                living.add(process)
                answer = [process, said]
            case ["kill", process]:
                answer = [_end(process)]
                living.discard(process)
            case other:
                raise AssertionError(other)
        print(json.dumps(answer), flush=True)
    for process in living:
        _end(process)


def _end(process: int) -> int:
    os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _start(environment: dict[str, str], log: str) -> tuple[int, str]:
    from tests.node.hasty import main

    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(read)
        errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, write), (2, errors)):
            os.dup2(file, descriptor)
        os.environ.clear()
        os.environ.update(environment)
        try:
            main()
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as said:
        return process, said.readline()


if __name__ == "__main__":
    _serve()
