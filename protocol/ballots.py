"""Ballots: a vote that a close names, by where it stands; and what else of the community an agreement turns on.

A vote that was lost, since its device's log was cut before it, counts as the close says if its author could vote: else
who votes could take back by a fork, years later, what was decided or paid by the votes. Not so if that device had been
revoked before there was anything to vote on: else whoever closes could make up a vote of each who once lost a computer.
Spec: docs/spec/calls.md. Vectors: tests/vectors/calls/.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ruil.protocol.ids import DeviceId, EntryId, MemberId, Position, stands
from ruil.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Around:
    """What the rest of the community's logs say that an agreement turns on."""

    belonged: Callable[[MemberId, int], bool]  # whether somebody had been let in by then, and not been removed
    removed: Callable[[MemberId, int], bool]  # whether the members had removed somebody by then
    speaks: Callable[[DeviceId], MemberId | None]  # who speaks through a device
    moves: Callable[[DeviceId], bool]  # whether who speaks through it can move something: not every role of a shop's
    lost: Callable[[DeviceId, int], bool]  # whether a log was cut at this entry or before it
    revoked: Callable[[DeviceId, int], bool]  # whether its member had said by then that a device speaks no more
    needed: Callable[[Record], int]  # how many have to say yes to this motion
    judged: Callable[[EntryId], str | None]  # why this close carried nothing, empty if it did; None: nobody judged it
    binds: Callable[[int], bool]  # whether by the charter of then a mediator's word binds


# Nobody was let in, and no log was cut: what an agreement turns on in which nobody votes, and nobody forks.
NOTHING_AROUND: Final = Around(
    lambda _, __: False,
    lambda _, __: False,
    lambda _: None,
    lambda _: True,
    lambda _, __: False,
    lambda _, __: False,
    lambda _: 1,
    lambda _: None,
    lambda _: False,
)

Voters = set[MemberId]


def voters(
    named: Iterable[Position],
    known: Mapping[Position, MemberId],
    opened: int,
    may: Callable[[MemberId], bool],
    around: Around,
) -> Voters | str:
    """Whose votes these are that count; a sentence, if a close that names them does not count rightly. `known`: whose
    vote in turn stands where. `opened`: from when on there was something to vote on. `may`: who could vote."""
    found: Voters = set()
    for at in named:
        voter = known.get(at)
        if voter is None:
            device, seq = stands(at)
            if not around.lost(device, seq):
                return "the close names a vote that is not known, or that does not count"
            voter = around.speaks(device)
            if voter is None or not may(voter) or around.revoked(device, opened):
                continue
        if voter in found:
            return "the close counts somebody's vote twice"
        found.add(voter)
    return found
