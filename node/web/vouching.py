"""Vouching on the page: what the member says of this device, where every page asks (held.py)."""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

_ASKED: Final[dict[str, tuple[str, Plain]]] = {
    "vouch": ("vouch", {"always": False}),
    "never": ("vouch", {"always": True}),
    "anew": ("anew", {}),
}


class Vouching:
    """What the member says of this device itself."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def sent(self, request: Request) -> Response:
        """One of the buttons was pressed."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, act = await self._pages.typed(request), request.path_params["act"]
        if act not in _ASKED:
            return await self._pages.not_here(request, Refused("That can not be done with a device."))
        verb, asked = _ASKED[act]
        if await self._pages.send(request, sent, verb, asked):
            return self._pages.to("", "anew" if act == "anew" else "vouched")
        return await self._pages.not_here(request, Refused(sent.top))
