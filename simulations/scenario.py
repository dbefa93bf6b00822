"""A scenario: a TOML file that says who lives in a village, on what network, what goes wrong, and what must hold.

A key nobody knows is refused, so that a slip of the pen never passes for a setting. Spec: docs/spec/scenario.md.
"""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ruil.crypto.contexts import SCENARIO
from ruil.crypto.hashes import blake2b
from ruil.protocol import codec
from ruil.protocol.errors import Refused

_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MILLION: Final = 1_000_000


def milliseconds(duration: str) -> int:
    """'90s', '10m', '6h' or '1d' in ms. Raises `Refused`."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", duration)
    if not found:
        raise Refused(f"{duration!r} is not a duration: write 90s, 10m, 6h or 1d")
    return int(found[1]) * _UNITS[found[2]]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all tables of a scenario."""


class Run(_Part, frozen=True):
    """What is played, from which seed, and how long its members act."""

    name: str
    seed: int
    duration: str

    def __post_init__(self) -> None:
        if milliseconds(self.duration) < _UNITS["h"]:
            raise Refused(f"a run of {self.duration} is too short for a trade: give it at least 1h")
        if not 0 <= self.seed < 2**63:
            raise Refused("a seed is a whole number from 0 up, below 2 to the 63rd")


class Mix(_Part, frozen=True):
    """How many members behave in which way."""

    honest: int
    silent: int = 0
    forking: int = 0


class Population(_Part, frozen=True):
    """`activity`: how many offers, needs and proposals a member begins in a day, in the mean (Pareto). `shapes`: trades
    of two alone, or all there are."""

    members: int
    mix: Mix
    categories: int = 24
    activity: float = 1.0
    shapes: Literal["two", "all"] = "two"

    def __post_init__(self) -> None:
        mixed = self.mix.honest + self.mix.silent + self.mix.forking
        if mixed != self.members:
            raise Refused(f"the mix has {mixed} members, and the population {self.members}: they must be equal")
        if min(self.mix.honest - 2, self.mix.silent, self.mix.forking) < 0:
            raise Refused("a village needs two honest members, and can not have fewer than 0 of any")
        if self.categories < 1 or not 0 < self.activity <= 100:
            raise Refused("a village needs 1 category at least, and an activity above 0, at most 100")


class Network(_Part, frozen=True):
    """Links: one-way latency drawn between two bounds, the share of frames lost, and neighbours per member."""

    latency_ms: tuple[int, int] = (20, 150)
    loss: float = 0.0
    bytes_per_second: int = 1_250_000
    degree: int = 6

    def __post_init__(self) -> None:
        low, high = self.latency_ms
        if not 0 <= low <= high:
            raise Refused("latency_ms is two numbers, the lower one first")
        if not 0 <= self.loss < 1 or self.bytes_per_second < 1 or not 2 <= self.degree <= 60:
            raise Refused("loss is from 0 to below 1, bytes_per_second at least 1, degree between 2 and 60")


class Fault(_Part, frozen=True):
    """What goes wrong `at` a time, `for` how long. `share`: of the members (partition, crash, skew) or of the frames
    (loss). `by`: how far a skewed clock is off at most."""

    kind: Literal["partition", "crash", "loss", "skew"]
    at: str
    lasts: str = msgspec.field(name="for")
    share: float
    by: str = "2m"

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise Refused(f"the share of a {self.kind} is above 0 and below 1")
        for duration in (self.at, self.lasts, self.by):
            milliseconds(duration)


class Expect(_Part, frozen=True):
    """What a measure must be at the end."""

    metric: str
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    value: int | float | bool


class Scenario(_Part, frozen=True):
    """All of it."""

    run: Run
    population: Population
    network: Network = Network()
    faults: tuple[Fault, ...] = ()
    expect: tuple[Expect, ...] = ()

    def __post_init__(self) -> None:
        end = milliseconds(self.run.duration)
        for fault in self.faults:
            if milliseconds(fault.at) + milliseconds(fault.lasts) > end:
                raise Refused(f"the {fault.kind} at {fault.at} lasts longer than the run")
        if _overlapping(self.faults):
            raise Refused("two partitions overlap: let the first one heal before the second")

    @property
    def hash(self) -> str:
        """32 bytes in hex that name what was read, whatever the file's comments and order."""
        return blake2b(SCENARIO, codec.encode(_whole(msgspec.to_builtins(self)))).hex()


def _overlapping(faults: tuple[Fault, ...]) -> bool:
    times = sorted(
        (milliseconds(fault.at), milliseconds(fault.at) + milliseconds(fault.lasts))
        for fault in faults
        if fault.kind == "partition"
    )
    return any(one[1] >= other[0] for one, other in pairwise(times))


def _whole(value: Any) -> Any:
    """The canonical codec has no floats: a float becomes a list of one, the whole number of millionths."""
    if isinstance(value, float):
        return ["millionths", round(value * _MILLION)]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return value


def parse(text: str) -> Scenario:
    """The scenario in this TOML. Raises `Refused` with a sentence that names what is wrong."""
    try:
        plain = tomllib.loads(text)
    except (ValueError, RecursionError) as why:  # tomllib also lets through what int() says of too many digits
        raise Refused(f"this is not TOML: {why}") from None
    try:
        return msgspec.convert(plain, Scenario)
    except msgspec.ValidationError as why:
        unknown = re.match(r"Object contains unknown field `([^`]*)`(?: - at `\$\.?([^`]*)`)?", str(why))
        if unknown:
            place = f"[{unknown[2]}]" if unknown[2] else "a scenario"
            raise Refused(f"{place} has no key {unknown[1]!r}: is it misspelt?") from None
        raise Refused(f"this scenario can not be played: {why}") from None


def load(path: Path) -> Scenario:
    """The scenario in a file. Raises `Refused`."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise Refused(f"{path} can not be read: {why.strerror}") from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text") from None
