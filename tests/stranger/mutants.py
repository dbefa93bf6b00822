"""Mutants: things somebody could send, made from the vectors by small changes, to be read by two implementations."""

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack

from ruil.crypto.contexts import ENTRY_ID, PAYLOAD, SIGN_ENTRY
from ruil.crypto.hashes import blake2b
from ruil.crypto.keys import SigningKey

VECTORS = Path(__file__).parent.parent / "vectors"
NUMBERS = (-(2**63), -1, 0, 1, 2, 7, 8, 60, 61, 256, 257, 2_303, 2_304, 10_000, 2**32 - 1, 2**32, 10**12, 10**12 + 1,
           253_402_300_799_999, 253_402_300_800_000, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
TEXTS = (
    "", " ", "\u3000", "\ufeff", "\u200b", "\u180e", "\x85", "\x1c", "a\tb", "a\nb", "a\rb", "\x7f", "\u2028",
    "e\u0301", "𝒳" * 40, "x" * 24, "x" * 25, "x" * 60, "x" * 61, " " + "x" * 60 + " ", "x" * 120, "x" * 121, "offer",
    "need", "use", "transfer", "credit", "hourly", "host", "hand", "nothing",
)  # fmt: skip
KINDS = frozenset(
    {*range(1, 13), *range(16, 20), *range(32, 50)}
)  # those bodies.js knows; of later ones it says nothing
BOOKS = ("book", "members", "revocations", "organisations", "log", "agreements", "credit", "listings", "attestations")
FRAMES = 14  # from here on wire.js knows no types
SPACES = ("", " ", "\u3000", "\ufeff", "\u200b", "\x85", "\t", "\r\n", "\u2028")
SIZES = (0, 1, 16, 31, 32, 33, 39, 40, 64, 65)
FIELDS = 0.3  # of the changes add a field that some body has


class Mutants:
    """An endless supply from one seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._vectors = [json.loads(path.read_text()) for path in sorted(VECTORS.glob("*/*.json"))]

    def of(self, check: str) -> list[dict[str, Any]]:
        return [vector["input"] for vector in self._vectors if vector.get("check") == check]

    def _entries(self) -> list[bytes]:
        inside = [each for check in ("book", "log") for case in self.of(check) for each in case["entries"]]
        return [bytes.fromhex(each["data"] if isinstance(each, dict) else each) for each in inside]

    def bodies(self) -> Iterator[dict[str, Any]]:
        """Bodies that are maps, in their one coding, of a kind that exists."""
        grown = [(each["kind"], bytes.fromhex(each["payload"])) for each in self.of("body")]
        for each in self._entries():
            end = 152 + 72 * (each[1] & 1)
            if len(each) > end:
                grown.append((int.from_bytes(each[2:4], "big"), each[end + 16 :]))
        read = {(kind, payload): _read(payload) for kind, payload in grown}
        grown = [(kind, body) for (kind, _), body in read.items() if isinstance(body, dict)]
        grown = [each for each in grown if each[0] in KINDS or each[0] == 999]
        by_kind: dict[int, list[tuple[int, Any]]] = {}
        for each in grown:
            by_kind.setdefault(each[0], []).append(each)
        names = sorted({name for _, body in grown for part in _maps(body) for name in part})
        while True:
            kind, body = self._chance.choice(by_kind[self._chance.choice(sorted(by_kind))])
            body = _copy(body)
            for _ in range(self._chance.choice((1, 1, 1, 2, 3))):
                self._change(body, names)
            yield {"kind": kind, "payload": pack(body).hex()}

    def payloads(self) -> Iterator[dict[str, Any]]:
        """Bytes that may be MessagePack, and may be its one coding."""
        grown = [bytes.fromhex(each["data"]) for each in self.of("decode") if len(each["data"]) < 400]
        grown += [bytes.fromhex(each["payload"]) for each in self.of("body") if len(each["payload"]) < 2_000]
        while True:
            yield {"data": self._bytes(grown).hex()}

    def frames(self) -> Iterator[dict[str, Any]]:
        """Frames with a change in their parts or their bytes."""
        grown = [bytes.fromhex(each["frame"]) for each in self.of("frame") if len(each["frame"]) < 5_000]
        parts = [_read(each[2:]) for each in grown if each[:2] == b"\1\0"]
        lists = [each for each in parts if isinstance(each, list)]
        while True:
            if self._chance.random() < 0.3:
                yield {"frame": self._bytes(grown).hex()}
                continue
            frame = _copy(self._chance.choice(lists))
            self._change(frame, [])
            if frame and frame[0] in range(FRAMES, 100):
                continue
            yield {"frame": (b"\1\0" + pack(frame)).hex()}

    def entries(self) -> Iterator[dict[str, Any]]:
        """Entries with something odd in the header, truly signed over it; and some with a byte changed afterwards."""
        chance = self._chance
        key = SigningKey.from_seed(bytes(32))
        community, other = bytes([1]) * 32, SigningKey.from_seed(bytes([2]) * 32)
        for body in self.bodies():
            payload = bytes.fromhex(body["payload"])
            kind = body["kind"] if chance.random() < 0.8 else chance.choice([*KINDS, 999, 0xFFFF])
            version = chance.choice((1, 1, 1, 1, 1, 1, 0, 2, 255))
            flags = chance.choice((0, 0, 1, 1, 1, 2, 3, 4, 128))
            seq, at, there = (chance.choice(NUMBERS) & (2**64 - 1) if chance.random() < 0.2 else 7 for _ in range(3))
            length = len(payload) if chance.random() < 0.9 else chance.choice(NUMBERS) & 0xFFFF_FFFF
            salted = bytes(16) + payload
            header = struct.pack(">BBHIQQ", version, flags, kind, length, seq, at) + chance.randbytes(32)
            header += blake2b(PAYLOAD, salted)
            if flags & 1:
                header += chance.randbytes(32) + struct.pack(">Q", there) + chance.randbytes(32)
            signer = key if chance.random() < 0.95 else other
            signature = signer.sign(SIGN_ENTRY, blake2b(ENTRY_ID, community, key.public, header))
            data = header + signature + (salted if chance.random() < 0.8 else b"")
            if chance.random() < 0.1:
                data = self._bytes([data])
            yield {"community": community.hex(), "device": key.public.hex(), "data": data.hex()}

    def books(self) -> Iterator[dict[str, Any]]:
        """Some of the entries and proofs of two villages, of the same people, in some order, some of them twice."""
        chance = self._chance
        told = [
            json.loads(path.read_text())["input"] for noun in BOOKS for path in sorted(VECTORS.glob(f"{noun}/*.json"))
        ]
        told = [
            each for each in told if "entries" in each and "community" in each and isinstance(each["entries"][0], dict)
        ]
        while True:
            one, other = chance.choice(told), chance.choice(told)
            entries = [*one["entries"], *(other["entries"] if chance.random() < 0.5 else ())]
            entries = [each for each in entries if chance.random() < 0.97]
            entries += [each for each in entries if chance.random() < 0.05]
            if chance.random() < 0.7:
                chance.shuffle(entries)
            proofs = [each for each in (*one.get("proofs", ()), *other.get("proofs", ())) if chance.random() < 0.5]
            yield {"community": one["community"], "entries": entries, "proofs": proofs}

    def invitations(self) -> Iterator[dict[str, Any]]:
        """Invitations as people may type them."""
        grown = [each["text"] for each in self.of("invitation")]
        while True:
            letters = list(self._chance.choice(grown))
            for _ in range(self._chance.choice((0, 1, 2))):
                place = self._chance.randrange(len(letters) + 1)
                letters[place : place + self._chance.randrange(2)] = self._chance.choice(
                    (*SPACES, "a", "B", "7", "1", "@", "@x:1", ",", "=")
                )
            text = "".join(letters)
            yield {"text": text.upper() if self._chance.random() < 0.3 else text}

    def _bytes(self, grown: list[bytes]) -> bytes:
        data = bytearray(self._chance.choice(grown))
        for _ in range(self._chance.choice((1, 1, 2, 4))):
            place = self._chance.randrange(len(data) + 1)
            match self._chance.randrange(4):
                case 0:
                    data[place:place] = self._chance.randbytes(1)
                case 1:
                    del data[place : place + 1]
                case 2:
                    data[place : place + 1] = self._chance.randbytes(1)
                case _:
                    other = self._chance.choice(grown)
                    start = self._chance.randrange(len(other) + 1)
                    data[place:place] = other[start : start + self._chance.randrange(12)]
        return bytes(data)

    def _value(self) -> Any:
        chance = self._chance
        match chance.randrange(6):
            case 0:
                return chance.choice((None, True, False))
            case 1:
                return chance.choice(TEXTS)
            case 2:
                return chance.randbytes(chance.choice(SIZES))
            case 3:
                return []
            case _:
                return chance.choice(NUMBERS)

    def _change(self, root: Any, names: list[str]) -> None:
        """One change somewhere in a value of lists and maps."""
        chance = self._chance
        part = chance.choice([each for each in _parts(root) if isinstance(each, dict | list)])
        if isinstance(part, dict):
            if names and chance.random() < FIELDS:
                part[chance.choice(names)] = self._value()
            elif part:
                name = chance.choice(sorted(part))
                if chance.random() < 0.2:
                    del part[name]
                else:
                    part[name] = self._near(part[name], root)
            return
        if part and chance.random() < 0.4:
            place = chance.randrange(len(part))
            part[place] = self._near(part[place], root)
        elif part and chance.random() < 0.4:
            part.append(_copy(chance.choice(part)))
        elif part and chance.random() < 0.5:
            del part[chance.randrange(len(part))]
        else:
            part.append(self._value())

    def _near(self, value: Any, root: Any) -> Any:
        """Another value, of the same type more often than not: a bound's neighbour, or what is elsewhere."""
        chance = self._chance
        if chance.random() < 0.25:
            return self._value()
        alike = [each for each in _parts(root) if type(each) is type(value)]
        if isinstance(value, bool) or not isinstance(value, int):
            return _copy(chance.choice(alike)) if alike and chance.random() < 0.6 else self._value()
        return chance.choice(
            (
                max(value - 1, -(2**63)),
                min(value + 1, 2**64 - 1),
                chance.choice(NUMBERS),
                chance.choice(alike) if alike else 0,
            )
        )


def pack(value: Any) -> bytes:
    """The one coding of a value."""
    made: bytes = msgpack.packb(_sorted(value), use_bin_type=True)
    return made


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _read(data: bytes) -> Any:
    try:
        return msgpack.unpackb(data, strict_map_key=False)
    except ValueError:
        return None


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(each) for name, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def _parts(value: Any) -> list[Any]:
    """A value and all that is in it."""
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(part for each in inside[:40] for part in _parts(each))]


def _maps(value: Any) -> list[dict[str, Any]]:
    return [each for each in _parts(value) if isinstance(each, dict)]
