"""Canonical MessagePack: one value, one coding.

Payloads are signed as bytes and read as values. If a value had two codings, two honest programs could disagree about
what was signed, so `decode` refuses every coding but the one `encode` gives: map keys are text, sorted and unique;
integers, strings, lists and maps take their shortest form; there are no floats, no timestamps and no extensions.
Spec: docs/spec/codec.md. Vectors: tests/vectors/codec/.
"""

from typing import Any, Final, NoReturn

import msgpack
import msgspec

from ruil.protocol.errors import Rejected
from ruil.protocol.limits import NESTING_MAX

# Both in C; the first makes room for items as they come, not as a header promises them.
_read: Final = msgspec.msgpack.Decoder().decode
_write: Final = msgspec.msgpack.Encoder(order="sorted").encode
_CONTAINERS: Final = frozenset({list, dict})
_ALLOWED: Final = _CONTAINERS | {type(None), bool, int, str, bytes}


def encode(value: Any) -> bytes:
    """The canonical bytes of a value made of None, bool, int, str, bytes, list or tuple, and dict with str keys."""
    packed: bytes = msgpack.packb(_sorted(value), use_bin_type=True)
    return packed


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def decode(data: bytes) -> Any:
    """The value of canonical bytes. Raises `Rejected` for any other bytes, saying what is wrong with them."""
    try:
        value = _read(data)
    except (msgspec.DecodeError, ValueError, TypeError, OverflowError, RecursionError) as why:
        raise Rejected(f"not MessagePack: {why or type(why).__name__}") from None
    try:
        same = _write(value) == data
    except (TypeError, RecursionError):
        same = False  # a key that is not text, or nested beyond all measure
    if not same:
        value = _explained(data)
    _look(value)
    return value


def _explained(data: bytes) -> Any:
    """The long way, which says what is wrong. msgpack makes room for all items a header promises before it has seen
    one: promises in promises cost 58 ms and 80 MB for one payload. What comes here was read once, so has them all."""
    try:
        value = msgpack.unpackb(
            data, raw=False, strict_map_key=True, object_pairs_hook=_map, ext_hook=_no_extension, timestamp=1
        )
        again = msgpack.packb(value, use_bin_type=True)
    except Rejected:
        raise
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException) as why:
        raise Rejected(f"not MessagePack: {why or type(why).__name__}") from None
    if again != data:
        raise Rejected("not canonical: a number, text or list is not in its shortest form")
    return value


def _map(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    if not pairs:
        return {}
    made = dict(pairs)
    last = ""
    for key in made:
        if key.__class__ is not str:
            raise Rejected("not canonical: map keys must be text")
        if key < last:
            raise Rejected("not canonical: map keys must be sorted")
        last = key
    if len(made) != len(pairs):
        raise Rejected("not canonical: map keys may not repeat")
    return made


def _no_extension(code: int, _data: bytes) -> NoReturn:
    raise Rejected(f"extension type {code} is not allowed")


def _look(value: Any) -> None:
    """Whether it is made of what may be, not too deep. Level by level: one payload can hold 65,000 values."""
    level = [value]
    for _ in range(NESTING_MAX + 1):
        kinds = set(map(type, level))
        if float in kinds:
            raise Rejected("floats are not allowed: amounts are whole numbers of the smallest part")
        if not kinds <= _ALLOWED:
            strange = next(item for item in level if item.__class__ not in _ALLOWED)
            _no_extension(strange.code if isinstance(strange, msgspec.msgpack.Ext) else -1, b"")  # -1: a timestamp
        if kinds.isdisjoint(_CONTAINERS):
            return
        level = [
            inner
            for item in filter(None, level)
            if item.__class__ in _CONTAINERS
            for inner in (item if item.__class__ is list else item.values())
        ]
    raise Rejected(f"nested deeper than {NESTING_MAX}")
