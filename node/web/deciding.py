"""The pages of what the members decide: moving something about somebody or the charter, and saying yes."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.node.web.people import People
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page


class Deciding:
    """What each address about motions does."""

    def __init__(self, page: "Page", pages: Pages, people: People) -> None:
        self._page = page
        self._pages = pages
        self._people = people

    async def charter(self, request: Request) -> Response:
        """Somebody moves that the charter says something else."""
        if self._page.desk is None:
            return self._pages.to("")
        sent = await self._pages.typed(request)
        return await self._moved(request, sent, "move-charter", _charter(sent)) or await self._people.community_page(
            request, Typed(), None, moving=sent
        )

    async def person(self, request: Request) -> Response:
        """Somebody moves that a member has an office, or belongs here no more."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, who = await self._pages.typed(request), request.path_params["id"]
        what = sent.text("what", "Choose what you move.")
        asked: Plain = {"person": who, "answer_days": sent.whole("answer_days", 14), "text": sent.text("text")}
        if what in ("removed", "returns"):
            verb, asked = "move-membership", asked | {"returns": what == "returns"}
        else:
            office, _, no_more = what.partition("-")
            verb, asked = "move-office", asked | {"office": office, "ends": bool(no_more)}
        return await self._moved(request, sent, verb, asked) or await self._people.person_page(request, sent)

    async def _moved(self, request: Request, sent: Typed, verb: str, asked: Plain) -> Response | None:
        answer = await self._pages.send(request, sent, verb, asked)
        return self._pages.to(f"agreement/{answer['agreement']['id']}", "moved") if answer else None

    async def yes(self, request: Request) -> Response:
        """Somebody says yes."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, id_ = await self._pages.typed(request), request.path_params["id"]
        try:
            answer = await self._pages.send(request, sent, "yes", {"id": id_})
        except Refused as why:
            return await self._pages.not_here(request, why)
        if answer:
            return self._pages.to(f"agreement/{answer['agreement']['id']}", "yes")
        return await self._pages.agreement_page(request, "yes", sent)


def _charter(sent: Typed) -> Plain:
    """A `move-charter` request. What was left empty stays."""
    asked: Plain = {name: sent.text(name) for name in ("name", "invites", "limit", "mediation", "text")}
    asked |= {"credit_limit": sent.amount("credit_limit"), "earned_most": sent.amount("earned_most")}
    asked |= {name: sent.whole(name, 0) for name in ("earned_percent", "decide_percent") if sent.text(name)}
    return {**asked, "answer_days": sent.whole("answer_days", 14)}
