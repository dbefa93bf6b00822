"""Views: what a member sees of the Book, as plain values for the page, the command line and --json alike."""

from collections.abc import Mapping, Sequence

from ruil.node import acts, motions
from ruil.node.open_places import place, title
from ruil.node.place import distance_km
from ruil.node.words import Plain as Plain
from ruil.node.words import amount as amount
from ruil.node.words import much as much
from ruil.protocol.agreement import Agreement, when
from ruil.protocol.blocks import Blocked
from ruil.protocol.bodies import (
    CREDIT,
    NOTHING,
    Commitment,
    Profile,
    Want,
)
from ruil.protocol.book import Book
from ruil.protocol.conduct import conduct as reckoned
from ruil.protocol.ids import MemberId, Millis, member_text, short
from ruil.protocol.listings import Listed
from ruil.protocol.shapes.loan import arrears
from ruil.protocol.slots import reserves

COUNTS = ("answered", "silent", "kept", "broken", "unconfirmed")


def acting(book: Book, organisation: MemberId) -> list[Plain]:
    """Who acts for an organisation: name and role. Whose devices are all revoked does no more."""
    return [
        {"id": member_text(each.holder), "name": book.members.name(each.holder), "role": each.role}
        for each in book.members.people(organisation)
        if not book.revoked(each.device)
    ]


def offices(book: Book, member: MemberId) -> list[str]:
    """What the members gave somebody to do."""
    return [each for each in motions.OFFICES if book.members.decisions.holds(member, each)]


def profile(said: Profile) -> Plain:
    """How somebody is shown and found."""
    return {
        "name": said.name,
        "about": said.about,
        "can": list(said.can),
        "seeks": list(said.seeks),
        "speaks": list(said.speaks),
    }


def blocked(book: Book, said: Sequence[Blocked], me: MemberId) -> list[Plain]:
    """On whose lists somebody is, and why."""
    return [
        {
            "name": "you" if each.by == me else book.members.name(each.by),
            "id": member_text(each.by),
            "mine": each.by == me,
            "reason": each.reason,
            "entry": each.entry.hex(),
        }
        for each in said
    ]


def guests(book: Book, host: MemberId, now: Millis) -> list[Plain]:
    """Whom somebody let in and so answers for: how each stands."""
    found = []
    for member, known in sorted(book.members.all().items()):
        if known.inviter != host:
            continue
        done = reckoned(book.agreements, member, now)
        found.append(
            {
                "id": member_text(member),
                "name": book.members.name(member),
                "membership": known.standing.value,
                "kept": len(done.kept),
                "broken": len(done.broken),
                "blocked": len(book.blocks.about(member)),
            }
        )
    return found


def own(book: Book, known: Agreement) -> str:
    """A sentence when an organisation trades with somebody of its own; else empty."""
    kin = book.members.kin()
    for one in known.parties:
        for other in known.parties:
            if (one, other) in kin:
                names = book.members.name(other), book.members.name(one)
                return (
                    f"{names[0]} acts or acted for {names[1]}: what they say about each other counts for no standing."
                )
    return ""


def listing(
    book: Book,
    listed: Listed,
    me: MemberId,
    my_cell: int | None,
    now: Millis,
    hidden: Mapping[MemberId, Sequence[Blocked]] | None = None,
) -> Plain:
    """One listing. `hidden`: who is hidden from the viewer, if that is worked out already: for many listings, once."""
    body = listed.body
    hidden = book.blocks.hidden(me) if hidden is None else hidden
    return {
        "id": listed.id.hex(),
        "short": short(listed.id),
        "role": body.role,
        "kind": body.kind,
        "title": body.title,
        "text": body.text,
        "tags": list(body.tags),
        "quantity": body.quantity,
        "unit": body.unit,
        "left": book.left(listed.id, now),
        "wants": [want(book, each) for each in body.wants],
        "left_text": _count(book, book.left(listed.id, now), body.unit),
        "quantity_text": _count(book, body.quantity, body.unit),
        "bids_until": body.bids_until,
        "bids": len(book.bids.on(listed)),
        "lent": body.lent,
        "options": [
            {"what": each.what, "adds": each.price, "adds_text": amount(book, each.price) if each.price else ""}
            for each in body.options
        ],
        "begins": body.begins,
        "ends": listed.ends,
        "ends_text": when(listed.ends),
        "member": member_text(listed.member),
        "name": book.members.name(listed.member),
        "hidden_by": blocked(book, hidden.get(listed.member, ()), me),
        "mine": listed.member == me,
        "open": listed.open_at(now),
        "distance_km": distance_km(my_cell, body.cell),
    }


def _rests_on(book: Book, known: Agreement, index: int, me: MemberId) -> str:
    """Of what is owed only if something else comes or does not: when, in words."""
    given = known.commitments[index]
    if given.covers is not None:
        late = known.commitments[given.covers].provider
        return "only what you are late with" if late == me else f"only what {book.members.name(late)} is late with"
    if given.per is not None and known.pays_back(index):
        stead = "your" if given.provider == me else f"{book.members.name(given.provider)}'s"
        who = "you" if given.receiver == me else book.members.name(given.receiver)
        return f"only what {who} brought in {stead} stead"
    return ""


def _count(book: Book, quantity: int, unit: str) -> str:
    """So much of a listing: credit in the community's unit."""
    return amount(book, quantity) if unit == CREDIT else f"{quantity} {unit}" if unit != "one" else str(quantity)


def want(book: Book, given: Want) -> str:
    """What is wanted in return, in words."""
    if given.kind == CREDIT:
        return amount(book, given.quantity)
    if given.kind == NOTHING or (given.quantity, given.unit) == (1, "one"):
        return given.kind
    return f"{given.quantity} {given.kind}" if given.unit == "one" else f"{given.quantity} {given.unit} {given.kind}"


def promise(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words, without its time."""
    provider, receiver = ("you" if who == me else book.members.name(who) for who in (given.provider, given.receiver))
    verb = "give" if provider == "you" else "gives"
    return f"{provider} {verb} {receiver} {much(book, given, given.quantity)}"


def commitment(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words."""
    if reserves(given):
        return f"{promise(book, given, me)}, from {when(given.begins or 0)} until {when(given.due)}"
    return f"{promise(book, given, me)}, by {when(given.due)}"


def agreement(book: Book, known: Agreement, me: MemberId, now: Millis) -> Plain:
    """One agreement, with what waits for whom and what the viewer can do."""
    state = known.state_at(now)
    waits = known.waits_for(now)
    late = {
        each.commitment: f"{much(book, known.commitments[each.commitment], each.missing)}"
        f" {'in default' if each.default else 'late'} since {when(each.since)}"
        for each in arrears(known, now)
    }
    return {
        "id": known.id.hex(),
        "short": short(known.id),
        "state": state.value,
        "open": bool(known.proposal.slots),
        "devices": sorted(
            device.hex()
            for member in book.agreements.involved(known.id)
            if (person := book.members.get(member)) is not None
            for device in person.devices
        ),
        "proposer": book.members.name(known.proposer),
        "proposer_id": member_text(known.proposer),
        "mine": known.proposer == me,
        "own": own(book, known),
        "parties": [book.members.name(party) for party in known.parties],
        "others": [member_text(party) for party in known.parties if party != me],
        "with": [
            {"id": member_text(party), "name": book.members.name(party)} for party in known.parties if party != me
        ],
        "commitments": [
            {
                "text": commitment(book, given, me),
                "words": promise(book, given, me),
                "what": given.what,
                "unit": given.unit,
                "due": given.due,
                "listing": given.listing.hex() if given.listing else None,
                "to_me": given.receiver == me,
                "quantity": given.quantity,
                "delivered": known.delivered[index],
                "received": known.received[index],
                "credit": given.unit == CREDIT,
                "mine": given.provider == me,
                "late": "struck out: nobody owes this" if index in known.struck else late.get(index, ""),
                "struck": index in known.struck,
                "rests_on": _rests_on(book, known, index, me),
            }
            for index, given in enumerate(known.commitments)
        ],
        "answer_by": known.answer_by,
        "answer_by_text": when(known.answer_by),
        "closes_at": known.closes_at,
        "mediator": book.members.name(known.proposal.mediator) if known.proposal.mediator else "",
        "mediates": me in (known.proposal.mediator, known.proposal.backup),
        "mediation_binds": known.binding,
        "proposed_ends": _ends(book, known, me, now),
        "at": known.at,
        "text": known.proposal.text,
        "motion": motions.motion(book, known, me),
        "hidden_by": _hidden_by(book, known, me),
        "title": title(book, known),
        "places": [place(book, known, index, me) for index in range(len(known.proposal.slots))],
        "joinable": "join" in acts.can(book, known, me, now),
        "waits_for": [
            {"name": "you" if member == me else book.members.name(member), "what": what, "mine": member == me}
            for member, what in waits.items()
        ],
        "can": acts.can(book, known, me, now),
        "rates": [
            {"id": member_text(each), "name": book.members.name(each)} for each in acts.rates(book, known, me, now)
        ],
    }


def _hidden_by(book: Book, known: Agreement, me: MemberId) -> list[Plain]:
    """By whose lists somebody is hidden from the viewer who asks them for something. What they signed is theirs."""
    if me in known.signed or known.was_agreed():
        return []
    return blocked(book, book.blocks.hidden(me).get(known.proposer, ()), me)


def _ends(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[Plain]:
    """How somebody would have it end: who, with how much received of each, in words."""
    said = [("you" if who == me else book.members.name(who), received) for who, received in known.settling(now).items()]
    said += [("the mediator", known.mediated)] if known.mediated is not None else []
    return [
        {
            "name": name,
            "received": list(received),
            "text": ", ".join(much(book, *each) for each in zip(known.commitments, received, strict=True)),
        }
        for name, received in said
    ]


def conduct(book: Book, member: MemberId, now: Millis) -> Plain:
    """Whether somebody answers, delivers and confirms, with the agreements behind each count."""
    found = reckoned(book.agreements, member, now)
    asked = len(found.answered) + len(found.silent)
    bound = len(found.kept) + len(found.broken)
    said = [
        f"answered {len(found.answered)} of {asked} proposals" if asked else "was asked nothing yet",
        f"kept {len(found.kept)} of {bound} promises" if bound else "",
        f"did not confirm {len(found.unconfirmed)} deliveries" if found.unconfirmed else "",
    ]
    known = {each: book.agreements.get(each) for each in (*found.silent, *found.broken, *found.unconfirmed)}
    return {
        "sentence": ", ".join(part for part in said if part),
        **{name: [each.hex() for each in getattr(found, name)] for name in COUNTS},
        "replies": {
            each.hex(): agreement.replies[member]
            for each, agreement in known.items()
            if agreement is not None and member in agreement.replies
        },
    }
