"""Devices at the desk: who speaks for this member, letting somebody do so, and taking it back."""

import msgspec

from ruil.crypto.fingerprint import fingerprint
from ruil.node import clock
from ruil.node.desk.desk import Desk, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol import bodies, members, organisations
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.grants import Asking, Grant, open_asking
from ruil.protocol.ids import DeviceId, MemberId, member_text, short
from ruil.protocol.limits import DEVICE_TEXT_MS
from ruil.protocol.members import Standing
from ruil.protocol.organisations import ROLES
from ruil.protocol.revocations import revoke


class GrantTo(msgspec.Struct, forbid_unknown_fields=True):
    """A request somebody handed over; `role` says what its holder may do. `words`: the six that the computer shows on
    which it was made, if who grants has read them there."""

    text: str
    role: str = ""
    words: str = ""


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """A request somebody handed over, to be looked at."""

    text: str


class Which(msgspec.Struct, forbid_unknown_fields=True):
    """A device, by its id, its name or who holds it; or the request that was granted, while nobody has taken it up."""

    device: str


def devices_of(book: Book, member: MemberId) -> list[Plain]:
    """The devices of a member: by whom each is held and in which role, and whether it was revoked."""
    known = book.members.get(member)
    held = {each.device: each for each in book.members.people(member)}
    return [
        {
            "id": device.hex(),
            "short": short(device),
            "name": name,
            "holder": book.members.name(held[device].holder) if device in held else None,
            "holder_id": member_text(held[device].holder) if device in held else None,
            "role": held[device].role if device in held else None,
            "revoked": book.revoked(device),
            "entries": book.logs[device].size,
        }
        for device, name in sorted(known.devices.items() if known else ())
    ]


async def devices(desk: Desk, _asked: Nothing) -> Plain:
    mine = devices_of(desk.book, desk.me)
    return {"devices": [{**each, "this": each["id"] == desk.peer.device.hex()} for each in mine]}


async def request(desk: Desk, asked: Request) -> Plain:
    """What a request says, before it is granted: above all the words that its own computer shows too. Texts go by ways
    where somebody can put their own in the place of ours; words are read from screen to screen."""
    asking = open_asking(asked.text)
    return {
        "device": asking.name,
        "holder": desk.book.members.name(asking.holder) if asking.holder else None,
        "words": " ".join(fingerprint(asking.device)),
        "expires": asking.expires * 1000,
    }


async def grant(desk: Desk, asked: GrantTo) -> Plain:
    key = desk.identity.key
    asking = open_asking(asked.text)
    words = " ".join(fingerprint(asking.device))
    if asked.words and " ".join(asked.words.casefold().split()) != words:
        raise Refused(
            "that computer shows other words than this request has: somebody may have put their own in its place."
            " Nothing was granted; ask for it again, from screen to screen"
        )
    now = clock.now()
    if asking.expires * 1000 < now:
        raise Refused("this request has expired; ask for a new one")
    if asking.device in desk.book.members.of_device:
        raise Refused("this device speaks for somebody already: each request is granted once")
    if asking.holder is None or asking.holder_signature is None:
        if asked.role:
            raise Refused(
                "nobody is named as holder in this request: a role is for somebody who asks in a profile of their own"
            )
        said = members.certify(key, asking.device, asking.name, now, desk.me)
    else:
        role = _may_hold(desk, asking, asked.role)
        held = (asking.holder, role, asking.holder_signature)
        said = organisations.certify(key, desk.peer.community, asking.device, asking.name, now, held, desk.me)
    expires = (now + DEVICE_TEXT_MS) // 1000
    at = tuple(dict.fromkeys((*desk.addresses(), *desk.reached())))[:12]
    made = Grant(asking.device, desk.peer.community, bodies.encode(said), desk.identity.name, expires, at)
    return {
        "grant": made.text,
        "device": asking.name,
        "holder": desk.book.members.name(asking.holder) if asking.holder else None,
        "role": said.role,
        "words": words,
        "expires": expires * 1000,
    }


def _may_hold(desk: Desk, asking: Asking, role: str) -> bodies.HeldAs:
    book, me = desk.book, desk.book.members.get(desk.me)
    if asking.community != desk.peer.community:
        raise Refused("this request was made in another community: who asks has to be a member of this one")
    assert asking.holder is not None
    if asking.holder == desk.me:
        raise Refused("that is you: for another computer of your own ask there, in an empty profile")
    if me is None or not me.organisation:
        raise Refused(f"{desk.identity.name} is a person, and nobody else can speak for a person")
    holder = book.members.get(asking.holder)
    if holder is None or holder.standing not in (Standing.FOUNDER, Standing.ADMITTED):
        raise Refused(f"{book.members.name(asking.holder)} is no member of this community, as far as is known here")
    for each in ROLES:
        if each == role:
            return each
    raise Refused(f"say what {book.members.name(asking.holder)} may do: --role {', --role '.join(ROLES)}")


async def revoke_device(desk: Desk, asked: Which) -> Plain:
    key = desk.identity.key
    text = asked.device.strip().casefold()
    if text.startswith("ask-"):
        return await _take_grant_back(desk, open_asking(asked.device))
    mine = [each for each in devices_of(desk.book, desk.me) if not each["revoked"]]
    named = [each for each in mine if text in (each["id"], each["short"].casefold())]
    named = named or [each for each in mine if text in (each["name"].casefold(), (each["holder"] or "").casefold())]
    if len(named) != 1:
        found = f"{len(named)} of the devices that speak" if named else "no device that speaks"
        raise Refused(f"{asked.device!r} points at {found} for you: write its id, as `ruil device list` shows it")
    device = DeviceId(bytes.fromhex(named[0]["id"]))
    kept = desk.book.logs[device].size
    await desk.say(Drafted(revoke(key, desk.peer.community, device, kept, desk.me)))
    return {"device": named[0], "kept": kept}


async def _take_grant_back(desk: Desk, asking: Asking) -> Plain:
    """Before it was taken nothing is known of the device, and whenever it begins only its first entry stands."""
    if asking.device in desk.book.members.of_device:
        raise Refused(f"{asking.name} speaks already: revoke it by its name or its id, as `ruil device list` shows it")
    await desk.say(Drafted(revoke(desk.identity.key, desk.peer.community, asking.device, 1, desk.me)))
    return {"device": {"id": asking.device.hex(), "short": short(asking.device), "name": asking.name}, "kept": 1}


class Vouching(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing was set back; `always`: on this computer nothing ever is."""

    always: bool = False


async def vouch(desk: Desk, asked: Vouching) -> Plain:
    if desk.peer.over or desk.leased is None:
        raise Refused(desk.peer.held or "there is nothing to vouch for here")
    was = bool(desk.peer.held)
    await desk.leased.vouch(always=asked.always)
    return {"held": desk.peer.held, "was_held": was, "always": asked.always}


async def anew(desk: Desk, _asked: Nothing) -> Plain:
    if desk.leased is None or not desk.identity.key:
        raise Refused("no device can be begun here")
    await desk.leased.anew()
    return {"device": desk.identity.device_name}


VERBS: Verbs = {
    "vouch": (Vouching, vouch),
    "anew": (Nothing, anew),
    "devices": (Nothing, devices),
    "request": (Request, request),
    "grant": (GrantTo, grant),
    "revoke": (Which, revoke_device),
}
