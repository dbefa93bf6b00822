"""Bonds: what the members behind the devices we know are to us: the network dials some of them before others."""

from ruil.node.network import Bond
from ruil.protocol.agreement import State
from ruil.protocol.attestations import partners
from ruil.protocol.bodies import Open, Rate
from ruil.protocol.ids import MemberId
from ruil.protocol.members import Member
from ruil.protocol.peer import Peer


def bonds(peer: Peer) -> dict[bytes, Bond]:
    """Each device of a member we have a bond with. Whom we hide, or rated badly, we do not trust, however near."""
    me, book = peer.member, peer.book
    if me is None:
        return {}
    traded, wary = _traded(peer, me)
    wary |= book.blocks.hidden(me).keys()
    people = book.members.all()
    cell = _cell(people[me])
    found: dict[bytes, Bond] = {}
    for member, known in people.items():
        if member in wary:
            continue
        if member == me or member in traded:
            found |= dict.fromkeys(known.devices, Bond.TRUSTED)
        elif cell is not None and _cell(known) == cell:
            found |= dict.fromkeys(known.devices, Bond.NEAR)
    return found


def _traded(peer: Peer, me: MemberId) -> tuple[set[MemberId], set[MemberId]]:
    """With whom we ended something that both sides kept, and whom we rated badly for anything."""
    book, traded, wary = peer.book, set[MemberId](), set[MemberId]()
    for id_ in book.agreements.of_member.get(me, ()):
        agreement = book.agreements.get(id_)
        if agreement is None:
            continue
        if agreement.state is State.COMPLETED:
            traded |= partners(agreement, me)
        for rate, opening in book.attestations.opened(agreement):
            if rate.member == me and isinstance(rate.body, Rate) and isinstance(opening.body, Open):
                wary |= set() if opening.body.good else {rate.body.about}
    return traded, wary


def _cell(member: Member) -> int | None:
    return member.profile.cell if member.profile is not None else None
