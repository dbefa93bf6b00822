"""Lines: by which chain of trust lines a payment can go, when no single one reaches.

    Dora --trusts--> Carla --trusts--> Anna      Anna pays Dora: Dora lends to Carla, Carla to Anna, and Anna owes Carla

A largest flow by shortest augmenting paths (Edmonds and Karp 1972), in whole numbers. Spec: docs/spec/credit.md.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ruil.protocol.ids import EntryId, MemberId


@dataclass(frozen=True, slots=True)
class Line:
    """`lender` would let `borrower` draw so much more, by this agreement."""

    lender: MemberId
    borrower: MemberId
    left: int
    agreement: EntryId


def draws(lines: Iterable[Line], lender: MemberId, borrower: MemberId, amount: int) -> list[tuple[Line, int]]:
    """What to draw of which line so that `amount` comes from `lender` to `borrower`, in shortest chains; all that can
    come, when it is less. Nobody between gives more than they get. The same for every order of `lines`."""
    known = sorted((line for line in lines if line.left > 0), key=lambda line: line.agreement)
    used = [0] * len(known)
    of: dict[MemberId, list[int]] = {}
    for index, line in enumerate(known):
        of.setdefault(line.lender, []).append(index)
        of.setdefault(line.borrower, []).append(index)
    missing = amount if lender != borrower else 0
    while missing > 0:
        path = _shortest(known, used, of, lender, borrower)
        if not path:
            break
        much = min(missing, *(known[index].left - used[index] if along else used[index] for index, along in path))
        for index, along in path:
            used[index] += much if along else -much
        missing -= much
    return [(line, drawn) for line, drawn in zip(known, used, strict=True) if drawn]


def _shortest(
    known: list[Line], used: list[int], of: dict[MemberId, list[int]], start: MemberId, goal: MemberId
) -> list[tuple[int, bool]]:
    """The shortest chain with something left: (line, along it, or giving back what was drawn). Empty for none."""
    came: dict[MemberId, tuple[int, bool, MemberId] | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in came:
        at = waiting.popleft()
        for index in of.get(at, ()):
            line = known[index]
            along = line.lender == at
            after = line.borrower if along else line.lender
            free = line.left - used[index] if along else used[index]
            if free > 0 and after not in came:
                came[after] = index, along, at
                waiting.append(after)
    path: list[tuple[int, bool]] = []
    step = came.get(goal)
    while step is not None:
        path.append((step[0], step[1]))
        step = came[step[2]]
    return path[::-1]
