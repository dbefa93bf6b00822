"""Asking the desk: the running node's if there is one, else the profile itself, opened for this one request."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ruil import speak
from ruil.node.errors import DiskRefused, Held, InUse, Stopped
from ruil.node.running import Running, find_running
from ruil.node.settings import home
from ruil.protocol.errors import Refused

_T = TypeVar("_T")

TIMEOUT_SECONDS = 30
# A node that starts holds its profile before it can be asked, and a command holds it for a moment.
HELD_SECONDS = 10.0
_AGAIN_SECONDS = 0.1


def ask(verb: str, **asked: Any) -> dict[str, Any]:
    """What the desk answers. Raises `Refused` or `Stopped`."""
    return while_held(lambda: _ask(home(), verb, asked))


def while_held(do: Callable[[], _T]) -> _T:
    """What `do` gives, once no other ruil holds the profile. Raises `Held` when one does for too long."""
    until = time.monotonic() + HELD_SECONDS
    while True:
        try:
            return do()
        except Held:
            if time.monotonic() > until:
                raise
        time.sleep(_AGAIN_SECONDS)


def _ask(folder: Path, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
    running = find_running(folder)
    if running is not None:
        answered = post(running, verb, asked)
        if answered is not None:
            return answered
    import trio  # here, with all that a profile takes: a running node has it in memory already

    from ruil.node import offline

    try:
        return trio.run(offline.call, folder, verb, asked, speak.complain)
    except BaseExceptionGroup as group:
        raise first_of(group) from None


def look(folder: Path) -> None:
    """A profile was set up by this command: a node that waits for that goes on without a restart."""
    running = find_running(folder)
    if running is not None:
        post(running, "look", {})


def running_addresses(folder: Path) -> tuple[str, ...]:
    """Where this member's running node and the neighbours it reached can be found; nothing when none runs."""
    running = find_running(folder)
    answered = post(running, "status", {}) if running is not None else None
    return (*answered["reached"], *answered["addresses"]) if answered else ()


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong in a nursery: what has a sentence, if anything has, before what followed from it."""
    worded = group.subgroup((Stopped, Refused))
    found: BaseException = worded or group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def post(running: Running, verb: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    """A running node's answer; None when nothing answers there any more."""
    request = urllib.request.Request(
        f"{running.url}/api/{verb}",
        json.dumps(asked).encode(),
        {"Authorization": f"Bearer {running.token}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            answered: dict[str, Any] = json.load(response)
            return answered
    except urllib.error.HTTPError as why:
        with why:
            sentence = _sentence(why.read()) or why.reason
        if why.code == 422:
            raise Refused(sentence) from None
        if why.code == 507:
            raise DiskRefused(sentence) from None
        raise Stopped(f"The running node answered: {sentence}") from None
    except http.client.HTTPException:
        raise Stopped(
            "The running node stopped before it answered. Start it again and look whether it was done."
        ) from None
    except urllib.error.URLError as why:
        if isinstance(why.reason, ConnectionError):
            return None  # it was killed and could not take its word back
        raise InUse(f"A node runs on this profile but does not answer: {why.reason}") from None


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
