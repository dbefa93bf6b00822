"""A second opinion: two implementations read the same mutants, and both must say yes or no to each."""

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruil.protocol import bodies, codec, invitations, wire
from ruil.protocol.entry import open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from tests.stranger.mutants import Mutants

HERE = Path(__file__).parent
b = bytes.fromhex


@dataclass(frozen=True, slots=True)
class Subject:
    """What both read: the mutants, by the name of the check that the vectors use, and how we read one."""

    made: Callable[[Mutants], Iterator[dict[str, Any]]]
    ours: Callable[..., object]


SUBJECTS = {
    "body": Subject(Mutants.bodies, lambda kind, payload: bodies.decode(kind, b(payload))),
    "decode": Subject(Mutants.payloads, lambda data: codec.decode(b(data))),
    "frame": Subject(Mutants.frames, lambda frame: wire.decode(b(frame))),
    "entry": Subject(
        Mutants.entries,
        lambda community, device, data: open_entry(b(data), CommunityId(b(community)), DeviceId(b(device))),
    ),
    "invitation": Subject(Mutants.invitations, invitations.open_invitation),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many were read, how many of them both took, and where the two differ, in words."""

    read: int
    taken: int
    differ: list[str]


def compare(node: str, check: str, count: int, seed: int) -> Outcome:
    """So many mutants from this seed."""
    subject = SUBJECTS[check]
    cases = list(itertools.islice(subject.made(Mutants(seed)), count))
    asked = "".join(json.dumps({"check": check, "input": case}) + "\n" for case in cases)
    done = subprocess.run([node, "answers.js"], cwd=HERE, input=asked, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    theirs = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    taken = 0
    differ = []
    for case, answer in zip(cases, theirs, strict=True):
        why = _refused(subject, case)
        taken += why is None
        if (why is None) != ("accept" in answer):
            differ.append(f"we: {why or 'taken'}; they: {answer.get('reject', answer)}; {json.dumps(case)[:2_000]}")
    return Outcome(len(cases), taken, differ)


def _refused(subject: Subject, case: dict[str, Any]) -> str | None:
    try:
        subject.ours(**case)
    except (Rejected, Refused) as why:
        return str(why)
    return None
