"""The vectors of docs/spec/organisations.md, one fault in each."""

import base64
import struct
from typing import Any

from tests.vectors.make_protocol import (
    ACCEPT,
    ADMIT,
    CERTIFICATE,
    CLOSE,
    DAY,
    DELIVER,
    HOUR,
    OPEN,
    PROFILE,
    RATE,
    RECEIVE,
    REVOKE,
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
    _sign,
)

ROLES = {"hand": 1, "trader": 2, "keeper": 3}
VOTE, UNKNOWN = 46, 60


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    return _held() | _said() | _kin() | _texts()


# A device of the organisation `shop`, held by `person`


def _holder_signature(town: Town, device: Device, seed: bytes) -> bytes:
    return _sign(seed, b"ruil/holder/1\n", town.community + device.id)


def _certificate(town: Town, device: Device, person: Device, role: str, **wrong: Any) -> Case:
    """The payload of entry 0. `where`, `signed_as`, `signs`: what was signed, and by whom,
    instead of what is written; `written`: what is written instead."""
    label = "till"
    where = wrong.pop("where", town.community)
    number = ROLES[wrong.pop("signed_as", role)]
    message = where + device.id + struct.pack(">Q", T0) + person.member + bytes([number]) + label.encode()
    body: Case = {
        "member": device.member,
        "device_name": label,
        "valid_from": T0,
        "signature": _sign(device.member_seed, b"ruil/holding/1\n", message),
        "holder": person.member,
        "role": role,
        "holder_signature": _holder_signature(town, device, wrong.pop("signs", person.member_seed)),
    }
    body |= wrong.pop("written", {})
    assert not wrong
    return {key: value for key, value in body.items() if value is not None}


def _place() -> tuple[Town, Device, Device, Device]:
    """Anna founded the town; the bakery and Ben are members; a till of the bakery that nobody has begun yet."""
    town = Town().found()
    shop, ben = town.join("Bakery"), town.join("Ben")
    return town, shop, ben, town.device("Till", of=shop)


def _held() -> dict[str, Case]:
    made: dict[str, Case] = {}
    signature = "the device's certificate is not signed"

    def add(name: str, comment: str, why: str | None, role: str = "trader", **wrong: Any) -> None:
        town, shop, ben, till = _place()
        body = _certificate(town, till, ben, role, **wrong)
        till.say(CERTIFICATE, body)
        facts = {} if why else {"held": {shop.member: [[till.id, ben.member, role]]}, "sizes": {till.id: 1}}
        made[f"organisations/{name}.json"] = town.book(comment, why, **facts)

    def body(name: str, comment: str, why: str, town: Town, device: Device, holder: Device, **wrong: Any) -> None:
        said = _certificate(town, device, holder, "trader", **wrong)
        made[f"organisations/{name}.json"] = _case(comment, "body", why, kind=CERTIFICATE, payload=_pack(said))

    add("held", "Ben holds the bakery's till as trader.", None)
    add("holder-did-not-sign", "The bakery names Ben without his word.", "the device's certificate names a holder who",
        signs=_bytes("the bakery's guess"))  # fmt: skip
    add("role-raised", "Granted as hand, written as keeper.", signature, role="keeper", signed_as="hand")
    add("granted-elsewhere", "Granted in Oak Street.", signature, where=Town("Oak Street").community)
    add("role-left-out", "Ben takes holder and role out, to be free of them.", signature,
        written={"holder": None, "role": None, "holder_signature": None})  # fmt: skip

    town, _, ben, till = _place()
    body("holder-without-role", "A holder and nothing they may do.", "not a Certificate: a device has a holder",
         town, till, ben, written={"role": None})  # fmt: skip
    body("role-unknown", "A role that nobody knows.", "not a Certificate", town, till, ben, written={"role": "boss"})
    body("holds-ones-own", "Ben as the holder of Ben's own.", "not a Certificate: nobody holds",
         town, town.device("Till", of=ben), ben)  # fmt: skip
    return made


# What it says


def _sold() -> tuple[Trade, Device, Device, Said]:
    """Anna, whose device is a shop's, owes Ben bread for credit, as in every trade. Carla has her till as a hand."""
    trade = Trade()
    town = trade.town
    carla, till = town.join("Carla"), town.device("Till", of=trade.anna)
    till.say(CERTIFICATE, _certificate(town, till, carla, "hand"), trade.ben.at)
    return trade, carla, till, trade.first


def _said() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"organisations/{name}.json"] = case

    trade, _, till, proposal = _sold()
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
    given = till.say(DELIVER, {"commitment": 0, "quantity": 2}, T0 + DAY, ref=proposal)
    trade.say(trade.ben, RECEIVE, T0 + DAY, delivery=given.id, quantity=2)
    add("hand-hands-over", trade.town.book("A hand delivers what was agreed elsewhere.",
        sizes={till.id: 2}, received={proposal.id: [2, 0]}))  # fmt: skip

    trade, _, till, proposal = _sold()
    till.say(ACCEPT, {}, T0 + HOUR, ref=proposal)
    add("hand-agrees", trade.town.book("A hand can not bind the shop.", "Accept by a device held as hand"))

    trade, _, till, proposal = _sold()
    till.say(UNKNOWN, {}, T0 + HOUR, ref=proposal)
    add("hand-says-what-nobody-knows", trade.town.book("The number decides.", "kind 60 by a device held as hand"))

    def trader() -> tuple[Town, Device, Device]:
        town, _, ben, till = _place()
        till.say(CERTIFICATE, _certificate(town, till, ben, "trader"))
        return town, ben, till

    town, _, till = trader()
    guest = town.device("Dora")
    guest.certify()
    invitation = till.invite("Dora")
    entrance = guest.enter(invitation)
    add("hand-invites", town.book("The till signs an invitation: Dora is not even provisional.",
        standing={guest.member: "unknown"}))  # fmt: skip
    till.say(ADMIT, {"token": invitation["token"]}, ref=entrance)
    add("trader-lets-in", town.book("A trader lets nobody in.", "Admit by a device held as trader"))

    town, _, till = trader()
    till.say(VOTE, {"join": _bytes("a join")}, ref=town.entries[0])
    add("trader-votes", town.book("A vote is a keeper's.", "Vote by a device held as trader"))

    town, shop, ben, till = _place()
    till.say(CERTIFICATE, _certificate(town, till, ben, "keeper"))
    till.say(PROFILE, {"name": "Bakery"}, T0 + 5)
    till.say(PROFILE, {"name": "Ben's now"}, T0 + 6)
    shop.say(REVOKE, shop.revoke(till, 2), T0 + 7)
    still = {shop.member: [[till.id, ben.member, "keeper"]]}
    add("holder-leaves", town.book("What Ben said for the bakery stands up to where he left.",
        sizes={till.id: 2}, name={shop.member: "Bakery"}, held=still))  # fmt: skip

    town, shop, ben, _ = _place()
    shop.say(PROFILE, {"name": "Bakery", "organisation": True}, T0 + 5)
    shop.say(PROFILE, {"name": "The Bakery"}, T0 + 6)
    ben.say(PROFILE, {"name": "Ben"}, T0 + 6)
    add("stays-one", town.book("The later profile does not say so; it is one all the same. Ben is none.",
        name={shop.member: "The Bakery"}, organisations={shop.member: True, ben.member: False}))  # fmt: skip
    return made


def _kin() -> dict[str, Case]:
    """Ben and the shop rate each other; once he is its trader, that says nothing."""

    def rated(held: bool) -> Trade:
        trade = Trade()
        yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
        trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
        trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
        trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
        for by, about in ((trade.anna, trade.ben), (trade.ben, trade.anna)):
            nonce = _bytes(f"nonce of {by.name}", 16)
            seal = _hash(b"rating", trade.first.id + about.member + b"\x01" + nonce)
            rate = trade.say(by, RATE, T0 + 3 * DAY, about=about.member, seal=seal)
            trade.say(by, OPEN, T0 + 4 * DAY, rate=rate.id, good=True, words="", nonce=nonce)
        if held:
            till = trade.town.device("Till", of=trade.anna)
            till.say(CERTIFICATE, _certificate(trade.town, till, trade.ben, "trader"))
        return trade

    trade = rated(held=False)
    one, other = trade.anna.member, trade.ben.member
    strangers = trade.town.book("Two who have nothing else to do with each other.",
        counted={"pairs": sorted([[one, other], [other, one]])})  # fmt: skip
    trade = rated(held=True)
    both = sorted([trade.first.id, by, about, True] for by, about in ((one, other), (other, one)))
    own = trade.town.book("Ben is the shop's trader: both ratings are there, and none counts.",
        counted={"pairs": []}, attestations=both)  # fmt: skip
    return {"organisations/kin-rate.json": own, "organisations/strangers-rate.json": strangers}


# Texts


def _text(prefix: str, said: Case, version: int = 1) -> str:
    packed = bytes([version]) + _pack(said)
    whole = packed + _hash(b"device-text", prefix.encode() + packed)[:8]
    return prefix + base64.b32encode(whole).decode().rstrip("=").lower()


def _texts() -> dict[str, Case]:
    made: dict[str, Case] = {}
    town, shop, ben, till = _place()
    expires = T0 // 1000 + 604_800
    plain: Case = {"device": till.id, "name": "till", "expires": expires}
    signature = _holder_signature(town, till, ben.member_seed)
    held = plain | {"holder": ben.member, "community": town.community, "holder_signature": signature}

    def ask(name: str, comment: str, expect: Any, text: str) -> None:
        made[f"organisations/ask-text{name}.json"] = _case(comment, "asking", expect, text=text)

    text = _text("ask-", held)
    ask("", "Ben asks to hold a device; in capitals, and broken in two.", held, f"{text[:60].upper()}\n  {text[60:]}")
    ask("-own", "Another computer of one's own.",
        plain | {"holder": None, "community": None, "holder_signature": None}, _text("ask-", plain))  # fmt: skip
    ask("-cut", "The last letter is missing.", "this request is damaged", text[:-1])
    wrong = "a" if text[50] != "a" else "b"
    ask("-wrong-letter", "One letter is another.", "this request is damaged", text[:50] + wrong + text[51:])
    ask("-padding", "Base32 as others write it.", "this request is damaged", text + "=" * (-(len(text) - 4) % 8))
    ask("-not-ascii", "The sign for kelvin, which is a k in lower case.", "this request is damaged",
        text[:5] + text[5:].replace("k", "\u212a", 1))  # fmt: skip
    ask("-is-a-grant", "The other text.", "this is not a request", _text("grant-", plain))
    ask("-version", "Version 2.", "this request is of version 2", _text("ask-", held, version=2))
    ask("-false", "Signed by another than the holder it names.", "this request is false",
        _text("ask-", held | {"holder_signature": _holder_signature(town, till, shop.member_seed)}))  # fmt: skip
    ask("-half", "A holder who signed nothing.", "this request is damaged",
        _text("ask-", plain | {"holder": ben.member}))  # fmt: skip

    certificate = _certificate(town, till, ben, "trader")
    grant: Case = {
        "device": till.id, "community": town.community, "certificate": _pack(certificate), "name": "Bakery",
        "expires": expires, "at": ["192.168.1.5:4001"],
    }  # fmt: skip
    made["organisations/grant-text.json"] = _case("Ben's till, as trader.", "grant",
        grant | {"holder": ben.member, "role": "trader"}, text=_text("grant-", grant))  # fmt: skip
    other = town.device("Phone", of=shop)
    made["organisations/grant-text-false.json"] = _case("The certificate is another device's.", "grant",
        "this grant is false", text=_text("grant-", grant | {"device": other.id}))  # fmt: skip
    return made
