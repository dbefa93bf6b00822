"""Drafts: what a member is about to say, checked before it is signed, and refused with a kind sentence.

Every rule here protects the member who speaks; the same entry by a stranger is a fact the Book already knows how to
read. Spec: docs/spec/drafts.md.
"""

from typing import Final

from ruil.crypto.contexts import RATING_KEY, SALT
from ruil.crypto.hashes import keyed
from ruil.crypto.keys import SigningKey
from ruil.crypto.seal import lock, unlock
from ruil.protocol import attestations, codec, limits, organisations, passing
from ruil.protocol.agreement import Agreement, State, when
from ruil.protocol.bids import why_no_bid, why_no_count, why_unopened
from ruil.protocol.bodies import (
    CREDIT,
    NUMBER,
    OF_AGREEMENTS,
    Accept,
    Admit,
    Bid,
    Block,
    Consent,
    Deliver,
    Follow,
    Heir,
    Join,
    Listing,
    Motion,
    Open,
    Propose,
    Protest,
    Rate,
    Renew,
    Revoke,
    Succeed,
    Vote,
    Withdraw,
)
from ruil.protocol.book import Book
from ruil.protocol.charters import amends, open_charter
from ruil.protocol.credit import in_credit, pledged, price, unfit
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.events import Review
from ruil.protocol.exposure import exposure
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.listings import Listed, lends
from ruil.protocol.members import Standing
from ruil.protocol.record import Record
from ruil.protocol.reservations import Span, free, spans
from ruil.protocol.slots import due_dates, lent, most_moved, most_paid, named_listings

# What is new, and not the end of something that was agreed before.
_NEW: Final = (Listing, Renew, Bid, Propose, Accept, Join, Vote, Consent, Admit)


def check(book: Book, draft: Record, now: Millis) -> None:
    """Raises `Refused` when `draft`, said now, would be against a rule or count for nothing."""
    body = draft.body
    held = book.members.holdings.get(draft.device)
    if held is not None and (
        why := organisations.why_not(held.role, NUMBER[type(body)], book.members.name(held.member))
    ):
        raise Refused(why)
    if isinstance(body, _NEW) and book.members.removed(draft.member, draft.at):
        raise Refused("the members removed you from this community: what you signed before stands, but nothing new can")
    if isinstance(body, Listing):
        _credit_here(book, body.kind == CREDIT or any(want.kind == CREDIT for want in body.wants))
    match body:
        case Listing(ends=ends) | Renew(ends=ends):
            if not now < ends <= now + limits.LISTING_MS_MAX:
                days = limits.LISTING_MS_MAX // limits.DAY
                raise Refused(f"a listing ends in the future, within {days} days; renew it to keep it longer")
            if isinstance(body, Listing) and body.bids_until is not None and body.bids_until <= now:
                raise Refused("bids are taken until some time in the future")
        case Propose():
            check_proposal(book, draft, now)
            _opens(book, draft, body)
        case Bid():
            listed = book.listings.get(draft.ref) if draft.ref else None
            if why := why_no_bid(listed, draft.member, draft.at) if listed else "that need is not known here":
                raise Refused(why)
        case Rate(about=about):
            _rate(book, draft, about)
        case Heir() | Succeed() | Protest():
            passing.check(book, draft, body)
        case Block(member=about) | Follow(member=about):
            _listed(book, draft, body, about)
        case Revoke(device=device):
            # Of a device that nothing is known of it is their word against its first entry: a grant is taken back so.
            if book.members.of_device.get(device, draft.member) != draft.member or body.member != draft.member:
                raise Refused("that is not a device of yours")
            if device == draft.device:
                raise Refused("a device can not revoke itself: do it from another device of yours")
    if isinstance(body, Renew | Withdraw):
        listed = book.listings.get(draft.ref) if draft.ref else None
        if listed is None or listed.member != draft.member:
            raise Refused("that is not a listing of yours")
        if listed.withdrawn:
            raise Refused("that listing is withdrawn already; post it again")
        if isinstance(body, Renew) and body.bids:
            _counts(book, draft, body, listed)
    if isinstance(body, Accept):
        agreement = book.agreements.get(draft.ref) if draft.ref else None
        if agreement is not None:
            clearing = agreement.proposal.clearing
            if clearing and (why := unfit(book.agreements, agreement.proposal, draft.member, now, agreement.id)):
                raise Refused(why)
            _credit_here(book, in_credit(agreement.proposal))
            _afford(book, draft.member, agreement.proposal, now)
            _in_stock(book, draft, agreement.proposal, now)
    if isinstance(body, Join):
        _join(book, draft, body, now)
    if isinstance(body, Vote):
        _vote(book, draft, body)
    if isinstance(body, Deliver):
        _not_settling(book, draft, body)
    if isinstance(body, OF_AGREEMENTS) and (why := book.agreements.try_out(draft)) is not None:
        raise Refused(why)


def _not_settling(book: Book, draft: Record, body: Deliver) -> None:
    """Refuse to deliver more than one would have it end with: the others could take it, and then say the same."""
    agreement = book.agreements.get(draft.ref) if draft.ref else None
    if agreement is None or agreement.state is not State.AGREED or body.commitment >= len(agreement.commitments):
        return
    standing = agreement.standing(draft.member, draft.at)
    if not standing:
        return
    since, most = min(standing, key=lambda said: said[1][body.commitment])
    if agreement.delivered[body.commitment] + body.quantity > most[body.commitment]:
        raise Refused(
            f"you would have this end with {most[body.commitment]} of it, and that stands until"
            f" {when(since + limits.SETTLE_MS)}: wait until then"
        )


def _counts(book: Book, draft: Record, body: Renew, listed: Listed) -> None:
    posted = book.records[listed.id].device == draft.device
    why = why_no_count(listed, body.bids, book.bids.on(listed), posted=posted, at=draft.at)
    if why is not None:
        raise Refused(why)


def _opens(book: Book, draft: Record, body: Propose) -> None:
    """Refuse to show what is sealed, too early or otherwise than it was; and to bid for all to see."""
    for listing in named_listings(body):
        listed = book.listings.get(listing)
        if listed is None or listed.body.bids_until is None or listed.member == draft.member:
            continue
        if body.opens is None:
            if listed.counted_at is None and draft.at <= listed.body.bids_until:
                raise Refused(
                    f"bids for {listed.body.title!r} are sealed until {when(listed.body.bids_until)}: bid sealed too"
                )
            continue
        sealed = book.bids.at(listed, body.opens.bid)
        why = why_unopened(listed, sealed, draft) if sealed is not None else "that bid is not known here"
        if why is not None:
            raise Refused(why)


def _listed(book: Book, draft: Record, body: Block | Follow, about: MemberId) -> None:
    """Refuse a word about a block list that would change nothing."""
    known, name = book.members.get(about), book.members.name(about)
    if known is None or known.standing is Standing.UNKNOWN:
        raise Refused(f"{name} is no member of this community")
    if about == draft.member:
        raise Refused("you can not block yourself" if isinstance(body, Block) else "your own list counts anyway")
    if isinstance(body, Block) and body.lifted and about not in book.blocks.of(draft.member):
        raise Refused(f"you do not block {name}")
    if isinstance(body, Follow) and body.follows == (about in book.blocks.follows(draft.member)):
        raise Refused(f"you follow the list of {name} already" if body.follows else f"you do not follow {name}'s list")


def _move(book: Book, draft: Record, motion: Motion) -> None:
    """Refuse what can not be decided, or is so already."""
    if not book.members.belonged(draft.member, draft.at):
        raise Refused("only who belongs here can move something: wait until you are let in")
    held = book.members.holdings.get(draft.device)
    if held is not None and (why := organisations.why_not(held.role, NUMBER[Vote], book.members.name(held.member))):
        raise Refused(why)
    if motion.charter is not None:
        charter = book.members.charter
        assert charter is not None  # who belongs has read it
        try:
            why = amends(charter, open_charter(motion.charter))
        except Rejected as damaged:
            why = str(damaged)
        if why is not None:
            raise Refused(why)
        return
    assert motion.member is not None
    known, name = book.members.get(motion.member), book.members.name(motion.member)
    if known is None or known.standing in (Standing.UNKNOWN, Standing.PROVISIONAL):
        raise Refused(f"{name} does not belong here")
    decisions = book.members.decisions
    if motion.office is not None:
        if known.standing is Standing.REMOVED:
            raise Refused(f"{name} was removed from this community")
        if decisions.holds(motion.member, motion.office) == motion.holds:
            raise Refused(f"{name} is {motion.office} already" if motion.holds else f"{name} is no {motion.office}")
    elif decisions.removed(motion.member) != motion.holds:
        raise Refused(f"{name} belongs here already" if motion.holds else f"{name} was removed already")


def check_proposal(book: Book, draft: Record, now: Millis) -> None:
    """Raises `Refused` when a proposal could not be made now."""
    body = draft.body
    assert isinstance(body, Propose)
    if draft.member not in body.parties:
        raise Refused("you can only propose an agreement you are part of")
    if not now < body.answer_by <= now + limits.ANSWER_MS_MAX:
        raise Refused(f"a proposal is answered in the future, within {limits.ANSWER_MS_MAX // limits.DAY} days")
    if max(due_dates(body)) > now + limits.DUE_MS_MAX:
        raise Refused(f"nothing can be due later than {limits.DUE_MS_MAX // limits.DAY} days from now")
    for party in (*body.parties, *(each for each in (body.mediator, body.backup) if each is not None)):
        known = book.members.get(party)
        if known is None or known.standing is Standing.UNKNOWN:
            raise Refused(f"{book.members.name(party)} is no member of this community")
        if known.standing is Standing.REMOVED:
            raise Refused(f"{book.members.name(party)} was removed from this community")
    if body.motion is not None:
        _move(book, draft, body.motion)
        return
    for listing in named_listings(body):
        listed = book.listings.get(listing)
        if listed is None:
            raise Refused("that listing is not known here")
        if not listed.open_at(now):
            raise Refused(f"{listed.body.title!r} is over: it was withdrawn or its time has passed")
        _reserves(book, draft, body, listed)
        if _asked_of(body, listed) > book.left(listed.id, now):
            raise Refused(f"only {book.left(listed.id, now)} {listed.body.unit} are left of {listed.body.title!r}")
    if body.clearing and (why := unfit(book.agreements, body, draft.member, now)) is not None:
        raise Refused(why)
    _credit_here(book, in_credit(body))
    _afford(book, draft.member, body, now)


def _join(book: Book, draft: Record, body: Join, now: Millis) -> None:
    agreement = book.agreements.get(draft.ref) if draft.ref else None
    if agreement is None or body.slot >= len(agreement.proposal.slots):
        return  # the fold has the sentence
    if agreement.state is not State.PROPOSED:
        raise Refused(f"that is {agreement.state.value}: nobody can join it any more")
    cost = most_paid(agreement.proposal.slots[body.slot], body)
    _spend(book, draft.member, cost - pledged(agreement, draft.member, body.slot), now)


def _vote(book: Book, draft: Record, body: Vote) -> None:
    agreement = book.agreements.get(draft.ref) if draft.ref else None
    if agreement is None:
        return  # the fold has the sentence
    if agreement.state is not State.PROPOSED:
        raise Refused(f"that is {agreement.state.value}: nobody can vote on it any more")
    if agreement.proposal.motion is None and body.join not in agreement.joins:
        raise Refused("nobody joined with that: vote for something that was sent in")


def _afford(book: Book, member: MemberId, proposal: Propose, now: Millis) -> None:
    """Refuse what would take a member below the charter's limit, counting what they have promised elsewhere. A clearing
    takes nobody anywhere."""
    if proposal.clearing:
        return
    _spend(book, member, price(proposal, member), now)


def _spend(book: Book, member: MemberId, cost: int, now: Millis) -> None:
    charter = book.members.charter
    if cost <= 0 or charter is None:
        return
    left = exposure(book.members, book.agreements, book.credit, member, now).left
    if cost > left:
        raise Refused(
            f"that costs {_amount(cost, charter.parts, charter.unit)}, and you can spend"
            f" {_amount(max(0, left), charter.parts, charter.unit)}: earn some first, or swap instead"
        )


def _credit_here(book: Book, wanted: bool) -> None:
    charter = book.members.charter
    if wanted and charter is not None and not charter.has_credit:
        raise Refused("this community has no credit: give, swap or lend things instead")


def _amount(parts: int, per_unit: int, unit: str) -> str:
    whole, rest = divmod(parts, per_unit)
    return f"{whole} {unit}" if not rest else f"{whole}+{rest}/{per_unit} {unit}"


def _in_stock(book: Book, draft: Record, proposal: Propose, now: Millis) -> None:
    for listing in named_listings(proposal):
        listed = book.listings.get(listing)
        if listed is None or listed.member != draft.member:
            continue
        _free(book, draft, proposal, listed)
        if _asked_of(proposal, listed) > book.left(listed.id, now):
            raise Refused(
                f"you have promised the rest of {listed.body.title!r} to others:"
                f" {book.left(listed.id, now)} {listed.body.unit} are left"
            )


def _reserves(book: Book, draft: Record, proposal: Propose, listed: Listed) -> None:
    """Refuse a proposal about something that is lent, if it is not for a time when it is free."""
    if listed.body.lent is None:
        return
    title = listed.body.title
    if not all(lends(listed, each) for each in proposal.commitments if each.listing == listed.id):
        raise Refused(f"{title!r} is lent for a time: say from when until when")
    if any(term.listing == listed.id for slot in proposal.slots for term in slot.terms):
        raise Refused(f"{title!r} is lent for a time: reserve it in an agreement without open places")
    if len(lent(proposal)) > 1:
        # If one owner promised theirs twice, the agreement binds nobody, and the others could not lend theirs either.
        raise Refused("reserve one thing in one agreement: several at once could get in each other's way")
    for span in spans(proposal, listed):
        if span.begins >= span.ends:
            raise Refused(f"the time to lend {title!r} ends before it begins")
        if span.begins < draft.at:
            raise Refused(f"the time to lend {title!r} begins in the past")
        if span.begins < (listed.body.begins or 0):
            raise Refused(f"{title!r} is not there before {when(listed.body.begins or 0)}")
    _free(book, draft, proposal, listed)


def _free(book: Book, draft: Record, proposal: Propose, listed: Listed) -> None:
    """Refuse a span in which somebody else has it, and a promise by a device that does not keep the listing."""
    reserved = spans(proposal, listed)
    if reserved and listed.member == draft.member and listed.keeper != draft.device:
        raise Refused(
            f"another device of yours keeps {listed.body.title!r}, and so says who has it when:"
            " answer there, or renew the listing here to keep it on this device"
        )
    standing = book.agreements.reserved(listed.id).standing(draft.at)
    taken = [span for held in standing if held.agreement != proposal.replaces for span in held.spans]
    for number, span in enumerate(reserved):
        left = max(0, free(listed.body.quantity, [*taken, *reserved[:number]], span))
        if span.quantity > left:
            raise Refused(
                f"{listed.body.title!r} is reserved between {_from_to(span)}: {left} of"
                f" {listed.body.quantity} are free then"
            )


def _from_to(span: Span) -> str:
    return f"{when(span.begins)} and {when(span.ends)}"


def _asked_of(proposal: Propose, listed: Listed) -> int:
    """How much of a listing a proposal takes for good in all its commitments together."""
    if listed.body.lent is not None:
        return 0  # what is reserved of it is looked at by span
    listing = listed.id
    asked = sum(each.quantity for each in proposal.commitments if each.listing == listing)
    places = ((slot, term) for slot in proposal.slots for term in slot.terms if term.listing == listing)
    return asked + sum(most_moved(slot, term) for slot, term in places)


def _rate(book: Book, draft: Record, about: MemberId) -> None:
    agreement = book.agreements.get(draft.ref) if draft.ref else None
    if agreement is None:
        raise Refused("you can only rate somebody you traded with")
    why = attestations.why_not(agreement, draft.member, about, draft.at)
    if why is not None:
        raise Refused(why)
    if (draft.member, about) in book.attestations.ratings(agreement):
        raise Refused("you have rated this trade already")


# Ratings: sealed for everybody, boxed for ourselves, so that a restart needs nothing but the log to open them.


def seal_review(key: SigningKey, agreement: EntryId, review: Review) -> Rate:
    """The `Rate` that commits to a review. Deterministic: the nonces come from the device's seed."""
    words = review.words.strip()
    said = agreement, review.about, b"\x01" if review.good else b"\x00", words.encode()
    nonce = keyed(RATING_KEY, key.seed, b"nonce", *said)[:16]
    seal = attestations.rating_seal(agreement, review.about, review.good, words, nonce)
    Open(EntryId(seal), review.good, words, nonce)  # refuses words that could never be opened
    inside = codec.encode({"good": review.good, "nonce": nonce, "words": words})
    return Rate(review.about, seal, lock(_box_key(key), inside, keyed(SALT, key.seed, seal)[:24]))


def open_review(key: SigningKey, rate: Record) -> Open:
    """The `Open` for a `Rate` of this device. Raises `Unopenable` for another device's."""
    assert isinstance(rate.body, Rate)
    inside = codec.decode(unlock(_box_key(key), rate.body.box))
    return Open(rate.id, inside["good"], inside["words"], inside["nonce"])


def _box_key(key: SigningKey) -> bytes:
    return keyed(RATING_KEY, key.seed, b"box")


def both_rated(book: Book, agreement: Agreement, rate: Record) -> bool:
    """Whether the other side of a rating has committed to theirs."""
    assert isinstance(rate.body, Rate)
    return (rate.body.about, rate.member) in book.attestations.ratings(agreement)
