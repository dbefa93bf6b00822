"""Strangers' text made fit for a page: it can be wrong, long or rude, but it can not pretend to be something else."""

import re
from typing import Any, Final

# Marks that change in which direction text is read; with them "you pay 001" is shown for "you pay 100".
BIDI_CONTROLS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_TAKEN_OUT: Final = re.compile(f"[{BIDI_CONTROLS}\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ufeff]")
_LINE_ENDS: Final = re.compile("\r\n|\r|\n|\u2028|\u2029|\x85")


def clean(value: Any) -> Any:
    """The same plain value with bidi and other control characters taken out of every text in it."""
    if isinstance(value, str):
        return _TAKEN_OUT.sub("", _LINE_ENDS.sub("\n", value))
    if isinstance(value, dict):
        return {clean(key): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return value


def frame(event: str, data: str) -> bytes:
    """One server-sent event. Every line end, of whatever kind, begins a new `data:` line, so that no text can end the
    frame and begin one of its own. Source: WHATWG HTML, "Server-sent events"."""
    lines = _LINE_ENDS.split(data)
    return (
        f"event: {_LINE_ENDS.sub('', event)}\n".encode()
        + b"".join(f"data: {line}\n".encode() for line in lines)
        + b"\n"
    )
