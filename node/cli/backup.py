"""The commands that keep a member's key safe, and bring the member back on another device."""

import getpass
import secrets
import sys
from pathlib import Path
from typing import Any

from cyclopts import App

from ruil import speak
from ruil.crypto.fingerprint import fingerprint
from ruil.crypto.keys import SigningKey
from ruil.node import backup, clock, identity, paper, setup, whole_file
from ruil.node.cli.ask import look, running_addresses
from ruil.node.cli.options import Community, Invite, Json, PassphraseFile, Person, Place, Words
from ruil.node.errors import DiskRefused, NoProfile
from ruil.node.identity import Identity
from ruil.node.settings import home
from ruil.protocol.errors import Refused
from ruil.protocol.ids import MemberId, member_from_text

app = App(name="backup", help="Keep your key safe, and be yourself again on another device.")


@app.command
def create(path: Path, *, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Write your key into a file, under a passphrase. Keep it on another device than this one."""
    who = identity.read(home())
    member = who.key
    if path.exists():
        raise Refused(f"{path} is there already; choose another name, so that no backup is lost")
    passphrase = _passphrase(passphrase_file, twice=True)
    backup.check_passphrase(passphrase)
    addresses = tuple(dict.fromkeys((*running_addresses(home()), *setup.addresses(who))))
    data = backup.close(who, addresses, passphrase, secrets.token_bytes(16), secrets.token_bytes(48))
    _write(path, data)
    backup.mark(home(), clock.now())
    speak.answer(
        {"schema": "ruil.backup.create.1", "path": str(path), "bytes": len(data), **_who(member)},
        as_json=as_json,
        people=lambda plain: speak.say(
            f"{plain['path']} holds your key. Try it once with: ruil backup test {plain['path']}"
        ),
    )


def _write(path: Path, data: bytes) -> None:
    try:
        whole_file.write(path, data)  # half of one would be in the way of the next
    except OSError as why:
        raise DiskRefused(f"{path} can not be written: {why.strerror}. There is no backup yet.") from None


@app.command(name="test")
def try_it(path: Path, *, passphrase_file: PassphraseFile = None, as_json: Json = False) -> None:
    """Open a backup and say whose it is. Changes nothing."""
    data = _read(path)
    opened = backup.open_backup(data, _passphrase(passphrase_file))
    plain = {
        "schema": "ruil.backup.test.1",
        "name": opened.rest.name,
        **_who(opened.member),
        "community": opened.community.hex() if opened.community else None,
        "addresses": list(opened.rest.addresses),
        "yours": _is_here(opened.person),
    }
    speak.answer(plain, as_json=as_json, people=speak.facts)
    if plain["yours"] is False:
        speak.complain("This backup opens, but it is another member's than this profile's.")
        sys.exit(speak.FOUND_WRONG)


def _is_here(person: MemberId) -> bool | None:
    """Whether the member is this profile's; None when nobody is."""
    try:
        return identity.read(home()).member_id == person
    except NoProfile:
        return None


@app.command
def words(*, as_json: Json = False) -> None:
    """Show your key as 24 words, to be written on paper. Whoever reads them can speak for you."""
    plain = {"schema": "ruil.backup.words.1", **paper.words(home())}

    def people(plain: dict[str, Any]) -> None:
        listed = plain["words"]
        for start in range(0, len(listed), 4):
            row = enumerate(listed[start : start + 4], start + 1)
            speak.say("  ".join(f"{number:2d} {word:8s}" for number, word in row).rstrip())
        if plain["member"]:
            speak.say(f"Your key was changed, so write this beside them: --member {plain['member']}")
        speak.complain("These words are your key: whoever reads them can speak for you. Write them on paper, in order.")

    speak.answer(plain, as_json=as_json, people=people)


@app.command
def restore(
    path: Path | None = None,
    *,
    words: Words = False,
    name: str = "",
    community: Community = "",
    at: Place = None,
    invite: Invite = "",
    member: Person = "",
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Be yourself again in an empty profile, as a new device of yours: from a backup FILE, or from your --words."""
    setup.nobody_in(home())
    if (path is None) != words:
        raise Refused("say what to restore from: a backup's FILE, or --words; one of the two")
    if path is None:
        if not name.strip():
            raise Refused("say your name with --name: the words hold only your key")
        restored_from_words(name, community, at, invite, member=member, as_json=as_json)
        return
    opened = backup.open_backup(_read(path), _passphrase(passphrase_file))
    found, places = paper.where(community, tuple(at or ()), invite)
    _restored(backup.restore(home(), opened, name, found, places), as_json=as_json)


def restored_from_words(
    name: str, community: str, at: list[str] | None, invite: str, *, member: str = "", as_json: bool
) -> None:
    """Ask for the words, and begin a profile with the key they spell. `member`: whose it is, if it took the place of
    another. Raises `Refused` before anything is written."""
    setup.nobody_in(home())
    found, places = paper.where(community, tuple(at or ()), invite)
    if found is None:
        raise Refused(paper.WHICH)
    person = member_from_text(member) if member else None
    _restored(paper.restore(home(), paper.spelled(_typed_words()), name, found, places, person), as_json=as_json)


def _restored(who: Identity, *, as_json: bool) -> None:
    look(home())
    speak.answer(
        {
            "schema": "ruil.backup.restore.1",
            "name": who.name,
            "home": str(home()),
            **_who(who.key),
            "community": who.community.hex() if who.community else None,
        },
        as_json=as_json,
        people=lambda plain: speak.say(
            f"Welcome back, {plain['name']}. This is a new device of yours; start it with: ruil\n"
            "Your neighbours hold what you said before, and send it when the nodes meet."
        ),
    )


def _who(member: SigningKey) -> dict[str, str]:
    return {"fingerprint": " ".join(fingerprint(member.public))}


# What is typed, and by whom nobody else reads it ----------------------------------------


def _read(path: Path) -> bytes:
    data = speak.read(path)
    if len(data) > backup.BACKUP_BYTES_MAX:
        raise Refused(f"{path} has {len(data)} bytes; a backup has at most {backup.BACKUP_BYTES_MAX}")
    return data


def _passphrase(file: str | None, *, twice: bool = False) -> str:
    """The passphrase, from a file's first line or the terminal, where it is not shown."""
    if file is not None:
        lines = (sys.stdin.read() if file == "-" else _text(Path(file))).splitlines()
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise Refused("there is no terminal to ask for the passphrase: give it with --passphrase-file")
    typed = getpass.getpass("Passphrase: ")
    if twice and getpass.getpass("The same again: ") != typed:
        raise Refused("the two passphrases are not the same; nothing was written")
    return typed


def _text(path: Path) -> str:
    try:
        return speak.read(path).decode()
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text") from None


def _typed_words() -> str:
    """All of the standard input, or what is typed up to the 24th word or an empty line."""
    if not sys.stdin.isatty():
        return sys.stdin.read()
    speak.complain("Type your 24 words, in order; end with an empty line.")
    typed: list[str] = []
    while line := sys.stdin.readline().strip():
        typed.append(line)
    return "\n".join(typed)
