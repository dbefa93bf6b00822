"""The pages to talk: all conversations, and one with its form."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

SHOWN = 50  # letters at once; a link shows as many more


class Talk:
    """What each address about letters shows and does."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def all(self, request: Request) -> Response:
        """With whom one talks."""
        if self._page.desk is None:
            return self._pages.to("")
        found = await self._pages.ask("talks", hidden=request.query_params.get("hidden", "") == "yes")
        return await self._pages.show(request, "talk.html", rows=found["conversations"], hidden=found["hidden"])

    async def one(self, request: Request) -> Response:
        """One conversation. What it shows is read by that, unless a page in the background asks."""
        return await self._conversation(request, Typed())

    async def sent(self, request: Request) -> Response:
        """A letter was written, or the conversation is thrown away."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, who = await self._pages.typed(request), request.path_params["id"]
        if request.url.path.endswith("/forget"):
            if await self._pages.send(request, sent, "forget", {"person": who}):
                return self._pages.to("talk", "forgotten")
            return await self._conversation(request, sent, "forget")
        text = sent.text("text", "Write something.")
        answer = await self._pages.send(
            request, sent, "write", {"person": who, "text": text, "about": sent.text("about")}
        )
        if answer:
            return self._pages.to(f"talk/{answer['person']}", "written")
        return await self._conversation(request, sent)

    async def _conversation(self, request: Request, sent: Typed, act: str = "write") -> Response:
        if self._page.desk is None:
            return self._pages.to("")
        asked, about = request.query_params, sent.text("about")
        more = asked.get("rows", "")
        rows = int(more) if more.isdecimal() and len(more) < 6 else SHOWN
        peek = asked.get("peek", "") == "yes" or request.method != "GET"
        hidden = asked.get("hidden", "") == "yes"
        try:
            who = request.path_params["id"]
            talk = await self._pages.ask("talk", person=who, hidden=hidden, peek=peek, most=rows)
            named: Plain | None = None
            if about or asked.get("about", ""):
                named = (await self._pages.ask("about", id=about or asked["about"]))["about"]
        except Refused as why:
            return await self._pages.not_here(request, why)

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._pages.show(
            request,
            "conversation.html",
            422 if sent.wrong else 200,
            talk=talk,
            about=named,
            blocked=talk["blocked"],
            typed_in=typed_in,
            further=request.url.include_query_params(rows=rows + SHOWN).query,
        )
