"""A member at a terminal: commands typed in one profile, and its node as a real process."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import trio

from ruil.node.cli.ask import post
from ruil.node.profile import find_running


class Shell:
    """Commands typed in one profile."""

    def __init__(self, home: Path) -> None:
        self.home = home
        ours = {"RUIL_HOME": str(home), "RUIL_OPEN_PAGE": "no", "RUIL_LISTEN": "127.0.0.1", "NO_COLOR": "1"}
        self.environment = {**os.environ, **ours}
        self.node: subprocess.Popen[str] | None = None

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """One command, as a process of its own; `typed` is on its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "ruil", *words],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def ask(self, *words: str, typed: str = "") -> Any:
        """A command that works, with --json."""
        done = self.run(*words, "--json", typed=typed)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def look(self, verb: str, **asked: Any) -> Any:
        """Ask the running node's desk, without a process for each look."""
        running = find_running(self.home)
        assert running is not None
        answered = post(running, verb, asked)
        assert answered is not None
        return answered

    def refused(self, *words: str, typed: str = "") -> tuple[int, str]:
        """A command that does not work: its exit code and its sentence."""
        done = self.run(*words, typed=typed)
        assert done.returncode != 0, (words, done.stdout)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stderr.strip()

    def at_terminal(self, *words: str, answers: list[str]) -> tuple[str, int]:
        """One command at a real terminal, its questions answered: what the terminal showed, and the exit code."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve(sys.executable, [sys.executable, "-m", "ruil", *words], self.environment)
        shown = b""
        waiting = list(answers)
        # An OSError is how a terminal says that the other side is gone.
        with open(terminal, "r+b", buffering=0) as screen, contextlib.suppress(OSError):
            while part := screen.read(1_024):
                shown += part
                if waiting and part.endswith(b": "):
                    screen.write(waiting.pop(0).encode() + b"\n")
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def start(self) -> None:
        """Start the node; returns when it says that it runs."""
        log = (self.home / "stderr.log").open("a")
        self.node = subprocess.Popen(
            [sys.executable, "-u", "-m", "ruil"], env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert self.node.stdout is not None
        line = self.node.stdout.readline()
        assert line.startswith("ruil runs"), (line, (self.home / "stderr.log").read_text())

    def kill(self) -> None:
        """Kill the node as a power cut would: no word, no clean-up."""
        if self.node is not None:
            self.node.send_signal(signal.SIGKILL)
            self.node.wait()
            self.node = None

    @contextlib.contextmanager
    def running(self) -> Iterator["Shell"]:
        """The node runs for as long as this lasts."""
        self.start()
        try:
            yield self
        finally:
            self.kill()


def founder(home: Path) -> Shell:
    """A profile whose member founded a community."""
    shell = Shell(home)
    shell.ask("init", "Anna")
    shell.ask("community", "new", "Elm Street")
    shell.ask("status")
    return shell


def eventually(what: Callable[[], bool], seconds: float = 30) -> None:
    """Ask until the answer is yes. Other processes tell us nothing, so this is the one place that has to ask again."""

    async def ask() -> None:
        with trio.fail_after(seconds):
            while not await trio.to_thread.run_sync(what):
                await trio.lowlevel.checkpoint()

    trio.run(ask)
