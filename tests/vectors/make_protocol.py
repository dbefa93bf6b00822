"""The vectors of the protocol pages of docs/spec/, one fault in each.

Entries, proofs and bundles are put together here from the spec's text with struct, hashlib, msgpack and libsodium, not
by the code under test; what is expected is written out by hand, only ids are computed. Seeds and times are fixed.
"""

import base64
import hashlib
import struct
from dataclasses import dataclass, field, replace
from typing import Any, Final

import base58
import msgpack
from nacl import bindings

Case = dict[str, Any]
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
T0: Final = 1_760_000_000_000  # 2025-10-09
ORDER: Final = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's base point

CERTIFICATE, FOUND, ENTER, PROFILE, ADMIT, REVOKE = 1, 2, 3, 4, 5, 6
LISTING, RENEW, WITHDRAW = 16, 17, 18
PROPOSE, ACCEPT, DECLINE, CLOSE, LAPSE, CANCEL, DELIVER, RECEIVE, CORRECT = range(32, 41)
RATE, OPEN = 48, 49


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    for part in (
        _ids, _codec, _bodies, _entries, _logs, _forks, _revocations, _members, _invitations, _listings, _agreements,
        _credit, _attestations, _books, _wire, _bundles,
    ):  # fmt: skip
        for path, case in part().items():
            assert path not in made, path
            made[path] = case
    return made


# Building blocks ------------------------------------------------------------------------------------------------------


def _hash(purpose: bytes, *parts: bytes) -> bytes:
    return hashlib.blake2b(b"".join(parts), digest_size=32, person=purpose).digest()


def _bytes(name: str, size: int = 32) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=size).digest()


def _public(seed: bytes) -> bytes:
    return bytes(bindings.crypto_sign_seed_keypair(seed)[0])


def _sign(seed: bytes, tag: bytes, message: bytes) -> bytes:
    return bytes(bindings.crypto_sign(tag + message, seed + _public(seed))[:64])


def _sign_again(seed: bytes, tag: bytes, message: bytes) -> bytes:
    """A second true signature over the same message, from another nonce than RFC 8032's."""
    clamped = bytearray(hashlib.sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 63 | 64
    secret = int.from_bytes(clamped, "little")
    once = int.from_bytes(_bytes("another nonce"), "little") % ORDER
    point = bytes(bindings.crypto_scalarmult_ed25519_base_noclamp(once.to_bytes(32, "little")))
    spoken = int.from_bytes(hashlib.sha512(point + _public(seed) + tag + message).digest(), "little") % ORDER
    return point + ((once + spoken * secret) % ORDER).to_bytes(32, "little")


def _pack(value: Any) -> bytes:
    def ordered(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: ordered(part[key]) for key in sorted(part)}
        return [ordered(each) for each in part] if isinstance(part, list | tuple) else part

    return bytes(msgpack.packb(ordered(value), use_bin_type=True))


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else bytes(32)
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return _hash(b"mmr-node", _root(leaves[:split]), _root(leaves[split:]))


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*_path(index, leaves[:split]), _root(leaves[split:])]
    return [*_path(index - split, leaves[split:]), _root(leaves[:split])]


@dataclass(frozen=True)
class Said:
    """One entry as bytes, and what others need to point at it."""

    device: bytes
    seq: int
    id: bytes
    data: bytes
    header: bytes

    @property
    def signed(self) -> bytes:
        return self.data[: len(self.header) + 64]

    @property
    def payload(self) -> bytes:
        return self.data[len(self.header) + 64 + 16 :]

    @property
    def position(self) -> bytes:
        return self.device + struct.pack(">Q", self.seq)


def _said(
    seed: bytes, community: bytes, kind: int, payload: bytes, seq: int, at: int, root: bytes, *,
    ref: Said | None = None, version: int = 1, flags: int = 0, length: int | None = None, again: bool = False,
    salt: bytes | None = None,
) -> Said:  # fmt: skip
    salt = _bytes(f"salt {seq}", 16) if salt is None else salt
    size = len(payload) if length is None else length
    hashed = _hash(b"payload", salt, payload)
    header = struct.pack(">BBHIQQ32s32s", version, flags | (ref is not None), kind, size, seq, at, root, hashed)
    if ref:
        header += struct.pack(">32sQ32s", ref.device, ref.seq, ref.id)
    id_ = _hash(b"entry-id", community, _public(seed), header)
    signature = (_sign_again if again else _sign)(seed, b"ruil/entry/1\n", id_)
    return Said(_public(seed), seq, id_, header + signature + salt + payload, header)


@dataclass
class Device:
    """A member's device and its log so far."""

    name: str
    town: "Town"
    member_seed: bytes
    seed: bytes
    ids: list[bytes] = field(default_factory=list)
    at: int = T0

    @property
    def id(self) -> bytes:
        return _public(self.seed)

    @property
    def member(self) -> bytes:
        return _public(self.member_seed)

    def draft(self, kind: int, body: Any, at: int | None = None, ref: Said | None = None, **special: Any) -> Said:
        """What the next entry would be, without saying it."""
        payload = body if isinstance(body, bytes) else _pack(body)
        at = self.at if at is None else at
        seq = special.pop("seq", len(self.ids))
        root = special.pop("root", _root(self.ids))
        return _said(self.seed, self.town.community, kind, payload, seq, at, root, ref=ref, **special)

    def say(self, kind: int, body: Any, at: int | None = None, ref: Said | None = None, **special: Any) -> Said:
        """Say it: the log grows, and the town's list of entries too."""
        said = self.draft(kind, body, at, ref, **special)
        self.ids.append(said.id)
        self.at = self.at if at is None else at
        self.town.entries.append(said)
        return said

    def certify(self, **wrong: Any) -> Said:
        valid_from, label = T0, f"{self.name}'s laptop"
        message = self.id + struct.pack(">Q", valid_from) + label.encode()
        signature = _sign(wrong.pop("by", self.member_seed), b"ruil/certificate/1\n", message)
        body = {"member": self.member, "device_name": label, "valid_from": valid_from, "signature": signature}
        return self.say(CERTIFICATE, body, **wrong)

    def revoke(self, device: "Device", kept: int, seed: bytes | None = None, **wrong: Any) -> Case:
        """The body by which this device's member revokes a device."""
        message = self.town.community + device.id + struct.pack(">Q", kept)
        signature = _sign(seed or self.member_seed, b"ruil/revocation/1\n", message)
        return {"member": self.member, "device": device.id, "kept": kept, "signature": signature, **wrong}

    def invite(self, name: str, expires: int = T0 // 1000 + 86_400) -> Case:
        """An `Enter` without its proof, and the secret that makes one."""
        seed = _hash(b"token", _bytes(f"invitation {name}", 16))
        token = _public(seed)
        message = self.town.community + token + struct.pack(">Q", expires)
        signature = _sign(self.seed, b"ruil/invitation/1\n", message)
        return {"seed": seed, "inviter": self.id, "token": token, "expires": expires, "invitation": signature}

    def enter(self, invitation: Case, at: int | None = None, **wrong: Any) -> Said:
        held = wrong.pop("held", invitation["seed"])
        body = {key: value for key, value in invitation.items() if key != "seed"}
        body["proof"] = _sign(held, b"ruil/entrance/1\n", self.member + self.id)
        return self.say(ENTER, body, at)


class Town:
    """A community founded by Anna, and everything said in it."""

    def __init__(self, name: str = "Elm Street", **charter: Any) -> None:
        self.entries: list[Said] = []
        self.anna = Device("Anna", self, _bytes("anna's member key"), _bytes("anna's device key"))
        body = {"name": name, "founder": self.anna.member, "founded_at": T0, "nonce": _bytes("nonce", 16), **charter}
        self.charter = _pack(body)
        self.community = _hash(b"charter", self.charter)

    def found(self) -> "Town":
        self.anna.certify()
        signature = _sign(self.anna.member_seed, b"ruil/charter/1\n", self.charter)
        self.anna.say(FOUND, {"charter": self.charter, "signature": signature})
        return self

    def device(self, name: str, of: Device | None = None) -> Device:
        member = of.member_seed if of else _bytes(f"{name.lower()}'s member key")
        return Device(name, self, member, _bytes(f"{name.lower()}'s device key"))

    def join(self, name: str, host: Device | None = None) -> Device:
        """A guest of `host` (Anna, when not given) who was let in."""
        host = host or self.anna
        guest = self.device(name)
        guest.certify()
        invitation = host.invite(name)
        entrance = guest.enter(invitation)
        host.say(ADMIT, {"token": invitation["token"]}, ref=entrance)
        return guest

    def seat(self, join: Said, *votes: Said) -> Case:
        """A seat in a close, for a join as it stands in its log."""
        body = msgpack.unpackb(join.payload)
        said = {"at": join.position, "member": self.speaks(join.device), "slot": body.get("slot", 0)}
        said |= {"quantity": body.get("quantity", 1), "votes": [vote.position for vote in votes]}
        usual = {"slot": 0, "quantity": 1, "votes": []}
        return {name: value for name, value in said.items() if usual.get(name) != value}

    def speaks(self, device: bytes) -> bytes:
        """The member whom a device's certificate names."""
        first = next(said for said in self.entries if said.device == device and said.seq == 0)
        member: bytes = msgpack.unpackb(first.payload)["member"]
        return member

    def book(self, comment: str, reject: str | None = None, **facts: Any) -> Case:
        """Reading all entries in this order, and in the reverse; or the last one is refused."""
        entries = [{"device": said.device, "data": said.data} for said in self.entries]
        given: Case = {"community": self.community, "entries": entries}
        if "proofs" in facts:
            given["proofs"] = facts.pop("proofs")
        if "given_order_only" in facts:
            given["given_order_only"] = facts.pop("given_order_only")
        return _case(comment, "book", reject if reject is not None else facts, **given)


def _shown(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {_shown(key): _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list | tuple) else value


def _case(comment: str, check: str, expect: Any, **given: Any) -> Case:
    """`expect` is the start of a sentence (rejected) or the facts that follow (accepted)."""
    verdict = {"reject": expect} if isinstance(expect, str) else {"accept": _shown(expect)}
    return {"comment": comment, "check": check, "input": _shown(given), "expect": verdict}


# Ids ------------------------------------------------------------------------------------------------------------------


def _ids() -> dict[str, Case]:
    key = _public(_bytes("anna's member key"))
    text = base58.b58encode(bytes.fromhex("002408011220") + key).decode()

    def read(comment: str, expect: Any, text: str) -> Case:
        return _case(comment, "member-from-text", expect, text=text)

    other = base58.b58encode(bytes.fromhex("002408021221") + key).decode()
    return {
        "ids/text.json": _case("A member as text: the peer-id form.", "member-text", {"text": text}, key=key),
        "ids/from-text.json": read("And back.", {"key": key}, text),
        "ids/from-text-spaced.json": read("Pasted with a space and a line break.", {"key": key}, f" {text}\n"),
        "ids/from-text-cut.json": read("The last letter is missing.", "'12D3Koo", text[:-1]),
        "ids/from-text-alphabet.json": read("0 is no letter of base58.", "'0", "0" + text[1:]),
        "ids/from-text-other-key.json": read("A peer id of another kind of key.", "'", other),
        "ids/short.json": _case(
            "The first five bytes in base32.", "short", {"text": base64.b32encode(key[:5]).decode().lower()}, id=key
        ),
    }  # fmt: skip


# Codec ----------------------------------------------------------------------------------------------------------------


def _codec() -> dict[str, Case]:
    def read(comment: str, expect: Any, data: bytes | str) -> Case:
        return _case(comment, "decode", expect, data=bytes.fromhex(data) if isinstance(data, str) else data)

    def value(comment: str, value: Any) -> Case:
        return read(comment, {"value": value}, _pack(value))

    edges = [0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1]
    below = [-1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1, -(2**63)]
    eight: Any = 1
    for _ in range(8):
        eight = [eight]
    return {
        "codec/map.json": value("A map, its keys sorted.", {"a": 1, "b": [True, False, None], "c": {"d": "text"}}),
        "codec/integers.json": value("Every whole number in its shortest form.", edges + below),
        "codec/keys-by-code-point.json": value(
            "Keys sort by code point, which is also the order of their UTF-8 bytes; by UTF-16 these two would swap.",
            {"\ufb01": 1, "\U0001f33f": 2},
        ),
        "codec/keys-of-digits.json": value("Keys that look like numbers sort as text too.", {"10": 1, "9": 2}),
        "codec/key-proto.json": value("A name that means something else to some programs.", {"__proto__": 1, "a": 2}),
        "codec/text-with-mark.json": value("Text that begins with a byte order mark keeps it.", "\ufeffa"),
        "codec/nested-eight.json": value("Eight levels.", eight),
        "codec/bytes.json": read("Bytes are a type of their own.", {"value": {"bytes": "00ff"}}, "c40200ff"),
        "codec/nested-nine.json": read("Nine levels.", "nested deeper than 8", _pack([eight])),
        "codec/long-integer.json": read("5 in two bytes.", "not canonical", "cd0005"),
        "codec/long-negative.json": read("-1 in two bytes.", "not canonical", "d0ff"),
        "codec/signed-positive.json": read("200 as a signed number.", "not canonical", "d100c8"),
        "codec/long-text.json": read("One letter with a length byte of its own.", "not canonical", "d90161"),
        "codec/long-list.json": read("A list of one, counted in two bytes.", "not canonical", "dc000101"),
        "codec/long-map.json": read("A map of one, counted in two bytes.", "not canonical", "de0001a16101"),
        "codec/long-bytes.json": read("Two bytes, counted in two bytes.", "not canonical", "c5000200ff"),
        "codec/keys-unsorted.json": read("b before a.", "not canonical: map keys", "82a16201a16102"),
        "codec/key-twice.json": read("a twice.", "not canonical", "82a16101a16101"),
        "codec/key-number.json": read("A number as a key.", "not ", "810102"),
        "codec/key-bytes.json": read("Bytes as a key.", "not canonical: map keys must be text", "81c4016101"),
        "codec/float.json": read("1.5", "floats are not allowed", "cb3ff8000000000000"),
        "codec/float-in-map.json": read("A float inside.", "floats are not allowed", "81a161cb3ff8000000000000"),
        "codec/float-short.json": read("1.5 in four bytes.", "not canonical", "ca3fc00000"),
        "codec/extension.json": read("An extension.", "extension type 5", "d40500"),
        "codec/timestamp.json": read("MessagePack's own timestamp.", "extension type -1", "d6ff00000001"),
        "codec/not-utf8.json": read("Text that is not UTF-8.", "not MessagePack", "a2c328"),
        "codec/trailing.json": read("One byte after the value.", "not MessagePack", "0101"),
        "codec/cut-off.json": read("A list of two with one in it.", "not MessagePack", "9201"),
        "codec/promises-in-promises.json": read(
            "A thousand lists, one in the other, each promising 65,535 items.", "not MessagePack",
            b"\xdc\xff\xff" * 1_000,
        ),
        "codec/nothing.json": read("No bytes.", "not MessagePack", ""),
        "codec/reserved.json": read("0xc1 is no value.", "not MessagePack", "c1"),
    }  # fmt: skip


# Bodies ---------------------------------------------------------------------------------------------------------------

CELL: Final = 0x861F18B27FFFFFF  # resolution 6
CELL_FINE: Final = 0x881F1D48B7FFFFF  # resolution 8


def _listing(**changed: Any) -> Case:
    made = {"role": "offer", "kind": "bread", "title": "Sourdough loaf", "quantity": 4, "unit": "loaf"}
    return {key: each for key, each in {**made, "ends": T0 + 30 * DAY, **changed}.items() if each is not None}


def _promise(provider: bytes, receiver: bytes, quantity: int = 2, **changed: Any) -> Case:
    made = {"provider": provider, "receiver": receiver, "action": "transfer", "what": "bread", "quantity": quantity}
    return {**made, "unit": "loaf", "due": T0 + 5 * DAY, **changed}


def _proposal(*promises: Case, answer_by: int = T0 + DAY, **changed: Any) -> Case:
    parties = sorted({each[side] for each in promises for side in ("provider", "receiver")})
    return {"parties": parties, "commitments": list(promises), "answer_by": answer_by, **changed}


def _bodies() -> dict[str, Case]:
    anna, ben, carla = (_public(_bytes(f"{name}'s member key")) for name in ("anna", "ben", "carla"))

    def body(comment: str, expect: Any, kind: int, value: Any) -> Case:
        return _case(comment, "body", expect, kind=kind, payload=_pack(value))

    def listing(comment: str, why: str | None, **changed: Any) -> Case:
        expect: Any = {"body": "Listing"} if why is None else f"not a Listing: {why}"
        return body(comment, expect, LISTING, _listing(**changed))

    def proposal(comment: str, why: str | None, value: Case) -> Case:
        expect: Any = {"body": "Propose"} if why is None else f"not a Propose: {why}"
        return body(comment, expect, PROPOSE, value)

    good, back = _promise(anna, ben), _promise(ben, anna)
    crowd = sorted(_bytes(f"party {number}") for number in range(65))
    return {
        "bodies/listing.json": listing("An offer with everything in it.", None, action="transfer", text="Still warm.",
            tags=["rye"], begins=T0, cell=CELL, wants=[{"kind": "credit", "quantity": 60, "unit": "minutes"}]),
        "bodies/unknown-field.json": listing("A field this version does not know is ignored.", None, zest=1),
        "bodies/default-written.json": listing("A default that is written out is the same value.", None, tags=[]),
        "bodies/unknown-kind.json": body("A kind this version does not know.", {"body": None}, 999, {"x": 1}),
        "bodies/payload-not-a-map.json": body("A list.", "a payload must be a map", LISTING, [1, 2]),
        "bodies/unknown-kind-not-a-map.json": body("A list, of an unknown kind.", "a payload must be a map", 999, [1]),
        "bodies/field-missing.json": listing("No quantity.", "Object missing required field `quantity`", quantity=None),
        "bodies/field-type.json": listing("A quantity in letters.", "Expected `int`", quantity="four"),
        "bodies/text-as-bytes.json": listing("A title as bytes.", "Expected `str`", title=b"Sourdough loaf"),
        "bodies/role-unknown.json": listing("Neither offer nor need.", "Invalid enum value", role="wish"),
        "bodies/listing-without-kind.json": listing("A kind of one space.", "a listing needs a kind", kind=" "),
        "bodies/kind-of-a-wide-space.json": listing("The white space of Japanese is blank too.",
            "a listing needs a kind", kind="\u3000"),
        "bodies/kind-of-a-mark.json": listing("A byte order mark is no white space.", None, kind="\ufeff"),
        "bodies/nil-where-it-may-be.json": body("Nil for a field with ?.", {"body": "Listing"}, LISTING,
            {**_listing(), "cell": None}),
        "bodies/nil-for-a-default.json": body("Nil is not the empty list.", "not a Listing: Expected `array`", LISTING,
            {**_listing(), "tags": None}),
        "bodies/unknown-field-inside.json": listing("A want with a field of a later day.", None,
            wants=[{"kind": "egg", "shell": "brown"}]),
        "bodies/enter-far.json": body("An invitation for 136 years.", {"body": "Enter"}, ENTER,
            {"inviter": bytes(32), "token": bytes(32), "expires": 2**32, "invitation": bytes(64), "proof": bytes(64)}),
        "bodies/quantity-zero.json": listing("None of it.", "a quantity of zero", quantity=0),
        "bodies/quantity-negative.json": listing("Less than none.", "a quantity is -1", quantity=-1),
        "bodies/quantity-too-large.json": listing("A million millions and one.", "a quantity is 1000000000001",
            quantity=10**12 + 1),
        "bodies/cell-too-fine.json": listing("A cell of 0.7 km².", "the place is a cell of resolution 8",
            cell=CELL_FINE),
        "bodies/cell-not-one.json": listing("A number that is no H3 cell.", "1234 is not an H3 cell", cell=0x1234),
        "bodies/control-character.json": listing("A bell in the title.", "title holds a control character",
            title="Loaf\a"),
        "bodies/title-too-long.json": listing("121 characters.", "title has 121 characters", title="x" * 121),
        "bodies/title-longest.json": listing("120 characters of four bytes each.", None, title="\U0001f33f" * 120),
        "bodies/tags-too-many.json": listing("13 tags.", "13 tags", tags=[f"t{n}" for n in range(13)]),
        "bodies/wants-too-many.json": listing("13 wants.", "13 wants", wants=[{"kind": "egg"}] * 13),
        "bodies/window-backwards.json": listing("Begins as it ends.", "the window ends before it begins",
            begins=T0 + 30 * DAY),
        "bodies/options-of-a-need.json": listing("A need with an option.", "options are for what is offered",
            role="need", options=[{"what": "blue"}]),
        "bodies/option-twice.json": listing("One option, two prices.", "one option is named twice",
            options=[{"what": "blue"}, {"what": "blue", "price": 5}]),
        "bodies/options-too-many.json": listing("Thirteen options.", "13 options",
            options=[{"what": f"colour {number}"} for number in range(13)]),
        "bodies/lent-away.json": listing("Given away, and lent by the hour.", "only what is offered for use",
            lent="hourly"),
        "bodies/lent-weekly.json": listing("Lent by the week.", "Invalid enum value", action="use", lent="weekly"),
        "bodies/time-beyond-9999.json": listing("Ends in the year 10000.", "ends is", ends=253_402_300_800_000),
        "bodies/proposal.json": proposal("A swap.", None, _proposal(good, back)),
        "bodies/parties-unsorted.json": proposal("Parties the wrong way round.", "parties must be sorted",
            _proposal(good, parties=sorted([anna, ben], reverse=True))),
        "bodies/party-twice.json": proposal("One party, named twice.", "parties must be sorted",
            _proposal(good, parties=sorted([anna, anna, ben]))),
        "bodies/parties-too-many.json": proposal("65 parties.", "65 parties", _proposal(good, parties=crowd)),
        "bodies/commitments-none.json": proposal("Nothing promised.", "an agreement needs two parties",
            _proposal(good, commitments=[])),
        "bodies/commitment-of-a-stranger.json": proposal("Carla is no party.", "a commitment names somebody",
            _proposal(good, _promise(carla, ben), parties=sorted([anna, ben]))),
        "bodies/commitment-to-oneself.json": proposal("Anna to Anna.", "a commitment needs two people",
            _proposal(_promise(anna, anna), parties=sorted([anna, ben]))),
        "bodies/commitment-zero.json": proposal("Nothing of it.", "a promised quantity of zero",
            _proposal(_promise(anna, ben, 0))),
        "bodies/due-before-answer.json": proposal("Due before it is answered.", "a commitment is due before",
            _proposal(good, answer_by=T0 + 6 * DAY)),
        "bodies/close-of-nothing.json": body("No answers.", "not a Close: a close names who accepted", CLOSE, {}),
        "bodies/receive-zero.json": body("Nothing arrived.", "not a Receive: a received quantity of zero", RECEIVE,
            {"delivery": bytes(32), "quantity": 0}),
        "bodies/correct-to-zero.json": body("A delivery that never was.", {"body": "Correct"}, CORRECT,
            {"delivery": bytes(32), "quantity": 0}),
        "bodies/revoke-all.json": body("The certificate itself can not be taken back.", "not a Revoke: kept is 0",
            REVOKE, {"member": bytes(32), "device": bytes(32), "kept": 0, "signature": bytes(64)}),
        "bodies/rating-words-too-long.json": body("501 characters.", "not a Open: the words of a rating has 501", OPEN,
            {"rate": bytes(32), "good": True, "words": "x" * 501, "nonce": bytes(16)}),
    }  # fmt: skip


# Entries --------------------------------------------------------------------------------------------------------------


def _facts(said: Said, body: str | None, **changed: Any) -> Case:
    _, flags, kind, _, seq, at, root, _ = struct.unpack_from(">BBHIQQ32s32s", said.data)
    made = {"id": said.id, "seq": seq, "at": at, "kind": kind, "root": root, "end": bool(flags & 2), "body": body}
    return {**made, "reference": said.header[88:] or None, **changed}


def _entries() -> dict[str, Case]:
    town = Town()
    anna, seed = town.anna, town.anna.seed
    plain = anna.certify()
    offer = anna.say(LISTING, _listing())
    renew = anna.draft(RENEW, {"ends": T0 + 60 * DAY}, ref=offer)
    other = Town("Oak Street")

    def opened(
        comment: str, expect: Any, data: bytes, community: bytes = town.community, device: bytes = anna.id
    ) -> Case:
        return _case(comment, "entry", expect, community=community, device=device, data=data)

    def changed(place: int, by: int = 1) -> bytes:
        return offer.data[:place] + bytes([offer.data[place] ^ by]) + offer.data[place + 1 :]

    def draft(**special: Any) -> Said:
        return anna.draft(special.pop("kind", LISTING), special.pop("body", _listing()), **special)

    again = draft(seq=1, root=_root(anna.ids[:1]), again=True)
    assert again.id == offer.id
    signature = offer.data[88:152]
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    malleable = offer.data[:120] + scalar.to_bytes(32, "little") + offer.data[152:]
    unknown = draft(kind=999, body={"from": "later"})
    later = draft(version=2, body=b"\xc1 not even MessagePack")
    end = draft(flags=2)
    last = draft(seq=2**63 - 1)
    foreign = _said(seed, other.community, LISTING, _pack(_listing()), 0, T0, bytes(32))
    return {
        "entry/certificate.json": opened("The first entry of a log.", _facts(plain, "Certificate"), plain.data),
        "entry/listing.json": opened("A listing.", _facts(offer, "Listing"), offer.data),
        "entry/with-reference.json": opened("An entry that answers another.", _facts(renew, "Renew"), renew.data),
        "entry/end-of-log.json": opened("The last entry of a log.", _facts(end, "Listing"), end.data),
        "entry/forgotten.json": opened(
            "Payload and salt are gone; id, signature and chain still hold.", _facts(offer, None), offer.signed
        ),
        "entry/forgotten-answer-to-nothing.json": opened(
            "An Accept of nothing, its payload forgotten: the header alone says it.", "Accept must name",
            draft(kind=ACCEPT, body={}).signed,
        ),
        "entry/unknown-kind.json": opened("Kept, not interpreted.", _facts(unknown, None), unknown.data),
        "entry/unknown-version.json": opened(
            "Kept, its payload not read: a later version may code it otherwise.", _facts(later, None), later.data
        ),
        "entry/unknown-version-changed.json": opened(
            "Its payload is not read, but is still the one that was signed.", "the payload is not",
            later.data[:-1] + b"!",
        ),
        "entry/signed-again.json": opened(
            "Another true signature over the same header: the same id as entry/listing, so no fork.",
            _facts(offer, "Listing"), again.data,
        ),
        "entry/wrong-signature.json": opened("One bit of the signature.", "the signature is not", changed(100)),
        "entry/signature-s-plus-l.json": opened("S + L in place of S.", "the signature is not", malleable),
        "entry/wrong-header.json": opened("One bit of the time.", "the signature is not", changed(23)),
        "entry/wrong-device.json": opened(
            "Shown as another device's.", "the signature is not", offer.data, device=town.device("Ben").id
        ),
        "entry/wrong-community.json": opened(
            "Said in Oak Street, replayed in Elm Street.", "the signature is not", foreign.data
        ),
        "entry/payload-changed.json": opened("Its last bit.", "the payload is not", changed(len(offer.data) - 1)),
        "entry/salt-changed.json": opened("One bit of the salt.", "the payload is not", changed(152)),
        "entry/version-zero.json": opened("Version 0.", "version 0", draft(version=0).data),
        "entry/unknown-flag.json": opened("Flag bit 2.", "unknown flags", draft(flags=4).data),
        "entry/payload-too-large.json": opened(
            "The header promises 65,537 bytes.", "payload of 65537", draft(length=65_537).data
        ),
        "entry/time-beyond-9999.json": opened(
            "The first millisecond of the year 10000.", "the time is beyond", draft(at=253_402_300_800_000).data
        ),
        "entry/seq-beyond.json": opened(
            "Place 2^63: no signed number counts so far.", "place 9223372036854775808", draft(seq=2**63).data
        ),
        "entry/last-seq.json": opened("Place 2^63-1.", _facts(last, "Listing"), last.data),
        "entry/reference-seq-beyond.json": opened(
            "It answers what would stand at place 2^63.", "the reference names place 9223372036854775808",
            anna.draft(RENEW, {"ends": T0 + 60 * DAY}, ref=replace(offer, seq=2**63)).data,
        ),
        "entry/too-short.json": opened("151 bytes.", "entry of 151 bytes", offer.data[:151]),
        "entry/reference-cut.json": opened(
            "The flag says reference, the bytes end.", "the header says a reference follows", renew.data[:200]
        ),
        "entry/cut-off.json": opened("A byte is missing.", f"{len(offer.data) - 153} bytes after", offer.data[:-1]),
        "entry/trailing.json": opened("One byte too many.", f"{len(offer.data) - 151} bytes after", offer.data + b"\0"),
        "entry/salt-only.json": opened("The salt without its payload.", "16 bytes after", offer.data[:168]),
        "entry/not-canonical.json": opened(
            "Truly signed, but in a second coding.", "not canonical", draft(body=b"\x81\xa1a\xcd\x00\x05").data
        ),
        "entry/answer-to-nothing.json": opened(
            "An Accept of nothing.", "Accept must name the entry it answers", draft(kind=ACCEPT, body={}).data
        ),
    }  # fmt: skip


# Logs and forks -------------------------------------------------------------------------------------------------------


def _logs() -> dict[str, Case]:
    def log(comment: str, expect: Any, town: Town) -> Case:
        entries = [said.data for said in town.entries]
        return _case(comment, "log", expect, community=town.community, device=town.anna.id, entries=entries)

    def grown(count: int = 3) -> Town:
        town = Town()
        town.anna.certify()
        for number in range(1, count):
            town.anna.say(PROFILE, {"name": f"Anna {number}"}, T0 + number)
        return town

    def then(**special: Any) -> Town:
        town = grown()
        town.anna.say(PROFILE, {"name": "Anna"}, special.pop("at", T0 + 3), **special)
        return town

    def facts(town: Town) -> Case:
        ids = town.anna.ids
        return {"size": len(ids), "head": ids[-1], "root": _root(ids)}

    eleven, same = grown(11), then(at=T0 + 2)
    ended = then(flags=2)
    ended.anna.say(PROFILE, {"name": "Anna"}, T0 + 4)
    early = grown()
    early.anna.say(PROFILE, {"name": "Anna"}, T0 + 1)
    return {
        "log/eleven.json": log("Eleven entries; the root stands over peaks of 8, 2 and 1.", facts(eleven), eleven),
        "log/same-time.json": log("Two entries of one millisecond.", facts(same), same),
        "log/decreasing-time.json": log("One millisecond before the last entry.", "the time goes back by 1 ms", early),
        "log/wrong-root.json": log("The root of the first two entries only.", "the root speaks of another past",
            then(root=_root(grown().anna.ids[:2]))),
        "log/gap.json": log("Number 4 where 3 is next.", "entry 4 where 3 is next", then(seq=4)),
        "log/after-the-end.json": log("The log was ended by the entry before.", "the log was ended", ended),
    }  # fmt: skip


def _forked() -> tuple[Town, Said, Said, Said]:
    """A town in which Anna's log has four entries; its entry 2, a rival of it, and what stands two places after the
    rival on the rival's branch."""
    town = Town().found()
    anna = town.anna
    real = anna.say(PROFILE, {"name": "Anna"}, T0 + 1)
    anna.say(PROFILE, {"name": "Anna A."}, T0 + 2)
    branch = Device("Anna", town, anna.member_seed, anna.seed, anna.ids[:2], T0)
    rival = branch.draft(PROFILE, {"name": "Not Anna"}, T0 + 1)
    branch.ids.append(rival.id)
    between = branch.draft(PROFILE, {"name": "Still not"}, T0 + 2)
    branch.ids.append(between.id)
    return town, real, rival, branch.draft(PROFILE, {"name": "Never"}, T0 + 3)


def _proof(town: Town, a: Said, b: Said, **more: Any) -> bytes:
    made = {"version": 1, "community": town.community, "device": a.device, "a": a.signed, "b": b.signed}
    return _pack({**made, **more})


def _at_one_place(town: Town, one: Said, other: Said) -> bytes:
    first, second = sorted((one, other), key=lambda said: said.signed)
    return _proof(town, first, second)


def _forks() -> dict[str, Case]:
    town, real, rival, late = _forked()
    anna = town.anna
    facts = {"community": town.community, "device": anna.id, "seq": 2}
    branch = [*anna.ids[:2], rival.id]
    branch += [
        Device("", town, anna.member_seed, anna.seed, branch, T0).draft(PROFILE, {"name": "Still not"}, T0 + 2).id
    ]
    path = _path(2, branch)
    again = anna.draft(PROFILE, {"name": "Anna"}, T0 + 1, seq=2, root=_root(anna.ids[:2]), again=True)
    ben = town.device("Ben")
    stranger = _said(ben.seed, town.community, PROFILE, _pack({"name": "Ben"}), 2, T0 + 1, real.header[24:56])

    def proof(comment: str, expect: Any, data: bytes) -> Case:
        return _case(comment, "fork", expect, proof=data)

    return {
        "log/fork-at-one-place.json": proof("Two entries number 2.", facts, _at_one_place(town, real, rival)),
        "log/fork-by-root.json": proof("Entry 2, and an entry 4 under whose root another entry stands at 2.", facts,
            _proof(town, real, late, leaf=rival.id, path=path)),
        "log/fork-of-one-entry.json": proof("The same entry twice.", "a fork proof needs two different",
            _proof(town, real, real)),
        "log/fork-signed-again.json": proof("One entry with two signatures is one entry.",
            "a fork proof needs two different", _at_one_place(town, real, again)),
        "log/fork-at-two-places.json": proof("Entries 2 and 4, and no path.", "a fork proof needs two different",
            _proof(town, real, late)),
        "log/fork-of-two-devices.json": proof("The second entry is Ben's.", "the signature is not",
            _proof(town, real, stranger)),
        "log/fork-by-no-other-leaf.json": proof("The later root holds the very entry.", "a fork proof by root needs",
            _proof(town, rival, late, leaf=rival.id, path=path)),
        "log/fork-by-root-backwards.json": proof("The later entry first.", "a fork proof by root needs",
            _proof(town, late, real, leaf=rival.id, path=path)),
        "log/fork-wrong-path.json": proof("A path to another leaf.", "the path does not lead",
            _proof(town, real, late, leaf=rival.id, path=_path(1, branch))),
        "log/fork-version.json": proof("A proof of version 2.", "a fork proof of version 2",
            _pack({"version": 2, "community": town.community, "device": anna.id, "a": real.signed, "b": rival.signed})),
        "log/fork-seq-beyond.json": proof("Two entries at place 2^63.", "place 9223372036854775808",
            _at_one_place(town, *(anna.draft(PROFILE, {"name": name}, seq=2**63) for name in ("Anna", "Not Anna")))),
        "log/fork-with-more.json": proof("A field that says nothing about it.", "not a fork proof",
            _proof(town, real, late, leaf=rival.id, path=path, more=1)),
        "log/fork-too-large.json": proof("4,097 bytes.", "proof of 4097 bytes", bytes(4_097)),
    }  # fmt: skip


# Members --------------------------------------------------------------------------------------------------------------


def _members() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"members/{name}.json"] = case

    town = Town().found()
    ben = town.join("Ben")
    carla = town.join("Carla", ben)
    add(
        "chain-of-guests",
        town.book(
            "Anna founds, Ben is her guest, Carla is Ben's.",
            standing={town.anna.member: "founder", ben.member: "member", carla.member: "member"},
            inviter={town.anna.member: None, ben.member: town.anna.member, carla.member: ben.member},
        ),
    )

    town = Town().found()
    ben, carla, dora = town.device("Ben"), town.device("Carla"), town.device("Dora")
    for guest in (ben, carla, dora):
        guest.certify()
    ben.enter(town.anna.invite("Ben"))
    carla.enter(ben.invite("Carla"))
    add(
        "provisional",
        town.book(
            "Nobody has admitted Ben: he is provisional, and his own guest is unknown.",
            standing={ben.member: "provisional", carla.member: "unknown", dora.member: "unknown"},
        ),
    )

    town = Town(invites="founder").found()
    ben = town.join("Ben")
    carla = town.join("Carla", ben)
    add(
        "only-the-founder-invites",
        town.book(
            "By this charter Ben's invitation lets nobody in.", standing={ben.member: "member", carla.member: "unknown"}
        ),
    )

    town = Town().found()
    ben, carla = town.device("Ben"), town.device("Carla")
    ben.certify()
    carla.certify()
    invitation = town.anna.invite("Ben")
    ben.enter(invitation, T0 + 1)
    entrance = carla.enter(invitation, T0 + 2)
    town.anna.say(ADMIT, {"token": invitation["token"]}, ref=entrance)
    add(
        "invitation-used-twice",
        town.book(
            "Ben used it first, but Anna's log admits Carla: Carla is in, Ben is not.",
            standing={carla.member: "member", ben.member: "unknown"},
        ),
    )

    town = Town().found()
    ben, carla = town.device("Ben"), town.device("Carla")
    ben.certify()
    carla.certify()
    invitation = town.anna.invite("Ben")
    first = ben.enter(invitation)
    second = carla.enter(invitation)
    town.anna.say(ADMIT, {"token": invitation["token"]}, ref=first)
    town.anna.say(ADMIT, {"token": invitation["token"]}, ref=second)
    add(
        "admitted-twice",
        town.book(
            "One token, two admissions: the first in the inviter's log counts.",
            standing={ben.member: "member", carla.member: "unknown"},
        ),
    )

    def refused(name: str, comment: str, why: str, last: Any, town: Town | None = None) -> None:
        town = town or Town().found()
        last(town)
        add(name, town.book(comment, why))

    def guest(town: Town, **special: Any) -> None:
        ben = town.device("Ben")
        ben.certify()
        host = special.pop("host", town.anna)
        invitation = host.invite("Ben", **({"expires": special.pop("expires")} if "expires" in special else {}))
        invitation.update(special.pop("changed", {}))
        ben.enter(invitation, **special)

    refused(
        "invitation-expired",
        "Used one millisecond too late.",
        "the invitation had expired",
        lambda town: guest(town, expires=T0 // 1000, at=T0 + 1),
    )
    refused(
        "invitation-prolonged",
        "The guest wrote another day into it.",
        "the invitation is not by the device",
        lambda town: guest(town, changed={"expires": T0 // 1000 + 999_999}),
    )
    refused(
        "invitation-by-another",
        "Signed by Anna, said to be Carla's.",
        "the invitation is not by the device",
        lambda town: guest(town, changed={"inviter": town.device("Carla").id}),
    )
    refused(
        "invitation-of-another-town",
        "Anna's invitation to Oak Street.",
        "the invitation is not by the device",
        lambda town: guest(town, host=Town("Oak Street").anna),
    )
    refused(
        "invitation-not-held",
        "Somebody who saw the token, and not its secret.",
        "the invitation was not held",
        lambda town: guest(town, held=_bytes("guessed")),
    )
    refused(
        "certificate-by-another",
        "Not signed by the member it names.",
        "the device's certificate is not signed",
        lambda town: town.device("Ben").certify(by=_bytes("carla's member key")),
    )
    refused("certificate-again", "A second one in one log.", "a log begins with", lambda town: town.anna.certify())
    refused(
        "certificate-missing",
        "A log that begins with a profile.",
        "a log begins with",
        lambda town: town.device("Ben").say(PROFILE, {"name": "Ben"}),
    )

    def oak(town: Town) -> None:
        charter = Town("Oak Street").charter
        signature = _sign(town.anna.member_seed, b"ruil/charter/1\n", charter)
        town.anna.say(FOUND, {"charter": charter, "signature": signature})

    refused("charter-of-another-town", "Oak Street's charter in Elm Street.", "this charter founds another", oak)

    def usurp(town: Town) -> None:
        ben = town.device("Ben")
        ben.certify()
        ben.say(
            FOUND, {"charter": town.charter, "signature": _sign(ben.member_seed, b"ruil/charter/1\n", town.charter)}
        )

    refused("charter-by-another", "Ben says that he founded Anna's town.", "the charter is not signed", usurp)
    return made  # fmt: skip


def _revocations() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def add(name: str, case: Case) -> None:
        made[f"revocations/{name}.json"] = case

    def place() -> tuple[Town, Device, Device]:
        """Ben's laptop and his phone."""
        town = Town().found()
        laptop = town.join("Ben")
        phone = town.device("Phone", of=laptop)
        phone.certify()
        return town, laptop, phone

    def alone(word: Case, town: Town, **changed: Any) -> bytes:
        return _pack({**word, "community": town.community, "version": 1, **changed})

    town, laptop, phone = place()
    phone.say(PROFILE, {"name": "Benjamin"}, T0 + 5)
    laptop.say(PROFILE, {"name": "Ben"}, T0 + 4)
    phone.say(PROFILE, {"name": "Thief"}, T0 + 9)
    word = laptop.revoke(phone, 2)
    without = town.entries[:]
    laptop.say(REVOKE, word, T0 + 10)
    facts: Case = {"name": {laptop.member: "Benjamin"}, "standing": {laptop.member: "member"}}
    add(
        "device-revoked",
        town.book(
            "Of the stolen phone's log only the first two entries count.", sizes={phone.id: 2, laptop.id: 4}, **facts
        ),
    )
    town.entries = without
    add(
        "by-itself",
        town.book(
            "The same word without the log it stands in.",
            proofs=[alone(word, town)],
            sizes={phone.id: 2, laptop.id: 3},
            **facts,
        ),
    )

    town, laptop, phone = place()
    phone.say(PROFILE, {"name": "Benjamin"})
    phone.say(REVOKE, phone.revoke(laptop, 2))
    laptop.say(REVOKE, laptop.revoke(phone, 1))
    add(
        "each-other",
        town.book(
            "Two devices that revoke each other are both revoked, whoever is read first.",
            sizes={laptop.id: 2, phone.id: 1},
            name={laptop.member: None},
        ),
    )

    town, laptop, phone = place()
    rival = laptop.draft(PROFILE, {"name": "Ben"}, T0 + 3)
    real = laptop.say(PROFILE, {"name": "Benny"}, T0 + 3)
    phone.say(PROFILE, {"name": "Thief"}, T0 + 4)
    laptop.say(REVOKE, laptop.revoke(phone, 1), T0 + 5)
    add(
        "behind-a-fork",
        town.book(
            "The word stands behind the place where its own log forked, and counts.",
            proofs=[_at_one_place(town, real, rival)],
            sizes={laptop.id: 2, phone.id: 1},
            name={laptop.member: None},
        ),
    )

    town, laptop, phone = place()
    laptop.say(REVOKE, laptop.revoke(laptop, 3))
    laptop.say(REVOKE, laptop.revoke(laptop, 2))
    add(
        "in-its-own-log",
        town.book("A log may hold the word that cuts it: what is cut includes the word.", sizes={laptop.id: 2}),
    )

    town, laptop, phone = place()
    for number in range(4):
        phone.say(PROFILE, {"name": f"Ben {number}"})
    for kept in (4, 2, 3):
        laptop.say(REVOKE, laptop.revoke(phone, kept))
    add("the-smallest-counts", town.book("Kept 4, then 2, then 3.", sizes={phone.id: 2}))

    town, laptop, phone = place()
    carla = town.join("Carla")
    carla.say(REVOKE, carla.revoke(laptop, 1))
    add(
        "by-a-stranger",
        town.book(
            "Carla can sign this, but the device is not hers: nothing happens.",
            sizes={laptop.id: 2, carla.id: 3},
            standing={laptop.member: "member"},
        ),
    )

    town, laptop, phone = place()
    laptop.say(REVOKE, laptop.revoke(phone, 1, seed=laptop.seed))
    add("by-a-device", town.book("Signed by the device key, not by the member key.", "the revocation is not signed"))

    town, laptop, phone = place()
    word = laptop.revoke(phone, 1)

    def proof(name: str, comment: str, expect: Any, data: bytes) -> None:
        add(name, _case(comment, "proof", expect, proof=data))

    proof(
        "file",
        "A revocation as a file.",
        {"community": town.community, "device": phone.id, "kept": 1, "member": laptop.member},
        alone(word, town),
    )
    proof("file-changed", "Another number of entries.", "the revocation is not signed", alone(word, town, kept=2))
    proof(
        "file-of-another-town",
        "Another community.",
        "the revocation is not signed",
        alone(word, town, community=bytes(32)),
    )
    proof("file-version", "Version 2.", "a revocation of version 2", alone(word, town, version=2))
    beyond = laptop.revoke(phone, 2**63)
    proof("kept-beyond", "No log has 2^63 entries.", "not a Revoke: kept is 9223372036854775808", alone(beyond, town))
    proof("file-with-more", "A field too many.", "a revocation has a field", alone(word, town, zebra=1))
    return made  # fmt: skip


def _invitations() -> dict[str, Case]:
    town = Town()
    seed, expires = _bytes("invitation Ben", 16), T0 // 1000 + 86_400
    token = _public(_hash(b"token", seed))
    signature = town.anna.invite("Ben")["invitation"]

    def text(version: int = 1, signature: bytes = signature) -> str:
        packed = struct.pack(">B32s32s16sI64s", version, town.community, town.anna.id, seed, expires, signature)
        return base64.b32encode(packed).decode().rstrip("=").lower()

    def read(comment: str, expect: Any, text: str) -> Case:
        return _case(comment, "invitation", expect, text=text)

    facts = {"community": town.community, "inviter": town.anna.id, "token": token, "expires": expires}
    place = "192.168.1.5:4001"
    spare = text()[:-1] + "abcdefghijklmnopqrstuvwxyz234567"["abcdefghijklmnopqrstuvwxyz234567".index(text()[-1]) ^ 1]
    return {
        "members/invitation-text-spare-bits.json": read("One of the three bits left over of the last letter.",
            {**facts, "addresses": []}, spare),
        "members/invitation-text-wide-space.json": read("Broken by white space that is not of ASCII.",
            {**facts, "addresses": []}, f"{text()[:9]}\u3000{text()[9:20]}\u2028{text()[20:]}"),
        "members/invitation-text.json": read("As it is handed over.", {**facts, "addresses": []}, text()),
        "members/invitation-text-place.json": read("With the inviter's address, in capitals, broken in two.",
            {**facts, "addresses": [place]}, f"{text()[:100].upper()}\n {text()[100:].upper()}@{place}"),
        "members/invitation-text-cut.json": read("The last letter is missing.", "this ", text()[:-1]),
        "members/invitation-text-wrong-letter.json": read("0 is no letter of base32.", "this is not", "0" + text()[1:]),
        "members/invitation-text-padding.json": read("Base32 as others write it.", "this is not", text() + "="),
        "members/invitation-text-not-ascii.json": read("A long s, which is an S in capitals.", "this is not",
            text().replace("s", "\u017f", 1)),
        "members/invitation-text-damaged.json": read("Two letters swapped.", "this invitation is damaged",
            text(signature=signature[:9] + signature[10:11] + signature[9:10] + signature[11:])),
        "members/invitation-text-version.json": read("Version 2.", "this invitation is of version 2", text(version=2)),
    }  # fmt: skip


# Listings -------------------------------------------------------------------------------------------------------------


def _listings() -> dict[str, Case]:
    made: dict[str, Case] = {}

    def town() -> tuple[Town, Device, Device, Said]:
        town = Town().found()
        ben = town.join("Ben")
        return town, town.anna, ben, town.anna.say(LISTING, _listing())

    def add(name: str, comment: str, place: Town, **facts: Any) -> None:
        made[f"listings/{name}.json"] = place.book(comment, **facts)

    def loaves(anna: Device, ben: Device, bread: Said, quantity: int = 3) -> Case:
        return _proposal(_promise(anna.member, ben.member, quantity, listing=bread.id))

    here, anna, ben, bread = town()
    ben.say(PROPOSE, loaves(anna, ben, bread))
    add(
        "asked-for",
        "Ben asks for three of four: only Anna's own word holds her stock.",
        here,
        left={bread.id: [[T0, 4]]},
    )

    here, anna, ben, bread = town()
    anna.say(PROPOSE, loaves(anna, ben, bread))
    add(
        "proposed",
        "Anna proposes three of four: they are held until the answer is due, and free a millisecond later.",
        here,
        left={bread.id: [[T0, 1], [T0 + DAY, 1], [T0 + DAY + 1, 4]]},
    )

    here, anna, ben, bread = town()
    asked = ben.say(PROPOSE, loaves(anna, ben, bread))
    anna.say(ACCEPT, {}, ref=asked)
    given = anna.say(DELIVER, {"commitment": 0, "quantity": 2}, ref=asked)
    ben.say(RECEIVE, {"delivery": given.id, "quantity": 2}, ref=asked)
    end = T0 + 5 * DAY + 3 * DAY
    add(
        "accepted",
        "Anna accepts three, two arrive; when the agreement ends by itself the third is free.",
        here,
        left={bread.id: [[T0, 1], [end, 1], [end + 1, 2]]},
    )

    here, anna, ben, bread = town()
    carla = here.join("Carla")
    for taker in (ben, carla):
        asked = taker.say(PROPOSE, loaves(anna, taker, bread))
        anna.say(ACCEPT, {}, ref=asked)
    add(
        "promised-twice",
        "Anna has promised six of four: nothing is left, and not less than nothing.",
        here,
        left={bread.id: [[T0, 0]]},
    )

    here, anna, ben, bread = town()
    asked = ben.say(PROPOSE, _proposal(_promise(ben.member, anna.member, 3, listing=bread.id)))
    anna.say(ACCEPT, {}, ref=asked)
    add("wrong-way-round", "An offer is only used up by what its owner gives.", here, left={bread.id: [[T0, 4]]})

    here, anna, ben, _ = town()
    need = anna.say(LISTING, _listing(role="need"))
    asked = ben.say(PROPOSE, _proposal(_promise(ben.member, anna.member, 3, listing=need.id)))
    anna.say(ACCEPT, {}, ref=asked)
    add("need", "A need is used up by what its owner is given.", here, left={need.id: [[T0, 1]]})

    here, anna, ben, bread = town()
    anna.say(RENEW, {"ends": T0 + 60 * DAY}, T0 + 5, ref=bread)
    add(
        "renewed",
        "It stands until the latest Renew says.",
        here,
        listing={bread.id: {"ends": T0 + 60 * DAY, "withdrawn": False}},
    )

    here, anna, ben, bread = town()
    anna.say(RENEW, {"ends": T0 + 999 * DAY}, T0 + 5, ref=bread)
    add(
        "ends-too-late",
        "Renewed for ever is renewed for 180 days.",
        here,
        listing={bread.id: {"ends": T0 + 5 + 180 * DAY, "withdrawn": False}},
    )

    here, anna, ben, bread = town()
    ben.say(RENEW, {"ends": T0 + 60 * DAY}, ref=bread)
    ben.say(WITHDRAW, {}, ref=bread)
    add(
        "not-his",
        "Ben can neither renew nor withdraw what is Anna's.",
        here,
        listing={bread.id: {"ends": T0 + 30 * DAY, "withdrawn": False}},
    )

    here, anna, ben, bread = town()
    phone = here.device("Phone", of=anna)
    phone.certify()
    phone.say(WITHDRAW, {}, T0 + 5, ref=bread)
    anna.say(RENEW, {"ends": T0 + 60 * DAY}, T0 + 6, ref=bread)
    add(
        "withdrawn",
        "Withdrawn from Anna's phone; a later Renew does not bring it back.",
        here,
        listing={bread.id: {"ends": T0 + 30 * DAY, "withdrawn": True}},
    )
    return made  # fmt: skip


# Agreements -----------------------------------------------------------------------------------------------------------


class Trade:
    """Ben proposes to Anna: two loaves for an hour of his time, to be answered within a day, due in five."""

    def __init__(self, *promises: Case, answer_by: int = T0 + DAY, due: int = T0 + 5 * DAY) -> None:
        self.town = Town().found()
        self.anna, self.ben = self.town.anna, self.town.join("Ben")
        anna, ben = self.anna.member, self.ben.member
        work = _promise(ben, anna, 60, action="work", what="gardening", unit="minute", due=due)
        both = (_promise(anna, ben, due=due), work)
        self.proposal = _proposal(*(promises or both), answer_by=answer_by)
        self.first = self.ben.say(PROPOSE, self.proposal, T0)

    def say(self, who: Device, kind: int, at: int, **body: Any) -> Said:
        return who.say(kind, body, at, ref=self.first)

    def hand_over(self, giver: Device, taker: Device, commitment: int, quantity: int, at: int, got: int) -> Said:
        given = self.say(giver, DELIVER, at, commitment=commitment, quantity=quantity)
        self.say(taker, RECEIVE, at + 1, delivery=given.id, quantity=got)
        return given

    def book(self, comment: str, *states: tuple[int, str], **facts: Any) -> Case:
        facts = {name: {self.first.id: value} for name, value in facts.items()}
        return self.town.book(comment, state={self.first.id: [list(each) for each in states]}, **facts)


def _agreements() -> dict[str, Case]:
    made: dict[str, Case] = {}
    closes = T0 + 5 * DAY + 3 * DAY

    def add(name: str, case: Case) -> None:
        made[f"agreements/{name}.json"] = case

    trade = Trade()
    add(
        "proposed",
        trade.book(
            "Nobody has answered: it lapses by the clock.",
            (T0, "proposed"),
            (T0 + DAY, "proposed"),
            (T0 + DAY + 1, "lapsed"),
            signed=[trade.ben.member],
        ),
    )

    trade = Trade()
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
    trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
    trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
    add(
        "completed",
        trade.book(
            "A whole life without trouble.",
            (T0, "completed"),
            (closes + DAY, "completed"),
            received=[2, 60],
            signed=sorted([trade.anna.member, trade.ben.member]),
            agreed_at=T0 + HOUR,
            ended_at=T0 + 2 * DAY + 1,
            out_of_turn={},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + DAY)
    add("accepted-at-the-last-moment", trade.book("At answer_by itself.", (T0 + DAY + 1, "agreed")))

    trade = Trade()
    late = trade.say(trade.anna, ACCEPT, T0 + DAY + 1)
    add(
        "accepted-late",
        trade.book(
            "One millisecond after answer_by: no agreement.",
            (T0 + DAY + 1, "lapsed"),
            out_of_turn={late.id: "the proposal had to be answered by"},
        ),
    )

    trade = Trade()
    early = trade.say(trade.ben, LAPSE, T0 + DAY)
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    add(
        "lapsed-too-early",
        trade.book(
            "A Lapse at answer_by itself is not yet due: the acceptance counts.",
            (T0 + DAY + 1, "agreed"),
            out_of_turn={early.id: "a lapse counts only"},
        ),
    )

    trade = Trade()
    trade.say(trade.ben, LAPSE, T0 + DAY + 1)
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    add(
        "lapse-wins",
        trade.book(
            "The acceptance claims to be in time, but the proposer's log had lapsed before it knew.",
            (T0 + HOUR, "lapsed"),
            ended_at=T0 + DAY + 1,
            out_of_turn={yes.id: "the agreement is lapsed"},
        ),
    )

    trade = Trade()
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
    late = trade.say(trade.ben, LAPSE, T0 + DAY + 1)
    add(
        "lapsed-after-close",
        trade.book(
            "The proposer's log closed it first: the Lapse comes too late.",
            (T0 + DAY + 2, "agreed"),
            out_of_turn={late.id: "a lapse counts only"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CANCEL, T0 + 2 * HOUR)
    add(
        "withdrawn-before-the-proposer-knew",
        trade.book(
            "Anna had accepted, but Ben's log takes it back before anything that shows he knew.",
            (T0 + 2 * HOUR, "withdrawn"),
            ended_at=T0 + 2 * HOUR,
        ),
    )

    trade = Trade()
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[yes.id])
    trade.say(trade.ben, CANCEL, T0 + 3 * HOUR)
    add(
        "withdrawn-after-the-proposer-knew",
        trade.book("After the Close a Cancel only asks: both are still bound.", (T0 + 3 * HOUR, "agreed")),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, DELIVER, T0 + 2 * HOUR, commitment=1, quantity=60)
    trade.say(trade.ben, CANCEL, T0 + 3 * HOUR)
    add("withdrawn-after-delivering", trade.book("To deliver is to show that one knew.", (T0 + 3 * HOUR, "agreed")))

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.say(trade.ben, CANCEL, T0 + 2 * HOUR)
    trade.say(trade.anna, DELIVER, T0 + 3 * HOUR, commitment=0, quantity=2)
    add("delivered-after-withdrawn", trade.book("What Anna says later changes nothing.", (T0 + DAY, "withdrawn")))

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    phone = trade.town.device("Phone", of=trade.ben)
    phone.certify()
    asked = phone.say(CANCEL, {}, T0 + 2 * HOUR, ref=trade.first)
    add(
        "taken-back-by-another-device",
        trade.book(
            "Only the proposing device's log can take it back; from Ben's phone it asks to cancel what is agreed.",
            (T0 + 2 * HOUR, "agreed"),
            out_of_turn={},
        ),
    )
    assert asked

    trade = Trade()
    trade.say(trade.anna, DECLINE, T0 + HOUR, reason="No flour.")
    late = trade.say(trade.anna, ACCEPT, T0 + 2 * HOUR)
    add(
        "declined",
        trade.book(
            "After a Decline no Accept by the same log.",
            (T0 + 2 * HOUR, "declined"),
            out_of_turn={late.id: "the agreement is declined"},
        ),
    )

    trade = Trade()
    counter = trade.anna.say(PROPOSE, {**trade.proposal, "replaces": trade.first.id}, T0 + HOUR)
    add("countered", trade.book("Anna's counter-offer replaces it.", (T0 + HOUR, "replaced"), replaced_by=counter.id))

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    counter = trade.ben.say(PROPOSE, {**trade.proposal, "replaces": trade.first.id}, T0 + 2 * HOUR)
    add(
        "replaced-by-the-proposer",
        trade.book("As a Cancel would: before he showed to know.", (T0 + 2 * HOUR, "replaced"), replaced_by=counter.id),
    )

    trade = Trade()
    trade.say(trade.anna, DECLINE, T0 + HOUR)
    late = trade.say(trade.ben, CANCEL, T0 + 2 * HOUR)
    add(
        "declined-before-withdrawn",
        trade.book(
            "Anna had declined: nothing was left to take back.",
            (T0 + 2 * HOUR, "declined"),
            ended_at=T0 + HOUR,
            out_of_turn={late.id: "the agreement is declined"},
        ),
    )

    trade = Trade()
    yes = trade.say(trade.ben, ACCEPT, T0 + HOUR)
    add(
        "accepted-by-the-proposer",
        trade.book(
            "A proposer can not answer for the other.",
            (T0 + HOUR, "proposed"),
            out_of_turn={yes.id: "the agreement is proposed: the proposer can not"},
        ),
    )

    trade = Trade()
    carla = trade.town.join("Carla")
    yes = trade.say(carla, ACCEPT, T0 + HOUR)
    add(
        "accepted-by-a-stranger",
        trade.book("Carla is no party.", (T0 + HOUR, "proposed"), out_of_turn={yes.id: "only the parties"}),
    )

    trade = Trade()
    carla = trade.town.join("Carla")
    anna, ben = trade.anna.member, trade.ben.member
    ring = _proposal(_promise(anna, ben), _promise(ben, carla.member), _promise(carla.member, anna))
    trade.first = trade.ben.say(PROPOSE, ring, T0 + 1)
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    add(
        "ring-of-three-half",
        trade.book("Two of three have signed: nobody is bound.", (T0 + HOUR, "proposed"), signed=sorted([anna, ben])),
    )
    yes = trade.say(carla, ACCEPT, T0 + 2 * HOUR)
    add(
        "ring-of-three",
        trade.book("The third signs: all are bound.", (T0 + 2 * HOUR, "agreed"), agreed_at=T0 + 2 * HOUR),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 1)
    trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
    add(
        "half-delivered",
        trade.book(
            "Of two loaves one arrived: open until it ends by itself.",
            (closes, "agreed"),
            (closes + 1, "lapsed"),
            received=[1, 60],
        ),
    )
    trade.hand_over(trade.anna, trade.ben, 0, 1, T0 + 3 * DAY, 1)
    add(
        "delivered-in-parts",
        trade.book(
            "What did not arrive may be delivered again.",
            (closes, "completed"),
            received=[2, 60],
            ended_at=T0 + 3 * DAY + 1,
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    more = trade.say(trade.anna, DELIVER, T0 + DAY, commitment=0, quantity=3)
    add(
        "delivered-too-much",
        trade.book(
            "Three of two loaves.",
            (T0 + DAY, "agreed"),
            received=[0, 0],
            out_of_turn={more.id: "that delivers more than promised: 3 of 2"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    given = trade.say(trade.anna, DELIVER, T0 + DAY, commitment=0, quantity=1)
    more = trade.say(trade.ben, RECEIVE, T0 + DAY + 1, delivery=given.id, quantity=2)
    add(
        "received-too-much",
        trade.book(
            "Two confirmed of one delivered.",
            (T0 + DAY, "agreed"),
            received=[0, 0],
            out_of_turn={more.id: "that confirms 2 loaf, but 1"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    given = trade.hand_over(trade.anna, trade.ben, 0, 1, T0 + DAY, 1)
    more = trade.say(trade.ben, RECEIVE, T0 + DAY + 2, delivery=given.id, quantity=1)
    add(
        "received-twice",
        trade.book(
            "One delivery, confirmed again.",
            (T0 + DAY, "agreed"),
            received=[1, 0],
            out_of_turn={more.id: "you have confirmed this delivery already"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    wrong = trade.say(trade.ben, DELIVER, T0 + DAY, commitment=0, quantity=1)
    other = trade.say(trade.anna, DELIVER, T0 + DAY, commitment=2, quantity=1)
    add(
        "delivered-by-another",
        trade.book(
            "Ben delivers what is Anna's to deliver; Anna what nobody promised.",
            (T0 + DAY, "agreed"),
            received=[0, 0],
            out_of_turn={wrong.id: "bread is not yours to deliver", other.id: "the agreement has 2 commitments"},
        ),
    )

    trade = Trade()
    early = trade.say(trade.anna, DELIVER, T0 + HOUR, commitment=0, quantity=1)
    add(
        "delivered-before-agreed",
        trade.book(
            "Nobody is bound yet.",
            (T0 + HOUR, "proposed"),
            out_of_turn={early.id: "the agreement is proposed: the provider can not deliver now"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    late = trade.say(trade.anna, DELIVER, closes + 1, commitment=0, quantity=1)
    add(
        "delivered-too-late",
        trade.book(
            "Three days after the last due date it has ended by itself.",
            (closes + 1, "lapsed"),
            out_of_turn={late.id: "the agreement ended by itself on"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, DELIVER, T0 + 10, commitment=0, quantity=2)
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    add(
        "delivered-before-the-acceptance",
        trade.book(
            "Parts go before times: inside one agreement a delivery is read after the acceptance it rests on.",
            (T0 + HOUR, "agreed"),
            out_of_turn={},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    trade.hand_over(trade.anna, trade.ben, 0, 1, T0 + DAY, 1)
    trade.say(trade.ben, CANCEL, T0 + 2 * DAY)
    trade.say(trade.anna, CANCEL, T0 + 3 * DAY)
    add(
        "cancelled",
        trade.book(
            "Both end what is open; what was received stays.",
            (T0 + 3 * DAY, "cancelled"),
            received=[1, 0],
            ended_at=T0 + 3 * DAY,
        ),
    )

    trade = Trade()
    yes = trade.say(trade.anna, ACCEPT, T0 + HOUR)
    wrong = trade.say(trade.ben, CLOSE, T0 + 2 * HOUR, answers=[_bytes("no entry")])
    add(
        "close-leaves-one-out",
        trade.book(
            "A Close that does not list the acceptance.",
            (T0 + 2 * HOUR, "agreed"),
            out_of_turn={wrong.id: "the close leaves an acceptance out"},
        ),
    )

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    given = trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
    trade.say(trade.ben, CORRECT, T0 + DAY + 2, delivery=given.id, quantity=1)
    add("corrected-by-one", trade.book("One side's word corrects nothing.", (T0 + DAY + 2, "agreed"), received=[2, 0]))
    trade.say(trade.anna, CORRECT, T0 + DAY + 3, delivery=given.id, quantity=0)
    add("corrected-differently", trade.book("Nor do two different words.", (T0 + DAY + 3, "agreed"), received=[2, 0]))
    trade.say(trade.anna, CORRECT, T0 + DAY + 4, delivery=given.id, quantity=1)
    add("corrected-by-both", trade.book("Both say one: one it is.", (T0 + DAY + 4, "agreed"), received=[1, 0]))

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    given = trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 1)
    trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + DAY + 5, 60)
    trade.say(trade.ben, CORRECT, T0 + DAY + 8, delivery=given.id, quantity=2)
    trade.say(trade.anna, CORRECT, T0 + DAY + 9, delivery=given.id, quantity=2)
    add(
        "corrected-to-full",
        trade.book(
            "Two came after all: with that everything has.",
            (T0 + DAY + 9, "completed"),
            received=[2, 60],
            ended_at=T0 + DAY + 9,
        ),
    )

    trade = Trade(answer_by=T0 + 91 * DAY, due=T0 + 92 * DAY)
    trade.say(trade.anna, ACCEPT, T0 + 90 * DAY + 1)
    add(
        "answer-by-too-late",
        trade.book(
            "An answer can be waited for 90 days, whatever the proposal says.",
            (T0 + 90 * DAY, "proposed"),
            (T0 + 90 * DAY + 1, "lapsed"),
        ),
    )

    trade = Trade(due=T0 + 3_000 * DAY)
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    add(
        "due-too-late",
        trade.book(
            "Nobody is bound for more than two years.", (T0 + 733 * DAY, "agreed"), (T0 + 733 * DAY + 1, "lapsed")
        ),
    )
    return made  # fmt: skip


# Credit and attestations ----------------------------------------------------------------------------------------------


def _credit() -> dict[str, Case]:
    def sold() -> Trade:
        town = Town().found()
        anna, ben = town.anna.member, town.device("Ben").member
        paid = _promise(ben, anna, 120, what="credit", unit="credit")
        trade = Trade(_promise(anna, ben), paid)
        trade.say(trade.anna, ACCEPT, T0 + HOUR)
        return trade

    made: dict[str, Case] = {}

    def add(name: str, comment: str, trade: Trade, **facts: Any) -> None:
        made[f"credit/{name}.json"] = trade.town.book(comment, **facts)

    trade = sold()
    anna, ben = trade.anna.member, trade.ben.member
    add(
        "promised",
        "Signed and not paid: no balance moved, and Ben owes 120 until it ends by itself.",
        trade,
        balances={},
        promised={ben: [[T0 + DAY, 120], [T0 + 9 * DAY, 0]], anna: [[T0 + DAY, 0]]},
    )
    given = trade.say(trade.ben, DELIVER, T0 + DAY, commitment=1, quantity=120)
    add("half-paid", "Said to be paid and not confirmed: only the pair counts.", trade, balances={})
    trade.say(trade.anna, RECEIVE, T0 + DAY + 1, delivery=given.id, quantity=100)
    add(
        "paid",
        "A hundred arrived. All balances together are 0.",
        trade,
        balances={anna: 100, ben: -100},
        promised={ben: [[T0 + DAY, 20]]},
    )
    for who in (trade.anna, trade.ben):
        trade.say(who, CORRECT, T0 + 2 * DAY, delivery=given.id, quantity=120)
    add("corrected", "Both correct it to 120.", trade, balances={anna: 120, ben: -120})

    trade = sold()
    carla = trade.town.join("Carla")
    paid = _promise(anna, carla.member, 50, what="credit", unit="credit")
    owed = trade.hand_over(trade.ben, trade.anna, 1, 120, T0 + DAY, 120)
    trade.first = carla.say(PROPOSE, _proposal(_promise(carla.member, anna), paid), T0 + HOUR)
    trade.say(trade.anna, ACCEPT, T0 + DAY + 1)
    trade.say(trade.anna, ACCEPT, T0 + DAY + 1)
    trade.say(carla, CLOSE, T0 + DAY + 1, answers=[_bytes("no entry")])
    assert owed
    add(
        "late-acceptance",
        "Anna accepted Carla's proposal too late: that payment is not promised.",
        trade,
        balances={anna: 120, ben: -120},
        promised={anna: [[T0 + DAY, 0]]},
    )

    trade = sold()
    carla = trade.town.join("Carla")
    trade.hand_over(trade.ben, trade.anna, 1, 120, T0 + DAY, 120)
    trade.first = carla.say(PROPOSE, _proposal(_promise(carla.member, anna), paid, answer_by=T0 + 2 * DAY), T0 + HOUR)
    trade.say(trade.anna, ACCEPT, T0 + DAY + 1)
    trade.hand_over(trade.anna, carla, 1, 50, T0 + DAY + 2, 50)
    add("three-members", "Ben pays Anna, Anna pays Carla.", trade, balances={anna: 70, ben: -120, carla.member: 50})
    return made  # fmt: skip


def _attestations() -> dict[str, Case]:
    made: dict[str, Case] = {}
    end = T0 + 2 * DAY + 1

    def over(complete: bool = True) -> Trade:
        trade = Trade()
        trade.say(trade.anna, ACCEPT, T0 + HOUR)
        trade.hand_over(trade.anna, trade.ben, 0, 2, T0 + DAY, 2)
        if complete:
            trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
        return trade

    def rate(
        trade: Trade, who: Device, about: Device, at: int, good: bool = True, words: str = "Still warm."
    ) -> tuple[Said, Case]:
        nonce = _bytes(f"nonce of {who.name}", 16)
        seal = _hash(b"rating", trade.first.id, about.member, b"\1" if good else b"\0", nonce, words.encode())
        said = trade.say(who, RATE, at, about=about.member, seal=seal)
        return said, {"rate": said.id, "good": good, "words": words, "nonce": nonce}

    def seen(trade: Trade, *found: tuple[Device, Device, bool]) -> list[Any]:
        return sorted([trade.first.id, by.member, about.member, good] for by, about, good in found)

    def add(name: str, comment: str, trade: Trade, *found: tuple[Device, Device, bool]) -> None:
        made[f"attestations/{name}.json"] = trade.town.book(comment, attestations=seen(trade, *found))

    def both(trade: Trade) -> tuple[Case, Case]:
        _, anna_said = rate(trade, trade.anna, trade.ben, end)
        _, ben_said = rate(trade, trade.ben, trade.anna, end + 1, good=False, words="Burnt.")
        return anna_said, ben_said

    trade = over()
    by_anna, by_ben = both(trade)
    trade.say(trade.anna, OPEN, end + 2, **by_anna)
    add("one-open", "Both have rated, one has opened.", trade, (trade.anna, trade.ben, True))
    trade.say(trade.ben, OPEN, end + 3, **by_ben)
    add("both-open", "Both have opened.", trade, (trade.anna, trade.ben, True), (trade.ben, trade.anna, False))

    trade = over()
    _, by_anna = rate(trade, trade.anna, trade.ben, end)
    trade.say(trade.anna, OPEN, end + 14 * DAY - 1, **by_anna)
    add("opened-early", "The other has not rated, and it is a millisecond before the 14 days.", trade)

    trade = over()
    _, by_anna = rate(trade, trade.anna, trade.ben, end)
    trade.say(trade.anna, OPEN, end + 14 * DAY, **by_anna)
    add("opened-after-14-days", "The other stays silent.", trade, (trade.anna, trade.ben, True))

    trade = over()
    by_anna, _ = both(trade)
    trade.say(trade.anna, OPEN, end + 2, **{**by_anna, "good": False})
    add("opened-otherwise", "What is opened is not what was sealed.", trade)

    trade = over()
    by_anna, _ = both(trade)
    trade.say(trade.ben, OPEN, end + 2, **by_anna)
    add("opened-by-another", "Ben can not open Anna's rating.", trade)

    trade = over()
    by_anna, _ = both(trade)
    _, second = rate(trade, trade.anna, trade.ben, end + 2, good=False)
    trade.say(trade.anna, OPEN, end + 3, **second)
    trade.say(trade.anna, OPEN, end + 4, **by_anna)
    add("rated-twice", "Only the first rating of each other party counts.", trade, (trade.anna, trade.ben, True))

    trade = over(complete=False)
    by_anna, by_ben = both(trade)
    trade.say(trade.anna, OPEN, end + 2, **by_anna)
    add("rated-too-soon", "The trade was not over.", trade)

    trade = over(complete=False)
    _, by_ben = rate(trade, trade.ben, trade.anna, T0 + DAY + HOUR, good=False)
    trade.hand_over(trade.ben, trade.anna, 1, 60, T0 + 2 * DAY, 60)
    trade.say(trade.ben, OPEN, T0 + 30 * DAY, **by_ben)
    add("rated-before-the-end", "Ben rated before he paid: that it is over now changes nothing.", trade)

    trade = over(complete=False)
    end = T0 + 8 * DAY + 1
    by_anna, by_ben = both(trade)
    trade.say(trade.ben, OPEN, end + 2, **by_ben)
    add(
        "rated-a-lapse",
        "It ended by itself with a half missing: that can be rated.",
        trade,
        (trade.ben, trade.anna, False),
    )

    trade = over()
    carla = trade.town.join("Carla")
    end = T0 + 2 * DAY + 1
    _, by_carla = rate(trade, carla, trade.anna, end)
    trade.say(carla, OPEN, end + 20 * DAY, **by_carla)
    add("rated-by-a-stranger", "Carla was no party.", trade)

    trade = Trade()
    _, by_ben = rate(trade, trade.ben, trade.anna, T0 + 9 * DAY)
    trade.say(trade.ben, OPEN, T0 + 30 * DAY, **by_ben)
    add("rated-without-a-trade", "A proposal nobody accepted lapsed: there was no trade.", trade)
    return made  # fmt: skip


# Books ----------------------------------------------------------------------------------------------------------------


def _books() -> dict[str, Case]:
    made: dict[str, Case] = {}

    trade = Trade()
    trade.say(trade.anna, ACCEPT, T0 + HOUR)
    town, anna, ben = trade.town, trade.anna, trade.ben
    bread = anna.say(LISTING, _listing(), T0 + HOUR)
    facts = {
        "agreements": [[trade.first.id, "agreed", [0, 0], sorted([anna.member, ben.member]), None, T0 + HOUR]],
        "attestations": [],
        "balances": [],
        "charter": True,
        "community": town.community,
        "listings": [[bread.id, T0 + 30 * DAY, False]],
        "logs": sorted([each.id, len(each.ids), each.ids[-1], None] for each in (anna, ben)),
        "members": sorted(
            [
                [anna.member, "founder", None, [anna.id], [-1, b""]],
                [ben.member, "member", anna.member, [ben.id], [-1, b""]],
            ]
        ),
    }
    made["book/digest.json"] = town.book("The digest is the hash of these facts.", digest=_hash(b"book", _pack(facts)))

    town = Town().found()
    ben = town.join("Ben")
    for number in range(3):
        ben.say(PROFILE, {"name": f"Ben {number}"}, T0 + number)
    missing = town.entries.pop(-2)
    made["book/gap.json"] = town.book(
        "Entry 3 of Ben's log has not arrived: 4 waits, and counts for nothing.",
        sizes={ben.id: 3},
        waiting={ben.id: [4]},
        name={ben.member: "Ben 0"},
    )
    town.entries.append(missing)
    made["book/gap-filled.json"] = town.book(
        "It arrives last: both stand.", sizes={ben.id: 5}, waiting={ben.id: []}, name={ben.member: "Ben 2"}
    )

    town = Town().found()
    ben = town.join("Ben")
    unknown = ben.say(999, {"from": "later"})
    again = ben.say(PROFILE, {"name": "Ben", "zest": 1})
    forgotten = ben.say(PROFILE, {"name": "Benjamin"}, T0 + 1)
    town.entries[-1] = Said(forgotten.device, forgotten.seq, forgotten.id, forgotten.signed, forgotten.header)
    assert unknown.seq == 2
    assert again.seq == 3
    made["book/kept-uninterpreted.json"] = town.book(
        "An unknown kind, an unknown field and a forgotten payload: the log goes on, what is known counts.",
        sizes={ben.id: 5},
        name={ben.member: "Ben"},
    )

    town = Town().found()
    ben = town.join("Ben")
    carla = town.join("Carla")
    ben.say(PROPOSE, _proposal(_promise(town.anna.member, carla.member)))
    made["book/proposal-for-others.json"] = town.book("Ben proposes for Anna and Carla.", "a proposal by somebody who")

    town, real, rival, _ = _forked()
    proof = _at_one_place(town, real, rival)
    anna = town.anna
    made["book/forked.json"] = town.book(
        "A proven fork at 2: the first two entries stay, no winner, the voice is gone.",
        proofs=[proof],
        sizes={anna.id: 2},
        forks={anna.id: 2},
        silenced=[anna.member],
        name={anna.member: None},
    )

    earlier = anna.draft(PROFILE, {"name": "Nobody"}, T0, seq=1, root=_root(anna.ids[:1]))
    second = _at_one_place(town, town.entries[1], earlier)
    made["book/forked-twice.json"] = town.book(
        "Two proofs, at 2 and at 1: the earlier place counts, and the charter at 1 goes with it.",
        proofs=[proof, second],
        sizes={anna.id: 1},
        forks={anna.id: 1},
        standing={anna.member: "unknown"},
    )

    double = anna.draft(CERTIFICATE, {"device_name": "Nothing"}, T0, seq=0, root=bytes(32), version=2)
    made["book/forked-at-the-certificate.json"] = town.book(
        "Two entries 0: nothing is left of the log.",
        proofs=[_at_one_place(town, town.entries[0], double)],
        sizes={anna.id: 0},
        forks={anna.id: 0},
        silenced=[],
    )

    phone = town.device("Phone", of=anna)
    phone.certify()
    phone.say(REVOKE, phone.revoke(anna, 2))
    made["book/forked-and-revoked.json"] = town.book(
        "Anna takes the voice of that device away from her phone, and is heard.",
        proofs=[proof],
        sizes={anna.id: 2, phone.id: 2},
        forks={anna.id: 2},
        silenced=[],
    )

    town, real, rival, _ = _forked()
    town.entries = [*town.entries, rival, real]
    made["book/places.json"] = town.book(
        "The rival contradicts, the repeat is known; without a proof nothing is cut.",
        given_order_only=True,
        places=["next"] * 4 + ["fork", "seen"],
        sizes={town.anna.id: 4},
    )

    oak = Town("Oak Street").found()
    town = Town().found()
    town.entries.append(oak.entries[0])
    made["book/another-community.json"] = town.book("Oak Street's entry in Elm Street.", "the signature is not")
    return made  # fmt: skip


# Frames and bundles ---------------------------------------------------------------------------------------------------


def _wire() -> dict[str, Case]:
    town = Town().found()
    anna, ben = town.anna, town.device("Ben")
    data = town.entries[0].data
    key, eight = anna.id, _bytes("eight", 8)

    def frame(comment: str, expect: Any, items: Any, head: bytes = b"\x01\x00") -> Case:
        body = items if isinstance(items, bytes) else msgpack.packb(items, use_bin_type=True)
        return _case(comment, "frame", expect, frame=head + body)

    def read(comment: str, name: str, items: list[Any]) -> Case:
        return frame(comment, {"frame": name, "fields": items[1:]}, items)

    tag = _hash(b"hello", town.community, anna.id, ben.id)
    return {
        "wire/hello-tag.json": _case("What only those who know the community can make.", "hello-tag", {"tag": tag},
            community=town.community, sender=anna.id, receiver=ben.id),
        "wire/hello.json": read("The first frame.", "Hello", [1, tag, [data], eight, 7]),
        "wire/heads.json": read("One head.", "Heads", [2, eight, 7, [[key, 3, eight]]]),
        "wire/push.json": read("A new entry.", "Push", [3, key, data]),
        "wire/entries.json": read("Entries asked for.", "Entries", [4, key, [data, data]]),
        "wire/announce.json": read("Two short ids.", "Announce", [5, [eight, eight]]),
        "wire/ask.json": read("Only push to me.", "Ask", [6, []]),
        "wire/want.json": read("Entries 0 to 9.", "Want", [7, [[key, 0, 9]]]),
        "wire/prune.json": read("No fields.", "Prune", [8]),
        "wire/proofs.json": read("One proof.", "Proofs", [9, [b"proof"]]),
        "wire/carry.json": read("A letter.", "Carry", [11, b"letter"]),
        "wire/receipts.json": read("A receipt.", "Receipts", [12, [bytes(137)]]),
        "wire/answers.json": read("It is kept.", "Answers", [13, [[key, 1]]]),
        "wire/hello-again.json": read("No card for who has it.", "Hello", [1, tag, [], eight, 7]),
        "wire/heads-short.json": read("A log told of before.", "Heads", [2, eight, 7, [[key[:8], 3, eight]]]),
        "wire/want-short.json": read("Entries of it.", "Want", [7, [[key[:8], 2, 2]]]),
        "wire/head-of-9-bytes.json": frame(
            "A device of 9 bytes.", "a device must have 32 or 8 bytes", [2, eight, 7, [[key[:9], 3, eight]]]),
        "wire/look.json": read("What is open anywhere?", "Look", [14, 0]),
        "wire/lately.json": read("A certificate and what else.", "Lately", [15, key, [data, data]]),
        "wire/cell-negative.json": frame("A cell below 0.", "cell below 0", [14, -1]),
        "wire/shown-too-many.json": frame("67 entries of one log.", "not a frame", [15, key, [b""] * 67]),
        "wire/shown-nothing.json": frame("A log of which nothing is shown.", "not a frame", [15, key, []]),
        "wire/more-fields.json": frame(
            "A field of a later day.", {"frame": "Push", "fields": [key, data]}, [3, key, data, 1]
        ),
        "wire/more-fields-of-any-kind.json": frame(
            "Fields of a later day may be what no payload may be.", {"frame": "Prune", "fields": []},
            b"\x95\x08" + b"".join(map(msgpack.packb, (1.5, msgpack.ExtType(5, b"x"), {1: [None]}))) + b"\xa1\xff",
        ),
        "wire/head-of-four.json": frame("A head of four parts.", "not a frame", [2, eight, 7, [[key, 3, eight, 1]]]),
        "wire/later-version.json": frame("Version 2 is not read.", {"frame": None}, b"anything", b"\x02\x00"),
        "wire/version-zero.json": frame("Version 0.", "frame of version 0", [8], b"\x00\x00"),
        "wire/other-channel.json": frame("Channel 1.", "frame of version 1 on channel 1", [8], b"\x01\x01"),
        "wire/too-short.json": frame("Two bytes.", "frame of 2 bytes", b""),
        "wire/peers.json": read("One record.", "Peers", [10, [b"record"]]),
        "wire/peers-too-many.json": frame("65 records.", "not a frame", [10, [b""] * 65]),
        "wire/record-too-large.json": frame("2,049 bytes.", "2049 bytes of a record", [10, [bytes(2_049)]]),
        "wire/unknown-type.json": frame("Type 200, of a later day.", {"frame": None}, [200, [key], {"a": 1.5}]),
        "wire/unknown-type-cut-off.json": frame(
            "Type 70,000 and something that is no MessagePack: nobody looks.", {"frame": None},
            b"\x93\xce\x00\x01\x11\x70\xc1",
        ),
        "wire/type-negative.json": frame("Type -1.", "not a frame", [-1]),
        "wire/type-cut-off.json": frame("Three of four bytes of a type.", "not a frame", b"\x91\xce\0\0\1"),
        "wire/not-an-array.json": frame("A number.", "not a frame", 7),
        "wire/cut-off.json": frame("An array of three with one in it.", "not a frame", b"\x93\x03"),
        "wire/field-missing.json": frame("A push without an entry.", "not a frame", [3, key]),
        "wire/device-31-bytes.json": frame("A device of 31 bytes.", "device must have 32", [3, key[:31], data]),
        "wire/short-id-7-bytes.json": frame("A short id of 7 bytes.", "id must have 8", [5, [eight[:7]]]),
        "wire/card-of-three.json": frame("Three on a card.", "not a frame", [1, tag, [data] * 3, eight, 0]),
        "wire/cursor-negative.json": frame("A cursor below 0.", "cursor below 0", [1, tag, [], eight, -1]),
        "wire/seq-negative.json": frame("A place below 0.", "seq below 0", [7, [[key, -1, 3]]]),
        "wire/ranges-too-many.json": frame("513 ranges.", "not a frame", [7, [[key, 0, 0]] * 513]),
        "wire/ids-too-many.json": frame("4,097 ids.", "not a frame", [6, [eight] * 4_097]),
        "wire/entries-too-many.json": frame("513 entries.", "not a frame", [4, key, [b""] * 513]),
        "wire/proofs-too-many.json": frame("257 proofs.", "not a frame", [9, [b""] * 257]),
        "wire/entry-too-large.json": frame("A byte too many.", "65777 bytes of an entry", [3, key, bytes(65_777)]),
        "wire/receipts-too-many.json": frame("257 receipts.", "not a frame", [12, [bytes(137)] * 257]),
        "wire/receipt-136-bytes.json": frame("A receipt of 136 bytes.", "receipt must have 137", [12, [bytes(136)]]),
        "wire/answers-too-many.json": frame("1,025 answers.", "not a frame", [13, [[key, 1]] * 1_025]),
        "wire/answer-negative.json": frame("An answer below 0.", "answer below 0", [13, [[key, -1]]]),
        "wire/proof-too-large.json": frame("A proof of 4,097 bytes.", "4097 bytes of a proof", [9, [bytes(4_097)]]),
    }  # fmt: skip


def _bundles() -> dict[str, Case]:
    town, real, rival, _ = _forked()
    town.join("Ben")
    town.entries.sort(key=lambda said: (said.device, said.seq))
    proof = _at_one_place(town, real, rival)
    whole = b"ruil bundle 1\n" + town.community + b"\x02" + struct.pack(">I", len(proof)) + proof
    items: list[Case] = [{"device": None, "offset": 51, "bytes": len(proof)}]
    for said in town.entries:
        whole += b"\x01" + said.device + struct.pack(">I", len(said.data))
        items.append({"device": said.device, "offset": len(whole), "bytes": len(said.data)})
        whole += said.data
    body = whole
    whole += b"\x00"
    whole += _hash(b"bundle", whole)

    def read(comment: str, expect: Any, data: bytes) -> Case:
        return _case(comment, "bundle", expect, data=data)

    def flipped(place: int) -> bytes:
        return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]

    long = b"ruil bundle 1\n" + town.community
    facts = {"community": town.community, "items": items}
    empty = long + b"\x00"
    return {
        "bundle/whole.json": read("A proof and two logs.", facts, whole),
        "bundle/empty.json": read("A bundle of nothing.", {"community": town.community, "items": []},
            empty + _hash(b"bundle", empty)),
        "bundle/not-one.json": read("Another magic line.", "not a ruil bundle", b"ruil bundle 2\n" + whole[14:]),
        "bundle/too-short.json": read("The community is cut.", "not a ruil bundle", whole[:45]),
        "bundle/cut-in-an-entry.json": read("Cut inside the last entry.", "the bundle is cut off after byte",
            body[:-1]),
        "bundle/cut-before-the-end.json": read("Every item, no end.", "the bundle is cut off after byte", body),
        "bundle/changed.json": read("One bit of an entry.", "the bundle was changed", flipped(len(body) - 1)),
        "bundle/sum-cut.json": read("Half of the sum.", "the bundle was changed", whole[:-16]),
        "bundle/trailing.json": read("A byte after the sum.", "the bundle was changed", whole + b"\0"),
        "bundle/unknown-item.json": read("An item of kind 3.", "byte 46 begins an item of unknown kind 3",
            long + b"\x03" + bytes(40)),
        "bundle/item-too-long.json": read("An entry that says it has 65,777 bytes.", "byte 79: an item of 65777",
            long + b"\x01" + bytes(32) + struct.pack(">I", 65_777) + bytes(65_777)),
        "bundle/proof-too-long.json": read("A proof that says it has 4,097 bytes.", "byte 47: an item of 4097",
            long + b"\x02" + struct.pack(">I", 4_097) + bytes(4_097)),
    }  # fmt: skip
