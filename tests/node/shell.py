"""A member at a terminal: commands typed in one profile, and its node as a real process."""

import contextlib
import functools
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
from ruil.node.running import find_running
from tests.node.cradle import Born, Cradle
from tests.node.prompt import AHEAD, PATIENCE_SECONDS, ROOT, Prompt


@functools.cache
def _prompt(before: Callable[[], None] | None) -> Prompt:
    return Prompt(before)


@functools.cache
def _cradle(before: Callable[[], None] | None) -> Cradle:
    return Cradle(before)


class Shell:
    """Commands typed in one profile."""

    def __init__(
        self,
        home: Path,
        *,
        seen: Path | None = None,
        before: Callable[[], None] | None = None,
        program: str = "ruil",
        fresh: bool = False,
        **settings: str,
    ) -> None:
        """`seen`: the profile's folder from this process, when it is not `home`. `before` runs in each child before it
        becomes ruil. `program` is the module that is the node; it is forked from a process that has imported it all,
        or with `fresh` started as a member starts it. `settings` are RUIL_* variables by their last part."""
        self.home = home
        self.seen = seen or home
        ours = {"RUIL_HOME": str(home), "RUIL_OPEN_PAGE": "no", "RUIL_LISTEN": "127.0.0.1", "NO_COLOR": "1"}
        ours["RUIL_STATE"] = os.environ.get("RUIL_STATE", str(home.with_name("state")))  # never the real one
        self.environment = {**os.environ, **ours, **{f"RUIL_{name}": value for name, value in settings.items()}}
        self._before = before
        self._program = program
        self._fresh = fresh
        beside = home if seen is None else home.parent  # not on a small disk, where there may be no room for it
        self.log = beside.with_name(home.name + ".stderr")
        self.login_url = ""
        self.node: Born | subprocess.Popen[str] | None = None

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """One command, as a process of its own; `typed` is on its standard input."""
        if not typed:
            return _prompt(self._before).run(words, self.environment)
        return subprocess.run(
            [sys.executable, "-m", "ruil", *words],
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=self._before,
        )

    @contextlib.contextmanager
    def clock_ahead(self, milliseconds: int) -> Iterator[None]:
        """This machine's clock is wrong by so much, for the commands typed meanwhile."""
        self.environment[AHEAD] = str(milliseconds)
        try:
            yield
        finally:
            del self.environment[AHEAD]

    def ask(self, *words: str, typed: str = "") -> Any:
        """A command that works, with --json."""
        done = self.run(*words, "--json", typed=typed)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def look(self, verb: str, **asked: Any) -> Any:
        """Ask the running node's desk, without a process for each look."""
        running = find_running(self.seen)
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
        if self._fresh:
            line = self._begin()
        else:
            self.node = born = _cradle(self._before).start(self._program, self.environment, self.log)
            line = born.line
        assert line.startswith("ruil runs"), (line, self.log.read_text())
        self.login_url = line.split("Its page: ")[1].strip()

    def _begin(self) -> str:
        with self.log.open("a") as log:
            self.node = node = subprocess.Popen(
                [sys.executable, "-u", "-m", self._program],
                cwd=ROOT,
                env=self.environment,
                preexec_fn=self._before,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert node.stdout is not None
        return node.stdout.readline()

    def stops(self, code: int, *, saying: str) -> None:
        """The node ends by itself, with this exit code and this sentence on stderr."""
        assert self.node is not None
        assert self.node.wait(PATIENCE_SECONDS) == code, self.log.read_text()
        self.node = None
        assert saying in self.log.read_text().splitlines()[-1]

    def kill(self) -> int | None:
        """Kill the node as a power cut would: no word, no clean-up. Returns how it ended; None when none ran."""
        if self.node is None:
            return None
        self.node.send_signal(signal.SIGKILL)
        code = self.node.wait()
        self.node = None
        return code

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
    return founding(Shell(home))


def founding(shell: Shell) -> Shell:
    """A new profile, whose member founds a community."""
    shell.ask("init", "Anna")
    shell.ask("community", "new", "Elm Street")
    shell.ask("status")
    return shell


def invited(shell: Shell, name: str, host: Shell) -> Shell:
    """A new profile with an invitation of `host`."""
    shell.ask("init", name)
    shell.ask("invite", "use", host.ask("invite", "new")["invitation"])
    return shell


def carry(sender: Shell, receiver: Shell) -> None:
    """A USB stick goes from one to the other."""
    stick = sender.home / "stick.ruil"
    sender.ask("export", str(stick))
    receiver.ask("import", str(stick))


def books(*shells: Shell) -> set[str]:
    """The digests of these running nodes' Books."""
    return {shell.look("status")["book"] for shell in shells}


def eventually(what: Callable[[], bool], seconds: float = 30) -> None:
    """Ask until the answer is yes. Other processes tell us nothing, so this is the one place that has to ask again."""

    async def ask() -> None:
        with trio.fail_after(seconds):
            while not await trio.to_thread.run_sync(what):  # noqa: ASYNC110  it happens in another process
                await trio.sleep(0.05)  # or the asking would take the processor from the nodes that are asked

    trio.run(ask)
