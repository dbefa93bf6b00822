"""Mutations: from what a decoder takes, bytes that are nearly that.

Half of them know the format: MessagePack and JSON are taken apart, one value is changed, and it is put together again,
so that what is odd lies behind the checks of lengths and sums, and not in front of them. Others cut, splice and flip.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import msgpack

ODD_NUMBERS = (
    0,
    1,
    -1,
    31,
    32,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2**31,
    2**32,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
ODD_TEXTS = (
    "",
    " ",
    "\0",
    "\ud7ff",
    "é",
    "e\u0301",
    "\u202e",
    "𝔊",
    "a" * 300,
    "-1",
    "1e9999",
    "NaN",
    "१",
    "\r\n",
    "{}",
    "%s",
)
ODD_VALUES: tuple[Any, ...] = (None, True, False, 0.5, b"", bytes(32), b"\xff" * 33, [], {}, [[]] * 3, {"": 0})
_BYTES_MAX = 1 << 17


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Something like `data`, which may borrow from `others`."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        data = chance.choice(_WAYS)(data, others, chance)[:_BYTES_MAX]
    return data


def _flipped(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _replaced(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    odd = chance.choice(
        (b"\0", b"\xff", b"\x80", b"\xc1", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b'"', b"\n")
    )
    return data[:at] + odd + data[at + len(odd) :]


def _cut(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    first, last = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    return data[:first] + data[last:] if chance.random() < 0.5 else data[:last]


def _repeated(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    first, last = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    return data[:last] + data[first:last] * chance.choice((1, 2, 100)) + data[last:]


def _spliced(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _number(data: bytes, _: list[bytes], chance: random.Random) -> bytes:
    size = chance.choice((1, 2, 4, 8))
    at = chance.randint(0, max(0, len(data) - size))
    return data[:at] + (chance.choice(ODD_NUMBERS) % (1 << 8 * size)).to_bytes(size, "big") + data[at + size :]


def _packed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One value of the MessagePack at the end of `data` changed: what stands before it may be anything."""
    for start in sorted({0, 2, chance.randint(0, min(len(data), 400))}):
        try:
            value = msgpack.unpackb(data[start:], strict_map_key=False)
        except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException):
            continue
        if start == 0 and not isinstance(value, dict | list):
            continue
        changed = _changed(value, chance, [])
        try:
            return data[:start] + msgpack.packb(changed)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return data
    return _flipped(data, others, chance)


def _written(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """One value of a JSON text changed."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _spliced(data, others, chance)
    return json.dumps(_changed(value, chance, []), default=lambda odd: odd.hex()).encode("utf-8", "surrogatepass")


def _changed(value: Any, chance: random.Random, seen: list[Any]) -> Any:
    """The same tree with one of its nodes replaced, removed, doubled or wrapped."""
    seen.append(value)
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    if not inner or chance.random() < 0.15:
        return _odd(value, chance, seen)
    key, each = chance.choice(inner)
    roll = chance.random()
    if isinstance(value, dict):
        if roll < 0.1:
            return {other: kept for other, kept in value.items() if other != key}
        if roll < 0.15:
            return value | {chance.choice(ODD_TEXTS): each}
        return value | {key: _changed(each, chance, seen)}
    if roll < 0.1:
        return value[:key] + value[key + 1 :]
    if roll < 0.2:
        return value[:key] + [each] * chance.choice((2, 3, 70)) + value[key:]
    return [*value[:key], _changed(each, chance, seen), *value[key + 1 :]]


def _odd(value: Any, chance: random.Random, seen: list[Any]) -> Any:
    roll = chance.random()
    if roll < 0.1:
        return chance.choice(seen)
    if roll < 0.2:
        return [value]
    if roll < 0.25:
        for _ in range(chance.choice((10, 100))):
            value = [value] if chance.random() < 0.5 else {"a": value}
        return value
    if roll < 0.4:
        return chance.choice(ODD_VALUES)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return chance.choice((*ODD_NUMBERS, value + 1, value - 1, -value, value * 2))
    if isinstance(value, str):
        return chance.choice((*ODD_TEXTS, value + chance.choice(ODD_TEXTS), value[:-1], value.upper()))
    if isinstance(value, bytes):
        return chance.choice((value[:-1], value + b"\0", _flipped(value, [], chance), bytes(len(value))))
    return chance.choice(ODD_VALUES)


_WAYS: tuple[Callable[[bytes, list[bytes], random.Random], bytes], ...] = (
    _flipped, _replaced, _cut, _repeated, _spliced, _number, _packed, _packed, _packed, _written, _written,
)  # fmt: skip
