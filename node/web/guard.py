"""The guard: what every request must pass before a page reads it. A local page is reachable by every site one visits.

Host must be ours (a rebound name is not), a bearer token never comes with an Origin (no site may use it), writes come
from our own pages alone, bodies are small, and every answer says what the browser may do with it.
"""

import re
from collections.abc import Callable
from typing import Final

import trio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LETTER_BYTES_MAX: Final = 13_000_000  # the form of a letter: a picture of 12 MB, and words
LETTER_API_BYTES_MAX: Final = 17_000_000  # the same as JSON, with the picture in base64
BODY_BYTES_MAX: Final = 131_072  # a listing's text of 8000 characters is at most 96 KiB when percent-encoded
READ_AWAY_BYTES_MAX: Final = 1_048_576
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ANSWERED_WITH: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # with no-referrer, plain forms would send `Origin: null`
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LETTER: Final = re.compile("/n-[^/]+/talk/[^/]+").fullmatch
SAFE_METHODS: Final = ("GET", "HEAD")


class Guard:
    """Wraps the pages. `host` gives the one Host header that is ours."""

    def __init__(self, app: ASGIApp, host: Callable[[], str]) -> None:
        self._app = app
        self._host = host
        self._writes = 0
        self._no_writes = trio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
            if refusal is not None and scope["method"] not in SAFE_METHODS:
                await _read_away(receive)
            if scope["method"] in SAFE_METHODS:
                await (refusal or self._app)(scope, receive, _sealed(send))
                return
            self._writes += 1
            try:
                await (refusal or self._app)(scope, receive, _sealed(send))
            finally:
                self._writes -= 1
                if not self._writes:
                    self._no_writes.set()
                    self._no_writes = trio.Event()
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def writes_answered(self) -> None:
        """Until no write waits for its answer."""
        if self._writes:
            await self._no_writes.wait()

    def _refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        ours = f"http://{self._host()}"
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if headers.getlist("host") != [self._host()]:
            return _no(421, "This address is not this node's.")
        if method not in (*SAFE_METHODS, "POST"):
            return _no(405, "Only GET and POST are answered here.")
        if "authorization" in headers and origin is not None:
            return _no(403, "A token is never used by a web page.")
        if method == "POST":
            length = headers.get("content-length", "")
            if "transfer-encoding" in headers or not length.isdecimal():
                return _no(411, "Say how long the message is.")
            if int(length) > (most := _longest(path)):
                return _no(413, f"That is too long: at most {most} bytes.")
            if not path.startswith("/api/") and not (site == "same-origin" if site is not None else origin == ours):
                return _no(403, "Only this node's own pages may send this.")
        return None


def _longest(path: str) -> int:
    """How long a message may be. Who may not send it has it read by nobody: pages and API ask first who it is."""
    if path == "/api/write":
        return LETTER_API_BYTES_MAX
    return LETTER_BYTES_MAX if _LETTER(path) else BODY_BYTES_MAX


def _no(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence + "\n", status)


async def _read_away(receive: Receive) -> None:
    """Let the sender finish, within reason: who is cut off in the middle never reads the answer."""
    left = READ_AWAY_BYTES_MAX
    while left > 0:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))


def _sealed(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in ANSWERED_WITH.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
