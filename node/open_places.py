"""Open places: what can be joined, how far it has come, what it would come to; as plain values for whoever shows it."""

from collections.abc import Callable

from ruil.node.motions import moves
from ruil.node.words import Plain, amount, much
from ruil.protocol.agreement import Agreement, State, when
from ruil.protocol.bodies import CREDIT, Commitment, Join, Slot, Term
from ruil.protocol.book import Book
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import JOINS_MAX, QUANTITY_MAX
from ruil.protocol.slots import Joined, best, most_paid, standing, would_bring

_MINE = EntryId(bytes(32))  # of a join that nobody has said yet


def title(book: Book, known: Agreement) -> str:
    """What an open proposal or a motion is about, in a few words; empty for one between named parties."""
    if known.proposal.motion is not None:
        return moves(book, known.proposal.motion)
    terms = [term for slot in known.proposal.slots for term in slot.terms]
    got = next((term.what for term in terms if not term.gives and term.unit != CREDIT), "")
    if got or not terms:
        return got
    if any(not term.gives for term in terms):
        return next(term.what for term in terms if term.unit != CREDIT)
    needed = (much(book, slot.terms[0], max(slot.total_least, 1)) for slot in known.proposal.slots)
    return f"Needed: {', '.join(needed)}"


def place(book: Book, known: Agreement, index: int, me: MemberId) -> Plain:
    """One kind of open place: what it brings, how many are wanted, who has joined."""
    slot = known.proposal.slots[index]
    inside = [joined for joined in standing(known.staying()) if joined.body.slot == index]
    total = sum(joined.body.quantity for joined in inside)
    shown = counted(book, slot)
    return {
        "role": slot.role,
        "terms": [_term(book, term, me) for term in slot.terms],
        "unit": "" if in_credit(slot) else _unit(slot),
        "in_credit": in_credit(slot),
        "people": len(inside),
        "people_least": slot.least,
        "people_most": slot.most,
        "quantity_least": slot.quantity_least,
        "quantity_most": slot.quantity_most,
        "total": total,
        "total_text": shown(total),
        "total_least": slot.total_least,
        "total_least_text": shown(slot.total_least),
        "total_most": slot.total_most,
        "progress": _progress(slot, len(inside), total, shown),
        "room": _room(slot, len(inside), total, shown),
        "taken": any(joined.member == me for joined in inside),
        "joined": [
            {
                "name": "you" if joined.member == me else book.members.name(joined.member),
                "mine": joined.member == me,
                "quantity": shown(joined.body.quantity),
                "if": _conditions(book, joined.body, shown),
                "stays": joined.body.rolls,
                "counts": joined.id in known.counting,
            }
            for joined in inside
        ],
    }


def in_credit(slot: Slot) -> bool:
    """Whether what somebody joins with is itself an amount of credit."""
    return any(term.unit == CREDIT and term.gives and term.each == 1 for term in slot.terms)


def _unit(slot: Slot) -> str:
    unit = next((term.unit for term in slot.terms if term.each == 1), "")
    return "" if unit in ("one", CREDIT) else unit


def counted(book: Book, slot: Slot) -> Callable[[int], str]:
    """How an amount somebody joins with is written."""
    if in_credit(slot):
        return lambda quantity: amount(book, quantity)
    unit = _unit(slot)
    if unit == "place":
        return lambda quantity: f"{quantity} place{'' if quantity == 1 else 's'}"
    return lambda quantity: f"{quantity} {unit}" if unit else str(quantity)


def _progress(slot: Slot, people: int, total: int, shown: Callable[[int], str]) -> list[Plain]:
    """How far it has come towards what is needed: people, and how much in all."""
    bars = []
    if slot.least:
        said = f"{people} of {slot.least} {'person' if slot.least == 1 else 'people'} needed"
        bars.append({"of": "people", "done": min(people, slot.least), "needed": slot.least, "text": said})
    if slot.total_least:
        done = shown(total) if in_credit(slot) else str(total)
        said = f"{done} of {shown(slot.total_least)} needed"
        bars.append({"of": "in all", "done": min(total, slot.total_least), "needed": slot.total_least, "text": said})
    return bars


def _room(slot: Slot, people: int, total: int, shown: Callable[[int], str]) -> str:
    """Who is in, and how much room is left, in words."""
    said = [f"{people} {'person has' if people == 1 else 'people have'} joined with {shown(total)}"]
    if people == 0:
        said = ["nobody has joined yet"]
    if slot.total_most < QUANTITY_MAX:
        said.append(f"room for {shown(slot.total_most - total)}{' more' if total else ''}")
    elif slot.most < JOINS_MAX:
        said.append(f"room for {slot.most - people}{' more' if people else ''}")
    return ", ".join(said)


def _term(book: Book, term: Term, me: MemberId) -> str:
    """What a place brings, in words."""
    other = "you" if term.other == me else book.members.name(term.other)

    def said(quantity: int) -> str:
        return f"{quantity} × {term.what}" if term.unit == "place" else much(book, term, quantity)

    if term.total:
        price = f"a share of {said(term.total)}"
    elif term.steps:
        first, *later = term.steps
        price = ", ".join(
            [f"{said(first.each)} each", *(f"{said(step.each)} each from {step.total} on" for step in later)]
        )
    elif term.unit == CREDIT and term.each == 1:
        price = "what they pledge"
    else:
        price = f"{said(term.each)} each"
    return f"gives {other} {price}" if term.gives else f"gets from {other} {price}"


def _conditions(book: Book, join: Join, shown: Callable[[int], str]) -> str:
    """Somebody's own conditions, in words; empty for none."""
    said = [
        f"at least {join.people} people" if join.people else "",
        f"at least {shown(join.total)} in all" if join.total else "",
        f"at most {amount(book, join.pays)} to pay" if join.pays is not None else "",
        f"closed by {when(join.by)}" if join.by is not None else "",
    ]
    return ", ".join(part for part in said if part)


def lacking(book: Book, known: Agreement, now: Millis) -> list[str]:
    """What is missing before it could be closed now, in words; empty when it could be, or when it is over."""
    if known.state_at(now) is not State.PROPOSED or not known.proposal.slots:
        return []
    said = [f"{book.members.name(member)} has not accepted yet" for member in sorted(known.missing())]
    joins = known.staying()
    if best(known.proposal.slots, joins, now) is not None:
        return said
    several = len(known.proposal.slots) > 1
    for index, slot in enumerate(known.proposal.slots):
        inside = [joined.body.quantity for joined in standing(joins) if joined.body.slot == index]
        people, total, role = slot.least - len(inside), slot.total_least - sum(inside), slot.role if several else ""
        if people > 0:
            more = "more " if inside else ""
            said.append(f"{people} {more}{'person is' if people == 1 else 'people are'} needed{_for(role)}")
        if total > 0:
            said.append(f"{counted(book, slot)(total)}{' more' if inside else ''} needed{_for(role)}")
    if not joins:
        return said or ["nobody has joined yet"]
    return said or ["the own conditions of those who joined do not all hold yet"]


def _for(role: str) -> str:
    return f" for {role}" if role else ""


def mine(known: Agreement, me: MemberId, index: int) -> Join:
    """The join of this member in a kind of place; the smallest they could take, if they have none."""
    taken = [joined.body for joined in known.staying() if (joined.member, joined.body.slot) == (me, index)]
    return taken[-1] if taken else Join(index, known.proposal.slots[index].quantity_least)


def comes_to(book: Book, known: Agreement, me: MemberId, join: Join, now: Millis) -> str:
    """What a place would bring its taker if it were closed now, and the most they could come to pay, as a sentence;
    empty when it would bring nothing."""
    slots, slot = known.proposal.slots, known.proposal.slots[join.slot]
    others = [each for each in standing(known.staying()) if (each.member, each.body.slot) != (me, join.slot)]
    own = Joined(_MINE, me, (now, b"", 0), join)
    chosen = best(slots, [*others, own], now)
    closes = chosen is not None and own in chosen
    if closes and chosen is not None:
        others = [each for each in chosen if each != own]
    brought = would_bring(slots, others, own)
    pays = sum(each.quantity for each in brought if each.provider == me and each.unit == CREDIT)
    things = [_brief(book, each) for each in brought if each.provider == me and each.unit != CREDIT]
    gets = [_brief(book, each) for each in brought if each.receiver == me]
    most = most_paid(slot, join)
    told = f"pay {amount(book, pays)}" if pays else ""
    if pays and pays < most:
        told += f", at most {amount(book, most)},"
    elif pays > most:  # so few would never be closed on: the price of many is what counts
        told = f"pay at most {amount(book, most)}"
    gives, gets_all = (f"{verb} {_listed(of)}" if of else "" for verb, of in (("give", things), ("get", gets)))
    does = [part for part in (told, gives, gets_all) if part]
    if not does:
        return ""
    begins = "you would" if pays > most else "if it were closed now you would"
    return f"{begins} {_listed(does).removesuffix(',')}"


def _brief(book: Book, given: Commitment) -> str:
    return f"{given.quantity} × {given.what}" if given.unit == "place" else much(book, given, given.quantity)


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
