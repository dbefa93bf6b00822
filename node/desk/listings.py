"""Listings at the desk: post, look around, renew, withdraw."""

from functools import partial

import msgspec

from ruil.node import clock, coming, views
from ruil.node.desk.desk import Desk, Named, Verbs, moment
from ruil.node.place import cell_from_text
from ruil.node.views import Plain
from ruil.protocol.bodies import CREDIT, Action, Lent, Listing, Option, Renew, Role, Withdraw
from ruil.protocol.events import Drafted
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import DAY, LISTING_MS_DEFAULT
from ruil.protocol.listings import Listed
from ruil.protocol.members import Standing


class Post(msgspec.Struct, forbid_unknown_fields=True):
    """A new offer or need."""

    role: Role
    kind: str
    title: str
    quantity: int = 1
    unit: str = "one"
    text: str = ""
    tags: list[str] = []
    wants: list[str] = []
    days: int | None = None
    place: str = ""
    action: Action = "transfer"
    lent: Lent | None = None  # for use then, whatever `action` says
    options: list[str] = []  # each as `blue buttons`, or `blue buttons: 0.5` with what it adds to the price
    bids_until: str = ""  # `2026-12-01 10:00`, in UTC: of a need, until when sealed bids are taken


class Near(msgspec.Struct, forbid_unknown_fields=True):
    """What to look for."""

    role: Role | None = None
    kind: str = ""
    search: str = ""
    hidden: bool = False  # also what block lists hide


class RenewListing(msgspec.Struct, forbid_unknown_fields=True):
    """How long a listing stays."""

    id: str
    days: int = 30


async def post(desk: Desk, asked: Post) -> Plain:
    now = clock.now()
    cell = cell_from_text(asked.place) if asked.place else desk.profile.cell
    wants = tuple(desk.want(text) for text in asked.wants)
    unit = asked.unit.strip()
    ends = Millis(now + (asked.days * DAY if asked.days is not None else LISTING_MS_DEFAULT))
    bids_until = moment(asked.bids_until, "the last moment for bids") if asked.bids_until.strip() else None
    body = Listing(
        asked.role,
        asked.kind.strip().lower(),
        asked.title.strip(),
        desk.parts(str(asked.quantity)) if unit == CREDIT else asked.quantity,
        unit,
        ends,
        asked.action if asked.lent is None else "use",
        asked.text.strip(),
        tuple(tag.strip().lower() for tag in asked.tags if tag.strip()),
        None,
        cell,
        wants,
        asked.lent,
        bids_until,
        tuple(_option(desk, each) for each in asked.options if each.strip()),
    )
    return _shown(desk, await desk.say(Drafted(body)))


def _option(desk: Desk, text: str) -> Option:
    what, colon, price = text.rpartition(":")
    return Option(what.strip(), desk.parts(price)) if colon else Option(text.strip())


async def show(desk: Desk, asked: Named) -> Plain:
    return _shown(desk, desk.listing(asked.id).id)


async def near(desk: Desk, asked: Near) -> Plain:
    now = clock.now()
    open_ = [each for each in desk.book.listings.open(now) if not _gone(desk, each)]
    blocked = desk.book.blocks.hidden(desk.me)
    shown = [each for each in open_ if asked.hidden or each.member not in blocked]
    cell = desk.profile.cell
    rows = [
        views.listing(desk.book, listed, desk.me, cell, now, blocked)
        for listed in shown
        if _sought(asked, listed.body)  # asked before anything is worked out about them: most are not sought
    ]
    _sort(rows)
    lately = coming.seen(desk.peer, cell, now, partial(_sought, asked))
    _sort(lately)
    return {
        "listings": rows,
        "hidden": len(open_) - len(shown),
        "lately": lately,
        "history": coming.history(desk.peer),
    }


def _sought(asked: Near, body: Listing) -> bool:
    if asked.role not in (None, body.role) or (asked.kind and body.kind != asked.kind.lower()):
        return False
    text = asked.search.casefold()
    return not text or text in " ".join((body.title, body.text, *body.tags)).casefold()


def _sort(rows: list[Plain]) -> None:
    """The nearest first."""
    far = 1_000_000
    rows.sort(key=lambda row: (row["distance_km"] if row["distance_km"] is not None else far, row["ends"], row["id"]))


def _gone(desk: Desk, listed: Listed) -> bool:
    """Whether whoever listed it was removed, and can not sign for it any more."""
    known = desk.book.members.get(listed.member)
    return known is not None and known.standing is Standing.REMOVED


async def renew(desk: Desk, asked: RenewListing) -> Plain:
    listed = desk.listing(asked.id)
    await desk.say(Drafted(Renew(clock.now() + asked.days * DAY), listed.id))
    return _shown(desk, listed.id)


async def withdraw(desk: Desk, asked: Named) -> Plain:
    listed = desk.listing(asked.id)
    await desk.say(Drafted(Withdraw(), listed.id))
    return _shown(desk, listed.id)


def _shown(desk: Desk, id_: EntryId) -> Plain:
    listed = desk.book.listings.get(id_)
    assert listed is not None
    return {"listing": views.listing(desk.book, listed, desk.me, desk.profile.cell, clock.now())}


VERBS: Verbs = {
    "listing": (Post, post),
    "show": (Named, show),
    "near": (Near, near),
    "renew": (RenewListing, renew),
    "withdraw": (Named, withdraw),
}
