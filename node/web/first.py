"""The first run: who are you? A new member; or one already, by another computer, a paper, or friends."""

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import trio
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ruil.crypto.fingerprint import fingerprint
from ruil.node import backup, friends, paper, qr
from ruil.node.errors import Stopped
from ruil.node.web.render import TEMPLATES
from ruil.node.web.text import clean
from ruil.node.web.typed import SENT_BEFORE, Typed
from ruil.protocol.charters import Mediation
from ruil.protocol.errors import Refused
from ruil.protocol.limits import SHARES_MAX

if TYPE_CHECKING:
    from ruil.node.web.page import Page
    from ruil.node.web.pages import Pages

_ROWS: Final = 3  # shares to paste, while nobody has said how many are needed
_SHARES: Final = tuple(f"share-{row}" for row in range(1, SHARES_MAX + 1))


class First:
    """What the first run shows, and what its forms do."""

    def __init__(self, page: "Page", pages: "Pages") -> None:
        self._page = page
        self._pages = pages

    async def show(self, request: Request, sent: Typed | None = None, act: str = "") -> Response:
        """The first page; or a moment's patience, once there is a profile that is being opened."""
        self._page.setup.look()
        if self._page.begun:
            await self._page.wait_for_desk()
            done = self._pages.done(request)
            if self._page.desk is not None:
                return self._pages.to("", done)
            return HTMLResponse(TEMPLATES.get_template("starting.html").render(base=self._page.base, done=done))
        sent = sent or Typed()

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        asked = self._page.setup.asked()
        text = TEMPLATES.get_template("first.html").render(
            asked=asked.text if asked else "",
            words=" ".join(fingerprint(asked.device)) if asked else "",
            picture=qr.picture,
            base=self._page.base,
            nonce=lambda: self._page.sessions.nonce(request.state.session),
            typed_in=typed_in,
            shares=_rows(typed_in("restore")),
            network=clean(self._page.health()).get("network", ""),
        )
        return HTMLResponse(text, 422 if sent.wrong else 200)

    async def sent(self, request: Request) -> Response:
        """One of its forms came back."""
        if self._page.desk is not None or self._page.begun:
            return self._pages.to("")
        act = request.path_params.get("act", "begin")
        if act == "file":
            return await self._file(request)
        sent = await self._pages.typed(request)
        forms = {
            "begin": self._begin,
            "restore": self._restore,
            "paper": self._paper,
            "ask": self._ask,
            "take": self._take,
        }
        do = forms.get(act)
        if do is None:
            return self._pages.to("")
        path, done = do(request, sent)
        if sent.wrong:
            return await self.show(request, sent, act)
        if self._page.begun:
            await self._page.wait_for_desk()
        return self._pages.to(path, done)

    def _begin(self, request: Request, sent: Typed) -> tuple[str, str]:
        name = sent.text("name", "Say what your neighbours call you.")
        community, invitation = sent.text("community"), sent.text("invitation")
        if bool(community) == bool(invitation):
            sent.top = "Either paste an invitation, or name a new community: one of the two."
        mediation: Mediation = "binding" if sent.text("mediation") == "binding" else "advice"
        place = sent.text("place")
        self._do(request, sent, lambda: self._page.setup.begin(name, place, community, invitation, mediation))
        return "", "welcome"

    def _restore(self, request: Request, sent: Typed) -> tuple[str, str]:
        shares = _shares(sent)
        places = tuple(sent.text("at").split())
        self._do(request, sent, lambda: self._page.setup.restore(shares, places))
        _beside(sent)
        return "friends", "restored"

    def _paper(self, request: Request, sent: Typed) -> tuple[str, str]:
        words = sent.text("words", "Type the 24 words of your paper.")
        name = sent.text("name", "Say what your neighbours call you.")
        invite, community, places = sent.text("invitation"), sent.text("community"), tuple(sent.text("at").split())
        member = sent.text("member")
        if not invite and not community:
            sent.errors["invitation"] = "Ask a neighbour for any invitation: it says where your community is."
        if words:
            try:
                paper.spelled(words)
            except Refused as why:
                sent.refuse(clean(str(why)), "words")
        setup = self._page.setup
        self._do(request, sent, lambda: setup.from_paper(words, name, invite, community, places, member))
        _beside(sent)
        if repr(member) in sent.top:
            sent.errors["member"], sent.top = sent.top, ""
        return "devices", "back"

    async def _file(self, request: Request) -> Response:
        """A backup, and its passphrase. What was chosen is kept like what was typed: a browser forgets it."""
        async with request.form(max_fields=8, max_files=1) as form:
            sent = Typed({name: value for name, value in form.items() if isinstance(value, str)})
            chosen = form.get("file")
            data = await chosen.read() if isinstance(chosen, UploadFile) else b""
        kept = base64.b64encode(data).decode() if data else sent.text("kept")
        sent.values |= {"kept": kept, "file": ""}
        try:
            data = base64.b64decode(kept, validate=True)
        except ValueError:
            data = b""
        if not data or len(data) > backup.BACKUP_BYTES_MAX:
            sent.errors["file"] = "Choose the file that you kept: it is small, and ruil made it."
            sent.values["kept"] = ""
        else:
            try:
                opened = await trio.to_thread.run_sync(backup.open_backup, data, sent.values.get("passphrase", ""))
                self._do(request, sent, lambda: self._page.setup.from_backup(opened))
            except Refused as why:
                sent.refuse(clean(str(why)))
        if sent.wrong:
            return await self.show(request, sent, "file")
        if self._page.begun:
            await self._page.wait_for_desk()
        return self._pages.to("devices", "back")

    def _ask(self, request: Request, sent: Typed) -> tuple[str, str]:
        name = sent.text("name")
        self._do(request, sent, lambda: self._page.setup.ask(name))
        return "", ""

    def _take(self, request: Request, sent: Typed) -> tuple[str, str]:
        text = sent.text("text", "Paste what your other computer answered.")
        self._do(request, sent, lambda: self._page.setup.take(text))
        return "devices", "taken"

    def _do(self, request: Request, sent: Typed, do: Callable[[], None]) -> None:
        """What can not be done is said in `sent`, and nothing is then."""
        if sent.wrong:
            return
        if not self._page.sessions.take(request.state.session, sent.text("nonce")):
            sent.top = SENT_BEFORE
            return
        try:
            do()
        except Refused as why:
            sent.refuse(clean(str(why)))
        except Stopped as why:
            sent.top = str(why)


def _shares(sent: Typed) -> list[str]:
    """The shares that were pasted, each that is damaged with its sentence."""
    found = []
    for row in _SHARES:
        if text := sent.text(row):
            found.append(text)
            try:
                friends.needed(text)
            except Refused as why:
                sent.refuse(clean(str(why)), row)
    if not found:
        sent.text(_SHARES[0], "Paste what your friends gave you, each in a field of its own.")
    return found


def _rows(sent: Typed) -> list[str]:
    """The fields to show: as many as are needed, once a share has said how many, and one more than are filled."""
    filled, needed = 0, _ROWS
    for row, name in enumerate(_SHARES, 1):
        if text := sent.text(name):
            filled = row
            if name not in sent.errors:
                needed = max(needed, friends.needed(text))
    return list(_SHARES[: max(needed, filled + 1)])


def _beside(sent: Typed) -> None:
    """What was refused about all shares together, or about where to look, beside its field."""
    said = sent.top
    if " shares are needed" in said:
        sent.errors[next(row for row in _SHARES if not sent.text(row))], sent.top = said, ""
    elif any(f"“{place}”" in said for place in sent.text("at").split()):
        sent.errors["at"], sent.top = said, ""
