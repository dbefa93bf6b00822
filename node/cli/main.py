"""The commands. Each is a thin layer of words over the desk (node/desk/).

A command that asks a running node imports no more than it takes to ask: what only some commands need is named as text
(cyclopts imports it when it is typed) or imported where it is used.
"""

from collections.abc import Callable
from typing import Any, Literal

from cyclopts import App, CycloptsError, Group, UnusedCliTokensError

from ruil import __version__, speak
from ruil.node.cli import begin, bids, credit, disputes, motions, people, places, reservations, start, talk
from ruil.node.cli.ask import ask
from ruil.node.cli.options import Anyway, Binding, Hidden, Id, Json
from ruil.node.errors import Mistyped

app = App(name="ruil", version=__version__, help="Exchange between neighbours, with no server in the middle.")
_TRADE = Group.create_ordered("Trade")
bids.add_to(app, _TRADE)
places.add_to(app)
reservations.add_to(app)
credit.add_to(app)
_FILES = Group.create_ordered("Files and research")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    start.in_words(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> None:
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as why:
        raise Mistyped(_mistyped(why)) from None


def _mistyped(why: CycloptsError) -> str:
    """What is wrong with a command, and where to look."""
    command = " ".join(("ruil", *(why.command_chain or ())))
    if not isinstance(why, UnusedCliTokensError) or not why.unused_tokens:
        return f"{why} See: {command} --help"
    word = why.unused_tokens[0]
    if why.command_chain or word.startswith("-"):
        return f"{command} takes no {word!r} there. See: {command} --help"
    import difflib  # here: no command that is typed right pays for it

    alike = difflib.get_close_matches(word, [name for name in app if not name.startswith("-")], 1)
    meant = f"; did you mean {alike[0]!r}?" if alike else "."
    return f"There is no command {word!r}{meant} All there are: ruil --help"


# Running ----------------------------------------


@app.default
def run() -> None:
    """Start the node and open its page; if it runs already, open its page."""
    start.start()


@app.command
def status(*, as_json: Json = False) -> None:
    """Who you are here, and how much this node knows."""
    speak.answer(ask("status"), as_json=as_json, people=speak.facts)


# Trade ----------------------------------------


def _post(role: str, kind: str, title: str, rest: dict[str, Any], *, as_json: bool) -> None:
    speak.answer(
        ask("listing", role=role, kind=kind, title=title, **rest),
        as_json=as_json,
        people=lambda plain: speak.say(f"Posted as {plain['listing']['short']}: {plain['listing']['title']}"),
    )


@app.command(group=_TRADE)
def offer(
    kind: str,
    title: str,
    *,
    quantity: int = 1,
    unit: str = "one",
    want: list[str] | None = None,
    text: str = "",
    tag: list[str] | None = None,
    days: int | None = None,
    place: str = "",
    lend: Literal["hourly", "daily"] | None = None,
    option: list[str] | None = None,
    as_json: Json = False,
) -> None:
    """Offer something: `ruil offer bread "Sourdough loaf" --quantity 4 --unit loaf --want "credit 1"`.

    Give --want once per alternative, the most liked first: `nothing`, `credit 1.5`, `3 jar honey`. With --lend it is
    reserved for a time and comes back, and what you want is for each hour, or each day. --option, once for each, says
    how one may have it and what that adds to the price: `--option "with walnuts: 0.5"`."""
    rest = {"quantity": quantity, "unit": unit, "wants": want or [], "text": text, "tags": tag or []}
    rest |= {"days": days, "place": place, "lent": lend, "options": option or []}
    _post("offer", kind, title, rest, as_json=as_json)


@app.command(group=_TRADE)
def need(
    kind: str,
    title: str,
    *,
    quantity: int = 1,
    unit: str = "one",
    want: list[str] | None = None,
    text: str = "",
    tag: list[str] | None = None,
    days: int | None = None,
    place: str = "",
    bids_until: str = "",
    as_json: Json = False,
) -> None:
    """Ask for something; --want is then what you give in return. --bids-until "2026-12-01 10:00" (in UTC): people bid
    sealed with `ruil bid`, and all bids are opened then."""
    rest = {"quantity": quantity, "unit": unit, "wants": want or [], "text": text, "tags": tag or []}
    _post("need", kind, title, {**rest, "days": days, "place": place, "bids_until": bids_until}, as_json=as_json)


@app.command(group=_TRADE)
def near(
    search: str = "",
    *,
    role: Literal["offer", "need"] | None = None,
    kind: str = "",
    hidden: Hidden = False,
    as_json: Json = False,
) -> None:
    """What is on offer and what is needed, nearest first."""
    columns = {"short": "id", "role": "", "title": "what", "left_text": "left", "wants": "for", "name": "who"}

    def shown(plain: dict[str, Any]) -> None:
        further = {**columns, "distance_km": "km", "ends_text": "until"}
        if plain["listings"] or not plain["lately"]:
            speak.table(plain["listings"], further, "Nothing is listed yet.")
        people.left_out(plain)
        if plain["lately"]:
            speak.say(f"Seen by a neighbour; the history is still coming ({plain['history']['text']}):")
            seen = {"short": "id", "role": "", "title": "what", "quantity_text": "how much", "name": "who"}
            speak.table(plain["lately"], {**seen, "distance_km": "km"}, "")

    speak.answer(ask("near", search=search, role=role, kind=kind, hidden=hidden), as_json=as_json, people=shown)


@app.command(group=_TRADE)
def withdraw(listing: Id, *, as_json: Json = False) -> None:
    """Take a listing of yours back."""
    speak.answer(ask("withdraw", id=listing), as_json=as_json, people=lambda _: speak.say("Withdrawn."))


@app.command(group=_TRADE)
def renew(listing: Id, *, days: int = 30, as_json: Json = False) -> None:
    """Keep a listing of yours for so many days from now."""
    speak.answer(ask("renew", id=listing, days=days), as_json=as_json, people=lambda _: speak.say("Renewed."))


def _agreement(plain: dict[str, Any]) -> None:
    known = plain["agreement"]
    speak.say(f"Agreement {known['short']}: {known['state']}")
    for number, promised in enumerate(known["commitments"], 1):
        received, quantity = promised["received"], promised["quantity"]
        paid = "paid" if received == quantity else "not paid yet" if not received else "paid in part"
        came = paid if promised["credit"] else f"{received} of {quantity} received"
        more = "".join(f", {words}" for words in (promised["rests_on"], promised["late"]) if words)
        speak.say(f"  {number}. {promised['text']} ({came}{more})")
    if known["motion"] is not None:
        motions.shown(known)
    if known["mediator"]:
        binds = ", whose word binds unless all parties end it otherwise" if known["mediation_binds"] else ""
        speak.say(f"  mediator: {'you' if known['mediates'] else known['mediator']}{binds}")
    for ending in known["proposed_ends"]:
        speak.say(f"  {ending['name']} would have it end with {ending['text']}")
    for stands in known.get("stands", []):
        spend = f"can spend {stands['left_text']}, {stands['after_text']} after that"
        speak.say(f"  {stands['name']} would pay {stands['costs_text']}: {spend}")
    for waits in known["waits_for"]:
        speak.say(f"  waits for {waits['name']} to {waits['what']}")


@app.command(group=_TRADE)
def propose(
    listing: Id,
    *,
    quantity: int = 1,
    pay: str = "",
    in_return: str = "",
    gift: bool = False,
    days: int = 14,
    answer_days: int = 3,
    i_add: list[str] | None = None,
    they_add: list[str] | None = None,
    wish: list[str] | None = None,
    mediator: str = "",
    backup: str = "",
    mediation_days: int = 14,
    binding: Binding = False,
    text: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Propose a trade about a listing. With none of --pay, --in-return, --gift: what the listing wants most.

    --i-add and --they-add put more into it: `--i-add "2 hour ironing"`. --wish asks for it as you like it:
    `--wish "blue buttons: 0.5"` adds that to the price. --mediator names whom to ask if something goes wrong,
    --backup who speaks if they do not."""
    asked = {"quantity": quantity, "pay": pay, "in_return": in_return, "gift": gift, "days": days, "text": text}
    asked |= {"answer_days": answer_days, "mediator": mediator, "backup": backup, "anyway": anyway}
    asked |= {"i_add": i_add or [], "they_add": they_add or [], "wishes": wish or []}
    asked |= {"mediation_days": mediation_days, "binding": binding}
    speak.answer(ask("propose", listing=listing, **asked), as_json=as_json, people=_agreement)


@app.command(group=_TRADE)
def counter(
    agreement: Id,
    *,
    quantity: int = 1,
    pay: str = "",
    in_return: str = "",
    gift: bool = False,
    days: int = 14,
    answer_days: int = 3,
    text: str = "",
    anyway: Anyway = False,
    as_json: Json = False,
) -> None:
    """Answer a proposal with other terms; it replaces the one before."""
    asked = {"quantity": quantity, "pay": pay, "in_return": in_return, "gift": gift, "days": days, "text": text}
    asked |= {"answer_days": answer_days, "anyway": anyway}
    speak.answer(ask("counter", id=agreement, **asked), as_json=as_json, people=_agreement)


@app.command(group=_TRADE)
def agreements(*, hidden: Hidden = False, as_json: Json = False) -> None:
    """Your agreements, and what waits for whom."""

    def shown(plain: dict[str, Any]) -> None:
        for known in plain["agreements"]:
            _agreement({"agreement": known})
        if not plain["agreements"]:
            speak.say("No agreements yet. Look around with: ruil near")
        people.left_out(plain)

    speak.answer(ask("agreements", hidden=hidden), as_json=as_json, people=shown)


def _simple(verb: str, **asked: Any) -> Callable[[bool], None]:
    return lambda as_json: speak.answer(ask(verb, **asked), as_json=as_json, people=_agreement)


@app.command(group=_TRADE)
def accept(agreement: Id, *, anyway: Anyway = False, as_json: Json = False) -> None:
    """Accept a proposal: you are bound when all others are."""
    _simple("accept", id=agreement, anyway=anyway)(as_json)


@app.command(group=_TRADE)
def decline(agreement: Id, *, reason: str = "", as_json: Json = False) -> None:
    """Say no to a proposal."""
    _simple("decline", id=agreement, reason=reason)(as_json)


@app.command(group=_TRADE)
def cancel(agreement: Id, *, reason: str = "", as_json: Json = False) -> None:
    """Take your proposal back; or, once agreed, ask to end it (it ends when the others ask too)."""
    _simple("cancel", id=agreement, reason=reason)(as_json)


@app.command(group=_TRADE)
def deliver(agreement: Id, *, quantity: int | None = None, number: int | None = None, as_json: Json = False) -> None:
    """Say that you handed over what you promised, or part of it; of several what is due next, or promise --number."""
    _simple("deliver", id=agreement, quantity=quantity, number=number)(as_json)


@app.command(group=_TRADE)
def receive(agreement: Id, *, quantity: int | None = None, number: int | None = None, as_json: Json = False) -> None:
    """Confirm what arrived, and pay what was agreed for it."""
    _simple("receive", id=agreement, quantity=quantity, number=number)(as_json)


@app.command(group=_TRADE)
def rate(
    agreement: Id, rating: Literal["good", "bad"], words: str = "", *, about: str = "", as_json: Json = False
) -> None:
    """Rate the other side. Sealed until they have rated too, or fourteen days have passed."""
    _simple("rate", id=agreement, good=rating == "good", words=words, about=about)(as_json)


disputes.add_to(app, _agreement)
people.add_to(app)
talk.add_to(app)


@app.command(group=_TRADE)
def reply(agreement: Id, text: str, *, as_json: Json = False) -> None:
    """Say something to how an agreement ended: why you were silent, or what the others left out."""
    speak.answer(ask("reply", id=agreement, text=text), as_json=as_json, people=_agreement)


begin.register(app)
# Named as text, so that they and what they need are imported when one of them is typed.
_LATER = {
    "export": "Write everything this node holds into one bundle, or as Valueflows, for a backup or a researcher.",
    "import": "Read a bundle of your own community into this profile, or listings of another marketplace.",
    "check": "Verify everything on the disk again.",
    "doctor": "What this node stands on, and whether it is sound.",
}
for _name, _help in _LATER.items():
    app.command(f"ruil.node.cli.files:{_name.replace('import', 'import_')}", name=_name, group=_FILES, help=_help)
app.command("ruil.node.cli.files:config", name="config", help="What can be set, and where each value comes from.")
app.command(motions.app)
app.command(
    "ruil.node.cli.devices:app", name="device", help="Several computers, or several people, that speak for one."
)
app.command(
    "ruil.node.cli.backup:app", name="backup", help="Keep your key safe, and be yourself again on another device."
)
app.command("ruil.node.cli.friends:app", name="friends", help="Friends who bring you back, should your key be lost.")
app.command("ruil.node.cli.friends:key_app", name="key", help="Take a new key in the place of yours.")
