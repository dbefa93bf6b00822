"""The commands for what many do together: buy, hire and fund, with places that are open to whoever joins."""

from typing import Any

from cyclopts import App, Group

from ruil import speak
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Id, Json

TOGETHER = Group.create_ordered("Together")


def add_to(app: App) -> None:
    """Give the app these commands."""
    for command in (ring, ring_without, group_buy, charter, crowdfund, again, places, join, leave, close):
        app.command(command, group=TOGETHER)


def show(plain: dict[str, Any]) -> None:
    """An open agreement in words: what its places bring, and who has joined."""
    known = plain["agreement"]
    until = f", open until {known['answer_by_text']}" if known["state"] == "proposed" else ""
    speak.say(f"Agreement {known['short']}: {known['state']}{until}")
    for place in known["places"]:
        wanted = f"{place['people']} joined with {place['total_text']}" if place["people"] else "nobody has joined"
        if place["people_least"]:
            people = "person" if place["people_least"] == 1 else "people"
            wanted += f", at least {place['people_least']} {people} needed"
        if place["total_least"]:
            wanted += f", at least {place['total_least_text']} needed"
        speak.say(f"  {place['role']}: {'; '.join(place['terms'])} ({wanted})")
        for joined in place["joined"]:
            condition = f", if {joined['if']}" if joined["if"] else ""
            speak.say(f"    {joined['name']}: {joined['quantity']}{condition}")
    for promised in known["commitments"]:
        speak.say(f"  {promised['text']} ({promised['received']} of {promised['quantity']} received)")
    for waits in known["waits_for"]:
        speak.say(f"  waits for {waits['name']} to {waits['what']}")


def ring(
    *gives: str,
    days: int = 14,
    answer_days: int = 3,
    text: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Give in a circle: `ruil ring "Anna > Ben: 2 loaf bread" "Ben > Carla: 1 hour garden" "Carla > Anna: 1 jar jam"`.

    Nobody is bound before everybody has accepted."""
    answer = ask("ring", gives=list(gives), days=days, answer_days=answer_days, text=text, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=show)


def ring_without(
    agreement: Id, left: str, *, answer_days: int = 3, anyway: Anyway = False, as_json: Json = False
) -> None:
    """Propose a ring again without somebody: who gave to them gives to whom they would have given to."""
    answer = ask("ring-without", id=agreement, left=left, answer_days=answer_days, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=show)


def group_buy(
    what: str,
    price: str,
    *,
    unit: str = "piece",
    step: list[str] | None = None,
    people: int = 0,
    quantity: int = 0,
    most: int | None = None,
    seller: str = "",
    listing: str = "",
    answer_days: int = 7,
    days: int = 21,
    text: str = "",
    replaces: str = "",
    as_json: Json = False,
) -> None:
    """Sell or buy something together: `ruil group-buy "Sack of flour" 2 --step "10 1.50" --people 4`.

    The price is for one; each --step says from how many in all on one costs less. Nobody is bound before at least
    --people have joined, with --quantity in all. --replaces begins another round: who joined with --stay is in it."""
    asked = {"what": what, "price": price, "unit": unit, "steps": step or [], "people": people, "quantity": quantity}
    rest = {"most": most, "seller": seller, "listing": listing, "text": text, "replaces": replaces}
    answer = ask("group-buy", **asked, **rest, answer_days=answer_days, days=days)
    speak.answer(answer, as_json=as_json, people=show)


def charter(
    what: str,
    cost: str,
    *,
    people: int = 1,
    seats: int = 256,
    carrier: str = "",
    answer_days: int = 7,
    days: int = 21,
    text: str = "",
    replaces: str = "",
    as_json: Json = False,
) -> None:
    """Hire something together: `ruil charter "Bus to the sea" 12 --people 6 --seats 20`. The cost is split."""
    asked = {"what": what, "cost": cost, "people": people, "seats": seats, "carrier": carrier, "text": text}
    answer = ask("charter", **asked, answer_days=answer_days, days=days, replaces=replaces)
    speak.answer(answer, as_json=as_json, people=show)


def crowdfund(
    *goals: str, answer_days: int = 7, days: int = 21, text: str = "", replaces: str = "", as_json: Json = False
) -> None:
    """Ask many for what you need: `ruil crowdfund "100 credit" "20 hour painting" "30 kg flour"`. All or nothing."""
    answer = ask("crowdfund", goals=list(goals), answer_days=answer_days, days=days, text=text, replaces=replaces)
    speak.answer(answer, as_json=as_json, people=show)


def again(agreement: Id, *, answer_days: int = 7, text: str = "", as_json: Json = False) -> None:
    """Another round of what you began: the same once more. Who joined with --stay is in it, if it bound nobody."""
    speak.answer(ask("again", id=agreement, answer_days=answer_days, text=text), as_json=as_json, people=show)


def places(*, as_json: Json = False) -> None:
    """What can be joined now, the one that closes first first."""

    def people(plain: dict[str, Any]) -> None:
        rows = [
            {
                "short": each["short"],
                "place": place["role"],
                "what": "; ".join(place["terms"]),
                "joined": f"{place['people']} with {place['total_text']}" if place["people"] else "nobody",
                "until": each["answer_by_text"],
                "who": each["proposer"],
            }
            for each in plain["agreements"]
            for place in each["places"]
        ]
        columns = {"short": "id", "place": "", "what": "what", "joined": "joined", "until": "until", "who": "who"}
        speak.table(rows, columns, "Nothing is open to join.")

    speak.answer(ask("places"), as_json=as_json, people=people)


def join(
    agreement: Id,
    quantity: str = "1",
    *,
    place: str = "",
    if_people: int = 0,
    if_total: str = "",
    at_most: str = "",
    within_hours: int | None = None,
    stay: bool = False,
    text: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Take a place, on your own conditions: `ruil join ab3d 2 --if-people 8 --at-most 12 --within-hours 48`.

    --place when there are several kinds; --stay to be in the next round too, if this one fails."""
    asked = {"quantity": quantity, "place": place, "if_people": if_people, "if_total": if_total, "at_most": at_most}
    answer = ask("join", id=agreement, **asked, within_hours=within_hours, stay=stay, text=text, anyway=anyway)
    speak.answer(answer, as_json=as_json, people=show)


def leave(agreement: Id, *, as_json: Json = False) -> None:
    """Give your place back, before it is closed."""
    speak.answer(ask("leave", id=agreement), as_json=as_json, people=show)


def close(agreement: Id, *, as_json: Json = False) -> None:
    """Close what you opened, now, on who has joined. By itself it closes when it is full or its time is over."""
    speak.answer(ask("close", id=agreement), as_json=as_json, people=show)
