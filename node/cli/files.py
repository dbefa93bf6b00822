"""The commands about a profile's own files: export, import, check, doctor, config."""

import platform
import sys
from functools import partial
from pathlib import Path
from typing import Any

from cyclopts import App

from ruil import __version__, speak
from ruil.crypto.keys import self_test
from ruil.node import clock, identity
from ruil.node.cli import valueflows as exchange
from ruil.node.cli.ask import ask, post, while_held
from ruil.node.cli.options import Json, Valueflows, Yes
from ruil.node.errors import NoProfile, Stopped
from ruil.node.intake import Intake
from ruil.node.letters import Letters
from ruil.node.profile import locked, opened, reopened, settled
from ruil.node.running import Running, find_running
from ruil.node.settings import home, read
from ruil.node.store import Store, sqlite_version
from ruil.protocol import bundle
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import DeviceId
from ruil.protocol.letters import KEPT, open_letter, open_sealed
from ruil.protocol.revocations import open_proof


def export(path: Path, *, about: str = "", valueflows: Valueflows = False, as_json: Json = False) -> None:
    """Write everything this node holds into one bundle, for a backup or a researcher. A running node may go on.

    With --about AGREEMENT: the whole logs of all whom that agreement involves and no others. It proves to anybody what
    was said about it and when, and who said nothing.
    With --valueflows: what is listed, agreed, moved and owed, as JSON-LD that other programs read."""
    if valueflows:
        exchange.write(path, as_json=as_json)
        return
    who = identity.read(home())
    if who.community is None:
        raise NoProfile("This profile is in no community yet: there is nothing to export.")
    only = _involved(about) if about else None
    settled(home())
    store = Store(home(), who.device_id)
    try:
        entries = ((device, data) for device, data in store.all() if only is None or device in only)
        data = bundle.pack(who.community, entries, store.proofs())
    finally:
        store.close()
    exchange.keep(path, data)
    speak.answer(
        {"schema": "ruil.export.1", "path": str(path), "bytes": len(data), "at": clock.now()},
        as_json=as_json,
        people=lambda plain: speak.say(f"{plain['bytes']} bytes in {plain['path']}"),
    )


def _involved(agreement: str) -> frozenset[bytes]:
    """The devices whose logs tell of an agreement."""
    known = ask("agreement", id=agreement)["agreement"]
    return frozenset(bytes.fromhex(device) for device in known["devices"])


def import_(path: Path, *, valueflows: Valueflows = False, yes: Yes = False, as_json: Json = False) -> None:
    """Read a bundle of your own community into this profile. The node must not run meanwhile.

    With --valueflows: show the listings in a document of another marketplace (JSON-LD, FEP-0837), and post them as
    yours when you say so, or with --yes; each says whose it is. The node may run."""
    if valueflows:
        exchange.post(path, yes=yes, as_json=as_json)
        return
    data = speak.read(path)
    folder = home()
    who = identity.read(folder)
    if who.community is None:
        raise NoProfile("This profile is in no community yet. Use an invitation first: ruil invite use TEXT")
    try:
        community = bundle.community_of(data)
    except Rejected as why:
        raise Refused(f"{path}: {why}; nothing was changed") from None
    if community != who.community:
        raise Refused("this bundle is from another community; nothing was changed")
    read_in = partial(_read_in, folder, who.device_id, data)
    plain = read_in() if find_running(folder) is not None else while_held(read_in)  # a node holds it for long
    speak.answer(
        {"schema": "ruil.import.1", **plain},
        as_json=as_json,
        people=speak.facts,
    )


def _read_in(folder: Path, device: DeviceId, data: bytes) -> dict[str, Any]:
    """What a bundle brought to this profile, which nobody else may use meanwhile. Raises `Held` when somebody does."""
    with locked(folder), opened(folder, restoring=True) as profile, speak.bar() as bar:
        task = bar.add_task("reading", total=len(data))
        intake = Intake(profile.peer.book, profile.store, device)
        try:
            for items, entries in bundle.pieces(data):
                intake.take(items, entries)
                bar.update(task, completed=items[-1].offset if items else len(data))
        except Rejected as why:
            kept = intake.entries - len(intake.own)
            raise Refused(
                f"{why}; of what stands before that, {kept} entries of others are new here and kept"
            ) from None
        profile.store.append(intake.own)
        profile.lease.took(intake.own)
        for proof in profile.peer.book.proofs():
            profile.store.keep(open_proof(proof).about, proof)
        faults = [{"offset": offset, "what": what} for offset, what in intake.faults]
        return {"entries": intake.entries, "book": profile.peer.book.digest().hex(), "faults": faults}


def check(*, as_json: Json = False) -> None:
    """Verify everything on the disk again: the database's own checks, each signature, each log."""
    who = identity.read(home())
    if who.community is None:
        raise NoProfile("This profile is in no community yet: there is nothing to check.")
    store = Store(home(), who.device_id)
    faults = [{"offset": 0, "what": what} for what in store.damage()]
    book = Book(who.community)
    for proof in store.proofs():
        book.freeze(open_proof(proof))
    entries = 0
    for device, data in store.all():
        try:
            entries += len(book.apply(reopened(store, data, who.community, device)).entries)
        except Rejected as why:
            faults.append({"offset": 0, "what": f"an entry of {device.hex()[:16]}: {why}"})
    dropped, _ = store.dropped()
    store.close()
    letters = Letters(home())
    faults += [{"offset": 0, "what": f"letters: {what}"} for what in letters.damage()]
    for note in letters.notes():
        try:
            if data := letters.read(note.id):
                sealed = open_sealed(who.community, data)
                if note.role != KEPT:
                    key = next((each for each in who.opens if each.public in sealed.devices), who.device)
                    open_letter(key, who.community, sealed)
        except Rejected as why:
            faults.append({"offset": 0, "what": f"a letter of {note.at}: {why}"})
    letters.close()
    plain = {
        "schema": "ruil.check.1",
        "entries": entries,
        "words_dropped": dropped,
        "book": book.digest().hex(),
        "faults": faults,
    }
    speak.answer(plain, as_json=as_json, people=speak.facts)
    if faults:
        sys.exit(speak.FOUND_WRONG)


def doctor(*, as_json: Json = False) -> None:
    """What this node stands on, and whether it is sound."""
    from ruil.node.network import which_fastecdsa

    self_test()
    folder = home()
    running = find_running(folder)
    plain = {
        "schema": "ruil.doctor.1",
        "ruil": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite_version(),
        "signatures": "libsodium judges the edge cases as everybody else's",
        "fastecdsa": which_fastecdsa(),
        "home": str(folder),
        "running": running.url if running else "no",
        **_room(folder),
        **_reach(running),
    }

    def people(_: dict[str, Any]) -> None:
        speak.facts({key: value for key, value in plain.items() if not isinstance(value, list) and value != 0})
        for line in plain.get("neighbours", []):
            speak.say(f"{'neighbour':14s} {line}")

    speak.answer(plain, as_json=as_json, people=people)


def _room(folder: Path) -> dict[str, Any]:
    """What room others' words take."""
    try:
        return {"room": ask("status")["storage"]["text"]} if identity.read(folder).community is not None else {}
    except (NoProfile, Stopped) as why:
        return {"room": str(why)}


def _reach(running: Running | None) -> dict[str, Any]:
    """How the running node reaches others and is reached."""
    if running is None:
        return {"reach": "nobody: no node runs on this profile. Start it with: ruil"}
    try:
        answered = post(running, "reach", {})
    except Stopped as why:
        return {"reach": str(why)}
    if answered is None:
        return {"reach": "nobody: the node just stopped"}
    kept = ("network", "neighbours", "reached_by_others", "links", "carried_bytes")
    shown = {key: answered[key] for key in kept}
    return {**shown, "to_do": answered["to_do"] or "nothing: all is well"}


config = App(name="config", help="What can be set, and where each value comes from.")


@config.command(name="show")
def config_show(*, origin: bool = False, as_json: Json = False) -> None:
    """Every setting; --origin says where it was set."""
    settings = read(home())
    values = {name: getattr(settings, name) for name in settings.origin}
    plain: dict[str, Any] = {"schema": "ruil.config.1", "home": str(home()), "settings": values}
    if origin:
        plain["origin"] = settings.origin

    def people(_: dict[str, Any]) -> None:
        for name, value in values.items():
            speak.say(f"{name:10s} {value}" + (f"   ({settings.origin[name]})" if origin else ""))

    speak.answer(plain, as_json=as_json, people=people)
