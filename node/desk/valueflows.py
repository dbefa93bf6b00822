"""Valueflows at the desk: the Book as a document, and listings of a document posted as this member's own."""

from typing import Any

import msgspec

from ruil.node import clock, views
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.place import cell_from_text
from ruil.node.views import Plain
from ruil.protocol import valueflows
from ruil.protocol.agreement import when
from ruil.protocol.bodies import Listing
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import Millis, member_from_text
from ruil.protocol.limits import LISTING_MS_MAX
from ruil.protocol.valueflows import Found
from ruil.protocol.valueflows.vocabulary import entry_of


class Adopt(msgspec.Struct, forbid_unknown_fields=True):
    """A document with listings. Not posted unless `post`: first one is shown what it holds."""

    document: Any
    post: bool = False


async def document(desk: Desk, asked: Nothing) -> Plain:
    del asked
    return {"document": valueflows.graph(desk.book, clock.now())}


async def adopt(desk: Desk, asked: Adopt) -> Plain:
    """What the document's listings are as this member would post them; and, if asked to, post them."""
    now = clock.now()
    rows = []
    drafts = []
    for found in valueflows.listings(asked.document, now, desk.book.community):
        body = _as_mine(desk, found, now)
        why_not = _why_not(desk, found, now)
        rows.append(_shown(desk, found, body, why_not))
        if why_not is None:
            drafts.append((rows[-1], body))
    if asked.post:
        for row, body in drafts:
            listed = desk.book.listings.get(await desk.say(Drafted(body)))
            assert listed is not None
            row["posted"] = views.listing(desk.book, listed, desk.me, desk.identity.cell, clock.now())["short"]
    return {"listings": rows}


def _as_mine(desk: Desk, found: Found[Listing], now: Millis) -> Listing:
    """As this member may post it: with whose it is, if it is not theirs; where, as coarse as any place here; and no
    longer than a listing stays."""
    body = found.body
    if not valueflows.written_by(found, desk.me):
        body = valueflows.sourced(found, _author(desk, found))
    if found.place is not None:
        north, east = found.place
        body = msgspec.structs.replace(body, cell=cell_from_text(f"{north}, {east}"))
    return msgspec.structs.replace(body, ends=min(body.ends, now + LISTING_MS_MAX))


def _author(desk: Desk, found: Found[Listing]) -> str:
    """Whose it is, by the name known here, or by the document's own word."""
    try:
        member = member_from_text(found.author.rpartition(":")[2])
    except Refused:
        return " ".join(found.author.split())[:200] or "somebody it does not name"
    return desk.book.members.name(member) if desk.book.members.get(member) else "a member of another community"


def _why_not(desk: Desk, found: Found[Listing], now: Millis) -> str | None:
    """Why it is not to be posted; None when it can be."""
    id_ = entry_of(found.id)
    if id_ is not None and desk.book.listings.get(id_) is not None:
        return "it is listed here already"
    return f"it ended at {when(found.body.ends)}" if found.body.ends <= now else None


def _shown(desk: Desk, found: Found[Listing], body: Listing, why_not: str | None) -> Plain:
    return {
        "id": found.id,
        "author": _author(desk, found),
        "role": body.role,
        "kind": body.kind,
        "title": body.title,
        "text": body.text,
        "quantity": body.quantity,
        "unit": body.unit,
        "wants": [views.want(desk.book, want) for want in body.wants],
        "ends": body.ends,
        "ends_text": when(body.ends),
        "why_not": why_not,
        "posted": None,
    }


VERBS: Verbs = {"valueflows": (Nothing, document), "adopt": (Adopt, adopt)}
