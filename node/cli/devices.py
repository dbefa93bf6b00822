"""The commands about who speaks for a member: another computer of one's own, or people who act for an organisation."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ruil import speak
from ruil.crypto.fingerprint import fingerprint
from ruil.node import devices, identity
from ruil.node.cli.ask import ask as ask_desk
from ruil.node.cli.ask import look, while_held
from ruil.node.cli.options import Always, Json, Qr
from ruil.node.errors import DiskRefused
from ruil.node.settings import home
from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_text

app = App(name="device", help="Several computers, or several people, that speak for one.")
SixWords = Annotated[str, Parameter(help="The six words that the other computer shows; else you are asked.")]
Role = Annotated[str, Parameter(help="hand, trader or keeper; each may do what the one before may, and more.")]


@app.command
def ask(*, name: str = "", qr: Qr = False, as_json: Json = False) -> None:
    """Ask to speak for somebody: a text to hand to who has their key.

    In your own profile: you will act for an organisation. In an empty one: another computer of your own."""
    asking = devices.ask(home(), name)
    plain = {
        "schema": "ruil.device.ask.1",
        "request": asking.text,
        "device": asking.device.hex(),
        "holder": member_text(asking.holder) if asking.holder is not None else None,
        "words": " ".join(fingerprint(asking.device)),
        "expires": asking.expires * 1000,
    }

    def people(plain: dict[str, Any]) -> None:
        handed_over(plain["request"], qr=qr)
        speak.complain(f"Who grants it sees the same six words: {plain['words']}")

    speak.answer(plain, as_json=as_json, people=people)


def handed_over(text: str, *, qr: bool) -> None:
    """A text for somebody else: on stdout alone, so that it can be piped; its picture beside it."""
    speak.say(text)
    if qr:
        from ruil.node.qr import terminal  # here: no other command draws

        drawn = terminal(text)
        speak.complain(drawn or "This text is too long for a QR picture: copy it.")


@app.command
def grant(text: str, *, role: Role = "", words: SixWords = "", qr: Qr = False, as_json: Json = False) -> None:
    """Let a device speak for you: answers a request, with a text to hand back.

    The computer that asks shows six words. Compare them: whoever changed the text on its way can not change those."""
    shown = ask_desk("request", text=text)["words"]
    if not words and sys.stdin.isatty():
        speak.complain(f"The computer that asks shows six words. This request has: {shown}")
        if input("Are they the same? y or n: ").strip().casefold() not in ("y", "yes"):
            raise Refused("then it is another computer's request; nothing was granted")

    def people(plain: dict[str, Any]) -> None:
        handed_over(plain["grant"], qr=qr)
        speak.complain(f"{plain['device']} shows these six words, if it is the one you mean: {plain['words']}")

    speak.answer(ask_desk("grant", text=text, role=role, words=words), as_json=as_json, people=people)


@app.command
def take(text: str, *, into: Path | None = None, as_json: Json = False) -> None:
    """Begin the profile of a device you asked for and were granted: here if nobody is here, or --into a FOLDER."""
    who = devices.take(home(), into, text)
    said, folder = who.granted, home() if into is None else into.expanduser()
    look(folder)
    plain = {"schema": "ruil.device.take.1", "name": who.name, "home": str(folder), "role": said.role}
    plain["fingerprint"] = " ".join(fingerprint(said.member))

    def people(plain: dict[str, Any]) -> None:
        speak.say(f"You act for {plain['name']}{' as ' + plain['role'] if plain['role'] else ''}.")
        speak.complain(f"Their page shows these six words, if it is whom you mean: {plain['fingerprint']}")
        start = "ruil" if into is None else f"RUIL_HOME={plain['home']} ruil"
        speak.say(f"That profile is in {plain['home']}. Start it with: {start}")

    speak.answer(plain, as_json=as_json, people=people)


@app.command
def vouch(*, always: Always = False, as_json: Json = False) -> None:
    """Say that this computer was not set back to an earlier state, when no neighbour can: then it may sign again.

    With --always: it never is (no virtual machine, no images of its disk put back), so do not ask at every start."""

    def people(plain: dict[str, Any]) -> None:
        speak.say(plain["held"] or "Noted. This device signs what you say.")

    speak.answer(ask_desk("vouch", always=always), as_json=as_json, people=people)


@app.command
def anew(*, as_json: Json = False) -> None:
    """Go on as a new device, with a new log: safe whatever happened to this computer or folder.

    What this one said stays readable. Its invitations and its open proposals have to be made anew."""
    try:
        plain = ask_desk("anew")
    except DiskRefused:
        plain = _anew_without(home())
    speak.answer(
        {"schema": "ruil.anew.1", **plain},
        as_json=as_json,
        people=lambda _: speak.say("A new device of yours goes on here. What was said before stays readable."),
    )


def _anew_without(folder: Path) -> dict[str, Any]:
    """What the device said is gone, so it can not be opened any more; a new one misses nothing."""
    from ruil.node.profile import locked

    def begin() -> str:
        with locked(folder):
            return identity.anew(
                folder, identity.read(folder), "what the earlier one said was missing here"
            ).device_name

    name = while_held(begin)
    ask_desk("status")  # it begins
    return {"device": name}


@app.command(name="list")
def list_(*, as_json: Json = False) -> None:
    """The devices that speak for you, who holds them, and in which role."""
    columns = {"short": "id", "name": "device", "holder": "held by", "role": "as", "entries": "entries", "is": ""}

    def people(plain: dict[str, Any]) -> None:
        rows = [
            {**each, "is": "revoked" if each["revoked"] else "this one" if each["this"] else ""}
            for each in plain["devices"]
        ]
        speak.table(rows, columns, "None yet.")

    speak.answer(ask_desk("devices"), as_json=as_json, people=people)


@app.command
def revoke(device: str, *, as_json: Json = False) -> None:
    """Take the voice away from a device of yours: by its id, its name, or who holds it; what it said before stands.

    The text of a request that you granted and nobody has taken up yet takes the grant back."""

    def people(plain: dict[str, Any]) -> None:
        if "entries" not in plain["device"]:
            speak.say(f"The grant for {plain['device']['name']} is taken back: what it says counts for nobody.")
            return
        speak.say(f"{plain['device']['name']} speaks for you no more. Its first {plain['kept']} entries stand.")

    speak.answer(ask_desk("revoke", device=device), as_json=as_json, people=people)
