"""The commands about friends who keep shares of a recovery key, and about a key that takes the place of another."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ruil import speak
from ruil.crypto.fingerprint import fingerprint
from ruil.node import friends
from ruil.node.cli.ask import ask as ask_desk
from ruil.node.cli.ask import look
from ruil.node.cli.devices import handed_over
from ruil.node.cli.options import Json, Place, Qr
from ruil.node.settings import home
from ruil.protocol.agreement import when
from ruil.protocol.errors import Refused
from ruil.protocol.ids import member_text
from ruil.protocol.limits import HEIR_DAYS

app = App(name="friends", help="Friends who bring you back together, should your key be lost.")
Needed = Annotated[int, Parameter(name="--any", help="How many of them have to come together.")]
Days = Annotated[int, Parameter(help="How long everybody waits for your protest, before their word counts.")]
Paper = Annotated[bool, Parameter(negative="", help="As words to be written on paper, not as sealed texts.")]
SixWords = Annotated[str, Parameter(help="The six words that the other computer shows; else you are asked.")]
From = Annotated[list[Path] | None, Parameter(name="--from", help="A file with a share in it. May be repeated.")]


@app.default
def show(*, as_json: Json = False) -> None:
    """Who keeps a share for you, for whom you keep one, and which keys are asked to be followed by another."""
    plain = {**ask_desk("friends.shares"), **ask_desk("friends")}

    def people(plain: dict[str, Any]) -> None:
        _plan(plain)
        for each in plain["kept"]:
            speak.say(f"You keep a share for {each['name']}, since {when(each['at'])}: {each['words']}")
        for each in plain["waiting"]:
            _waiting(each)
        if plain["my_word"]:
            speak.say(
                f"Your new key does not count yet. Hand this to {plain['my_word']['needed']} members who know you:"
            )
            speak.say(plain["my_word"]["text"])
            speak.say(f"They see these six words: {plain['my_word']['words']}")

    speak.answer(plain, as_json=as_json, people=people)


def _plan(plain: dict[str, Any]) -> None:
    said, given = plain["plan"], plain["given"]
    if said is None:
        speak.say("Nobody could bring you back if your key were lost: ruil friends split NAME NAME NAME --any 2")
        return
    speak.say(
        f"Any {said['needed']} of your friends together, and {said['days']} days without your protest, bring you back."
    )
    if given.get("key") != said["key"]:
        speak.say("Who holds the shares is known on the computer where they were made.")
        return
    rows = [
        {**each, "since": when(given["at"]), "confirmed": when(each["confirmed"]) if each["confirmed"] else "not yet"}
        for each in given["friends"]
    ]
    columns = {"name": "keeps a share", "since": "since", "confirmed": "confirmed", "words": "theirs says"}
    speak.table(rows, columns, "Nobody yet.")


def _waiting(each: dict[str, Any]) -> None:
    whose = "your" if each["mine"] else f"{each['name']}'s"
    if each["counts"]:
        speak.say(f"Since {when(each['counts_from'])} another key signs for {'you' if each['mine'] else each['name']}.")
    elif each["protested"]:
        speak.say(f"{'You' if each['mine'] else each['name']} protested: {whose} key stays.")
    elif each["counts_from"] is not None:
        speak.say(
            f"From {when(each['counts_from'])} on another key takes the place of {whose}, unless that is stopped."
        )
        if each["mine"]:
            speak.complain("If that is not you: ruil friends protest")
    elif not each["by_itself"]:
        speak.say(f"{len(each['passed_on'])} of {each['needed'] or '?'} have passed on that {whose} key is lost.")


@app.command
def split(
    *names: str, any_: Needed = 2, days: Days = HEIR_DAYS, paper: Paper = False, qr: Qr = False, as_json: Json = False
) -> None:
    """Give friends a share each of a new recovery key. Any so many of them bring you back; fewer know nothing.

    Each gets a text of their own, which nobody else can read. Shares made before are worth nothing from then on."""
    plain = ask_desk("friends.split", friends=list(names), needed=any_, days=days, paper=paper)

    def people(plain: dict[str, Any]) -> None:
        for each in plain["shares"]:
            speak.complain(f"For {each['name']} alone:")
            _share(each, qr=qr)
        if not paper:
            speak.complain("Each takes theirs with: ruil friends keep TEXT")

    speak.answer(plain, as_json=as_json, people=people)


def _share(plain: dict[str, Any], *, qr: bool) -> None:
    words = plain.get("words", "").split()
    for start in range(0, len(words), 4):
        row = enumerate(words[start : start + 4], start + 1)
        speak.say("  ".join(f"{number:2d} {word:8s}" for number, word in row).rstrip())
    handed_over(plain["text"], qr=qr)


@app.command
def keep(text: str, *, again: bool = False, as_json: Json = False) -> None:
    """Keep a share for a friend: the text they gave you. --again: they made new ones; it takes the place of the old."""
    plain = ask_desk("friends.keep", text=text, again=again)

    def people(plain: dict[str, Any]) -> None:
        speak.say(f"You keep a share for {plain['name']}. Beside your name they see: {plain['words']}")

    speak.answer(plain, as_json=as_json, people=people)


@app.command
def confirm(name: str, words: str, *, as_json: Json = False) -> None:
    """A friend read you the six words that ruil friends shows them: they have your share still."""
    plain = ask_desk("friends.confirm", name=name, words=words)
    speak.answer(plain, as_json=as_json, people=lambda plain: speak.say(f"{plain['name']} has your share still."))


@app.command
def give(name: str, *, qr: Qr = False, as_json: Json = False) -> None:
    """Show the share you keep for a friend who lost their key. First be sure that it is them: see or hear them."""
    plain = ask_desk("friends.give", name=name)

    def people(plain: dict[str, Any]) -> None:
        _share(plain, qr=qr)
        speak.complain(
            f"Whoever has {plain['needed']} of these can ask that another key takes the place of {plain['name']}'s."
            " Give it to nobody but them, and not through somebody else."
        )

    speak.answer(plain, as_json=as_json, people=people)


@app.command
def restore(*texts: str, from_: From = None, at: Place = None, qr: Qr = False, as_json: Json = False) -> None:
    """Be yourself again in an empty profile, with the shares your friends give you: as texts, in files, or typed here.

    A new key is made. It signs for you once as many members as your plan says have passed that on, and its days are
    over."""
    given = [*texts, *(speak.read(path).decode(errors="replace") for path in from_ or ())]
    if not given:
        given = _typed()
    who, word, share = friends.restore(home(), given, tuple(at or ()))
    look(home())
    plain = {
        "schema": "ruil.friends.restore.1",
        "name": who.name,
        "member": member_text(who.member_id),
        "word": word.text,
        "words": " ".join(fingerprint(who.key.public)),
        "needed": share.needed,
        "days": share.days,
    }

    def people(plain: dict[str, Any]) -> None:
        handed_over(plain["word"], qr=qr)
        speak.complain(
            f"Hand this to at least {plain['needed']} members who know you; each types: ruil friends pass TEXT\n"
            f"They see these six words: {plain['words']}\n"
            f"{plain['days']} days after that you are {plain['name']} again, if nobody protests. Start this with: ruil"
        )

    speak.answer(plain, as_json=as_json, people=people)


def _typed() -> list[str]:
    """A share on each line of the standard input."""
    if sys.stdin.isatty():
        speak.complain("Paste what your friends gave you, one on each line; end with an empty line.")
    typed = []
    while line := sys.stdin.readline().strip():
        typed.append(line)
    return typed


@app.command(name="pass")
def pass_on(text: str, *, words: SixWords = "", as_json: Json = False) -> None:
    """Pass on that a friend lost their key and has a new one: once you have seen or heard that it is them."""
    said = ask_desk("heir", text=text)
    if not words and sys.stdin.isatty():
        speak.complain(f"{said['name']} would have a new key. Their computer shows six words; here: {said['words']}")
        if input("Are they the same, and is it really them? y or n: ").strip().casefold() not in ("y", "yes"):
            raise Refused("then nothing was passed on")

    def people(plain: dict[str, Any]) -> None:
        speak.say(f"You have passed on that {plain['name']} has a new key.")
        _waiting(plain)

    speak.answer(ask_desk("pass", text=text, words=words), as_json=as_json, people=people)


@app.command
def protest(*, as_json: Json = False) -> None:
    """That is not me: no other key shall take the place of mine. From any device that speaks for you."""

    def people(_: dict[str, Any]) -> None:
        speak.say("You have protested. It counts once a neighbour has repeated it, which their node does by itself.")

    speak.answer(ask_desk("protest"), as_json=as_json, people=people)


@app.command
def forget(*, as_json: Json = False) -> None:
    """No friends bring you back any more: the shares they hold are worth nothing from here on."""
    speak.answer(
        ask_desk("friends.forget"),
        as_json=as_json,
        people=lambda _: speak.say("The shares your friends hold are worth nothing from here on."),
    )


key_app = App(name="key", help="The key that is you.")


@key_app.command
def change(*, as_json: Json = False) -> None:
    """Take a new key in the place of yours, at once: somebody may have seen the old one, which is then worth nothing.

    Make a new backup then, and give your friends new shares."""
    plain = ask_desk("key.change")
    ask_desk("status")  # opened again, it says so in the log

    def people(_: dict[str, Any]) -> None:
        speak.say("You have a new key; you stay who you are. Your paper and your backups are of the old one:")
        speak.say("make new ones with: ruil backup create FILE, or: ruil backup words")

    speak.answer(plain, as_json=as_json, people=people)
