"""A Book as one JSON-LD document in the words of Valueflows. Spec: docs/spec/valueflows.md."""

from collections.abc import Iterator
from typing import Any, Final

from ruil.protocol.bodies import Consent, Heir, Listing, Protest, Rate, Renew, Succeed, Want, Withdraw
from ruil.protocol.book import Book
from ruil.protocol.ids import CommunityId, MemberId, Millis
from ruil.protocol.listings import Listed
from ruil.protocol.record import Record
from ruil.protocol.valueflows.flows import claims, events
from ruil.protocol.valueflows.trades import answers, quantity_word, trade
from ruil.protocol.valueflows.vocabulary import (
    CONTEXT,
    community_iri,
    entry_iri,
    kind_iri,
    measure,
    member_iri,
    time_text,
)

Node = dict[str, Any]
NOTHING: Final = Want("nothing")


def graph(book: Book, now: Millis) -> Node:
    """The document: who is there, what is listed, proposed, agreed, moved and owed at `now`. The same Book at the same
    time gives the same document."""
    listings = sorted(book.listings.all(), key=lambda listed: (listed.at, listed.id))
    agreements = sorted(book.agreements.all(), key=lambda agreement: (agreement.at, agreement.id))
    said = sorted(book.records.values(), key=lambda record: record.order)
    later: dict[bytes, list[Record]] = {}
    for record in said:
        if record.ref is not None:
            later.setdefault(record.ref, []).append(record)
    nodes = [*_agents(book), *_kinds(listings)]
    for listed in listings:
        nodes += _listing(book, listed, later.get(listed.id, []), now)
    for agreement in agreements:
        about = later.get(agreement.id, [])
        nodes += trade(book, agreement, now)
        nodes += answers(agreement, about)
        nodes += events(book, agreement, about)
    nodes += claims(book, agreements, now)
    nodes += _ratings(book, said)
    return {"@context": CONTEXT, "@graph": nodes}


def _agents(book: Book) -> Iterator[Node]:
    charter = book.members.charter
    here = community_iri(book.community)
    community: Node = {"id": here, "type": "Organization"}
    if charter is not None:
        community |= {"name": charter.name, "ruil:unit": charter.unit, "ruil:parts": charter.parts}
    yield community
    keys = _keys(book)
    for _, member in sorted(book.members.all().items()):
        person: Node = {
            "id": member_iri(member.id),
            "type": "Organization" if member.organisation else "Person",
            "name": book.members.name(member.id),
            "inScopeOf": here,
            "ruil:standing": member.standing.value,
            "ruil:devices": [device.hex() for device in sorted(member.devices)],
        }
        revoked = [device.hex() for device in sorted(member.devices) if book.revoked(device)]
        if revoked:
            person["ruil:revoked"] = revoked
        if member.inviter is not None:
            person["ruil:invitedBy"] = member_iri(member.inviter)
        if member.id in keys:
            person["ruil:keys"] = keys[member.id]
        consent = book.credit.consent(member.id)
        if consent is not None and isinstance(consent.body, Consent):
            said = {"ruil:until": time_text(consent.body.until), "ruil:most": consent.body.most}
            person["ruil:consent"] = {"id": entry_iri(consent.id), **said}
        person |= _lists(book, member.id)
        if member.profile is not None:
            shown = member.profile
            named = (("ruil:can", shown.can), ("ruil:seeks", shown.seeks), ("ruil:speaks", shown.speaks))
            person |= {word: list(each) for word, each in named if each}
        if member.profile is not None and member.profile.about:
            person["note"] = member.profile.about
        if member.profile is not None and member.profile.cell is not None:
            person["primaryLocation"] = _place(member.profile.cell)
        yield person


def _keys(book: Book) -> dict[MemberId, list[Node]]:
    """What was said about each member's key, the first first. Valueflows has no words for it."""
    found: dict[MemberId, list[Node]] = {}
    for each in sorted(book.records.values(), key=lambda each: each.order):
        if isinstance(each.body, Heir | Succeed | Protest):
            said = {"id": entry_iri(each.id), "ruil:says": type(each.body).__name__, "created": time_text(each.at)}
            found.setdefault(each.body.member, []).append(said)
    return found


def _lists(book: Book, member: MemberId) -> Node:
    """Whom somebody blocks and why, and whose list they said they follow. Valueflows has no words for it."""
    own, made = book.blocks.of(member), Node()
    if own:
        made["ruil:blocks"] = [
            {"id": entry_iri(said.entry), "ruil:about": member_iri(about), "note": said.reason}
            for about, said in own.items()
        ]
    follows = [
        {"id": entry_iri(said), "ruil:about": member_iri(about), "ruil:counts": counts}
        for about, (counts, said) in book.blocks.chosen(member).items()
    ]
    return {**made, **({"ruil:follows": follows} if follows else {})}


def _kinds(listings: list[Listed]) -> Iterator[Node]:
    named = {kind for listed in listings for kind in (listed.body.kind, *(want.kind for want in listed.body.wants))}
    for kind in sorted(named - {NOTHING.kind}):
        yield {"id": kind_iri(kind), "type": "ResourceSpecification", "name": kind}


def _place(cell: int) -> Node:
    return {"type": "SpatialThing", "ruil:cell": f"{cell:x}"}


# Listings ----------------------------------------


def _listing(book: Book, listed: Listed, later: list[Record], now: Millis) -> Iterator[Node]:
    """A listing: one Intent, published in a Proposal for each thing its owner would take instead of the others."""
    body, iri = listed.body, entry_iri(listed.id)
    intent = _intent(book, listed, now)
    mine = [record for record in later if record.member == listed.member]
    shared: Node = {
        "type": "Proposal",
        "purpose": "offer" if body.role == "offer" else "request",
        "attributedTo": member_iri(listed.member),
        "name": body.title,
        "published": time_text(listed.at),
        "hasEnd": time_text(listed.ends),
        "unitBased": True,
        "to": community_iri(book.community),
        "publishes": intent,
    }
    if body.text:
        shared |= {"note": body.text, "content": _html(body.text)}
    if body.begins is not None:
        shared["hasBeginning"] = time_text(body.begins)
    if body.lent is not None:
        shared["ruil:lent"] = body.lent
    if body.bids_until is not None:
        shared |= {"ruil:bidsUntil": time_text(body.bids_until), "ruil:bids": list(_bids(book, listed, now))}
    if body.options:
        shared["ruil:options"] = [{"name": each.what, "ruil:adds": each.price} for each in body.options]
    if body.cell is not None:
        shared["eligibleLocation"] = _place(body.cell)
    renewals = [entry_iri(record.id) for record in mine if isinstance(record.body, Renew)]
    if renewals:
        shared["ruil:renewals"] = renewals
    withdrawals = [entry_iri(record.id) for record in mine if isinstance(record.body, Withdraw)]
    if withdrawals:
        shared["ruil:withdrawnBy"] = withdrawals[0]
    if not body.wants:
        yield {"id": iri, **shared, "ruil:inReturn": "a proposal"}
    for place, want in enumerate(body.wants, 1):
        number = "" if place == 1 else f"-{place}"
        proposal = {"id": iri if place == 1 else f"{iri}#alternative{number}", **shared, "ruil:liked": place}
        if want.kind == NOTHING.kind:
            proposal["ruil:inReturn"] = NOTHING.kind
            if want != NOTHING:
                proposal["ruil:want"] = _wanted(want, book.community)
        else:
            proposal["reciprocal"] = _reciprocal(listed, want, f"{iri}#reciprocal{number}", book.community)
        yield proposal


def _bids(book: Book, listed: Listed, now: Millis) -> Iterator[Node]:
    """Sealed bids: who made them and what became of them; an opened one is a proposal like others."""
    for each in book.bids.on(listed):
        bid: Node = {
            "id": entry_iri(each.record.id),
            "type": "ruil:Bid",
            "attributedTo": member_iri(each.record.member),
            "published": time_text(each.record.at),
            "ruil:state": each.fate_at(listed, now).value,
        }
        if each.opened is not None:
            bid["ruil:openedBy"] = entry_iri(each.opened)
        yield bid


def _intent(book: Book, listed: Listed, now: Millis) -> Node:
    body: Listing = listed.body
    intent: Node = {
        "id": f"{entry_iri(listed.id)}#primary",
        "type": "Intent",
        "action": body.action,
        "provider" if body.role == "offer" else "receiver": member_iri(listed.member),
        "resourceConformsTo": kind_iri(body.kind),
        quantity_word(body.action): measure(1, body.unit, book.community),
        "availableQuantity": measure(book.left(listed.id, now), body.unit, book.community),
        "ruil:quantity": body.quantity,
        "finished": not listed.open_at(now),
    }
    if body.tags:
        intent["resourceClassifiedAs"] = list(body.tags)
    return intent


def _reciprocal(listed: Listed, want: Want, iri: str, community: CommunityId) -> Node:
    owner = "receiver" if listed.body.role == "offer" else "provider"
    return {
        "id": iri,
        "type": "Intent",
        "action": "transfer",
        owner: member_iri(listed.member),
        "resourceConformsTo": kind_iri(want.kind),
        **_wanted(want, community),
    }


def _wanted(want: Want, community: CommunityId) -> Node:
    wanted: Node = {"resourceQuantity": measure(want.quantity, want.unit, community)}
    return {**wanted, "note": want.text} if want.text else wanted


def _html(text: str) -> str:
    """Plain text as HTML, which is what FEP-0837 has in `content`."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return escaped.replace("\n", "<br>")


# Ratings ----------------------------------------


def _ratings(book: Book, said: list[Record]) -> Iterator[Node]:
    """Valueflows has no word for a review. A sealed one says only about whom it is."""
    for record in said:
        if isinstance(record.body, Rate) and record.ref is not None:
            yield {
                "id": entry_iri(record.id),
                "type": "ruil:Rate",
                "actor": member_iri(record.member),
                "object": entry_iri(record.ref),
                "published": time_text(record.at),
                "ruil:about": member_iri(record.body.about),
            }
    for attestation in book.attestations.all():
        yield {
            "id": entry_iri(attestation.entry),
            "type": "ruil:Attestation",
            "actor": member_iri(attestation.rater),
            "object": entry_iri(attestation.agreement),
            "ruil:about": member_iri(attestation.ratee),
            "ruil:good": attestation.good,
        }
