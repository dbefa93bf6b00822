"""An opinion: how so many good and bad votes read as belief, disbelief and uncertainty, and how a vote grows old.

Plain numbers in and out; where the votes come from is reputation.py's question. The half-life is computed with + and *
only, because libraries differ in the last bit of `pow`.
Spec: docs/spec/reputation.md.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["good", "mixed", "poor", "unknown"]

DAY_MS: Final = 86_400_000
UNKNOWN_ABOVE: Final = 0.5  # with less than W votes in all, the prior says more than the people do
GOOD_FROM: Final = 0.75  # three good votes of every four; only a word on the page, no limit depends on it
POOR_BELOW: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """The parameters, by the names of the spec. The defaults were chosen by measurement (docs/spec/reputation.md)."""

    alpha: float = 0.4  # chance to stop at each node of the walk
    steps: int = 6
    c: float = 100  # a rater the walk visits with 1 % is heard in full
    half_life_ms: int = 90 * DAY_MS
    W: float = 2  # votes the prior is worth
    a: float = 0.9  # what most trades are: good
    partner_cap: float = 1.0  # votes that may come through one direct partner

    def __post_init__(self) -> None:
        assert 0 < self.alpha <= 1
        assert self.steps >= 1
        assert min(self.half_life_ms, self.W) > 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """Shares of belief, disbelief and uncertainty (together 1), and what to expect of the next trade."""

    belief: float
    disbelief: float
    uncertainty: float
    expectation: float


def opinion_from(good: Iterable[float], bad: Iterable[float], rule: Rule) -> Opinion:
    """The opinion of so many good and bad votes, with W votes of prior `a` beside them (Jøsang's beta opinion)."""
    # In steps of 2**-40 vote: two full lanes must make two votes, and "known", whatever the last bits of the walk.
    p, n = (math.ldexp(round(math.ldexp(math.fsum(votes), 40)), -40) for votes in (good, bad))
    total = p + n + rule.W
    return Opinion(p / total, n / total, rule.W / total, p / total + rule.a * (rule.W / total))


def verdict(opinion: Opinion) -> Verdict:
    """One word for an opinion. With less than W votes it is always "unknown", however good they are."""
    if opinion.uncertainty > UNKNOWN_ABOVE:
        return "unknown"
    share = opinion.belief / (opinion.belief + opinion.disbelief)
    return "good" if share >= GOOD_FROM else "poor" if share < POOR_BELOW else "mixed"


def recency_after(age_ms: int, half_life_ms: int) -> float:
    """2 ** (-age / half_life), the same bits everywhere; 1 for a rating dated after now (clocks differ a little).

    The whole half-lives are an exact shift; the rest is the series of exp, which needs only + and *.
    """
    whole, rest = divmod(max(age_ms, 0), half_life_ms)
    x = -(rest / half_life_ms) * 0.6931471805599453
    series = 1.0
    for k in range(20, 0, -1):
        series = 1.0 + x * series / k
    return math.ldexp(series, -whole)
