"""The page of one's credit: how one stands, every movement with its receipt, trust lines, and circles of debts."""

import csv
import io
import json
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node.views import Plain
from ruil.node.web.pages import Pages
from ruil.node.web.text import clean
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

ACTS: Final = ("trust", "consent", "clear", "path")
_ROWS: Final = ("date", "other", "words", "amount", "balance", "agreement", "receipt")


class Account:
    """What each address about credit shows."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await self._account(request, Typed(), "")

    async def _account(
        self, request: Request, sent: Typed, act: str, circle: Plain | None = None, path: Plain | None = None
    ) -> Response:
        """The page after the form `act` came back; `circle` and `path`: what was only asked for."""
        if self._page.desk is None:
            return self._pages.to("")
        stands = (await self._pages.ask("exposure"))["exposure"]
        moved = await self._pages.ask("statement")
        lines = (await self._pages.ask("lines"))["lines"]
        unit = (await self._pages.ask("community"))["community"]["unit"] or "credit"

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._pages.show(
            request,
            "account.html",
            422 if sent.wrong else 200,
            stands=stands,
            rows=list(reversed(moved["statement"])),
            lines=lines,
            unit=unit,
            people=await self._pages.names(),
            typed_in=typed_in,
            circle=circle,
            path=path,
        )

    async def sent(self, request: Request) -> Response:
        """One of the forms came back."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, act = await self._pages.typed(request), request.path_params["act"]
        if act not in ACTS:
            return await self._pages.not_here(request, Refused("That can not be done with credit."))
        if act == "path" or (act == "clear" and sent.text("only") == "look"):
            return await self._look(request, sent, act)
        asked = {"trust": _trust, "consent": _consent, "clear": _clear}[act](sent)
        answer = await self._pages.send(request, sent, act, asked)
        if answer and "agreement" in answer:
            return self._pages.to(f"agreement/{answer['agreement']['id']}", "proposed")
        if answer:
            return self._pages.to("account", "consented")
        return await self._account(request, sent, act)

    async def _look(self, request: Request, sent: Typed, act: str) -> Response:
        """What would be set off, or by which lines a payment could go. Signs nothing."""
        asked = {**_clear(sent), "look": True} if act == "clear" else _path(sent)
        found = None
        if not sent.wrong:
            try:
                found = await self._pages.ask(act, **asked)
            except Refused as why:
                sent.refuse(clean(str(why)))
        looked = {"circle" if act == "clear" else "path": found}
        return await self._account(request, sent, act, **looked)

    async def download(self, request: Request) -> Response:
        """The statement as a file: for a spreadsheet, or for a program."""
        if self._page.desk is None:
            return self._pages.to("")
        said = await self._page.desk.call("statement", {})
        if request.url.path.endswith(".json"):
            return _file(json.dumps(said, indent=2), "application/json", "statement.json")
        written = io.StringIO()
        rows = csv.DictWriter(written, _ROWS, extrasaction="ignore", lineterminator="\r\n")
        rows.writeheader()
        rows.writerows({**row, **{name: _cell(row[name]) for name in ("other", "words")}} for row in said["statement"])
        return _file(written.getvalue(), "text/csv; charset=utf-8", "statement.csv")


def _file(text: str, kind: str, name: str) -> Response:
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _cell(text: str) -> str:
    """What others wrote, so that a spreadsheet shows it and never runs it as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _trust(sent: Typed) -> Plain:
    return {
        "person": sent.text("person", "Say whom you trust."),
        "amount": sent.amount("amount", "Say how far, such as 5."),
        "days": sent.whole("days", 90),
        "back_days": sent.whole("back", 90),
    }


def _consent(sent: Typed) -> Plain:
    return {"most": sent.amount("most", "Say how much of one debt, such as 5; 0 takes it back."),
            "until_days": sent.whole("until", 30)}  # fmt: skip


def _clear(sent: Typed) -> Plain:
    return {"ask": sent.text("ask") == "yes", "answer_days": sent.whole("answer_days", 3)}


def _path(sent: Typed) -> Plain:
    return {"person": sent.text("person", "Say whom you would pay."), "amount": sent.amount("amount", "Say how much.")}
