"""Exposure: what a member owes, has promised and could come to owe, and how far the charter lets them go.

    left = balance - owed - asked - could + limit

The limit is fixed, or grows with what others paid one in completed trades. It is a rule for who speaks; readers see the
same numbers and judge for themselves. Whole numbers of the unit's smallest part. Spec: docs/spec/credit.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ruil.protocol.agreement import State
from ruil.protocol.agreements import Agreements
from ruil.protocol.charters import Charter
from ruil.protocol.credit import Credit, moves, pledged, to_pay
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import PARTNERS_FOR_ALL
from ruil.protocol.members import Members, Standing


@dataclass(frozen=True, slots=True)
class Exposure:
    """What somebody has and owes. `coming`: what others have signed to pay them; nothing rests on it."""

    balance: int
    owed: int  # in agreements that bind
    asked: int  # in proposals they signed, if everybody else signs too
    could: int  # in open places, if they are closed with them
    coming: int
    limit: int

    @property
    def left(self) -> int:
        """What they can still sign to pay; below 0 when they are beyond the limit."""
        return self.balance - self.owed - self.asked - self.could + self.limit


def limit(charter: Charter, standing: Standing, earned: Mapping[MemberId, int]) -> int:
    """How far below 0 somebody may go. `earned`: what each partner paid them in completed trades, beyond what they
    paid that partner."""
    if not charter.has_credit or standing not in (Standing.FOUNDER, Standing.ADMITTED):
        return 0
    if charter.limit == "fixed":
        return charter.credit_limit
    # One partner counts for a fifth at most: to earn all of it takes five who really paid, not one good friend.
    one = charter.earned_most // PARTNERS_FOR_ALL
    shares = (min(one, each * charter.earned_percent // 100) for each in earned.values() if each > 0)
    return charter.credit_limit + min(charter.earned_most, sum(shares))


def formula(charter: Charter) -> str:
    """The rule of the limit, as it is shown: in the unit's smallest part."""
    if not charter.has_credit:
        return "this community has no credit"
    if charter.limit == "fixed":
        return f"{charter.credit_limit}"
    one = charter.earned_most // PARTNERS_FOR_ALL
    return (
        f"{charter.credit_limit} + {charter.earned_percent} % of what each partner paid you in completed trades"
        f" beyond what you paid them, at most {one} for one partner and {charter.earned_most} in all"
    )


def earned(agreements: Agreements, member: MemberId, now: Millis) -> dict[MemberId, int]:
    """What each partner paid a member in trades that are completed at `now`, less what the member paid them."""
    found: dict[MemberId, int] = {}
    for about in agreements.of_member.get(member, ()):
        known = agreements.get(about)
        if known is None or known.state_at(now) is not State.COMPLETED:
            continue
        for giver, taker, amount, _ in moves(known):
            if member in (giver, taker):
                other = giver if taker == member else taker
                found[other] = found.get(other, 0) + (amount if taker == member else -amount)
    return found


def exposure(members: Members, agreements: Agreements, credit: Credit, member: MemberId, now: Millis) -> Exposure:
    """How a member stands at `now`."""
    owed = asked = could = coming = 0
    for about in agreements.of_member.get(member, ()):
        known = agreements.get(about)
        if known is None or known.proposal.clearing:
            continue
        state = known.state_at(now)
        if state is State.AGREED:
            owed += to_pay(known, member)
            coming += sum(to_pay(known, other, member) for other in known.parties if other != member)
        elif state is State.PROPOSED:
            asked += to_pay(known, member) if member in known.signed else 0
            could += pledged(known, member)
    charter, mine = members.charter, members.get(member)
    allowed = (
        limit(charter, mine.standing, _earned_if(charter, members, agreements, member, now)) if charter and mine else 0
    )
    return Exposure(credit.balance(member), owed, asked, could, coming, allowed)


def _earned_if(
    charter: Charter, members: Members, agreements: Agreements, member: MemberId, now: Millis
) -> dict[MemberId, int]:
    """What an organisation and its own people pay each other raises nobody's limit."""
    if charter.limit != "earned":
        return {}
    kin = {each for pair in members.kin() if member in pair for each in pair}
    return {partner: paid for partner, paid in earned(agreements, member, now).items() if partner not in kin}
