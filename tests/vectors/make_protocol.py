"""The vectors of the protocol pages of docs/spec/, one fault in each.

Entries, proofs and bundles are put together here from the spec's text with struct, hashlib, msgpack and libsodium, not
by the code under test; what is expected is written out by hand, only ids are computed. Seeds and times are fixed.
"""

import base64
import hashlib
import struct
from dataclasses import dataclass, field
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
        _ids, _codec, _bodies, _entries, _logs, _forks, _members, _invitations, _listings, _agreements, _credit,
        _attestations, _books, _wire, _bundles,
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

    def draft(
        self, kind: int, body: Any, at: int | None = None, ref: Said | None = None, **special: Any
    ) -> Said:
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
        "ids/from-text-spaced.json": read("Pasted with a space and a line break around it.", {"key": key}, f" {text}\n"),
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
        "codec/key-twice.json": read("a twice.", "not canonical: map keys", "82a16101a16101"),
        "codec/key-number.json": read("A number as a key.", "not ", "810102"),
        "codec/key-bytes.json": read("Bytes as a key.", "not canonical: map keys must be text", "81c4016101"),
        "codec/float.json": read("1.5", "floats are not allowed", "cb3ff8000000000000"),
        "codec/float-in-map.json": read("A float one level down.", "floats are not allowed", "81a161cb3ff8000000000000"),
        "codec/float-short.json": read("1.5 in four bytes.", "not canonical", "ca3fc00000"),
        "codec/extension.json": read("An extension.", "extension type 5", "d40500"),
        "codec/timestamp.json": read("MessagePack's own timestamp.", "not ", "d6ff00000001"),
        "codec/not-utf8.json": read("Text that is not UTF-8.", "not MessagePack", "a2c328"),
        "codec/trailing.json": read("One byte after the value.", "not MessagePack", "0101"),
        "codec/cut-off.json": read("A list of two with one in it.", "not MessagePack", "9201"),
        "codec/nothing.json": read("No bytes.", "not MessagePack", ""),
        "codec/reserved.json": read("0xc1 is no value.", "not MessagePack", "c1"),
    }  # fmt: skip


# Bodies ---------------------------------------------------------------------------------------------------------------

CELL: Final = 0x861F1D487FFFFFF  # resolution 6
CELL_FINE: Final = 0x881F1D4887FFFFF  # resolution 8


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
        "bodies/time-beyond-9999.json": listing("Ends in the year 10000.", "ends is", ends=253_402_300_800_000),
        "bodies/proposal.json": proposal("A swap.", None, _proposal(good, back)),
        "bodies/parties-unsorted.json": proposal("Parties the wrong way round.", "parties must be sorted",
            _proposal(good, parties=sorted([anna, ben], reverse=True))),
        "bodies/party-twice.json": proposal("One party, named twice.", "parties must be sorted",
            _proposal(good, parties=sorted([anna, anna, ben]))),
        "bodies/parties-too-many.json": proposal("65 parties.", "65 parties", _proposal(good, parties=crowd)),
        "bodies/commitments-none.json": proposal("Nothing promised.", "0 commitments",
            _proposal(good, commitments=[])),
        "bodies/commitment-of-a-stranger.json": proposal("Carla is no party.", "a commitment names somebody",
            _proposal(good, _promise(carla, ben), parties=sorted([anna, ben]))),
        "bodies/commitment-to-oneself.json": proposal("Anna to Anna.", "a commitment needs two people",
            _proposal(_promise(anna, anna), parties=sorted([anna, ben]))),
        "bodies/commitment-zero.json": proposal("Nothing of it.", "a promised quantity of zero",
            _proposal(_promise(anna, ben, 0))),
        "bodies/due-before-answer.json": proposal("Due before it is answered.", "a commitment is due before",
            _proposal(good, answer_by=T0 + 6 * DAY)),
        "bodies/close-of-nothing.json": body("No answers.", "not a Close: 0 answers", CLOSE, {"answers": []}),
        "bodies/receive-zero.json": body("Nothing arrived.", "not a Receive: a received quantity of zero", RECEIVE,
            {"delivery": bytes(32), "quantity": 0}),
        "bodies/correct-to-zero.json": body("A delivery that never was.", {"body": "Correct"}, CORRECT,
            {"delivery": bytes(32), "quantity": 0}),
        "bodies/revoke-all.json": body("The certificate itself can not be taken back.", "not a Revoke: kept is 0",
            REVOKE, {"device": bytes(32), "kept": 0, "signature": bytes(64)}),
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

    def opened(comment: str, expect: Any, data: bytes, community: bytes = town.community, device: bytes = anna.id) -> Case:
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
    foreign = _said(seed, other.community, LISTING, _pack(_listing()), 0, T0, bytes(32))
    return {
        "entry/certificate.json": opened("The first entry of a log.", _facts(plain, "Certificate"), plain.data),
        "entry/listing.json": opened("A listing.", _facts(offer, "Listing"), offer.data),
        "entry/with-reference.json": opened("An entry that answers another.", _facts(renew, "Renew"), renew.data),
        "entry/end-of-log.json": opened("The last entry of a log.", _facts(end, "Listing"), end.data),
        "entry/forgotten.json": opened(
            "Payload and salt are gone; id, signature and chain still hold.", _facts(offer, None), offer.signed
        ),
        "entry/unknown-kind.json": opened("Kept, not interpreted.", _facts(unknown, None), unknown.data),
        "entry/unknown-version.json": opened(
            "Kept, its payload not read: a later version may code it otherwise.", _facts(later, None), later.data
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
        "entry/payload-changed.json": opened("One bit of the payload.", "the payload is not", changed(len(offer.data) - 1)),
        "entry/salt-changed.json": opened("One bit of the salt.", "the payload is not", changed(152)),
        "entry/version-zero.json": opened("Version 0.", "version 0", draft(version=0).data),
        "entry/unknown-flag.json": opened("Flag bit 2.", "unknown flags", draft(flags=4).data),
        "entry/payload-too-large.json": opened(
            "The header promises 65,537 bytes.", "payload of 65537", draft(length=65_537).data
        ),
        "entry/time-beyond-9999.json": opened(
            "The first millisecond of the year 10000.", "the time is beyond", draft(at=253_402_300_800_000).data
        ),
        "entry/too-short.json": opened("151 bytes.", "entry of 151 bytes", offer.data[:151]),
        "entry/reference-cut.json": opened(
            "The flag says reference, the bytes end.", "the header says a reference follows", renew.data[:200]
        ),
        "entry/cut-off.json": opened("The last byte is missing.", f"{len(offer.data) - 153} bytes after", offer.data[:-1]),
        "entry/trailing.json": opened("One byte too many.", f"{len(offer.data) - 151} bytes after", offer.data + b"\0"),
        "entry/salt-only.json": opened("The salt without its payload.", "16 bytes after", offer.data[:168]),
        "entry/not-canonical.json": opened(
            "A true signature over a payload in a second coding.", "not canonical", draft(body=b"\x81\xa1a\xcd\x00\x05").data
        ),
        "entry/answer-to-nothing.json": opened(
            "An Accept that names no proposal.", "Accept must name the entry it answers", draft(kind=ACCEPT, body={}).data
        ),
    }  # fmt: skip
