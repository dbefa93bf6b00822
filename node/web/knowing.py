"""The forms of a person's page: how one is shown oneself, whom one hides, and whose list one follows."""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.node.web.people import People
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

_DID: Final = {
    "profile": "profile",
    "block": "blocked",
    "unblock": "unblocked",
    "follow": "followed",
    "unfollow": "unfollowed",
}
ACTS: Final = tuple(_DID)


class Knowing:
    """What each form on a person's page does."""

    def __init__(self, page: "Page", pages: Pages, people: People) -> None:
        self._page = page
        self._pages = pages
        self._people = people

    async def sent(self, request: Request) -> Response:
        """One of the forms came back."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, who = await self._pages.typed(request), request.path_params["id"]
        act = request.url.path.rpartition("/")[2]
        if act not in ACTS:
            return await self._pages.not_here(request, Refused("That can not be done with a person."))
        asked: Plain = _profile(sent) if act == "profile" else {"person": who}
        if act == "block":
            asked["reason"] = sent.text("reason", "Say why: whoever follows your list reads it.")
        if await self._pages.send(request, sent, act, asked):
            return self._pages.to(f"person/{who}", _DID[act])
        return await self._people.person_page(request, sent, act)


def _profile(sent: Typed) -> Plain:
    """A `profile` request: what the form shows is all of it."""
    asked: Plain = {"name": sent.text("name", "Say what your neighbours call you."), "about": sent.text("about")}
    return asked | {name: [sent.text(name)] for name in ("can", "seeks", "speaks")}
