"""The page of friends who bring one back: shares made, kept, confirmed and given, and keys that are said to be lost."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node import qr
from ruil.node.views import Plain
from ruil.node.web.compare import compare, is_compared
from ruil.node.web.pages import Pages
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused
from ruil.protocol.limits import HEIR_DAYS, SHARES_MAX

if TYPE_CHECKING:
    from ruil.node.web.page import Page

ROWS: Final = 4  # friends to name at first; the others stand behind a click


class Friends:
    """What each address about friends shows."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await self._friends(request, Typed(), "")

    async def _friends(self, request: Request, sent: Typed, act: str, shown: Mapping[str, Plain] = {}) -> Response:
        """The page after the form `act` came back. `shown`: what the desk answered to `split`, `keep` or `give`; or as
        `heir`, what a word says that is to be passed on."""
        if self._page.desk is None:
            return self._pages.to("")
        stands, shares = await self._pages.ask("friends"), await self._pages.ask("friends.shares")

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._pages.show(
            request,
            "friends.html",
            422 if sent.wrong else 200,
            plan=stands["plan"],
            lost=[each for each in stands["waiting"] if not each["by_itself"]],
            shares=shares,
            known=stands["plan"] is not None and shares["given"].get("key") == stands["plan"]["key"],
            has_key=self._page.desk.identity.member is not None,
            people=await self._pages.names(),
            rows=ROWS,
            most=SHARES_MAX,
            days=HEIR_DAYS,
            typed_in=typed_in,
            picture=qr.picture,
            made=shown.get("split"),
            took=shown.get("keep"),
            given=shown.get("give"),
            heir=shown.get("heir"),
        )

    async def sent(self, request: Request) -> Response:
        """One of the forms came back."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, act = await self._pages.typed(request), request.path_params["act"]
        if act in _SHOW:
            verb, asked = _SHOW[act]
            shown = await self._pages.send(request, sent, verb, asked(sent))
            if act == "split":
                _beside_a_friend(sent)
            elif act == "keep" and sent.top.casefold().startswith("you keep a share for"):
                sent.errors["text"], sent.top = sent.top, ""
            return await self._friends(request, sent, act, shown={act: shown} if shown else {})
        if act not in _DO:
            return await self._pages.not_here(request, Refused("That can not be done with friends."))
        verb, asked, done = _DO[act]
        if act == "pass" and _pass(sent)["text"] and not is_compared(sent):
            heir = await compare(self._pages, request, sent, "heir")
            return await self._friends(request, sent, act, shown={"heir": heir} if heir else {})
        if await self._pages.send(request, sent, verb, asked(sent)):
            return self._pages.to("friends", done)
        return await self._friends(request, sent, act)


def _split(sent: Typed) -> Plain:
    """A `friends.split` request."""
    rows = [f"friend-{row}" for row in range(1, SHARES_MAX + 1)]
    named: list[str] = []
    for row in rows:
        if name := sent.text(row):
            if name.casefold() in (each.casefold() for each in named):
                sent.errors[row] = "This friend is named above already: each holds one share."
            named.append(name)
    if len(named) < 2:
        empty = next(row for row in rows if not sent.text(row))
        sent.errors[empty] = "Name at least two friends: one alone could say that they are you."
    paper = sent.text("paper") == "yes"
    return {"friends": named, "needed": sent.whole("needed", 2), "days": sent.whole("days", HEIR_DAYS), "paper": paper}


def _beside_a_friend(sent: Typed) -> None:
    """What was refused about one of the friends stands beside that one."""
    said = sent.top.casefold()
    for row in range(1, SHARES_MAX + 1):
        name = sent.text(f"friend-{row}")
        if name and (said.startswith(f"{name.casefold()} ") or repr(name).casefold() in said):
            sent.errors[f"friend-{row}"], sent.top = sent.top, ""
            return


def _confirm(sent: Typed) -> Plain:
    return {
        "name": sent.text("name", "Choose the friend who read you their words."),
        "words": sent.text("words", "Write the six words that they read to you."),
    }


def _keep(sent: Typed) -> Plain:
    text = sent.text("text", "Paste the text that your friend gave you.")
    return {"text": text, "again": sent.text("again") == "yes"}


def _give(sent: Typed) -> Plain:
    if sent.text("sure") != "yes":
        sent.errors["sure"] = "First see them or hear them, then say so."
    return {"name": sent.text("name", "Choose whose share you give back.")}


def _pass(sent: Typed) -> Plain:
    text = sent.text("text", "Paste the word that was made on their new computer.")
    return {"text": text, "words": sent.text("words")}


def _nothing(sent: Typed) -> Plain:
    del sent
    return {}


# What a form asks of the desk: of some the answer is shown, of others it is said that it was done.
_SHOW: Final[Mapping[str, tuple[str, Callable[[Typed], Plain]]]] = {
    "split": ("friends.split", _split),
    "keep": ("friends.keep", _keep),
    "give": ("friends.give", _give),
}
_DO: Final[Mapping[str, tuple[str, Callable[[Typed], Plain], str]]] = {
    "confirm": ("friends.confirm", _confirm, "confirmed"),
    "forget": ("friends.forget", _nothing, "forgotten-shares"),
    "pass": ("pass", _pass, "passed"),
    "protest": ("protest", _nothing, "protested"),
}
