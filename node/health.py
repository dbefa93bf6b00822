"""Health: is this node connected, synced, kept safe; and the one thing to do next. In plain words."""

from ruil.node.views import Plain
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.members import Standing
from ruil.protocol.peer import Peer


def health(peer: Peer, me: MemberId, network: str, linked: int, now: Millis) -> Plain:
    """What the health page and `ruil doctor` show. `network` is the network's own sentence, `linked` its open links."""
    book = peer.book
    mine = book.members.get(me)
    standing = mine.standing if mine else Standing.UNKNOWN
    todo = [
        f"{known.proposal.commitments[0].what}: {what}"
        for each in book.agreements.of_member.get(me, ())
        if (known := book.agreements.get(each)) is not None
        for member, what in known.waits_for(now).items()
        if member == me
    ]
    others = len(book.members.all()) - 1
    if standing in (Standing.PROVISIONAL, Standing.UNKNOWN):
        step = "Keep this running until the node of who invited you is on: it lets you in by itself."
    elif todo:
        step = f"You are waited for: {todo[0]}."
    elif others == 0:
        step = "Invite a neighbour: nobody else is here yet."
    elif not peer.readers:
        step = "No neighbour can be reached now. What you do is kept and goes out when one is back."
    else:
        step = "Nothing: all is well."
    return {
        "network": network,
        "links": linked,
        "neighbours": len(peer.readers),
        "membership": standing.value,
        "members": others + 1,
        "entries": book.entries(),
        "logs": len(book.logs),
        "held_back": sum(len(held) for held in book.waiting.values()),
        "forks": len(book.forks),
        "waiting": todo,
        "next": step,
    }
