"""The templates, strict: what is not given is an error, and all text is escaped. No template may switch that off."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ruil.node import clock
from ruil.protocol.limits import DAY, HOUR, MINUTE


def when(at: int) -> str:
    """A time of the protocol as this machine's owner reads a clock."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%a %d %b %Y, %H:%M")


def machine_time(at: int) -> str:
    """The same time for a `<time>` element."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def until(at: int) -> str:
    """How long it is until then: `in 3 days`; `over` when it has passed."""
    left = at - clock.now()
    if left <= 0:
        return "over"
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if left >= size:
            number = left // size
            return f"in {number} {name}{'' if number == 1 else 's'}"
    return "in less than a minute"


def percent(share: float) -> str:
    """A share of one as people read it."""
    return f"{round(100 * share)} %"


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"when": when, "machine_time": machine_time, "until": until, "percent": percent}
