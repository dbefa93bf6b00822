"""The page's server: Starlette on Hypercorn, in the nursery of whoever runs it, on this machine's own address alone.

It can be shown before anything else of the node works: without a desk it serves the first run, with one all of it.
"""

import errno
import logging
import secrets
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

import hypercorn.trio
import trio
from hypercorn.config import Config
from trio import TaskStatus

from ruil.node.beginning import Beginning
from ruil.node.desk import Desk
from ruil.node.errors import PortBusy
from ruil.node.web.guard import Guard
from ruil.node.web.live import News
from ruil.node.web.routes import application
from ruil.node.web.sessions import Sessions

HOST: Final = "127.0.0.1"
LATE_SECONDS: Final = 1.0  # how long a page waits for the desk; then it says so, and asks again by itself


class Page:
    """The local page and the API of a node. `desk` is None until the profile is set up; `begun` says that it is being
    opened, so that nobody is asked for a name they gave already."""

    def __init__(self, *, token: str, port: int = 0, setup: Beginning, health: Callable[[], dict[str, Any]]) -> None:
        self.token = token
        self.setup = setup
        self.health = health
        self.begun = False
        self.sessions = Sessions()
        self.news = News()
        self.base = f"/n-{secrets.token_urlsafe(12)}/"
        self._port = port
        self._desk: Desk | None = None
        self._desk_came = trio.Event()
        self._guard = Guard(application(self), lambda: self.host)

    @property
    def desk(self) -> Desk | None:
        """Where everything is asked; None until the profile is set up."""
        return self._desk

    @desk.setter
    def desk(self, desk: Desk | None) -> None:
        self._desk = desk
        if desk is None:
            self._desk_came = trio.Event()
        else:
            self._desk_came.set()
        self.changed()

    async def wait_for_desk(self, seconds: float = LATE_SECONDS) -> None:
        """Until there is a desk, or it takes too long for somebody who waits."""
        with trio.move_on_after(seconds):
            await self._desk_came.wait()

    @property
    def host(self) -> str:
        """The one Host header that is ours."""
        return f"{HOST}:{self._port}"

    @property
    def url(self) -> str:
        """Where the page is, e.g. `http://127.0.0.1:40123`."""
        return f"http://{self.host}"

    def login_url(self) -> str:
        """An address that opens the page in a browser, once, within 60 seconds."""
        return f"{self.url}/login/{self.sessions.code()}"

    def changed(self) -> None:
        """Something new stands: tell every open page. Quick; many calls become one event."""
        self.news.happened()

    async def last_answers(self) -> None:
        """Until whoever has sent something was answered: a node that must stop tells them why before it does."""
        with trio.move_on_after(LATE_SECONDS):
            await self._guard.writes_answered()

    async def run(self, *, task_status: TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; `started` gives `url` once the socket listens. Raises `PortBusy`."""
        listening = _listen(self._port)
        self._port = listening.getsockname()[1]
        config = Config()
        config.bind = [f"fd://{listening.detach()}"]
        config.errorlog = logging.getLogger("ruil.page")
        config.include_server_header = False
        config.keep_alive_timeout = 75
        config.graceful_timeout = 0
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(hypercorn.trio.serve, cast(Any, self._guard), config, mode="asgi"))
            task_status.started(self.url)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(100)
    except OSError as why:
        listening.close()
        if why.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortBusy(
                f"Port {port}, where the page should be, can not be had: {why.strerror}. Nothing was changed. Choose"
                " another page_port in config.toml, or 0 for any free one."
            ) from None
        raise
    return listening
