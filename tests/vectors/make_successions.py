"""The vectors of docs/spec/successions.md, one fault in each."""

import struct
from typing import Any

from tests.vectors.make_protocol import (
    CERTIFICATE,
    DAY,
    HOUR,
    PROFILE,
    REVOKE,
    T0,
    Case,
    Device,
    Town,
    _bytes,
    _public,
    _sign,
)

HEIR, SUCCEED, PROTEST = 10, 11, 12
RECOVERY, NEW, OTHER = _bytes("anna's recovery key"), _bytes("anna's new key"), _bytes("somebody's key")
WAIT = 7 * DAY
EFFECT = T0 + 3 * DAY + WAIT  # when what two friends passed on by the third day counts


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    return _friends() | _protests() | _keys() | _refused()


def _for(seed: bytes, member: bytes, tag: bytes, message: bytes) -> bytes:
    """A signature by a key that took the place of a member's own."""
    return _sign(seed, b"ruil/successor/1\n", member + tag + message)


def _plan(town: Town, needed: int = 2, days: int = 7, recovery: bytes = RECOVERY, **wrong: Any) -> Case:
    message = town.community + _public(recovery) + bytes([needed, days])
    signature = _sign(wrong.pop("signer", town.anna.member_seed), b"ruil/heir/1\n", message)
    body = {"member": town.anna.member, "key": _public(recovery), "needed": needed, "days": days}
    return {**body, "signature": signature, **wrong}


def _word(town: Town, signer: bytes = RECOVERY, to: bytes = NEW, old: bytes | None = None, **wrong: Any) -> Case:
    old = old or town.anna.member_seed
    message = town.community + town.anna.member + _public(old) + _public(to)
    body: Case = {"member": town.anna.member, "old": _public(old), "key": _public(to)}
    body["signature"] = _sign(signer, b"ruil/succession/1\n", message)
    if signer != old:
        body["by"] = _public(signer)
    return body | wrong


def _protest(town: Town, to: bytes = NEW) -> Case:
    return {"member": town.anna.member, "old": town.anna.member, "key": _public(to)}


def _device(town: Town, name: str, by: bytes = NEW, at: int = T0 + 2 * DAY, **wrong: Any) -> Device:
    """A device of Anna's that another key certified."""
    made = Device(name, town, town.anna.member_seed, _bytes(f"{name}'s device key"))
    message = made.id + struct.pack(">Q", at) + name.encode()
    tag = wrong.pop("tag", b"ruil/certificate/1\n")
    signature = wrong.pop("signature", None) or _for(by, wrong.pop("of", town.anna.member), tag, message)
    body = {
        "member": town.anna.member,
        "device_name": name,
        "valid_from": at,
        "signature": signature,
        "by": _public(by),
    }
    made.say(CERTIFICATE, body | wrong, at)
    return made


def _town() -> tuple[Town, Device, Device, Device]:
    """Anna founded the town and has a plan; Ben, Carla and Dora are members."""
    town = Town().found()
    ben, carla, dora = town.join("Ben"), town.join("Carla"), town.join("Dora")
    town.anna.say(HEIR, _plan(town), T0 + HOUR)
    return town, ben, carla, dora


def _chain(town: Town, *keys: tuple[bytes, int]) -> Case:
    return {town.anna.member: [[_public(seed), since] for seed, since in keys]}


def _passed_on(town: Town, *by: Device) -> None:
    for number, friend in enumerate(by, 2):
        friend.say(SUCCEED, _word(town), T0 + number * DAY)


def _friends() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(path: str, comment: str, town: Town, laptop: Device, chain: Case, heard: int, **facts: Any) -> None:
        facts = {"keys": chain, "heard": {laptop.id: heard}, "sizes": {laptop.id: len(laptop.ids)}, **facts}
        made[f"successions/{path}.json"] = town.book(comment, **facts)

    def laptop_of(town: Town) -> Device:
        laptop = _device(town, "new laptop")
        laptop.say(PROFILE, {"name": "Anna again"}, EFFECT)
        return laptop

    town, ben, carla, dora = _town()
    _passed_on(town, ben, carla)
    laptop = _device(town, "new laptop")
    laptop.say(PROFILE, {"name": "Too early"}, EFFECT - 1)
    laptop.say(PROFILE, {"name": "Anna again"}, EFFECT)
    add("by-friends", "Seven days after the second friend passed it on; nothing before.", town, laptop,
        _chain(town, (NEW, EFFECT)), 2, name={town.anna.member: "Anna again"})  # fmt: skip

    town, ben, carla, dora = _town()
    _passed_on(town, ben)
    add("one-too-few", "The plan asks for two.", town, laptop_of(town), {}, 0)

    town, ben, carla, dora = _town()
    _passed_on(town, ben, ben)
    add("twice-by-one", "One member's word counts once, however often it is said.", town, laptop_of(town), {}, 0)

    town, ben, carla, dora = _town()
    _passed_on(town, ben, town.anna)
    add(
        "by-oneself",
        "A device of the member dates nothing that is said about the member.",
        town,
        laptop_of(town),
        {},
        0,
    )

    town, ben, carla, dora = _town()
    eve = town.device("Eve")
    eve.certify()
    _passed_on(town, ben, eve)
    add("by-a-stranger", "Only who was let in can pass a word on.", town, laptop_of(town), {}, 0)

    town, ben, carla, dora = _town()
    town.anna.say(HEIR, _plan(town, recovery=OTHER), T0 + 2 * DAY + HOUR)
    _passed_on(town, ben, carla)
    add("another-plan", "When the second passed it on, another plan was in force.", town, laptop_of(town), {}, 0)

    town, ben, carla, dora = _town()
    town.anna.say(HEIR, _plan(town, recovery=OTHER), T0 + DAY)
    town.anna.say(HEIR, _plan(town), T0 + DAY + HOUR)
    _passed_on(town, ben, carla)
    add("plan-said-again", "Another plan took the place of this one, for good.", town, laptop_of(town), {}, 0)

    town, ben, carla, dora = _town()
    _passed_on(town, ben, carla, dora)
    add("third-changes-nothing", "The second makes it count; a third is too many.", town, laptop_of(town),
        _chain(town, (NEW, EFFECT)), 2)  # fmt: skip
    return made


def _protests() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, comment: str, stopped: bool, own_at: int, passed_at: int | None, to: bytes = NEW) -> None:
        town, ben, carla, dora = _town()
        _passed_on(town, ben, carla)
        said = town.anna.say(PROTEST, _protest(town, to), own_at)
        if passed_at is not None:
            dora.say(PROTEST, _protest(town, to), passed_at, said)
        laptop = _device(town, "new laptop")
        laptop.say(PROFILE, {"name": "Anna again"}, EFFECT)
        chain = {} if stopped else _chain(town, (NEW, EFFECT))
        made[f"successions/{name}.json"] = town.book(comment, keys=chain, heard={laptop.id: 0 if stopped else 2})

    add("protested", "The member says no, and somebody passes that on, before it counts.", True, EFFECT - HOUR, EFFECT)
    add("protested-to-nobody", "Nobody passed it on: who found the old computer can write any date.", False,
        T0 + 4 * DAY, None)  # fmt: skip
    add("protested-too-late", "It was passed on after it counted.", False, T0 + 4 * DAY, EFFECT + 1)
    add("protested-against-another", "The protest is about another key.", False, T0 + 4 * DAY, T0 + 4 * DAY, OTHER)

    town, ben, carla, dora = _town()
    _passed_on(town, ben, carla)
    said = town.anna.say(PROTEST, _protest(town), T0 + 4 * DAY)
    dora.say(PROTEST, _protest(town), T0 + 4 * DAY, said)
    laptop = _device(town, "new laptop")
    laptop.say(REVOKE, _revoke(town, town.anna, 2), EFFECT)
    made["successions/protest-silenced.json"] = town.book(
        "The key that is protested against can not take the protest away.", keys={}, heard={laptop.id: 0}
    )
    return made


def _revoke(town: Town, device: Device, kept: int, by: bytes = NEW) -> Case:
    message = town.community + device.id + struct.pack(">Q", kept)
    signature = _for(by, town.anna.member, b"ruil/revocation/1\n", message)
    return {"member": town.anna.member, "device": device.id, "kept": kept, "signature": signature, "by": _public(by)}


def _keys() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"successions/{name}.json"] = case

    def changed(at: int = DAY) -> tuple[Town, Device, Device]:
        town, ben, _, _ = _town()
        town.anna.say(SUCCEED, _word(town, town.anna.member_seed), T0 + at)
        return town, ben, _device(town, "new laptop", at=T0 + at)

    town, ben, laptop = changed()
    late, before = town.device("Late", of=town.anna), town.device("Before", of=town.anna)
    for device, at in ((late, T0 + DAY + 1), (before, T0 + DAY)):
        device.certify(at=at)
        device.say(PROFILE, {"name": device.name}, T0 + 2 * DAY)
    ben.say(REVOKE, town.anna.revoke(laptop, 1), T0 + 3 * DAY)
    laptop.say(PROFILE, {"name": "Anna"}, T0 + 2 * DAY + 1)
    add("by-the-key-itself", town.book(
        "At once. What the old key certifies later does not count, nor what it says about devices of the new one; a"
        " device it certified before goes on.",
        keys=_chain(town, (NEW, T0 + DAY)), heard={laptop.id: 2, late.id: 0, before.id: 2},
        name={town.anna.member: "Anna"},
    ))  # fmt: skip

    town, ben, laptop = changed()
    town.anna.say(PROFILE, {"name": "Thief"}, T0 + 5 * DAY)
    kept = len(town.anna.ids) - 1
    laptop.say(REVOKE, _revoke(town, town.anna, kept), T0 + 4 * DAY)
    add("older-device-revoked", town.book(
        "A later key takes the voice of an older key's device away; the log is not cut, since what a later key says may"
        " come to count no more.",
        keys=_chain(town, (NEW, T0 + DAY)), heard={town.anna.id: kept}, sizes={town.anna.id: kept + 1},
        name={town.anna.member: None},
    ))  # fmt: skip

    town, ben, laptop = changed()
    phone = _device(town, "phone")
    phone.say(PROFILE, {"name": "Thief"}, T0 + 3 * DAY)
    laptop.say(REVOKE, _revoke(town, phone, 1), T0 + 4 * DAY)
    add("own-device-revoked", town.book(
        "The key that certified a device cuts its log, as any member's own key does.",
        keys=_chain(town, (NEW, T0 + DAY)), sizes={phone.id: 1},
    ))  # fmt: skip

    town, ben, _ = changed(5 * DAY)
    ben.say(SUCCEED, _word(town, town.anna.member_seed), T0 + 5 * DAY + HOUR)
    thief = town.device("Thief", of=town.anna)
    thief.certify()
    thief.say(SUCCEED, _word(town, town.anna.member_seed, OTHER), T0 + 2 * DAY)
    add("known-first", town.book(
        "Of two keys that the old one names the one counts that others passed on first, whatever their dates.",
        keys=_chain(town, (NEW, T0 + 5 * DAY)),
    ))  # fmt: skip

    town, ben, laptop = changed()
    laptop.say(SUCCEED, _word(town, NEW, OTHER, NEW), T0 + 2 * DAY)
    third = _device(town, "third", OTHER, T0 + 3 * DAY)
    third.say(SUCCEED, _word(town, OTHER, NEW, OTHER), T0 + 4 * DAY)
    add("never-again", town.book(
        "Keys follow each other, and none comes back.",
        keys=_chain(town, (NEW, T0 + DAY), (OTHER, T0 + 2 * DAY)),
    ))  # fmt: skip

    town, ben, laptop = changed()
    for number, friend in enumerate((ben, town.join("Eve")), 2):
        friend.say(SUCCEED, _word(town, RECOVERY, OTHER, NEW), T0 + number * DAY)
    add("plan-of-an-older-key", town.book(
        "A plan is for the key that signed it: its recovery key ends no later one.", keys=_chain(town, (NEW, T0 + DAY)),
    ))  # fmt: skip
    return made


def _refused() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, comment: str, why: str, kind: int, by_ben: bool = True, **wrong: Any) -> None:
        town, ben, _, _ = _town()
        body = {HEIR: _plan, SUCCEED: _word, PROTEST: _protest}[kind](town, **wrong.pop("with_", {})) | wrong  # type: ignore[operator]
        (ben if by_ben else town.anna).say(kind, body, T0 + 2 * DAY)
        made[f"successions/{name}.json"] = town.book(comment, why)

    signed = "the succession is signed neither by"
    add("signed-by-another", "Ben signs it, and names the recovery key.", signed, SUCCEED,
        with_={"signer": OTHER}, by=_public(RECOVERY))  # fmt: skip
    add("key-exchanged", "Another new key than was signed.", signed, SUCCEED, key=_public(OTHER))
    add("plan-by-another", "A plan that the member did not sign.", "the plan is not signed by the member", HEIR, False,
        with_={"signer": OTHER})  # fmt: skip
    add("plan-in-anothers-log", "A true plan, in somebody else's log.", "a plan for somebody else's key", HEIR)
    add("protest-by-another", "Ben protests for Anna, who has not.", "a protest is the member's own", PROTEST)
    add("wait-of-no-time", "No day to protest in.", "not a Heir: days to wait", HEIR, False, days=0)
    add("wait-for-ever", "Nobody waits for 61 days.", "not a Heir: days to wait", HEIR, False, days=61)

    def certificate(name: str, comment: str, **wrong: Any) -> None:
        town, _, _, _ = _town()
        town.anna.say(SUCCEED, _word(town, town.anna.member_seed), T0 + DAY)
        _device(town, "new laptop", **wrong)
        made[f"successions/{name}.json"] = town.book(comment, "the device's certificate is not signed")

    town = Town()
    certificate(
        "certificate-for-another", "A true certificate for a device of Ben's.", of=_public(_bytes("ben's member key"))
    )
    plain = Device("new laptop", town, town.anna.member_seed, _bytes("new laptop's device key"))
    message = plain.id + struct.pack(">Q", T0 + 2 * DAY) + b"new laptop"
    certificate("certificate-as-ones-own", "Signed as by a member's own key, with nothing of the member in it.",
                signature=_sign(NEW, b"ruil/certificate/1\n", message))  # fmt: skip
    certificate("certificate-by-the-member-twice", "The member's own key says so by saying nothing.",
                by=town.anna.member_seed)  # fmt: skip
    case = made["successions/certificate-by-the-member-twice.json"]
    case["expect"] = {"reject": "not a Certificate"}
    return made
