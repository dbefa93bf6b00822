"""The commands about who speaks for a member: another computer of one's own, or people who act for an organisation."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ruil import speak
from ruil.node import devices
from ruil.node.cli.ask import ask as ask_desk
from ruil.node.cli.ask import look
from ruil.node.cli.options import Json
from ruil.node.settings import home
from ruil.protocol.ids import member_text

app = App(name="device", help="Several computers, or several people, that speak for one.")
Role = Annotated[str, Parameter(help="hand, trader or keeper; each may do what the one before may, and more.")]


@app.command
def ask(*, name: str = "", as_json: Json = False) -> None:
    """Ask to speak for somebody: a text to hand to who has their key.

    In your own profile: you will act for an organisation. In an empty one: another computer of your own."""
    asking = devices.ask(home(), name)
    plain = {
        "schema": "ruil.device.ask.1",
        "request": asking.text,
        "device": asking.device.hex(),
        "holder": member_text(asking.holder) if asking.holder is not None else None,
        "expires": asking.expires * 1000,
    }
    speak.answer(plain, as_json=as_json, people=lambda plain: speak.say(plain["request"]))


@app.command
def grant(text: str, *, role: Role = "", as_json: Json = False) -> None:
    """Let a device speak for you: answers a request, with a text to hand back."""
    speak.answer(
        ask_desk("grant", text=text, role=role), as_json=as_json, people=lambda plain: speak.say(plain["grant"])
    )


@app.command
def take(text: str, *, into: Path | None = None, as_json: Json = False) -> None:
    """Begin the profile of a device you asked for and were granted: here if nobody is here, or --into a FOLDER."""
    who = devices.take(home(), into, text)
    said, folder = who.granted, home() if into is None else into.expanduser()
    look(folder)
    plain = {"schema": "ruil.device.take.1", "name": who.name, "home": str(folder), "role": said.role}

    def people(plain: dict[str, Any]) -> None:
        speak.say(f"You act for {plain['name']}{' as ' + plain['role'] if plain['role'] else ''}.")
        start = "ruil" if into is None else f"RUIL_HOME={plain['home']} ruil"
        speak.say(f"That profile is in {plain['home']}. Start it with: {start}")

    speak.answer(plain, as_json=as_json, people=people)


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
