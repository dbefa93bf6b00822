"""Motions: what the members of a community decide together, as agreements that are carried by votes.

A motion is a proposal with one party. It is carried by its mover's close once as many have said yes as the charter asks
of all who belonged here when it was moved; silence is no. It gives or takes an office, removes a member or lets them
back in, or puts another charter in the place of the one that holds. What somebody signed before they were removed
stands, and binds both sides. Spec: docs/spec/motions.md. Vectors: tests/vectors/motions/.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ruil.protocol.ballots import Around, Voters, voters
from ruil.protocol.bodies import Cancel, Close, Lapse, Motion, Office, Propose, Vote
from ruil.protocol.charters import Charter, amended, open_charter
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import ANSWER_MS_MAX, CLOSE_MS, MOTION_CLOSES_MAX
from ruil.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Moved:
    """A motion and what was said about it, in any order."""

    first: Record
    said: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Carried:
    """A motion that the members carried: when it was moved, and from when on it holds."""

    id: EntryId
    moved: Millis
    at: Millis
    motion: Motion


class Decisions:
    """All that was carried, the first first. The same for everybody who read the same logs."""

    def __init__(self, founding: Charter | None = None) -> None:
        self._founding = founding
        self._carried: list[Carried] = []
        self._charters: list[tuple[Millis, Charter]] = []  # each from when on it held
        self._held: dict[tuple[MemberId, Office | None], list[tuple[Millis, bool]]] = {}  # an office, or membership

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decisions) and self._carried == other._carried

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __bool__(self) -> bool:
        return bool(self._carried)

    def add(self, carried: Carried) -> None:
        """The next that was carried: none before it in time."""
        self._carried.append(carried)
        said = carried.motion
        if said.member is not None:
            self._held.setdefault((said.member, said.office), []).append((carried.at, said.holds))
        before, held = self.charter(carried.moved), self.charter()
        if said.charter is not None and before is not None and held is not None:
            # It changes what those who voted saw: where it differs from the charter that held when it was moved.
            other = _opened(said.charter)
            after = amended(held, before, other) if other is not None else None
            if after is not None:
                self._charters.append((carried.at, after))

    def all(self) -> Sequence[Carried]:
        """Each, in its order."""
        return self._carried

    def charter(self, at: int | None = None) -> Charter | None:
        """The charter that held at a time (now, if not given)."""
        return next((each for since, each in reversed(self._charters) if at is None or since <= at), self._founding)

    def mediation(self) -> tuple[tuple[int, bool], ...]:
        """From when on a mediator's word bound by the charter, or no more; the first as it was founded."""
        founding = [(0, self._founding)] if self._founding is not None else []
        said = ((at, each.mediation == "binding") for at, each in (*founding, *self._charters))
        return tuple(said)

    def removed(self, member: MemberId, at: int | None = None) -> bool:
        """Whether the members had removed somebody by then."""
        return not self._holds(member, None, at, without=True)

    def holds(self, member: MemberId, office: Office, at: int | None = None) -> bool:
        """Whether somebody had an office then."""
        return self._holds(member, office, at, without=False)

    def about(self) -> frozenset[MemberId]:
        """Everybody whom something carried is about."""
        return frozenset(member for member, _ in self._held)

    def _holds(self, member: MemberId, office: Office | None, at: int | None, *, without: bool) -> bool:
        said = self._held.get((member, office), ())
        return next((holds for since, holds in reversed(said) if at is None or since <= at), without)


def _opened(data: bytes) -> Charter | None:
    try:
        return open_charter(data)
    except Rejected:
        return None


def answer_by(first: Record) -> int:
    """Until when votes on a motion count: as moved, but not for ever."""
    assert isinstance(first.body, Propose)
    return min(first.body.answer_by, first.at + ANSWER_MS_MAX)


def concerned(first: Record) -> MemberId | None:
    """Who has no vote on a motion: whose membership it is about."""
    assert isinstance(first.body, Propose)
    motion = first.body.motion
    assert motion is not None
    return motion.member if motion.office is None else None


def share(percent: int, people: int) -> int:
    """How many of so many people are so much of them: at least one."""
    return max(1, -(-percent * people // 100))


def may_vote(first: Record, member: MemberId, around: Around) -> bool:
    """Whether somebody has a vote on a motion."""
    return member != concerned(first) and around.belonged(member, first.at)


def why_no_vote(first: Record, record: Record, body: Vote, around: Around) -> str | None:
    """Why a vote on a motion does not count; None when it does."""
    if body.join != first.id:
        return "that is no vote on this motion"
    if not around.belonged(record.member, first.at):
        return "only who belonged here before it was moved can vote on it"
    if around.removed(record.member, record.at):
        return "the members had removed who said this: they have no vote"
    if record.member == concerned(first):
        return "nobody votes on their own membership"
    if record.at > answer_by(first):
        return "the time to vote on it was over"
    return None


def why_not_carried(first: Record, said: Iterable[Record], record: Record, body: Close, around: Around) -> str | None:
    """Why a close by the mover's device does not carry a motion; None when it does."""
    if not around.belonged(first.member, first.at):
        return "only who belongs here can move something"
    if not around.moves(first.device):
        return "for an organisation it is a keeper who moves something"
    if record.at > answer_by(first) + CLOSE_MS:
        return "the motion had to be closed within a day after the last could vote"
    found = said_yes(first, said, body, around)
    if isinstance(found, str):
        return found
    needed = around.needed(first)
    return f"{len(found)} said yes; {needed} are needed" if len(found) < needed else None


def said_yes(first: Record, said: Iterable[Record], body: Close, around: Around) -> Voters | str:
    """Whose votes a close counts; a sentence, if it does not count rightly."""
    known = {
        each.position: each.member
        for each in said
        if isinstance(each.body, Vote) and why_no_vote(first, each, each.body, around) is None
    }
    return voters(body.votes, known, first.at, lambda member: may_vote(first, member, around), around)


def closes(moved: Moved) -> list[Record]:
    """The closes that could carry a motion: in the log it was moved in, the first so many, until that takes it back."""
    own = (each for each in moved.said if each.device == moved.first.device and each.seq > moved.first.seq)
    found: list[Record] = []
    for record in sorted(own, key=lambda record: record.seq):
        if isinstance(record.body, Close):
            found.append(record)
        if len(found) == MOTION_CLOSES_MAX:
            break
        lapses = isinstance(record.body, Lapse) and record.at > answer_by(moved.first) and not found
        if lapses or isinstance(record.body, Cancel | Propose):
            break
    return found
