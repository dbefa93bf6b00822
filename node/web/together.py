"""The pages of what many do together: what is open to join, ways to begin, and what joining leads to."""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.web import joint
from ruil.node.web.pages import Pages
from ruil.node.web.text import clean
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

_DID: Final = {
    "join": "joined",
    "leave": "left",
    "close": "closed",
    "again": "opened",
    "vote": "voted",
    "without": "proposed",
}
ACTS: Final = tuple(_DID)  # what can be done with open places


class Together:
    """What each address about many shows."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def places(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._pages.to("")
        rows = (await self._pages.ask("places"))["agreements"]
        named = (await self._pages.ask("agreements"))["agreements"]
        mine = [row for row in named if row["open"] and row["state"] == "proposed" and not row["joinable"]]
        return await self._pages.show(request, "together.html", rows=rows, mine=mine)

    async def begin(self, request: Request) -> Response:
        return await self._begin_page(request, Typed())

    async def _begin_page(self, request: Request, sent: Typed) -> Response:
        if self._page.desk is None:
            return self._pages.to("")
        shape = request.path_params["shape"]
        if shape not in joint.SHAPES:
            return await self._pages.not_here(request, Refused("There is no such thing to begin."))
        people = [each["name"] for each in (await self._pages.ask("people"))["people"]]
        charter = (await self._pages.ask("community"))["community"]
        return await self._pages.show(
            request,
            "begin.html",
            422 if sent.wrong else 200,
            shape=shape,
            typed=sent,
            people=people,
            unit=charter["unit"] or "credit",
            steps=range(1, joint.STEPS + 1),
            goals=range(1, joint.GOALS + 1),
            ring=range(1, joint.RING + 1),
        )

    async def begin_sent(self, request: Request) -> Response:
        shape = request.path_params["shape"]
        if self._page.desk is None or shape not in joint.SHAPES:
            return await self._begin_page(request, Typed())
        sent = await self._pages.typed(request)
        answer = await self._pages.send(request, sent, joint.SHAPES[shape], joint.begin(sent, shape))
        if answer:
            return self._pages.to(f"agreement/{answer['agreement']['id']}", "opened")
        return await self._begin_page(request, sent)

    async def agreement_sent(self, request: Request) -> Response:
        """What somebody does with the open places of an agreement."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, id_, act = (
            await self._pages.typed(request),
            request.path_params["id"],
            request.url.path.rpartition("/")[2],
        )
        if act == "join" and sent.text("only") == "look":
            return await self._pages.agreement_page(request, act, sent, await self._quote(sent, id_))
        read = {"join": joint.join, "again": joint.again, "vote": joint.vote, "without": joint.without}
        asked = read.get(act, joint.named)(sent, id_)
        answer = await self._pages.send(request, sent, "ring-without" if act == "without" else act, asked)
        if answer:
            return self._pages.to(f"agreement/{answer['agreement']['id']}", _DID[act])
        return await self._pages.agreement_page(request, act, sent)

    async def _quote(self, sent: Typed, agreement: str) -> str:
        """What the place that was typed in would come to. Signs nothing."""
        asked = joint.join(sent, agreement)
        if sent.wrong:
            return ""
        try:
            return str((await self._pages.ask("quote", **asked))["quote"]["comes_to"])
        except Refused as why:
            sent.refuse(clean(str(why)))
            return ""
