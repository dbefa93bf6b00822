"""People at the desk: how somebody stands and why, invitations, the community, and how this node is doing."""

import secrets

import msgspec

from ruil.crypto.fingerprint import fingerprint
from ruil.node import clock, coming, views, ways
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.health import dated_ahead
from ruil.node.views import Plain
from ruil.protocol import invitations, organisations
from ruil.protocol.bodies import NUMBER, Admit, Profile
from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_text
from ruil.protocol.limits import DAY, INVITATION_MS_MAX
from ruil.protocol.members import Member


class Person(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody, by name or member id."""

    person: str


class InviteGuest(msgspec.Struct, forbid_unknown_fields=True):
    """A new invitation."""

    days: int = 7


async def why(desk: Desk, asked: Person) -> Plain:
    from ruil.node import standings  # here: it brings numpy, and most requests ask for no standing
    from ruil.protocol.ratings import Graphs

    desk.graphs = desk.graphs or Graphs()
    return {"person": standings.person(desk.graphs, desk.book, desk.member(asked.person), desk.me, clock.now())}


class Looking(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to look for: by what they can do, look for or speak, or by a word of their own."""

    can: str = ""
    seeks: str = ""
    speaks: str = ""
    search: str = ""


def _found(known: Member, asked: Looking) -> bool:
    said = known.profile
    if said is None:
        return not (asked.can or asked.seeks or asked.speaks or asked.search)
    for wanted, has in ((asked.can, said.can), (asked.seeks, said.seeks), (asked.speaks, said.speaks)):
        if wanted.strip() and wanted.strip().casefold() not in has:
            return False
    whole = " ".join((said.name, said.about, *said.can, *said.seeks, *said.speaks)).casefold()
    return asked.search.strip().casefold() in whole


async def people(desk: Desk, asked: Looking) -> Plain:
    hidden = desk.book.blocks.hidden(desk.me)
    rows = [
        {
            "id": member_text(member),
            "name": desk.book.members.name(member),
            "membership": known.standing.value,
            "organisation": known.organisation,
            "people": views.acting(desk.book, member),
            "offices": views.offices(desk.book, member),
            **views.profile(known.profile or Profile(desk.book.members.name(member))),
            "invited_by": desk.book.members.name(known.inviter) if known.inviter else None,
            "hidden_by": views.blocked(desk.book, hidden.get(member, ()), desk.me),
        }
        for member, known in sorted(desk.book.members.all().items())
        if _found(known, asked)
    ]
    return {"people": rows}


async def invite(desk: Desk, asked: InviteGuest) -> Plain:
    held = desk.book.members.holdings.get(desk.peer.device)
    if held is not None and (why := organisations.why_not(held.role, NUMBER[Admit], desk.identity.name)):
        raise Refused(why)  # a guest with this invitation would wait for ever
    if desk.book.members.charter is not None and not desk.book.members.may_invite(desk.me, clock.now()):
        hosts = "its hosts let" if desk.book.members.charter.invites == "hosts" else "its founder alone lets"
        raise Refused(f"in this community {hosts} people in: ask there")
    if not 0 < asked.days * DAY <= INVITATION_MS_MAX:
        raise Refused(f"an invitation is good for 1 to {INVITATION_MS_MAX // DAY} days")
    expires = clock.now() // 1000 + asked.days * 86_400
    own, secret = desk.identity.device, secrets.token_bytes(16)
    made = invitations.invite(own, desk.peer.community, secret, expires, desk.addresses())
    return {"invitation": made.text, "expires": expires * 1000}


async def community(desk: Desk, _asked: Nothing) -> Plain:
    charter = desk.book.members.charter
    return {
        "community": {
            "id": desk.peer.community.hex(),
            "name": charter.name if charter else None,
            "unit": charter.unit if charter else None,
            "credit_limit": views.amount(desk.book, charter.credit_limit) if charter else None,
            "founder": desk.book.members.name(charter.founder) if charter else None,
            "founded_at": charter.founded_at if charter else None,
            "invites": charter.invites if charter else None,
            "decide_percent": charter.decide_percent if charter else None,
            "lists": [desk.book.members.name(each) for each in charter.lists] if charter else [],
            "limit": charter.limit if charter else None,
            "mediation": charter.mediation if charter else None,
            "members": len(desk.book.members.all()),
        }
    }


async def status(desk: Desk, _asked: Nothing) -> Plain:
    mine = desk.book.members.get(desk.me)
    return {
        "member": member_text(desk.me),
        "fingerprint": " ".join(fingerprint(desk.me)),
        "name": desk.profile.name,
        "device": desk.identity.device_name,
        "held": desk.peer.held,
        "dated_ahead": dated_ahead(desk.peer, clock.now()),
        "begun_because": desk.identity.because,
        "speaks_as": desk.book.members.who(desk.peer.device),
        "membership": mine.standing.value if mine else "unknown",
        "balance": views.amount(desk.book, desk.book.credit.balance(desk.me)),
        "neighbours": len(desk.peer.readers),
        "logs": len(desk.book.logs),
        "entries": desk.book.entries(),
        "history": coming.history(desk.peer),
        "storage": desk.storage(),
        "forks": len(desk.book.forks),
        "book": desk.book.digest().hex(),
        "addresses": list(desk.addresses()),
        "reached": list(desk.reached()),
        "at": clock.now(),
    }


async def reach(desk: Desk, _asked: Nothing) -> Plain:
    known = desk.reach()
    if known is None:
        raise Refused("no node runs, so nobody is reached; start it with: ruil")

    name = ways.names(desk.book)
    return {
        "links": [
            {
                "device": member_text(way.neighbour),
                "who": name(way.neighbour),
                "address": way.address,
                "how": way.how,
                "relay": None if way.relay is None else name(way.relay),
            }
            for way in known.ways
        ],
        "network": "up" if known.up else "not up yet",
        "neighbours": ways.ways(known, name),
        "reached_by_others": ways.reached_by_others(known, name),
        "to_do": ways.advice(known, ways.others(desk.book)),
        "carried_bytes": known.carried_bytes,
    }


VERBS: Verbs = {
    "reach": (Nothing, reach),
    "why": (Person, why),
    "people": (Looking, people),
    "invite": (InviteGuest, invite),
    "community": (Nothing, community),
    "status": (Nothing, status),
}
