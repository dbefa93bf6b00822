"""Which address leads where, who may go there, and the API for this user's own programs."""

import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ruil.node.errors import Stopped
from ruil.node.web.account import Account
from ruil.node.web.calendar import Calendar
from ruil.node.web.deciding import Deciding
from ruil.node.web.devices import Devices
from ruil.node.web.friends import Friends
from ruil.node.web.knowing import ACTS as KNOWS
from ruil.node.web.knowing import Knowing
from ruil.node.web.pages import Pages
from ruil.node.web.people import People
from ruil.node.web.talk import Talk
from ruil.node.web.together import ACTS, Together
from ruil.node.web.vouching import Vouching
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

COOKIE: Final = "ruil"
REOPEN_SECONDS: Final = 10.0  # what a program waits for: a new device needs a host of its own, the old one's has to end
_STATIC: Final = Path(__file__).with_name("static")
_TYPES: Final = {"ruil.css": "text/css", "ruil.js": "text/javascript", "icon.svg": "image/svg+xml"}
Shown = Callable[[Request], Awaitable[Response]]


def application(page: "Page") -> Starlette:
    """The page's addresses. Everything a member sees is under the session's random path."""
    pages = Pages(page)
    together = Together(page, pages)
    people = People(page, pages)
    deciding = Deciding(page, pages, people)
    knowing = Knowing(page, pages, people)
    account = Account(page, pages)
    talk = Talk(page, pages)
    friends = Friends(page, pages)
    devices = Devices(page, pages)
    get, post = ["GET"], ["POST"]
    inside: list[tuple[str, Shown, list[str]]] = [
        ("", pages.near, get),
        ("begin", pages.first.sent, post),
        ("begin/{act}", pages.first.sent, post),
        ("post", pages.post, get),
        ("post", pages.post_sent, post),
        ("listing/{id}", pages.listing, get),
        ("listing/{id}/{act}", pages.listing_sent, post),
        ("together", together.places, get),
        ("together/{shape}", together.begin, get),
        ("together/{shape}", together.begin_sent, post),
        ("agreements", pages.agreements, get),
        ("agreements/calendar.ics", Calendar(page).file, get),
        ("agreement/{id}", pages.agreement, get),
        *((f"agreement/{{id}}/{act}", together.agreement_sent, post) for act in ACTS),
        ("agreement/{id}/yes", deciding.yes, post),
        ("agreement/{id}/{act}", pages.agreement_sent, post),
        ("person/{id}", people.person, get),
        ("person/{id}/move", deciding.person, post),
        *((f"person/{{id}}/{act}", knowing.sent, post) for act in KNOWS),
        ("devices", devices.show, get),
        ("devices/{act}", devices.sent, post),
        ("friends", friends.show, get),
        ("friends/{act}", friends.sent, post),
        ("talk", talk.all, get),
        ("talk/{id}", talk.one, get),
        ("talk/{id}", talk.sent, post),
        ("talk/{id}/forget", talk.sent, post),
        ("talk/{id}/picture/{letter}", talk.picture, get),
        ("community", people.community, get),
        ("community/move", deciding.charter, post),
        ("community/invite", people.invite_sent, post),
        ("account", account.show, get),
        ("account/statement.csv", account.download, get),
        ("account/statement.json", account.download, get),
        ("account/{act}", account.sent, post),
        ("health", pages.health, get),
        ("device/{act}", Vouching(page, pages).sent, post),
        ("events", pages.events, get),
    ]
    door = _Door(page)
    routes = [Route(page.base + path, door.inside(shown), methods=methods) for path, shown, methods in inside]
    return Starlette(
        routes=[
            Route("/", door.closed, methods=get),
            Route("/login/{code}", door.login, methods=get),
            Route("/static/{name}", _static, methods=get),
            Route("/api/{verb}", door.api, methods=post),
            *routes,
        ],
        exception_handlers={404: door.lost},
    )


class _Door:
    """Lets in who belongs here: a browser by its session, a program by the token."""

    def __init__(self, page: "Page") -> None:
        self._page = page

    def inside(self, shown: Shown) -> Shown:
        async def for_members(request: Request) -> Response:
            session = request.cookies.get(COOKIE, "")
            if not self._page.sessions.knows(session):
                return await self.closed(request)
            request.state.session = session
            request.state.seen = self._page.news.count  # before anything is read: what happens meanwhile is news
            try:
                return await shown(request)
            except Stopped as why:
                return HTMLResponse(Pages(self._page).stopped(why), 507)

        return for_members

    async def closed(self, request: Request) -> Response:
        """What anybody else on this machine sees."""
        del request
        return HTMLResponse(Pages(self._page).closed(), 403)

    async def lost(self, request: Request, why: Exception) -> Response:
        """An address that leads nowhere, such as one of an earlier run that a browser still has open."""
        del request, why
        return HTMLResponse(Pages(self._page).closed(), 404)

    async def login(self, request: Request) -> Response:
        session = self._page.sessions.enter(request.path_params["code"])
        if session is None:
            return await self.closed(request)
        answer = RedirectResponse(self._page.base, 303)
        answer.set_cookie(COOKIE, session, path=self._page.base, httponly=True, samesite="strict")
        return answer

    async def api(self, request: Request) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if "origin" in request.headers:
            return _error(403, "Web pages do not use the API.")
        if kind.lower() != "bearer" or not secrets.compare_digest(token.encode(), self._page.token.encode()):
            return _error(401, "The token is missing or wrong.")
        verb = request.path_params["verb"]
        if verb == "login":
            return JSONResponse({"url": self._page.login_url()})
        self._page.setup.look()
        if verb == "look":
            return JSONResponse({"begun": self._page.begun})
        if self._page.begun:
            await self._page.wait_for_desk(REOPEN_SECONDS)
        if self._page.desk is None and self._page.begun:
            return _error(409, "The profile is being opened. Try again in a moment.")
        if self._page.desk is None:
            return _error(409, "This profile is not set up yet. Open its page, or use: ruil init NAME")
        try:
            asked = json.loads(await request.body() or b"{}")
        except (ValueError, RecursionError):
            return _error(400, "The request is not JSON.")
        if not isinstance(asked, dict):
            return _error(400, "The request must be a JSON object.")
        try:
            return JSONResponse(await self._page.desk.call(verb, asked))
        except Refused as why:
            return _error(422, str(why))
        except Stopped as why:
            return _error(507, str(why))


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _TYPES:
        return PlainTextResponse("There is no such file.\n", 404)
    return Response((_STATIC / name).read_bytes(), media_type=_TYPES[name], headers={"Cache-Control": "no-cache"})
