"""Health: is this node connected, synced, kept safe; and the one thing to do next. In plain words."""

from ruil.node import coming, ways
from ruil.node.network.reach import Reach
from ruil.node.open_places import title
from ruil.node.views import Plain
from ruil.protocol.agreement import when
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import FUTURE_MS_MAX
from ruil.protocol.members import Standing
from ruil.protocol.peer import Peer


def health(
    peer: Peer,
    me: MemberId,
    network: str,
    reach: Reach,
    backed_up: int | None,
    now: Millis,
    storage: Plain | None = None,
    *,
    has_key: bool = True,
    by_friends: bool = False,
) -> Plain:
    """What the health page shows. `network` is the network's own sentence, `reach` how neighbours were reached,
    `backed_up` when the member last made a backup of their key (None: never); `has_key`: it is on this computer;
    `by_friends`: it is a new one, for which friends stand."""
    book = peer.book
    mine = book.members.get(me)
    standing = mine.standing if mine else Standing.UNKNOWN
    todo = [
        f"{title(book, known) or known.commitments[0].what}: {what}"
        for each in book.agreements.of_member.get(me, ())
        if (known := book.agreements.get(each)) is not None
        for member, what in known.waits_for(now).items()
        if member == me
    ]
    others = len(book.members.all()) - 1
    planned = book.successions.plan(me, now)
    advice = ways.advice(reach, ways.others(book))
    is_safe = not has_key or backed_up is not None or planned is not None
    step = (
        _to_stay_a_member(peer, me, standing, now, by_friends=by_friends)
        or (f"You are waited for: {todo[0]}." if todo else "")
        or ("" if is_safe else _to_keep_the_key(book, me))
        or ("Invite a neighbour: nobody else is here yet." if others == 0 else "")
        or _to_hear_others(peer, advice)
        or "Nothing: all is well."
    )
    name = ways.names(book)
    return {
        "network": network,
        "links": len(reach.ways),
        "neighbours": len(peer.readers),
        "how_they_were_reached": ways.ways(reach, name) or "nobody is linked now",
        "how_others_reach_you": ways.reached_by_others(reach, name),
        "to_be_reached": advice or "nothing is to be done",
        "membership": standing.value,
        "members": others + 1,
        "entries": book.entries(),
        "history": coming.history(peer)["text"],
        "room": storage["text"] if storage else "not known",
        "logs": len(book.logs),
        "held_back": sum(len(held) for held in book.waiting.values()),
        "forks": len(book.forks),
        "backup_of_your_key": when(backed_up)
        if backed_up is not None
        else "none yet"
        if has_key
        else "the key is on another computer",
        "friends": f"any {planned.needed} together bring you back"
        if planned is not None
        else "none could bring you back",
        "waiting": todo,
        "next": step,
    }


def _to_stay_a_member(peer: Peer, me: MemberId, standing: Standing, now: Millis, *, by_friends: bool) -> str:
    """The one thing to do before anything else counts; empty when nothing is in the way."""
    if peer.held:
        return peer.held[0].upper() + peer.held[1:]
    if ahead := dated_ahead(peer, now):
        return ahead
    if standing is Standing.REMOVED:
        return "The members removed you from this community. What you signed before stands; nothing new can be signed."
    if peer.member is None and by_friends:
        return (
            "Keep this running. Once your friends have passed your word on, and the days of your plan are over without"
            " a protest, your neighbours let you in by themselves."
        )
    if standing in (Standing.PROVISIONAL, Standing.UNKNOWN):
        return "Keep this running until the node of who invited you is on: it lets you in by itself."
    if any(
        each.member == me and each.by is not None and not each.stopped and (each.since or now) >= now
        for each in peer.book.successions.options
    ):
        return "Somebody says that your key is lost, and would have another. If that is not you: ruil friends protest"
    return ""


def _to_keep_the_key(book: Book, me: MemberId) -> str:
    if not _has_traded(book, me):
        return ""
    return (
        "Keep your key safe: ruil backup create FILE, or write it down: ruil backup words; or let friends bring you"
        " back: ruil friends split."
    )


def _to_hear_others(peer: Peer, advice: str) -> str:
    if coming.history(peer)["coming"] and peer.readers:
        return "Leave this running: what was said here before is still coming. What is open near you is shown already."
    if not peer.readers:
        return f"No neighbour can be reached now. What you do is kept and goes out when one is back. {advice}".strip()
    return ""


def dated_ahead(peer: Peer, now: Millis) -> str:
    """What to tell a member whose own words are dated so far ahead that others wait before they read them; empty when
    they are not. Time never goes back in a log, so one wrong clock once is enough, and which one was wrong only they
    know."""
    log = peer.book.logs.get(peer.device)
    if log is None or log.at <= now + FUTURE_MS_MAX:
        return ""
    return (
        f"What you said last is dated {when(log.at)}, and it is {when(now)} by this computer's clock. If the clock is"
        " wrong now, set it right. If it was wrong then, others read what you say only when that date has come: go on"
        " as a new device, with: ruil device anew"
    )


def _has_traded(book: Book, me: MemberId) -> bool:
    """Whether there is something to lose: asked before the first agreement, nobody makes a backup."""
    mine = (book.agreements.get(each) for each in book.agreements.of_member.get(me, ()))
    return any(each is not None and each.agreed_at is not None for each in mine)
