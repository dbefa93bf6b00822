"""Every page: ask the desk, clean what strangers wrote, fill a template. Works without JavaScript."""

from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from ruil.node.desk import Desk
from ruil.node.errors import Stopped
from ruil.node.views import Plain
from ruil.node.web import live, typed
from ruil.node.web.first import First
from ruil.node.web.held import held
from ruil.node.web.render import TEMPLATES
from ruil.node.web.text import clean
from ruil.node.web.typed import SENT_BEFORE, Typed
from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_text

if TYPE_CHECKING:
    from ruil.node.web.page import Page

# Said after something was done. The address names one of these; it never carries a text of its own.
DONE: Final = {
    "welcome": "Welcome. This is your page: post what you can offer or what you need.",
    "posted": "Posted. Your neighbours see it as soon as they are connected.",
    "renewed": "Renewed.",
    "bid": "Sealed. Nobody reads it before all bids are opened; your last bid counts.",
    "withdrawn": "Withdrawn. Agreements already made about it stay.",
    "reserved": "Asked for. It is yours for that time once its owner has accepted.",
    "proposed": "Proposed. Nobody is bound until everybody has accepted.",
    "opened": "Begun. Your neighbours can join it as soon as they are connected.",
    "back": "Welcome back. Your neighbours send what was said before when they are there.",
    "restored": "Your shares are joined, and you have a new key. It counts once your friends have passed your word on.",
    "passed": "Passed on. From now on everybody can read it, and a protest ends it.",
    "protested": "You have protested. It counts once a neighbour's node has repeated it, which it does by itself.",
    "confirmed": "Noted. They have your share still.",
    "forgotten-shares": "Noted. The shares your friends hold are worth nothing from here on.",
    "revoked": "Revoked. What it said before stands; what it says from now on counts for nobody.",
    "changed-key": "You have a new key; you stay who you are. Make new backups, and give your friends new shares.",
    "taken-back": "Taken back. Whoever takes it up now says nothing that counts.",
    "taken": "This computer speaks for you now. Look whether your other one shows the same fingerprint.",
    "consented": "Noted. Your node signs by itself what leaves your balance as it is.",
    "profile": "Saved. This is how your neighbours see and find you.",
    "blocked": "Noted. They are hidden from you, and from who follows your list; nothing is lost.",
    "unblocked": "Noted. They are off your list.",
    "followed": "Noted. That list counts for you too.",
    "unfollowed": "Noted. That list counts for you no more.",
    "moved": "Moved. It holds once enough have said yes; say so yourself, too.",
    "yes": "Noted. It holds once enough have said yes.",
    "voted": "Noted. Your last vote counts.",
    "vouched": "Noted. This device signs what you say.",
    "anew": "A new device of yours goes on here. What was said before stays readable.",
    "joined": "You are in. You are bound when it is closed, and only if your conditions hold then.",
    "left": "You gave your place back.",
    "closed": "Closed. Everybody who is in is bound now.",
    "accepted": "Accepted. You are both bound now.",
    "declined": "Declined.",
    "countered": "Your other terms are proposed; the earlier ones are gone.",
    "delivered": "Noted. The other side confirms what arrived.",
    "received": "Confirmed. What you owed in credit for it was paid along.",
    "cancelled": "Noted.",
    "settled": "Noted. It ends when everybody has said the same.",
    "extended": "Noted. It goes on longer when everybody has said the same.",
    "disputed": "The mediator is asked.",
    "mediated": "Said. The parties see how you would have it end.",
    "written": "Kept, and on its way. You see below how far it has come.",
    "forgotten": "Thrown away, on this device.",
    "rated": "Rated. It can be read when both have rated, or after 14 days.",
}
_DID: Final = {
    "accept": "accepted",
    "decline": "declined",
    "counter": "countered",
    "deliver": "delivered",
    "receive": "received",
    "cancel": "cancelled",
    "settle": "settled",
    "extend": "extended",
    "dispute": "disputed",
    "mediate": "mediated",
    "rate": "rated",
    "renew": "renewed",
    "withdraw": "withdrawn",
}
_ACTS: Final = frozenset(_DID) - {"renew", "withdraw"}  # what can be done with an agreement
KINDS: Final = ("bread", "garden", "tools", "transport", "repair", "childcare", "lessons", "clothing", "meals", "books")
KINDS_MAX: Final = 200
DISTANCES: Final = (5, 10, 25, 50)
ROWS: Final = 60  # listings shown at once; a link at the end shows as many more


class Pages:
    """What each address shows."""

    def __init__(self, page: "Page") -> None:
        self._page = page
        self.first = First(page, self)

    # What all pages share ----------------------------------------

    def closed(self) -> str:
        """For a browser that was not let in."""
        return TEMPLATES.get_template("closed.html").render()

    def stopped(self, why: Stopped) -> str:
        """For a request that the disk refused. Nothing of the Book is shown: it holds what was not kept."""
        return TEMPLATES.get_template("stopped.html").render(base=self._page.base, sentence=str(why))

    async def _ask(self, verb: str, **asked: Any) -> Plain:
        return clean(await self._desk.call(verb, asked))  # type: ignore[no-any-return]

    @property
    def _desk(self) -> Desk:
        assert self._page.desk is not None
        return self._page.desk

    async def _show(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        session = request.state.session
        waiting = [row for row in (await self._ask("agreements"))["agreements"] if _waits_for_me(row)]
        stands = await self._ask("friends")
        text = TEMPLATES.get_template(name).render(
            base=self._page.base,
            nonce=lambda: self._page.sessions.nonce(session),
            me=member_text(self._desk.me),
            waiting=len(waiting),
            held=held(self._page),
            letters=(await self._ask("new"))["letters"],
            alarms=[each for each in stands["waiting"] if _is_alarm(each)],
            word=stands["my_word"],
            network=clean(self._page.health()).get("network", ""),
            done=DONE.get(self.done(request), ""),
            live=request.method == "GET",
            seen=request.state.seen,
            **values,
        )
        return HTMLResponse(text, status)

    def done(self, request: Request) -> str:
        """Which of the sentences in `DONE` an address names."""
        named = request.query_params.get("done", "")
        return named if named in DONE else ""

    def _kinds(self) -> list[str]:
        """What to suggest as a kind: the usual ones, and those others used."""
        used = {str(clean(listed.body.kind)) for listed in self._desk.book.listings.all()}
        return [*KINDS, *sorted(used.difference(KINDS))][:KINDS_MAX]

    def _to(self, path: str, done: str = "") -> Response:
        return RedirectResponse(self._page.base + path + (f"?done={done}" if done else ""), 303)

    async def _typed(self, request: Request) -> Typed:
        async with request.form(max_fields=64, max_files=0) as form:
            return Typed({name: value for name, value in form.items() if isinstance(value, str)})

    async def _send(self, request: Request, sent: Typed, verb: str, asked: Plain) -> Plain | None:
        """Ask the desk for something that signs; None, and the reason in `sent`, when it can not be done."""
        if sent.wrong:
            return None
        if not self._page.sessions.take(request.state.session, sent.text("nonce")):
            sent.top = SENT_BEFORE
            return None
        meant = {"anyway": True} if sent.text("anyway") == "yes" else {}
        try:
            return await self._ask(verb, **asked, **meant)
        except Refused as why:
            sent.refuse(clean(str(why)))
            return None

    async def _not_here(self, request: Request, why: Refused) -> Response:
        return await self._show(request, "nothing.html", 404, sentence=typed.whole_sentence(clean(str(why))))

    # For the pages that stand in files of their own.
    ask, show, to, typed, send, not_here = _ask, _show, _to, _typed, _send, _not_here

    # Listings ----------------------------------------

    async def near(self, request: Request) -> Response:
        if self._page.desk is None:
            return await self.first.show(request)
        asked = {name: request.query_params.get(name, "").strip() for name in ("search", "kind", "role", "km")}
        role = asked["role"] if asked["role"] in ("offer", "need") else None
        everything = request.query_params.get("hidden", "") == "yes"
        found = await self._ask("near", search=asked["search"], kind=asked["kind"], role=role, hidden=everything)
        rows = found["listings"]
        if asked["km"].isdecimal():
            rows = [row for row in rows if row["distance_km"] is not None and row["distance_km"] <= int(asked["km"])]
        more = request.query_params.get("rows", "")
        shown = min(int(more), len(rows)) if more.isdecimal() and len(more) < 8 else ROWS
        further = request.url.include_query_params(rows=shown + ROWS).query
        return await self._show(
            request,
            "near.html",
            rows=rows[:shown],
            found=len(rows),
            further=further,
            asked=asked,
            kinds=self._kinds(),
            distances=DISTANCES,
            hidden=found["hidden"],
            lately=found["lately"][:ROWS],
            coming=len(found["lately"]),
            history=found["history"],
            unhide=request.url.include_query_params(hidden="yes").query,
        )

    async def post(self, request: Request) -> Response:
        role = request.query_params.get("role", "")
        return await self._post_form(request, Typed({"role": role}) if role in ("offer", "need") else Typed())

    async def _post_form(self, request: Request, sent: Typed) -> Response:
        if self._page.desk is None:
            return self._to("")
        charter = (await self._ask("community"))["community"]
        status = 422 if sent.wrong else 200
        return await self._show(
            request, "post.html", status, typed=sent, kinds=self._kinds(), unit=charter["unit"] or "credit"
        )

    async def post_sent(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._to("")
        sent = await self._typed(request)
        answer = await self._send(request, sent, "listing", typed.post(sent))
        return (
            self._to(f"listing/{answer['listing']['id']}", "posted") if answer else await self._post_form(request, sent)
        )

    async def listing(self, request: Request) -> Response:
        return await self._listing_page(request, Typed())

    async def _listing_page(self, request: Request, sent: Typed) -> Response:
        if self._page.desk is None:
            return self._to("")
        try:
            shown = (await self._ask("show", id=request.path_params["id"]))["listing"]
        except Refused as why:
            return await self._not_here(request, why)
        who = None if shown["mine"] else (await self._ask("why", person=shown["member"]))["person"]
        charter = (await self._ask("community"))["community"]
        status = 422 if sent.wrong else 200
        unit = charter["unit"] or "credit"
        free = (await self._ask("free", listing=shown["id"]))["free"] if shown["lent"] else None
        sealed = await self._ask("bids", listing=shown["id"]) if shown["bids_until"] else None
        spend = None
        if who is not None:
            mine, theirs = [(await self._ask("exposure", person=each))["exposure"] for each in ("", shown["member"])]
            spend = {"mine": mine["left_text"], "theirs": theirs["left_text"]} if mine["has_credit"] else None
        return await self._show(
            request,
            "listing.html",
            status,
            listing=shown,
            who=who,
            typed=sent,
            unit=unit,
            free=free,
            sealed=sealed,
            spend=spend,
            members=await self.names(),
        )

    async def names(self) -> list[str]:
        """Everybody's name, to choose from."""
        return [str(each["name"]) for each in (await self._ask("people"))["people"]]

    async def listing_sent(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._to("")
        sent, id_, act = await self._typed(request), request.path_params["id"], request.path_params["act"]
        if act == "propose":
            answer = await self._send(request, sent, "propose", {"listing": id_, **typed.terms(sent)})
            if answer:
                return self._to(f"agreement/{answer['agreement']['id']}", "proposed")
        elif act == "reserve":
            answer = await self._send(request, sent, "reserve", {"listing": id_, **typed.reserve(sent)})
            if answer:
                return self._to(f"agreement/{answer['agreement']['id']}", "reserved")
        elif act in ("bid", "lend"):
            asked_for = (await self._ask("show", id=id_))["listing"]
            terms = typed.bid(sent, asked_for) if act == "lend" else {"listing": id_, **typed.terms(sent)}
            if await self._send(request, sent, act, terms):
                return self._to(f"listing/{id_}", "bid")
        elif act in ("renew", "withdraw"):
            asked: Plain = {"id": id_} | ({"days": sent.whole("days", 30)} if act == "renew" else {})
            if await self._send(request, sent, act, asked):
                return self._to(f"listing/{id_}", _DID[act])
        else:
            return await self._not_here(request, Refused("That can not be done with a listing."))
        return await self._listing_page(request, sent)

    # Agreements ----------------------------------------

    async def agreements(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._to("")
        everything = request.query_params.get("hidden", "") == "yes"
        found = await self._ask("agreements", hidden=everything)
        reserved = (await self._ask("calendar"))["reservations"]
        return await self._show(
            request, "agreements.html", rows=found["agreements"], hidden=found["hidden"], reserved=reserved
        )

    async def agreement(self, request: Request) -> Response:
        return await self.agreement_page(request, "", Typed())

    async def agreement_page(self, request: Request, act: str, sent: Typed, said: str = "") -> Response:
        """An agreement's page after `act` was sent; `said`: what the desk answered to a question."""
        if self._page.desk is None:
            return self._to("")
        try:
            shown = (await self._ask("agreement", id=request.path_params["id"]))["agreement"]
        except Refused as why:
            return await self._not_here(request, why)
        unit = (await self._ask("community"))["community"]["unit"] or "credit"
        status = 422 if sent.wrong else 200

        def typed_in(form: str) -> Typed:
            return sent if form == act else Typed()

        return await self._show(
            request, "agreement.html", status, agreement=shown, typed_in=typed_in, unit=unit, said=said
        )

    async def agreement_sent(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._to("")
        sent, id_, act = await self._typed(request), request.path_params["id"], request.path_params["act"]
        if act not in _ACTS:
            return await self._not_here(request, Refused("That can not be done with an agreement."))
        answer = await self._send(request, sent, act, typed.answer(sent, act, id_))
        if answer:
            return self._to(f"agreement/{answer['agreement']['id']}", _DID[act])
        return await self.agreement_page(request, act, sent)

    # The node ----------------------------------------

    async def health(self, request: Request) -> Response:
        if self._page.desk is None:
            return self._to("")
        status = await self._ask("status")
        return await self._show(request, "health.html", health=clean(self._page.health()), status_=status)

    async def events(self, request: Request) -> Response:
        if self._page.news.readers >= live.READERS_MAX:
            return Response("Too many pages are open.\n", 503)
        seen = request.query_params.get("seen", "")
        return StreamingResponse(
            self._page.news.frames(self._network, int(seen) if seen.isdecimal() and len(seen) < 16 else 0),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    def _network(self) -> str:
        return str(clean(self._page.health()).get("network", ""))


def _is_alarm(key: Plain) -> bool:
    """Whether somebody would have this key take the place of mine, and I have said nothing to it."""
    return key["mine"] and not (key["by_itself"] or key["no"] or key["protested"] or key["counts"])


def _waits_for_me(row: Plain) -> bool:
    return any(each["mine"] for each in row["waits_for"])
