"""A prompt: runs the commands a test types, each in a process of its own, forked from one that has imported ruil.

Importing takes longer than almost any command, and tests type hundreds of them.
"""

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
AHEAD = "CLOCK_AHEAD_MS"  # a variable that sets a command's clock wrong by so much


class Prompt:
    """The test's end. `before` runs once, in the process that all commands are forked from."""

    def __init__(self, before: Callable[[], None] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.node.prompt"],
            cwd=ROOT,
            preexec_fn=before,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """What `ruil WORDS` says, and its exit code: minus the signal's number when one ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([list(words), dict(environment)]) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess(list(words), code, out, err)

    def close(self) -> None:
        """No more commands."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


def _serve() -> None:
    from ruil.__main__ import main

    for module in ("main", "files", "backup"):  # most of what a command imports when it is typed
        importlib.import_module(f"ruil.node.cli.{module}")
    for module in ("ruil.node.offline", "rich.console", "encodings.ascii"):
        importlib.import_module(module)
    gc.freeze()  # or each command would look through all of it when it ends, and so copy every page
    for line in sys.stdin:
        words, environment = json.loads(line)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = os.fork()
            if child == 0:
                for descriptor, file in ((0, open(os.devnull)), (1, out), (2, err)):  # noqa: SIM115  until the end
                    os.dup2(file.fileno(), descriptor)
                os.environ.clear()
                os.environ.update(environment)
                sys.argv[:] = ["ruil", *words]
                set_clock(int(environment.get(AHEAD, "0")))
                signal.alarm(PATIENCE_SECONDS)
                main()
                return
            _, status = os.waitpid(child, 0)
            out.seek(0)
            err.seek(0)
            print(json.dumps([os.waitstatus_to_exitcode(status), out.read(), err.read()]), flush=True)


def set_clock(ahead: int) -> None:
    """This process's clock is wrong by so much."""
    from ruil.node import clock
    from ruil.protocol.ids import Millis

    right = clock.now
    clock.now = lambda: Millis(right() + ahead)


if __name__ == "__main__":
    _serve()
