"""Vectors of disputes, and of what is enough, in proportion, or in somebody's stead. Made by hand: what is expected is
written out, not computed by the code under test."""

from typing import Any, Final

from tests.vectors.make_protocol import (
    ACCEPT,
    CANCEL,
    CLOSE,
    CORRECT,
    DAY,
    DELIVER,
    HOUR,
    PROPOSE,
    RATE,
    RECEIVE,
    T0,
    Case,
    Device,
    Said,
    Town,
    Trade,
    _bytes,
    _case,
    _hash,
    _pack,
    _promise,
    _proposal,
)

EXTEND, SETTLE, DISPUTE, MEDIATE = 42, 43, 44, 45
OPEN: Final = 49
DUE: Final = T0 + 5 * DAY
CLOSES: Final = DUE + 3 * DAY
DAYS: Final = 14
AT: Final = T0 + 2 * DAY  # when most things are said


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    return {**_extended(), **_settled(), **_mediated(), **_enough(), **_covered(), **_claimed(), **_refused()}


class Agreed(Trade):
    """Ben has proposed and Anna accepted: five loaves for 100 credit, with Mia and Nils to ask."""

    def __init__(self, *promises: Any, alone: bool = False, charter: Case | None = None, **changed: Any) -> None:
        self.town = Town(**(charter or {})).found()
        self.anna, self.ben = self.town.anna, self.town.join("Ben")
        self.mia, self.nils, self.greta = (self.town.join(name) for name in ("Mia", "Nils", "Greta"))
        self.promises = [each(self) for each in promises] or [
            _promise(self.anna.member, self.ben.member, 5),
            _promise(self.ben.member, self.anna.member, 100, what="credit", unit="credit"),
        ]
        asked = {} if alone else {"mediator": self.mia.member, "backup": self.nils.member}
        self.proposal = _proposal(*self.promises, **asked, **changed)
        self.first = self.ben.say(PROPOSE, self.proposal, T0)
        self.everybody = [each for each in (self.anna, self.ben, self.greta) if each.member in self.proposal["parties"]]
        answers = [self.say(each, ACCEPT, T0 + HOUR) for each in self.everybody if each is not self.ben]
        self.say(self.ben, CLOSE, T0 + 2 * HOUR, answers=[said.id for said in answers])

    def all_say(self, kind: int, at: int, **body: Any) -> list[Said]:
        """Everybody says it, an hour after each other."""
        return [self.say(each, kind, at + number * HOUR, **body) for number, each in enumerate(self.everybody)]


def _add(made: dict[str, Case], name: str, trade: Trade, comment: str, *states: tuple[int, str], **facts: Any) -> None:
    made[name + ".json"] = trade.book(comment, *states, **facts)


def _with_balances(case: Case, trade: Agreed, **balances: int) -> Case:
    case["expect"]["accept"]["balances"] = {getattr(trade, name).member.hex(): each for name, each in balances.items()}
    return case


def _extended() -> dict[str, Case]:
    made: dict[str, Case] = {}
    trade = Agreed()
    trade.say(trade.anna, EXTEND, AT, due=DUE + DAY)
    comment = "Anna alone: it closes as before."
    _add(made, "disputes/extended-by-one", trade, comment, (CLOSES, "agreed"), (CLOSES + 1, "lapsed"))
    trade.say(trade.ben, EXTEND, AT + HOUR, due=DUE + DAY)
    comment = "Both: it closes a day later."
    _add(made, "disputes/extended", trade, comment, (CLOSES + DAY, "agreed"), (CLOSES + DAY + 1, "lapsed"))
    shorter = trade.say(trade.anna, EXTEND, AT + 2 * HOUR, due=DUE + DAY)
    why = {shorter.id: "an agreement can only go on longer"}
    _add(made, "disputes/extended-to-the-same", trade, "No later than it is.", (CLOSES, "agreed"), out_of_turn=why)

    trade = Agreed()
    trade.say(trade.anna, EXTEND, AT, due=DUE + DAY)
    trade.say(trade.ben, EXTEND, AT, due=DUE + 2 * DAY)
    comment = "Two who name different times have not agreed on one."
    _add(made, "disputes/extended-differently", trade, comment, (CLOSES, "agreed"), (CLOSES + 1, "lapsed"))

    trade = Agreed()
    trade.all_say(EXTEND, AT, due=T0 + 730 * DAY)
    last = T0 + 733 * DAY
    _add(made, "disputes/extended-two-years", trade, "As far as it goes.", (last, "agreed"), (last + 1, "lapsed"))

    trade = Agreed()
    said = trade.all_say(EXTEND, AT, due=T0 + 730 * DAY + 1)
    why = {each.id: "an agreement can only go on longer, and for no more" for each in said}
    _add(made, "disputes/extended-too-far", trade, "A millisecond more.", (CLOSES + 1, "lapsed"), out_of_turn=why)

    trade = Agreed()
    trade.say(trade.anna, EXTEND, CLOSES, due=DUE + 9 * DAY)
    late = trade.say(trade.ben, EXTEND, CLOSES + 1, due=DUE + 9 * DAY)
    why = {late.id: "the agreement ended by itself on"}
    _add(made, "disputes/extended-too-late", trade, "It was over.", (CLOSES + 2, "lapsed"), out_of_turn=why)
    return made


def _settled() -> dict[str, Case]:
    made: dict[str, Case] = {}
    trade = Agreed()
    trade.say(trade.anna, SETTLE, AT, received=[3, 60])
    comment = "Anna alone settles nothing."
    _add(made, "disputes/settled-by-one", trade, comment, (AT + HOUR, "agreed"), received=[0, 0])
    last = trade.say(trade.ben, SETTLE, AT + HOUR, received=[3, 60])
    comment = "Both: it ends with so much received, and that much is paid."
    _add(made, "disputes/settled", trade, comment, (T0, "settled"), (CLOSES + 1, "settled"),
         received=[3, 60], ended_at=AT + HOUR, out_of_turn={})  # fmt: skip
    _with_balances(made["disputes/settled.json"], trade, anna=60, ben=-60)
    assert last

    trade = Agreed()
    trade.hand_over(trade.ben, trade.anna, 1, 100, T0 + DAY, 100)
    trade.all_say(SETTLE, AT, received=[0, 30])
    comment = "A hundred was paid; 70 of it goes back."
    _add(made, "disputes/settled-after-paying", trade, comment, (AT + DAY, "settled"), received=[0, 30])
    _with_balances(made["disputes/settled-after-paying.json"], trade, anna=30, ben=-30)

    trade = Agreed()
    trade.say(trade.anna, SETTLE, AT, received=[3, 60])
    trade.say(trade.anna, SETTLE, AT + HOUR, received=[3, 0])
    trade.say(trade.ben, SETTLE, AT + 2 * HOUR, received=[3, 60])
    comment = (
        "Anna has said two endings, and Ben takes the first: the second, which could be dated back, takes it not away."
    )
    _add(made, "disputes/settled-with-two-words", trade, comment, (AT + DAY, "settled"), received=[3, 60])

    trade = Agreed()
    trade.say(trade.anna, SETTLE, AT, received=[3, 0])
    trade.all_say(SETTLE, AT + HOUR, received=[3, 60])
    trade.say(trade.ben, SETTLE, AT + DAY, received=[3, 0])
    comment = "Ben alone can not go back to what Anna had said before both settled."
    _add(made, "disputes/settled-then-an-older-word", trade, comment, (AT + 2 * DAY, "settled"), received=[3, 60])

    trade = Agreed()
    trade.say(trade.anna, SETTLE, AT, received=[3, 60])
    trade.say(trade.ben, SETTLE, AT, received=[3, 50])
    _add(made, "disputes/settled-differently", trade, "Not the same.", (AT + DAY, "agreed"), received=[0, 0])

    trade = Agreed()
    many, few = (trade.say(trade.anna, SETTLE, AT, received=amounts) for amounts in ([6, 0], [1]))
    why = {many.id: "that is more than promised: 6 of 5", few.id: "the agreement has 2 commitments"}
    comment = "More than promised, and not one amount for each commitment."
    _add(made, "disputes/settled-for-too-much", trade, comment, (AT, "agreed"), out_of_turn=why)

    trade = Agreed()
    trade.say(trade.anna, SETTLE, AT, received=[2, 40])
    trade.hand_over(trade.anna, trade.ben, 0, 5, AT + HOUR, 5)
    trade.say(trade.ben, SETTLE, AT + 3 * HOUR, received=[2, 40])
    comment = "Anna went on delivering after she would have settled for two: her word stands, whatever she dates so."
    _add(made, "disputes/settled-then-delivered", trade, comment, (AT + DAY, "settled"), received=[2, 40])

    for name, after, state in (("after-a-week", 0, "settled"), ("after-more-than-a-week", 1, "agreed")):
        trade = Agreed()
        trade.say(trade.anna, EXTEND, AT, due=AT + 20 * DAY)
        trade.say(trade.ben, EXTEND, AT, due=AT + 20 * DAY)
        trade.say(trade.anna, SETTLE, AT, received=[2, 40])
        trade.say(trade.ben, SETTLE, AT + 7 * DAY + after, received=[2, 40])
        comment = "Seven days later to the millisecond." if not after else "A millisecond later still."
        _add(made, f"disputes/settled-{name}", trade, comment, (AT + 8 * DAY, state))

    trade = Agreed()
    trade.say(trade.ben, SETTLE, AT, received=[2, 40])
    trade.say(trade.anna, DELIVER, AT + HOUR, commitment=0, quantity=5)
    trade.say(trade.anna, SETTLE, AT + 2 * HOUR, received=[2, 40])
    comment = "Nobody takes another's word back: Ben's stands."
    _add(made, "disputes/settled-while-the-other-delivered", trade, comment, (AT + DAY, "settled"), received=[2, 40])

    trade = Agreed()
    trade.say(trade.anna, CANCEL, AT)
    trade.say(trade.ben, SETTLE, AT, received=[0, 0])
    trade.say(trade.ben, CANCEL, AT + HOUR)
    late = trade.say(trade.anna, SETTLE, AT + 2 * HOUR, received=[0, 0])
    why = {late.id: "the agreement is cancelled"}
    comment = "One would cancel, the other settle; then both cancelled."
    _add(made, "disputes/cancelled-before-settled", trade, comment, (AT + DAY, "cancelled"), out_of_turn=why)

    trade = Agreed()
    trade.all_say(SETTLE, AT, received=[3, 60])
    trade.all_say(SETTLE, AT + DAY, received=[3, 50])
    late = trade.say(trade.anna, SETTLE, CLOSES + 1, received=[0, 0])
    why = {late.id: "the agreement ended by itself on"}
    comment = "Settled, and then settled otherwise by both; after its time nobody can."
    _add(made, "disputes/settled-anew", trade, comment, (CLOSES + 1, "settled"),
         received=[3, 50], ended_at=AT + HOUR, out_of_turn=why)  # fmt: skip
    _with_balances(made["disputes/settled-anew.json"], trade, anna=50, ben=-50)

    trade = Agreed()
    given = trade.hand_over(trade.anna, trade.ben, 0, 5, T0 + DAY, 5)
    trade.all_say(SETTLE, AT, received=[3, 60])
    after = [
        trade.say(trade.anna, CORRECT, AT + DAY, delivery=given.id, quantity=1),
        trade.say(trade.anna, DELIVER, AT + DAY, commitment=0, quantity=1),
        trade.say(trade.anna, DISPUTE, AT + DAY),
    ]
    why = {said.id: "the agreement is settled" for said in after}
    why[after[1].id] = "that delivers more than promised"
    comment = "What is settled is neither corrected, delivered nor disputed."
    _add(made, "disputes/settled-then-corrected", trade, comment, (AT + DAY, "settled"), out_of_turn=why)

    trade = Agreed()
    trade.all_say(SETTLE, AT, received=[3, 60])
    end = AT + HOUR
    nonces = {each.name: _bytes(f"nonce of {each.name}", 16) for each in (trade.anna, trade.ben)}

    def rate(who: Device, about: Device, good: bool) -> Said:
        words = b"Still warm."
        seal = _hash(b"rating", trade.first.id, about.member, b"\1" if good else b"\0", nonces[who.name], words)
        return trade.say(who, RATE, end, about=about.member, seal=seal)

    by_anna = rate(trade.anna, trade.ben, True)
    rate(trade.ben, trade.anna, False)
    opened = {"rate": by_anna.id, "good": True, "words": "Still warm.", "nonce": nonces["Anna"]}
    trade.say(trade.anna, OPEN, end + 1, **opened)
    made["attestations/rated-a-settlement.json"] = trade.town.book(
        "What was settled was a trade, and can be rated.",
        attestations=[[trade.first.id, trade.anna.member, trade.ben.member, True]],
    )
    return made


def _mediated() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def disputed(at: int = AT, **changed: Any) -> Agreed:
        trade = Agreed(**changed)
        trade.say(trade.ben, DISPUTE, at, reason="they were stale")
        return trade

    trade = disputed()
    ends = AT + DAYS * DAY
    again = trade.say(trade.anna, DISPUTE, ends)
    why = {again.id: "the mediator has been asked already"}
    comment = "It stays open for the mediator's days, and they are asked once at a time."
    _add(made, "disputes/disputed", trade, comment, (ends, "agreed"), (ends + 1, "lapsed"), out_of_turn=why)

    trade = disputed(CLOSES)
    ends = CLOSES + DAYS * DAY
    comment = "At the last moment: the mediator has all their days."
    _add(made, "disputes/disputed-at-the-last-moment", trade, comment, (ends, "agreed"), (ends + 1, "lapsed"))

    trade = disputed(CLOSES + 1)
    _add(made, "disputes/disputed-too-late", trade, "It was over.", (CLOSES + 2, "lapsed"))

    trade = disputed(alone=True)
    _add(made, "disputes/disputed-with-nobody-to-ask", trade, "No mediator is named.", (CLOSES + 1, "lapsed"))

    trade = Agreed()
    trade.all_say(EXTEND, AT, due=T0 + 60 * DAY)
    trade.say(trade.ben, DISPUTE, T0 + 5 * DAY)
    trade.say(trade.ben, DISPUTE, T0 + 19 * DAY + 1)
    trade.say(trade.mia, MEDIATE, T0 + 19 * DAY + 2, received=[3, 30])
    comment = "The mediator's days were over, and there was trouble again."
    _add(made, "disputes/disputed-again", trade, comment, (T0 + 20 * DAY, "agreed"), out_of_turn={})

    trade = disputed()
    early = trade.say(trade.anna, MEDIATE, AT + DAY, received=[3, 30])
    trade.say(trade.mia, MEDIATE, AT + DAY, received=[3, 30])
    why = {early.id: "only the mediator whom"}
    comment = "Their word is a proposal; a party's is nothing."
    _add(made, "disputes/mediated", trade, comment, (AT + DAY, "agreed"), received=[0, 0], out_of_turn=why)
    trade.all_say(SETTLE, AT + 2 * DAY, received=[3, 30])
    _add(made, "disputes/mediated-and-settled", trade, "Both say it too.", (AT + 3 * DAY, "settled"), received=[3, 30])

    trade = Agreed()
    early = trade.say(trade.mia, MEDIATE, AT, received=[3, 30])
    why = {early.id: "nobody has asked the mediator"}
    _add(made, "disputes/mediated-unasked", trade, "Nobody asked.", (AT, "agreed"), out_of_turn=why)

    trade = disputed()
    trade.say(trade.mia, MEDIATE, AT - HOUR, received=[3, 30])
    comment = "The mediator's clock is behind that of who asked them: they are heard."
    _add(made, "disputes/mediated-before-the-dispute", trade, comment, (AT + DAY, "agreed"), out_of_turn={})

    trade = disputed()
    trade.say(trade.mia, MEDIATE, AT + DAYS * DAY, received=[3, 30])
    late = trade.say(trade.mia, MEDIATE, AT + DAYS * DAY + 1, received=[3, 20])
    why = {late.id: "the mediator's days are over"}
    _add(made, "disputes/mediated-too-late", trade, "One in time, one too late.", (AT, "agreed"), out_of_turn=why)

    trade = disputed()
    half = AT + DAYS * DAY // 2
    early = trade.say(trade.nils, MEDIATE, half - 1, received=[3, 30])
    trade.say(trade.nils, MEDIATE, half, received=[3, 30])
    why = {early.id: "until"}
    comment = "The backup's turn comes when half of the days are over."
    _add(made, "disputes/mediated-by-the-backup", trade, comment, (half, "agreed"), out_of_turn=why)

    trade = disputed(binding=True)
    trade.say(trade.mia, MEDIATE, AT + DAY, received=[3, 30])
    comment = "All signed that the mediator's word binds."
    _add(made, "disputes/mediated-binding", trade, comment, (AT + DAY, "settled"), received=[3, 30], ended_at=AT + DAY)
    _with_balances(made["disputes/mediated-binding.json"], trade, anna=30, ben=-30)

    trade = disputed(charter={"mediation": "binding"})
    trade.say(trade.mia, MEDIATE, AT + DAY, received=[3, 30])
    comment = "The charter lets it bind."
    _add(made, "disputes/mediated-by-the-charter", trade, comment, (AT + DAY, "settled"), received=[3, 30])

    trade = disputed(charter={"mediation": "binding"})
    trade.say(trade.mia, MEDIATE, AT + HOUR, received=[3, 0])
    trade.all_say(SETTLE, AT + DAY, received=[3, 60])
    comment = "The charter lets it bind, and all settle otherwise."
    _add(made, "disputes/settled-beside-the-charter", trade, comment, (AT + 2 * DAY, "settled"), received=[3, 60])

    trade = disputed(binding=True)
    trade.all_say(SETTLE, AT + DAY, received=[3, 60])
    trade.say(trade.mia, MEDIATE, AT + HOUR, received=[3, 0])
    comment = "What all settle counts, though the mediator's word says that it was first."
    _add(made, "disputes/settled-after-the-mediator", trade, comment, (AT + 2 * DAY, "settled"), received=[3, 60])

    trade = disputed(binding=True, mediation_days=1)
    trade.say(trade.mia, MEDIATE, AT + DAY + 1, received=[3, 30])
    comment = "With one day for the mediator, who was a millisecond late."
    _add(made, "disputes/mediated-after-one-day", trade, comment, (CLOSES, "agreed"), (CLOSES + 1, "lapsed"))
    return made


# Enough, in proportion, in somebody's stead ---------------------------------------------------------------------------


def _work(trade: Agreed, **changed: Any) -> Case:
    made = {"action": "work", "what": "painting", "unit": "hour", "least": 2}
    return _promise(trade.ben.member, trade.anna.member, 10, **{**made, **changed})


def _pay(trade: Agreed, **changed: Any) -> Case:
    return _promise(
        trade.anna.member, trade.ben.member, 605, **{"what": "credit", "unit": "credit", "per": 0, **changed}
    )


def _enough() -> dict[str, Case]:
    made: dict[str, Case] = {}
    trade = Agreed(_work, _pay)
    trade.hand_over(trade.ben, trade.anna, 0, 3, AT, 3)
    _add(
        made,
        "agreements/worked-and-not-paid",
        trade,
        "Enough work, no pay.",
        (CLOSES, "agreed"),
        (CLOSES + 1, "lapsed"),
    )
    trade.hand_over(trade.anna, trade.ben, 1, 181, AT + DAY, 181)
    comment = "Three of ten hours for 605: 181 and a half, rounded down."
    _add(
        made, "agreements/worked-and-paid", trade, comment, (CLOSES, "agreed"), (CLOSES + 1, "completed"), ended_at=None
    )

    trade = Agreed(_work, _pay)
    trade.hand_over(trade.ben, trade.anna, 0, 3, AT, 3)
    trade.hand_over(trade.anna, trade.ben, 1, 180, AT + DAY, 180)
    _add(made, "agreements/worked-and-paid-too-little", trade, "One part missing.", (CLOSES + 1, "lapsed"))

    trade = Agreed(_work, _pay)
    given = trade.hand_over(trade.ben, trade.anna, 0, 1, AT, 1)
    trade.hand_over(trade.anna, trade.ben, 1, 121, AT + DAY, 121)
    _add(made, "agreements/worked-too-little", trade, "Less than the least.", (CLOSES + 1, "lapsed"))
    for who in (trade.anna, trade.ben):
        trade.say(who, CORRECT, CLOSES + HOUR, delivery=given.id, quantity=2)
    comment = "Corrected to enough when it was over: that it lapsed stays."
    _add(made, "agreements/worked-enough-too-late", trade, comment, (CLOSES + DAY, "lapsed"), received=[2, 121])

    trade = Agreed(_work, _pay)
    trade.hand_over(trade.ben, trade.anna, 0, 10, AT, 10)
    trade.hand_over(trade.anna, trade.ben, 1, 605, AT + DAY, 605)
    comment = "All of it: completed at once."
    _add(made, "agreements/worked-in-full", trade, comment, (AT + 2 * DAY, "completed"), ended_at=AT + DAY + 1)

    def least_of_none(trade: Agreed) -> Case:
        return _work(trade, least=0)

    trade = Agreed(least_of_none, _pay)
    comment = "Nothing had to be done and nothing was."
    _add(made, "agreements/worked-nothing", trade, comment, (CLOSES, "agreed"), (CLOSES + 1, "completed"))
    return made


def _lends(trade: Agreed) -> Case:
    return _promise(trade.anna.member, trade.ben.member, 100, what="credit", unit="credit", due=T0 + 2 * DAY)


def _pays_back(trade: Agreed) -> Case:
    return _promise(trade.ben.member, trade.anna.member, 100, what="credit", unit="credit", per=0)


def _stands_in(trade: Agreed) -> Case:
    due = T0 + 10 * DAY
    return _promise(trade.greta.member, trade.anna.member, 60, what="credit", unit="credit", due=due, covers=1)


def _claims(trade: Agreed) -> Case:
    due = T0 + 12 * DAY
    return _promise(trade.ben.member, trade.greta.member, 30, what="credit", unit="credit", due=due, per=2)


def _claimed() -> dict[str, Case]:
    """Greta, who stands in for up to 60, is to have half of what she brings back from Ben."""
    made: dict[str, Case] = {}
    end = T0 + 15 * DAY

    def lent() -> Agreed:
        trade = Agreed(_lends, _pays_back, _stands_in, _claims)
        trade.hand_over(trade.anna, trade.ben, 0, 100, T0 + DAY, 100)
        return trade

    trade = lent()
    early = trade.say(trade.ben, DELIVER, AT - HOUR, commitment=3, quantity=1)
    trade.hand_over(trade.ben, trade.anna, 1, 100, AT, 100)
    comment = "Ben brought all of it himself: nothing is owed to Greta, and all is in full."
    why = {early.id: "only 0 credit credit are missing"}
    _add(made, "agreements/claimed-nothing", trade, comment, (AT + 1, "completed"), out_of_turn=why)

    trade = lent()
    trade.hand_over(trade.ben, trade.anna, 1, 60, AT, 60)
    trade.hand_over(trade.greta, trade.anna, 2, 40, DUE + 1, 40)
    more = trade.say(trade.ben, DELIVER, DUE + DAY, commitment=3, quantity=21)
    why = {more.id: "only 20 credit credit are missing"}
    comment = "Greta brought 40 of 60, so Ben owes her 20 of 30: it goes on until she has them."
    _add(
        made, "agreements/claimed", trade, comment, (end, "agreed"), (end + 1, "lapsed"),
        received=[100, 60, 40, 0], out_of_turn=why,
    )  # fmt: skip
    made["credit/promised-to-who-stood-in.json"] = trade.town.book(
        "Greta brought 40 in his stead: he owes her 20, and Anna nothing more.",
        promised={trade.ben.member: [[DUE + DAY, 20]]},
        balances={trade.ben.member: 40, trade.greta.member: -40},
    )
    trade.hand_over(trade.ben, trade.greta, 3, 20, DUE + 2 * DAY, 20)
    comment = "And that is all of it."
    _add(made, "agreements/claimed-and-paid", trade, comment, (DUE + 3 * DAY, "completed"), received=[100, 60, 40, 20])
    _with_balances(made["agreements/claimed-and-paid.json"], trade, ben=20, greta=-20)
    return made


def _covered() -> dict[str, Case]:
    made: dict[str, Case] = {}
    end = T0 + 13 * DAY

    def lent() -> Agreed:
        trade = Agreed(_lends, _pays_back, _stands_in)
        trade.hand_over(trade.anna, trade.ben, 0, 100, T0 + DAY, 100)
        return trade

    trade = lent()
    early = trade.say(trade.greta, DELIVER, DUE, commitment=2, quantity=60)
    why = {early.id: "credit stands in for what is not late before"}
    comment = "At its due time nothing is late yet."
    _add(made, "agreements/stood-in-too-early", trade, comment, (end, "agreed"), (end + 1, "lapsed"), out_of_turn=why)

    trade = lent()
    trade.hand_over(trade.ben, trade.anna, 1, 40, AT, 40)
    trade.hand_over(trade.greta, trade.anna, 2, 60, DUE + 1, 60)
    comment = "Ben brought 40, Greta the 60 that were late: completed."
    _add(
        made, "agreements/stood-in", trade, comment, (DUE + DAY, "completed"), received=[100, 40, 60], ended_at=DUE + 2
    )
    _with_balances(made["agreements/stood-in.json"], trade, ben=60, greta=-60)

    trade = lent()
    trade.hand_over(trade.ben, trade.anna, 1, 70, AT, 70)
    more = trade.say(trade.greta, DELIVER, DUE + 1, commitment=2, quantity=31)
    why = {more.id: "only 30 credit credit are missing"}
    _add(made, "agreements/stood-in-with-too-much", trade, "Thirty are missing.", (end + 1, "lapsed"), out_of_turn=why)

    trade = lent()
    late = trade.say(trade.ben, DELIVER, DUE + 1, commitment=1, quantity=60)
    stead = trade.say(trade.greta, DELIVER, DUE + 1, commitment=2, quantity=60)
    trade.say(trade.anna, RECEIVE, DUE + 2, delivery=stead.id, quantity=60)
    twice = trade.say(trade.anna, RECEIVE, DUE + 3, delivery=late.id, quantity=60)
    why = {twice.id: "that confirms more than the 100"}
    comment = "Both sent 60 at a time; 40 are left to receive when the first came."
    _add(
        made, "agreements/stood-in-twice", trade, comment, (DUE + DAY, "agreed"), received=[100, 0, 60], out_of_turn=why
    )

    trade = lent()
    trade.hand_over(trade.greta, trade.anna, 2, 60, DUE + 1, 60)
    again = trade.say(trade.ben, DELIVER, DUE + DAY, commitment=1, quantity=41)
    why = {again.id: "only 40 credit credit are missing"}
    comment = "What somebody paid in his stead is not paid again."
    _add(made, "agreements/paid-after-stood-in", trade, comment, (DUE + DAY, "agreed"), out_of_turn=why)

    trade = lent()
    twice = trade.say(trade.anna, SETTLE, AT, received=[100, 60, 60])
    why = {twice.id: "that is more than promised"}
    comment = "Sixty and sixty are more than the hundred that were owed."
    _add(made, "disputes/settled-twice-over", trade, comment, (AT, "agreed"), out_of_turn=why)

    trade = lent()
    trade.all_say(EXTEND, AT, due=T0 + 12 * DAY)
    early = trade.say(trade.greta, DELIVER, DUE + 2 * DAY, commitment=2, quantity=60)
    trade.say(trade.greta, DELIVER, DUE + 2 * DAY + 1, commitment=2, quantity=60)
    why = {early.id: "credit stands in for what is not late before"}
    comment = "Two days more for the last of it are two days more for all of it."
    _add(made, "disputes/extended-moves-all", trade, comment, (end + 2 * DAY, "agreed"), out_of_turn=why)

    trade = Agreed(_lends, _pays_back, _stands_in)
    early = trade.say(trade.greta, DELIVER, DUE + 1, commitment=2, quantity=1)
    why = {early.id: "only 0 credit credit are missing"}
    comment = "What was never lent is not owed back, by nobody."
    _add(made, "agreements/stood-in-for-nothing", trade, comment, (end + 1, "lapsed"), out_of_turn=why)
    trade = lent()
    trade.hand_over(trade.ben, trade.anna, 1, 70, AT, 70)
    made["credit/promised-in-stead.json"] = trade.town.book(
        "Of the hundred, seventy were paid back: Greta can come to owe thirty at most.",
        promised={trade.ben.member: [[AT + DAY, 30]], trade.greta.member: [[AT + DAY, 30]]},
        balances={trade.anna.member: -30, trade.ben.member: 30},
    )
    return made


def _refused() -> dict[str, Case]:
    """Proposals that are none: what rests on another commitment, and who mediates."""
    made: dict[str, Case] = {}
    trade = Agreed(_lends, _pays_back, _stands_in)
    lends, back, stead = trade.promises

    def proposal(name: str, why: str, comment: str, *promises: Case, **changed: Any) -> None:
        value = _proposal(*promises, **changed)
        made[f"bodies/{name}.json"] = _case(
            comment, "body", f"not a Propose: {why}", kind=PROPOSE, payload=_pack(value)
        )

    proposal("least-and-per", "what is enough is said, or follows", "Two rules.", lends, {**back, "least": 1})
    proposal("least-too-much", "what is enough can not be more", "More than all.", {**lends, "least": 101})
    proposal("per-nothing", "a commitment pays for one that is not there", "Number 7.", lends, {**back, "per": 7})
    proposal("per-itself", "a commitment pays for one that is not there", "For itself.", lends, {**back, "per": 1})
    per_per = {**back, "per": 1}
    proposal("per-of-per", "a commitment pays for one that itself rests", "A chain.", lends, back, per_per)
    proposal("covers-another-unit", "what stands in for something", "Loaves.", lends, back, {**stead, "unit": "loaf"})
    proposal("covers-for-another", "what stands in for something", "To Ben.", lends, back, {**stead, "covers": 0})
    own = {**stead, "provider": trade.ben.member}
    proposal("covers-oneself", "nobody stands in for themselves", "Ben for Ben.", lends, back, own)
    chain = {**stead, "provider": trade.ben.member, "covers": 2}
    proposal("covers-of-covers", "a commitment stands in for one that itself", "A chain.", lends, back, stead, chain)
    claim, whole = _claims(trade), (lends, back, stead)
    wrong = "who stood in for somebody is paid back by that one"
    proposal("paid-back-by-another", wrong, "Anna pays Greta back.", *whole, {**claim, "provider": trade.anna.member})
    proposal("paid-back-to-another", wrong, "Ben pays Anna back.", *whole, {**claim, "receiver": trade.anna.member})
    more = "who stood in is paid back no more than they brought"
    proposal("paid-back-more", more, "61 for 60.", *whole, {**claim, "quantity": 61})
    proposal("paid-back-in-another-unit", more, "Loaves for credit.", *whole, {**claim, "unit": "loaf"})
    behind = _promise(trade.anna.member, trade.greta.member, 30, what="credit", unit="credit", covers=3)
    chain = "a commitment stands in for one that pays back"
    proposal("covers-what-pays-back", chain, "Anna for Ben, to Greta.", *whole, claim, behind)
    mia, anna = trade.mia.member, trade.anna.member
    proposal("mediator-a-party", "mediator and backup are two people", "Anna.", lends, {**back}, mediator=anna)
    proposal(
        "mediator-twice", "mediator and backup are two people", "Mia twice.", lends, back, mediator=mia, backup=mia
    )
    proposal("binding-without-mediator", "name the mediator before", "Whose word?", lends, back, binding=True)
    return made
