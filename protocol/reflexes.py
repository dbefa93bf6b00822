"""Reflexes: what a node says by itself for its member, because the rules leave nothing to decide.

Let a guest in who holds our invitation; close a proposal once all have accepted; say that it lapsed when they did not;
confirm credit that was paid to us; open a rating when the other side has rated, or after fourteen days; count the bids
for a need of ours once their time is over, and open ours when it was counted (sealing.py); repeat what somebody we
know says about their key, which gives it a date (passing.py).
Each is worked out from the Book alone, so a restart forgets none. Spec: docs/spec/reflexes.md.
"""

from collections.abc import Iterable, Iterator

from ruil.crypto.keys import SigningKey
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Admit,
    Body,
    Close,
    Consent,
    Debt,
    Enter,
    Lapse,
    Propose,
    Protest,
    Rate,
    Receive,
    Renew,
    Succeed,
    Vote,
)
from ruil.protocol.book import Book
from ruil.protocol.drafts import both_rated, check, open_review
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.joins import seats
from ruil.protocol.limits import MOTION_VOTES_MAX, RATING_BLIND_MS
from ruil.protocol.passing import to_pass_on
from ruil.protocol.record import Record
from ruil.protocol.sealing import count, open_ours
from ruil.protocol.slots import best, full

Said = tuple[Body, EntryId | None]


def after(book: Book, entry: Entry, me: MemberId, key: SigningKey, now: Millis) -> Iterator[Said]:
    """What to say after `entry` was read, whoever said it: (body, the entry it answers)."""
    if not concerns(book, entry, me, key):
        return
    device = DeviceId(key.public)
    if isinstance(entry.body, Succeed | Protest):
        yield from _sayable(book, me, device, now, to_pass_on(book, me))
        return
    if isinstance(entry.body, Enter):
        yield from _sayable(book, me, device, now, _let_in(book, entry.id, entry.body, device, now))
        return
    if isinstance(entry.body, Renew):
        listed = book.listings.get(entry.reference.id) if entry.reference is not None else None
        if listed is not None:
            yield from _sayable(book, me, device, now, open_ours(book, listed, key, now))
        return
    if isinstance(entry.body, Consent):
        named: Iterable[EntryId] = book.agreements.of_member.get(me, ())
    else:
        known = entry.id if isinstance(entry.body, Propose) else entry.reference.id if entry.reference else entry.id
        named = (known, *book.agreements.clearings(known))  # a debt may be known here only now
    for each in list(named):
        if (agreement := book.agreements.get(each)) is not None:
            yield from about(book, agreement, me, key, now, judge=False)


def concerns(book: Book, entry: Entry, me: MemberId, key: SigningKey) -> bool:
    """Whether `entry` can lead to a reflex: it holds an invitation by this device, or is about an agreement of ours.
    Nearly all that a community says does not, and looking costs next to nothing: nothing is folded."""
    if isinstance(entry.body, Enter):
        return entry.body.inviter == key.public
    if isinstance(entry.body, Succeed | Protest):
        return any(True for _ in to_pass_on(book, me))
    if isinstance(entry.body, Consent):
        return entry.device == key.public
    if isinstance(entry.body, Renew):
        about = entry.reference.id if entry.reference is not None else entry.id
        return bool(entry.body.bids) and book.bids.by(DeviceId(key.public), about)
    if isinstance(entry.body, Propose):
        return me in entry.body.parties and (entry.body.clearing or bool(book.agreements.clearings(entry.id)))
    involved = book.agreements.involved(entry.reference.id) if entry.reference is not None else ()
    if isinstance(entry.body, Vote) and entry.reference is not None and book.agreements.moves(entry.reference.id):
        return me in involved  # everybody has a say in a motion
    return me in involved and book.members.of_device.get(entry.device) in involved  # who has no say costs no fold


def _sayable(book: Book, me: MemberId, device: DeviceId, now: Millis, wished: Iterator[Said]) -> Iterator[Said]:
    """What of this could really be said. Strangers' entries lead here: a fork that takes an acceptance away can leave
    a proposal open that we have closed, and a revoked device says nothing at all."""
    log = book.logs.get(device)
    if log is None or log.cut is not None:
        return
    for body, entry in wished:
        try:
            check(book, Record(EntryId(bytes(32)), device, log.size, now, me, entry, body), now)
        except Refused:
            continue
        yield body, entry


def about(
    book: Book, agreement: Agreement, me: MemberId, key: SigningKey, now: Millis, *, judge: bool
) -> Iterator[Said]:
    """What to say about one agreement. `judge`: whether we have heard enough to say that somebody did not answer."""
    device = DeviceId(key.public)
    yield from _sayable(book, me, device, now, _about(book, agreement, me, key, now, judge=judge))


def _about(
    book: Book, agreement: Agreement, me: MemberId, key: SigningKey, now: Millis, *, judge: bool
) -> Iterator[Said]:
    device = DeviceId(key.public)
    if agreement.device == device:
        signed = agreement.proposal.clearing and agreement.state is State.PROPOSED and not agreement.missing()
        if agreement.proposal.motion is not None:
            yield from _carry(book, agreement, now, judge=judge)
        elif (agreement.state is State.AGREED or (signed and now <= agreement.bound_by)) and not agreement.closed:
            yield Close(tuple(sorted(agreement.accepted.values()))), agreement.id
        elif agreement.state is State.PROPOSED and agreement.proposal.slots:
            yield from _close(agreement, now, judge=judge)
        elif judge and agreement.state is State.PROPOSED and now > agreement.answer_by:
            yield Lapse(), agreement.id
    if agreement.proposal.clearing and agreement.state_at(now) is State.PROPOSED and me in agreement.missing():
        yield from _consented(book, agreement, me, device, now)
    if _signed_here(book, agreement, me, device):
        yield from _confirm_credit(agreement, me, now)
    for (rater, _), rate in book.attestations.ratings(agreement).items():
        if rater == me and rate.device == device and not book.attestations.has_opening(rate.id):
            assert isinstance(rate.body, Rate)
            if both_rated(book, agreement, rate) or now >= rate.at + RATING_BLIND_MS:
                yield open_review(key, rate), agreement.id


def _carry(book: Book, motion: Agreement, now: Millis, *, judge: bool) -> Iterator[Said]:
    """A motion of ours is carried as soon as enough have said yes; when they have not by its time, it has lapsed."""
    if motion.state is not State.PROPOSED:
        return
    yes = sorted({each.member: each.position for each in motion.votes.values()}.values())[:MOTION_VOTES_MAX]
    if len(yes) >= book.members.needed(book.records[motion.id]) and now <= motion.bound_by:
        yield Close(votes=tuple(yes)), motion.id
    elif judge and now > motion.answer_by:
        yield Lapse(), motion.id


def _close(agreement: Agreement, now: Millis, *, judge: bool) -> Iterator[Said]:
    """Of an open proposal of ours: close it when nobody else can come in, or when the last could have; if that would
    bind nobody, it has lapsed."""
    over = judge and now > agreement.answer_by
    if agreement.missing() or not (over or full(agreement.proposal.slots, agreement.staying())):
        if over:
            yield Lapse(), agreement.id
        return
    chosen = best(agreement.proposal.slots, agreement.staying(), now) if now <= agreement.bound_by else None
    if chosen is not None:
        yield Close(tuple(sorted(agreement.accepted.values())), seats(agreement, chosen)), agreement.id
    elif over:
        yield Lapse(), agreement.id


def _consented(book: Book, clearing: Agreement, me: MemberId, device: DeviceId, now: Millis) -> Iterator[Said]:
    """Sign a clearing that our member consented to. That it leaves them as they are, the draft's check sees."""
    said = book.credit.consent(me)
    if said is None or said.device != device or not isinstance(said.body, Consent):
        return
    off: dict[Debt | None, int] = {}
    for each in clearing.commitments:
        if each.provider == me:
            off[each.clears] = off.get(each.clears, 0) + each.quantity
    if now <= said.body.until and off and max(off.values()) <= said.body.most:
        yield Accept(), clearing.id


def _let_in(book: Book, entrance: EntryId, body: Enter, device: DeviceId, now: Millis) -> Iterator[Said]:
    used = book.members.entrance_used(device, body.token) or now > body.expires * 1000
    host, members = book.members.of_device.get(device), book.members
    # Before the charter has come nothing says that this member may not.
    if body.inviter == device and not used and host and (members.charter is None or members.may_invite(host, now)):
        yield Admit(body.token), entrance


def _signed_here(book: Book, agreement: Agreement, me: MemberId, device: DeviceId) -> bool:
    """Whether this device acts for the member by itself. Of several that is the one that signed, so that two do not
    say the same; if it speaks no more, the first of the others that does, in the order of keys."""
    signed = agreement.device if agreement.proposer == me else None
    if signed is None and (accepted := agreement.accepted.get(me)) is not None:
        signed = book.records[accepted].device
    member = book.members.get(me)
    if signed in (None, device) or member is None:
        return signed == device
    speaking = sorted(each for each in member.devices if book.logs[each].cut is None)
    return signed not in speaking and speaking[:1] == [device]


def _confirm_credit(agreement: Agreement, me: MemberId, now: Millis) -> Iterator[Said]:
    if agreement.state_at(now) is not State.AGREED:
        return
    for delivery in agreement.deliveries.values():
        commitment = agreement.commitments[delivery.commitment]
        if commitment.unit == CREDIT and commitment.receiver == me and delivery.receipt is None:
            # Two who stand in for one may both have paid: what is too much never moves.
            much = min(delivery.quantity, agreement.room(delivery.commitment, agreement.received))
            if much > 0:
                yield Receive(delivery.id, much), agreement.id


def everything(book: Book, me: MemberId, key: SigningKey, now: Millis, *, judge: bool) -> Iterator[Said]:
    """What to say after a start, or when a deadline has passed."""
    device = DeviceId(key.public)
    for record in list(book.members.entrances()):
        assert isinstance(record.body, Enter)
        yield from _sayable(book, me, device, now, _let_in(book, record.id, record.body, device, now))
    yield from _sayable(book, me, device, now, to_pass_on(book, me))
    for listing in sorted(book.bids.listings()):
        listed = book.listings.get(listing)
        if listed is not None and judge:
            yield from _sayable(book, me, device, now, count(book, listed, device, now))
        if listed is not None:
            yield from _sayable(book, me, device, now, open_ours(book, listed, key, now))
    for known in list(book.agreements.of_member.get(me, ())):
        agreement = book.agreements.get(known)
        if agreement is not None:
            yield from about(book, agreement, me, key, now, judge=judge)


def next_deadline(book: Book, agreements: Iterable[EntryId], me: MemberId, device: DeviceId, now: Millis) -> int | None:
    """When, after `now`, a reflex will first be due in these agreements without anybody saying anything: a proposal of
    this device that must be answered, the day a rating of it opens. None when there is no such time."""
    known = (book.agreements.get(agreement) for agreement in agreements)
    times = (at for agreement in known if agreement is not None for at in _deadlines(book, agreement, me, device))
    return min((at for at in times if at > now), default=None)


def _deadlines(book: Book, agreement: Agreement, me: MemberId, device: DeviceId) -> Iterator[int]:
    if agreement.device == device and agreement.state is State.PROPOSED:
        yield agreement.answer_by + 1
    for (rater, _), rate in book.attestations.ratings(agreement).items():
        if rater == me and rate.device == device and not book.attestations.has_opening(rate.id):
            yield rate.at + RATING_BLIND_MS


def with_deadlines(entry: Entry) -> Iterable[EntryId]:
    """The agreement in which `entry` sets a new deadline, if it does."""
    if isinstance(entry.body, Propose):
        return (entry.id,)
    return (entry.reference.id,) if isinstance(entry.body, Rate) and entry.reference is not None else ()
