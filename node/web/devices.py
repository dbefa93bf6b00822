"""The page of one's computers: which speak for one, letting another one do so, taking it back; and one's key."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ruil.node import qr
from ruil.node.views import Plain
from ruil.node.web.compare import compare, is_compared
from ruil.node.web.pages import Pages
from ruil.node.web.typed import Typed
from ruil.protocol.errors import Refused

if TYPE_CHECKING:
    from ruil.node.web.page import Page

_DO: Final = {"revoke": "revoked", "take-back": "taken-back"}


class Devices:
    """What each address about one's computers shows."""

    def __init__(self, page: "Page", pages: Pages) -> None:
        self._page = page
        self._pages = pages

    async def show(self, request: Request) -> Response:
        return await self._devices(request, Typed(), "", {})

    async def _devices(self, request: Request, sent: Typed, act: str, shown: Mapping[str, Plain | None]) -> Response:
        """The page after the form `act` came back. `shown`: what was `granted`; of what is `asking`, to be
        compared; the key for `paper`."""
        if self._page.desk is None:
            return self._pages.to("")

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._pages.show(
            request,
            "devices.html",
            422 if sent.wrong else 200,
            devices=(await self._pages.ask("devices"))["devices"],
            fingerprint=(await self._pages.ask("status"))["fingerprint"],
            has_key=self._page.desk.identity.member is not None,
            organisation=self._page.desk.profile.organisation,
            typed_in=typed_in,
            picture=qr.picture,
            granted=shown.get("granted"),
            asking=shown.get("asking"),
            paper=shown.get("paper"),
        )

    async def sent(self, request: Request) -> Response:
        """One of the forms came back."""
        if self._page.desk is None:
            return self._pages.to("")
        sent, act = await self._pages.typed(request), request.path_params["act"]
        if act == "grant":
            return await self._devices(request, sent, act, await self._grant(request, sent))
        if act == "paper":
            if sent.text("alone") != "yes":
                sent.errors["alone"] = "Whoever reads the words can speak for you: first look round."
            shown = await self._pages.send(request, sent, "backup.words", {})
            return await self._devices(request, sent, act, {"paper": shown})
        if act == "file":
            return await self._file(request, sent)
        if act == "key":
            return await self._change(request, sent)
        if act not in _DO:
            return await self._pages.not_here(request, Refused("That can not be done with a computer."))
        device = (
            sent.text("device", "Choose the computer that speaks for you no more.")
            if act == "revoke"
            else sent.text("text", "Paste the request that you said yes to.")
        )
        if act == "take-back" and not device.startswith("ask-"):
            sent.errors.setdefault("text", "That is no request: it begins with ask-.")
        if await self._pages.send(request, sent, "revoke", {"device": device}):
            return self._pages.to("devices", _DO[act])
        return await self._devices(request, sent, act, {})

    async def _file(self, request: Request, sent: Typed) -> Response:
        passphrase = sent.values.get("passphrase", "")
        if passphrase != sent.values.get("again", ""):
            sent.errors["again"] = "The two are not the same."
        made = await self._pages.send(request, sent, "backup.file", {"passphrase": passphrase})
        if made is None:
            return await self._devices(request, sent, "file", {})
        disposition = 'attachment; filename="my-key.ruil"'
        return Response(
            base64.b64decode(made["file"]), 200, {"Content-Disposition": disposition}, "application/octet-stream"
        )

    async def _change(self, request: Request, sent: Typed) -> Response:
        if sent.text("sure") != "yes":
            sent.errors["sure"] = "Say that you mean it: the old key can not be taken back."
        if await self._pages.send(request, sent, "key.change", {}):
            return self._pages.to("", "changed-key")  # from where one is led on once the node is there again
        return await self._devices(request, sent, "key", {})

    async def _grant(self, request: Request, sent: Typed) -> Mapping[str, Plain | None]:
        text = sent.text("text", "Paste the request that was made on the other computer.")
        if not sent.wrong and not is_compared(sent):
            return {"asking": await compare(self._pages, request, sent, "request")}
        asked = {"text": text, "role": sent.text("role"), "words": sent.text("words")}
        return {"granted": await self._pages.send(request, sent, "grant", asked)}
