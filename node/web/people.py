"""The pages of people: somebody, and how they stand; the community, its charter and its members."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web import picture
from ruil.node.web.pages import Pages
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page


class People:
    """What each address about people shows."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def person(self, request: Request) -> Response:
        return await self.person_page(request, Typed())

    async def person_page(self, request: Request, sent: Typed, act: str = "move") -> Response:
        """Somebody's page; `sent`: what was typed into one of its forms, if that was wrong."""
        if self._page.desk is None:
            return self._pages.to("")
        try:
            who = (await self._pages.ask("why", person=request.path_params["id"]))["person"]
        except Refused as why:
            return await self._pages.not_here(request, why)
        status = 422 if sent.wrong else 200
        waiting = (await self._pages.ask("friends"))["waiting"]

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._pages.show(
            request,
            "person.html",
            status,
            person=who,
            picture=picture.draw(who),
            typed_in=typed_in,
            keys=[each for each in waiting if each["member"] == who["id"] and not each["by_itself"]],
        )

    async def community(self, request: Request) -> Response:
        return await self.community_page(request, Typed(), None)

    async def community_page(
        self, request: Request, sent: Typed, invitation: Plain | None, *, moving: Typed | None = None
    ) -> Response:
        """The community's page; `moving`: an amendment that was typed in, if that was wrong."""
        if self._page.desk is None:
            return self._pages.to("")
        charter = (await self._pages.ask("community"))["community"]
        looked = {name: request.query_params.get(name, "").strip() for name in ("search", "can", "seeks", "speaks")}
        people = (await self._pages.ask("people", **looked))["people"]
        decide = await self._pages.ask("motions")
        moving = moving or Typed()
        status = 422 if sent.wrong or moving.wrong else 200
        return await self._pages.show(
            request,
            "community.html",
            status,
            community=charter,
            people=people,
            looked=looked,
            typed=sent,
            invitation=invitation,
            moving=moving,
            motions=decide["motions"],
            decided=decide["decided"],
        )

    async def invite_sent(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._pages.to("")
        sent = await self._pages.typed(request)
        return await self.community_page(
            request, sent, await self._pages.send(request, sent, "invite", {"days": sent.whole("days", 7)})
        )
