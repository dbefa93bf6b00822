"""Conduct: whether somebody answers, delivers and confirms. Silence is a fact, and everybody may reply to it.

Counted from the agreements alone, each count with the agreements behind it. It is no rating: what it is worth is for
the reader to say. Spec: docs/spec/conduct.md. Vectors: tests/vectors/conduct/.
"""

from dataclasses import dataclass, field

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.agreements import Agreements
from ruil.protocol.ids import EntryId, MemberId, Millis


@dataclass(slots=True)
class Conduct:
    """What a member was asked and what they did, each as the agreements it was in."""

    answered: list[EntryId] = field(default_factory=list)  # accepted or declined what they were asked
    silent: list[EntryId] = field(default_factory=list)  # asked, and did not answer before it lapsed
    kept: list[EntryId] = field(default_factory=list)  # bound, and gave all they had promised
    broken: list[EntryId] = field(default_factory=list)  # bound, and it ended with something of theirs missing
    unconfirmed: list[EntryId] = field(default_factory=list)  # did not confirm what the other says they handed over


def conduct(agreements: Agreements, member: MemberId, now: Millis) -> Conduct:
    """What stands in the agreements of a member that have ended at `now`, in the order of their times."""
    found = Conduct()
    known = (agreements.get(each) for each in agreements.of_member.get(member, ()))
    for agreement in sorted((each for each in known if each is not None), key=lambda each: (each.at, each.id)):
        if not agreement.state_at(now).ended or agreement.proposal.motion is not None:
            continue  # a motion asks everybody and promises nothing
        if not agreement.was_agreed():
            _asked(found, agreement, member, now)
        elif member in agreement.parties:
            _bound(found, agreement, member, now)
    return found


def _asked(found: Conduct, agreement: Agreement, member: MemberId, now: Millis) -> None:
    """Of a proposal that never bound: only who was named in it and is not its proposer was asked."""
    if member == agreement.proposer or member not in agreement.proposal.parties:
        return
    if member in agreement.accepted or member == agreement.declined_by:
        found.answered.append(agreement.id)
    elif agreement.state_at(now) is State.LAPSED:
        found.silent.append(agreement.id)


def _bound(found: Conduct, agreement: Agreement, member: MemberId, now: Millis) -> None:
    if member != agreement.proposer and member in agreement.proposal.parties:
        found.answered.append(agreement.id)
    if any(
        agreement.commitments[delivery.commitment].receiver == member and delivery.receipt is None
        for delivery in agreement.deliveries.values()
    ):
        found.unconfirmed.append(agreement.id)
    state = agreement.state_at(now)
    if state is State.LAPSED and any(
        each.provider == member
        and each.covers is None
        and index not in agreement.struck
        and (
            agreement.to_deliver(index, now)
            if agreement.pays_back(index)
            else agreement.delivered[index] < each.quantity
        )
        for index, each in enumerate(agreement.commitments)
    ):
        found.broken.append(agreement.id)
    elif state is State.COMPLETED:
        found.kept.append(agreement.id)
