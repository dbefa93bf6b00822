"""Fields: the bounds of what a body holds, each said once, for the decoder and for people.

A bound is part of a field's type. When a stranger's bytes are decoded msgspec checks it in C; `Checked` checks the same
bound when a body is made in Python, and says what is wrong in a sentence. Spec: docs/spec/bodies.md.
"""

import inspect
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec import inspect as kinds

from ruil.protocol import limits
from ruil.protocol.errors import Refused
from ruil.protocol.ids import POSITION_BYTES, DeviceId, EntryId, MemberId, Position

_KEY: Final = Meta(min_length=32, max_length=32)

Member = Annotated[MemberId, _KEY]
Device = Annotated[DeviceId, _KEY]
Id = Annotated[EntryId, _KEY]
Key = Annotated[bytes, _KEY]
At = Annotated[Position, Meta(min_length=POSITION_BYTES, max_length=POSITION_BYTES)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=16)]
Time = Annotated[int, Meta(ge=0, le=limits.TIMESTAMP_MS_MAX)]
Amount = Annotated[int, Meta(ge=1, le=limits.QUANTITY_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME_CHARS_MAX)]
Kind = Annotated[str, Meta(min_length=1, max_length=limits.KIND_CHARS_MAX)]
Title = Annotated[str, Meta(min_length=1, max_length=limits.TITLE_CHARS_MAX)]
Line = Annotated[str, Meta(max_length=limits.TITLE_CHARS_MAX)]
Text = Annotated[str, Meta(max_length=limits.TEXT_CHARS_MAX)]
Unit = Annotated[str, Meta(min_length=1, max_length=limits.UNIT_CHARS_MAX)]
Tags = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=limits.KIND_CHARS_MAX, title="a tag")], ...],
                 Meta(max_length=limits.TAGS_MAX)]  # fmt: skip

Skills = Annotated[
    tuple[
        Annotated[str, Meta(min_length=1, max_length=limits.KIND_CHARS_MAX, title="what you can, seek or speak")], ...
    ],
    Meta(max_length=limits.TAGS_MAX),
]

# All control characters but tab and new line, and halves of surrogate pairs, which have no UTF-8 form to sign.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]").search

_json: Final = msgspec.json.Encoder().encode
_BACKSLASH, _DELETE, _C1 = b"\\\x7f\xc2"

Rule = Callable[[Any], None]


class Checked(msgspec.StructMeta):
    """The type of all bodies. msgspec makes a decoded body without calling its type, having checked the bounds in C;
    one made in Python is checked here. Raises `Refused`.

    Inside, a body has its fields in the order of their names, as its bytes have: decoding finds each where it looks
    first, and coding sorts nothing, which is a tenth of all an entry costs beside its signature. Whoever makes a body
    gives them in the order they are written down in.
    """

    if not TYPE_CHECKING:  # a type checker would lose sight of the fields

        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **how: Any) -> type:
            as_written = namespace.get("__annotations__", {})
            ordered = namespace | {"__annotations__": dict(sorted(as_written.items()))}
            made = super().__new__(mcs, name, bases, ordered, kw_only=True, **how)
            _AS_WRITTEN[made] = tuple(as_written)
            return made

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            names = _AS_WRITTEN[cls]
            if len(args) > len(names):
                raise TypeError(f"{cls.__name__} has {len(names)} fields, not {len(args)}")
            made = super().__call__(**dict(zip(names, args, strict=False)), **kwargs)
            for name, rule in _rules(cls):
                rule(getattr(made, name))
            return made

        @property
        def __match_args__(cls) -> tuple[str, ...]:
            return _AS_WRITTEN[cls]

        @property
        def __signature__(cls) -> inspect.Signature:
            found = super().__signature__.parameters
            named = (found[name].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in _AS_WRITTEN[cls])
            return inspect.Signature(tuple(named))


# The names of a body's fields in the order they are written down in, the most important first.
_AS_WRITTEN: Final[dict[type, tuple[str, ...]]] = {}


def plain_text(body: msgspec.Struct) -> bool:
    """Whether no text of a body, nor of one inside it, can hold a control character. False means: look at each.

    As JSON every control character begins with a backslash or one of two bytes, and one search in C covers all texts.
    """
    data = _json(body)
    # Looked for as numbers: for a byte string `in` first fails as a number inside, which costs as much as the coding.
    return _BACKSLASH not in data and _DELETE not in data and _C1 not in data


def trimmed(what: str, text: str, at_most: int) -> None:
    """Refuse a text that is empty or too long without its outer white space."""
    if not text or len(text) > at_most or text.isspace():
        _text(what, 1, at_most, text.strip())


def explain(cls: type, value: dict[str, Any]) -> None:
    """Raise `Refused` with the sentence for the first bound that a decoded map breaks, control characters included; of
    types it says nothing."""
    for name, rule in _rules(cls):
        if name in value:
            rule(value[name])


# Rules ----------------------------------------

_RULES: Final[dict[type, tuple[tuple[str, Rule], ...]]] = {}


def _struct(cls: type) -> kinds.StructType:
    found = kinds.type_info(cls)
    assert isinstance(found, kinds.StructType)
    return found


def _named(what: str, type_: kinds.Type) -> tuple[str, kinds.Type]:
    """A type without its metadata, and what people call it."""
    if isinstance(type_, kinds.Metadata):
        return (type_.extra_json_schema or {}).get("title", what), type_.type
    return what, type_


def _rules(cls: type) -> tuple[tuple[str, Rule], ...]:
    rules = _RULES.get(cls)
    if rules is None:
        types = {field.name: field.type for field in _struct(cls).fields}
        made = ((name, _rule(name.replace("_", " "), types[name])) for name in _AS_WRITTEN[cls])
        rules = _RULES[cls] = tuple((name, rule) for name, rule in made if rule is not None)
    return rules


def _rule(what: str, type_: kinds.Type) -> Rule | None:
    what, type_ = _named(what, type_)
    match type_:
        case kinds.UnionType(types=types):
            return next((rule for each in types if (rule := _rule(what, each)) is not None), None)
        case kinds.StrType(min_length=low, max_length=high):
            return partial(_text, what, low or 0, sys.maxsize if high is None else high)
        case kinds.BytesType(min_length=low, max_length=high) if high is not None:
            return partial(_bytes, what, low or 0, high)
        case kinds.IntType(ge=low, le=high) if low is not None and high is not None:
            return partial(_between, what, low, high)
        case kinds.VarTupleType(item_type=item, min_length=low, max_length=high) if high is not None:
            return partial(_items, what, low or 0, high, _rule(what.removesuffix("s"), item))
        case kinds.StructType(cls=cls):
            return partial(_inside, cls)
        case _:
            return None


def _text(what: str, low: int, high: int, value: Any) -> None:
    if not isinstance(value, str):
        return
    if not low <= len(value) <= high:
        need = "must be given" if not value else f"has {len(value)} characters"
        raise Refused(f"{what} {need}; between {low} and {high} are allowed")
    if not value.isprintable() and _CONTROL(value) is not None:
        raise Refused(f"{what} holds a control character")


def _bytes(what: str, low: int, high: int, value: Any) -> None:
    if isinstance(value, bytes) and not low <= len(value) <= high:
        allowed = f"it must have {high}" if low == high else f"at most {high}"
        raise Refused(f"{what} has {len(value)} bytes; {allowed}")


def _between(what: str, low: int, high: int, value: Any) -> None:
    if not isinstance(value, int) or low <= value <= high:
        return
    if value == 0 and high == limits.QUANTITY_MAX:
        raise Refused(f"{what} of zero: say how much, at least 1")
    raise Refused(f"{what} is {value}; it must be between {low} and {high}")


def _items(what: str, low: int, high: int, each: Rule | None, value: Any) -> None:
    if not isinstance(value, list | tuple):
        return
    if not low <= len(value) <= high:
        allowed = f"between {low} and {high} are allowed" if low else f"at most {high}"
        raise Refused(f"{len(value)} {what}; {allowed}")
    if each is not None:
        for item in value:
            each(item)


def _inside(cls: type, value: Any) -> None:
    """A body inside another was checked when it was made; a map inside a decoded map was not."""
    if isinstance(value, dict):
        explain(cls, value)
