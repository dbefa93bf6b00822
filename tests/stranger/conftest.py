"""The stranger's program, installed: Node.js and the packages of package-lock.json, or a reason why not."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE_LEAST = (20, 19)
INSTALL_SECONDS = 120


def why_not() -> str:
    """Why this machine can not run it; empty when it can."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "no Node.js and npm are installed on this machine"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60).stdout
    found = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if found < NODE_LEAST:
        return f"Node.js is {said.strip()} on this machine, and 20.19 or later is needed"
    with (HERE / "package.json").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        return "" if installed() else install(npm)


def install(npm: str) -> str:
    """Fetch the packages; returns why it can not be done, or nothing."""
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"npm did not fetch the packages within {INSTALL_SECONDS} seconds"
    return "" if done.returncode == 0 else f"npm could not fetch the packages: {done.stderr.strip()[-300:]}"


def installed() -> bool:
    """Whether the packages are there, of this very list."""
    there = HERE / "node_modules" / ".package-lock.json"
    return there.exists() and there.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


def command() -> str:
    """What runs JavaScript, where `why_not` finds nothing."""
    found = shutil.which("node")
    assert found is not None
    return found


def needed() -> str:
    """The same. Where it can not run: skipped, or failed if NOTHING_SKIPPED is set (.ci/run)."""
    reason = why_not()
    if reason and os.environ.get("NOTHING_SKIPPED"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    return command()


@pytest.fixture(scope="session")
def node() -> str:
    """The command that runs JavaScript."""
    return needed()
