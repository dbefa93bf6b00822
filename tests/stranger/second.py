"""A second opinion: two implementations read the same mutants, and both must say yes or no to each."""

import itertools
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruil.protocol import bodies, codec, invitations, wire
from ruil.protocol.book import Book
from ruil.protocol.entry import open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.revocations import open_proof
from tests.stranger.mutants import Mutants

HERE = Path(__file__).parent
b = bytes.fromhex


@dataclass(frozen=True, slots=True)
class Subject:
    """What both read: the mutants, by the name of the check that the vectors use, and how we read one."""

    made: Callable[[Mutants], Iterator[dict[str, Any]]]
    ours: Callable[..., object]
    at_once: int = 1_500  # so many take about a second; a signature takes the other program 3 ms
    answers: bool = False  # it is the whole answer that must be the same, not only whether there is one


SUBJECTS = {
    "body": Subject(Mutants.bodies, lambda kind, payload: bodies.decode(kind, b(payload))),
    "decode": Subject(Mutants.payloads, lambda data: codec.decode(b(data))),
    "frame": Subject(Mutants.frames, lambda frame: wire.decode(b(frame))),
    "entry": Subject(
        Mutants.entries,
        lambda community, device, data: open_entry(b(data), CommunityId(b(community)), DeviceId(b(device))),
        at_once=400,
    ),
    "invitation": Subject(Mutants.invitations, invitations.open_invitation, at_once=300),
    "everything": Subject(Mutants.books, lambda **told: _everything(**told), at_once=80, answers=True),
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
        if subject.answers:
            ours = {"accept": subject.ours(**case)}
            taken += 1
            if ours != answer:
                differ.append(f"we: {json.dumps(ours)}; they: {json.dumps(answer)}; {json.dumps(case)[:200_000]}")
            continue
        why = _refused(subject, case)
        taken += why is None
        if (why is None) != ("accept" in answer):
            differ.append(f"we: {why or 'taken'}; they: {answer.get('reject', answer)}; {json.dumps(case)[:2_000]}")
    return Outcome(len(cases), taken, differ)


def _everything(community: str, entries: list[dict[str, str]], proofs: list[str]) -> object:
    """As readAll in checks.js."""
    book = Book(CommunityId(b(community)))
    refused = []
    for number, proof in enumerate(proofs):
        try:
            book.freeze(open_proof(b(proof)))
        except Rejected:
            refused.append(number)
    for number, each in enumerate(entries, len(proofs)):
        try:
            book.apply(open_entry(b(each["data"]), book.community, DeviceId(b(each["device"]))))
        except Rejected:
            refused.append(number)
    people = {member.hex(): said for member, said in book.members.all().items()}
    return {
        "refused": refused,
        "sizes": {device.hex(): log.size for device, log in book.logs.items() if log.size},
        "heads": {device.hex(): log.head.hex() for device, log in book.logs.items() if log.size},
        "waiting": {device.hex(): sorted(held) for device, held in book.waiting.items() if held},
        "people": {
            member: [
                said.standing.value,
                said.inviter.hex() if said.inviter else None,
                said.profile.name if said.profile else None,
            ]
            for member, said in people.items()
            if said.standing.value != "unknown"
        },
        "silenced": sorted(member.hex() for member in book.silenced()),
    }


def _refused(subject: Subject, case: dict[str, Any]) -> str | None:
    try:
        subject.ours(**case)
    except (Rejected, Refused) as why:
        return str(why)
    return None
