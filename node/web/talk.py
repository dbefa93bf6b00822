"""The pages to talk: all conversations, and one with its form."""

import base64
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
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
        (sent, file), who = await self._typed(request), request.path_params["id"]
        if request.url.path.endswith("/forget"):
            if await self._pages.send(request, sent, "forget", {"person": who}):
                return self._pages.to("talk", "forgotten")
            return await self._conversation(request, sent, "forget")
        asked: Plain = {"person": who, "text": sent.text("text"), "about": sent.text("about"), "picture": file}
        if not asked["text"] and not file:
            sent.errors["text"] = "Write something, or choose a picture."
        answer = await self._pages.send(request, sent, "write", asked)
        if answer:
            return self._pages.to(f"talk/{answer['person']}", "written")
        return await self._conversation(request, sent)

    async def _typed(self, request: Request) -> tuple[Typed, str]:
        """What was typed, and the picture in base64, if one was chosen."""
        async with request.form(max_fields=64, max_files=1) as form:
            typed = Typed({name: value for name, value in form.items() if isinstance(value, str)})
            chosen = form.get("picture")
            data = await chosen.read() if isinstance(chosen, UploadFile) else b""
            return typed, base64.b64encode(data).decode()

    async def picture(self, request: Request) -> Response:
        """The picture of a letter, drawn anew by this node."""
        if self._page.desk is None:
            return self._pages.to("")
        try:
            drawn = await self._page.desk.picture(request.path_params["letter"])
        except Refused as why:
            return await self._pages.not_here(request, why)
        return Response(drawn, media_type="image/webp")

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
