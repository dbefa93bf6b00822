"""Canonical MessagePack: one value, one coding.

Payloads are signed as bytes and read as values. If a value had two codings, two honest programs could disagree about
what was signed, so `decode` refuses every coding but the one `encode` gives: map keys are text, sorted and unique;
integers, strings, lists and maps take their shortest form; there are no floats, no timestamps and no extensions.
Spec: docs/spec/codec.md. Vectors: tests/vectors/codec/.
"""

from typing import Any, Final, NoReturn

import msgpack

from ruil.protocol.errors import Rejected
from ruil.protocol.limits import NESTING_MAX

# Deleting these bytes leaves those that may begin a list, a map or a float. When at most NESTING_MAX are left and none
# begins a float, nothing can be nested too deep or be one: a look at each value would cost a third of a signature.
_HARMLESS: Final = bytes(
    code for code in range(256) if not (0x80 <= code <= 0x9F or 0xDC <= code <= 0xDF or code in b"\xca\xcb")
)


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
    suspects = data.translate(None, _HARMLESS)
    if len(suspects) > NESTING_MAX or b"\xca" in suspects or b"\xcb" in suspects:
        _look(value, 0)
    return value


def _map(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
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


def _look(value: Any, depth: int) -> None:
    if isinstance(value, float):
        raise Rejected("floats are not allowed: amounts are whole numbers of the smallest part")
    if isinstance(value, dict | list):
        if depth >= NESTING_MAX:
            raise Rejected(f"nested deeper than {NESTING_MAX}")
        for item in value.values() if isinstance(value, dict) else value:
            _look(item, depth + 1)
