"""Standings: somebody as seen by a viewer, as plain values for the page, the command line and --json alike.

Apart from views.py because it brings numpy, which takes a quarter of a second to load: the desk loads it when it is
asked for a standing, and most commands never do.
"""

from ruil.crypto.fingerprint import fingerprint
from ruil.node.views import Plain, acting, amount, blocked, conduct, guests, offices
from ruil.protocol import reputation
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId, Millis, member_text
from ruil.protocol.ratings import Graphs


def blocked_by(book: Book, member: MemberId) -> list[Plain]:
    """Somebody's own list: whom they block, and why."""
    return [
        {"id": member_text(about), "name": book.members.name(about), "reason": said.reason}
        for about, said in book.blocks.of(member).items()
    ]


def person(graphs: Graphs, book: Book, member: MemberId, me: MemberId, now: Millis) -> Plain:
    """Somebody, as seen by the viewer: the standing and the entries it rests on."""
    known = book.members.get(member)
    viewer = book.members.get(me)
    name = book.members.name
    inviter = viewer.inviter if viewer else None
    graph = graphs.graph(book.attestations.all(), book.silenced(), book.members.kin())
    standing = reputation.View(graph, me, inviter).standing(member, now)
    return {
        "id": member_text(member),
        "fingerprint": " ".join(fingerprint(member)),
        "name": name(member),
        "about": known.profile.about if known and known.profile else "",
        "can": list(known.profile.can) if known and known.profile else [],
        "seeks": list(known.profile.seeks) if known and known.profile else [],
        "speaks": list(known.profile.speaks) if known and known.profile else [],
        "hidden_by": blocked(book, book.blocks.hidden(me).get(member, ()), me),
        "on_lists": blocked(book, book.blocks.about(member), me),
        "lists": blocked_by(book, member),
        "followed": member in book.blocks.follows(me),
        "guests": guests(book, member, now),
        "membership": known.standing.value if known else "unknown",
        "invited_by": name(known.inviter) if known and known.inviter else None,
        "organisation": known.organisation if known else False,
        "people": acting(book, member),
        "offices": offices(book, member),
        "acts_for": [
            {"id": member_text(each.member), "name": name(each.member), "role": each.role}
            for each in sorted(book.members.holdings.values(), key=lambda each: (each.member, each.device))
            if each.holder == member and not book.revoked(each.device)
        ],
        "devices": sorted(name for each, name in known.devices.items() if not book.revoked(each)) if known else [],
        "balance": amount(book, book.credit.balance(member)),
        "balance_parts": book.credit.balance(member),
        "conduct": conduct(book, member, now),
        "verdict": standing.verdict,
        "sentence": reputation.sentence(standing, lambda who: "you" if who == me else name(MemberId(who))),
        "belief": standing.belief,
        "disbelief": standing.disbelief,
        "uncertainty": standing.uncertainty,
        "expectation": standing.expectation,
        "stranger_bound": standing.stranger_bound,
        "forked": standing.forked,
        "unreached_good": standing.unreached_good,
        "unreached_bad": standing.unreached_bad,
        "lanes": [
            {
                "partner": name(lane.partner),
                "good": lane.good,
                "bad": lane.bad,
                "share": lane.share,
                "bridge": lane.bridge,
                "without": standing.without.get(lane.partner),
            }
            for lane in standing.lanes
        ],
        "rows": [
            {
                "rater": name(row.rater),
                "rater_id": member_text(row.rater),
                "at": row.at,
                "dashed": row.dashed,
                "good": row.good,
                "voice": row.voice,
                "recency": row.recency,
                "path": [name(MemberId(each)) for each in row.path],
                "entry": row.entry.hex(),
                "agreement": row.agreement.hex(),
            }
            for row in standing.rows
        ],
    }
