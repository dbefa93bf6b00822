"""Every vector of the protocol pages of the spec, run against what ships. Only the JSON is read here."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ruil.crypto.keys import SigningKey
from ruil.protocol import bodies, bundle, codec, grants, ids, invitations, keeping, letters, valueflows, wire
from ruil.protocol.book import Book
from ruil.protocol.conduct import conduct
from ruil.protocol.entry import REFERENCE_BYTES, header_bytes, open_entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, LetterId, MemberId, Millis, NeighbourId
from ruil.protocol.lately import Lately
from ruil.protocol.limits import LATELY_BEHIND
from ruil.protocol.log import Log, open_fork
from ruil.protocol.mailbox import Answer, Mailbox
from ruil.protocol.peerbook import open_record
from ruil.protocol.ratings import Graph
from ruil.protocol.revocations import Revocation, open_proof

ROOT = Path(__file__).parent.parent.parent
VECTORS = ROOT / "tests" / "vectors"
SPEC = ROOT / "docs" / "spec"
FAR = 2**42  # all that was begun has ended
COUNTS = ("answered", "silent", "kept", "broken", "unconfirmed")
NOUNS = (
    "ids", "codec", "bodies", "entry", "log", "revocations", "members", "organisations", "listings", "bids", "slots",
    "agreements", "reservations", "credit", "clearing", "calls", "disputes", "attestations", "conduct", "book", "wire",
    "bundle", "valueflows", "motions", "blocks", "friends", "peerbook", "successions", "letters", "mailbox", "lately",
)  # fmt: skip
FILES = sorted(path for noun in NOUNS for path in VECTORS.glob(f"{noun}/*.json"))
ELSEWHERE = {"keys", "mmr", "vault", "words", "seal", "reputation"}  # tests/crypto/ and test_reputation.py check these
NAMES = {f"{path.parent.name}/{path.stem}" for path in FILES}

b = bytes.fromhex


def shown(value: Any) -> Any:
    """Bytes as hex, tuples as lists: the values JSON has."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {shown(key): shown(each) for key, each in value.items()}
    return [shown(each) for each in value] if isinstance(value, list | tuple) else value


def _decode(data: str) -> Any:
    def tagged(value: Any) -> Any:
        return {"bytes": value.hex()} if isinstance(value, bytes) else value

    return {"value": tagged(codec.decode(b(data)))}


def _body(kind: int, payload: str) -> Any:
    made = bodies.convert(kind, codec.decode(b(payload)))
    return {"body": type(made).__name__ if made else None}


def _lately(community: str, device: str, entries: list[str], now: int) -> Any:
    """Who is shown, and which listings of theirs until when."""
    place, of, neighbour = CommunityId(b(community)), DeviceId(b(device)), NeighbourId(DeviceId(bytes(32)))
    lately = Lately(Book(place))
    lately.ask(neighbour, LATELY_BEHIND, None, now)
    lately.take(neighbour, [open_entry(b(data), place, of) for data in entries], now)
    found: dict[str, dict[bytes, int]] = {}
    for each in lately.all(now):
        found.setdefault(each.name, {})[each.entry.id] = each.ends
    return found


def _entry(community: str, device: str, data: str) -> Any:
    entry = open_entry(b(data), CommunityId(b(community)), DeviceId(b(device)))
    header = header_bytes(entry.data)
    return {
        "at": entry.at,
        "body": type(entry.body).__name__ if entry.body else None,
        "end": entry.end,
        "id": entry.id,
        "kind": entry.kind,
        "reference": entry.data[header - REFERENCE_BYTES : header] if entry.reference else None,
        "root": entry.root,
        "seq": entry.seq,
    }


def _log(community: str, device: str, entries: list[str]) -> Any:
    log = Log(DeviceId(b(device)))
    opened = [open_entry(b(data), CommunityId(b(community)), log.device) for data in entries]
    for entry in opened[:-1]:
        log.append(entry)
    log.append(opened[-1])
    return {"size": log.size, "head": log.head, "root": log.range.root()}


def _fork(proof: str) -> Any:
    found = open_fork(b(proof))
    return {"community": found.community, "device": found.device, "seq": found.seq}


def _proof(proof: str) -> Any:
    found = open_proof(b(proof))
    assert isinstance(found, Revocation)
    return {"community": found.community, "device": found.device, "kept": found.kept, "member": found.member}


def _invitation(text: str) -> Any:
    made = invitations.open_invitation(text)
    return {
        "addresses": made.addresses,
        "community": made.community,
        "expires": made.expires,
        "inviter": made.inviter,
        "token": made.token.public,
    }


def _grant(text: str) -> Any:
    made = grants.open_grant(text)
    said = made.certified
    return {name: getattr(made, name) for name in made.__struct_fields__} | {"holder": said.holder, "role": said.role}


def _asking(text: str) -> Any:
    made = grants.open_asking(text)
    return {name: getattr(made, name) for name in made.__struct_fields__}


def _shared(share: keeping.Share) -> Any:
    return {name: getattr(share, name) for name in share.__struct_fields__}


def _word(text: str) -> Any:
    made = keeping.open_word(text)
    return {"name": made.name, "community": made.community, "key": made.succeed.key, "by": made.succeed.by}


def _kept(text: str, device_seed: str) -> Any:
    return _shared(keeping.open_kept(text).open(SigningKey.from_seed(b(device_seed))))


def _frame(frame: str) -> Any:
    read = wire.decode(b(frame))
    if read is None:
        return {"frame": None}
    return {"frame": type(read).__name__, "fields": [getattr(read, name) for name in read.__struct_fields__]}


def _record(community: str, record: str) -> Any:
    made = open_record(b(record), CommunityId(b(community)))
    return {name: getattr(made, name) for name in ("addresses", "at", "device", "near", "relays", "until")}


def _letter_carried(community: str, data: str) -> Any:
    sealed = letters.open_sealed(CommunityId(b(community)), b(data))
    return {name: getattr(sealed, name) for name in ("id", "sender", "expires", "devices")}


def _letter_read(community: str, seed: str, data: str) -> Any:
    elm = CommunityId(b(community))
    letter = letters.open_letter(SigningKey.from_seed(b(seed)), elm, letters.open_sealed(elm, b(data)))
    return {name: getattr(letter, name) for name in letter.__struct_fields__}


def _receipt(community: str, data: str) -> Any:
    said = letters.open_receipt(CommunityId(b(community)), b(data))
    return {name: getattr(said, name) for name in ("letter", "by", "read", "at")}


def _mailbox(left: list[tuple[str, str, int, int]]) -> Any:
    room, answers = Mailbox(), []
    for by, to, count, size in left:
        for number in range(count):
            why = room.why_not(MemberId(b(by)), MemberId(b(to)), size)
            if why is None:
                id_, device = LetterId(number.to_bytes(32, "big")), DeviceId(bytes(32))
                who = MemberId(b(to)), MemberId(b(by))
                room.add(letters.Note(id_, letters.KEPT, device, FAR, (device,), size, *who, 0, 0))
        answers.append(int(why or Answer.KEPT))
    return {"answers": answers}


def _bundle(data: str) -> Any:
    items = [{"device": item.device, "offset": item.offset, "bytes": len(item.data)} for item in bundle.unpack(b(data))]
    return {"community": bundle.community_of(b(data)), "items": items}


def _read(community: str, entries: list[dict[str, str]], proofs: list[str]) -> tuple[Book, list[str]]:
    book = Book(CommunityId(b(community)))
    places = []
    for said in entries:
        entry = open_entry(b(said["data"]), book.community, DeviceId(b(said["device"])))
        places.append(book.apply(entry).place.value)
    for proof in proofs:
        book.freeze(open_proof(b(proof)))
    return book, places


def _agreement(book: Book, about: str) -> Any:
    agreement = book.agreements.get(EntryId(b(about)))
    assert agreement is not None
    return agreement


FACTS: dict[str, Callable[[Book, Any], Any]] = {
    "sizes": lambda book, asked: {key: book.logs[DeviceId(b(key))].size for key in asked},
    "waiting": lambda book, asked: {key: sorted(book.waiting.get(DeviceId(b(key)), {})) for key in asked},
    "standing": lambda book, asked: {key: book.members.all()[MemberId(b(key))].standing.value for key in asked},
    "inviter": lambda book, asked: {key: book.members.all()[MemberId(b(key))].inviter for key in asked},
    "name": lambda book, asked: {
        key: profile.name if (profile := book.members.all()[MemberId(b(key))].profile) else None for key in asked
    },
    "state": lambda book, asked: {
        key: [[now, _agreement(book, key).state_at(now).value] for now, _ in at] for key, at in asked.items()
    },
    "received": lambda book, asked: {key: _agreement(book, key).received for key in asked},
    "commitments": lambda book, asked: {
        key: [
            [each.provider, each.receiver, each.what, each.quantity, each.unit]
            for each in _agreement(book, key).commitments
        ]
        for key in asked
    },
    "parties": lambda book, asked: {key: _agreement(book, key).parties for key in asked},
    "struck": lambda book, asked: {key: sorted(_agreement(book, key).struck) for key in asked},
    "staying": lambda book, asked: {key: sorted(each.id for each in _agreement(book, key).staying()) for key in asked},
    "replies": lambda book, asked: {key: _agreement(book, key).replies for key in asked},
    "conduct": lambda book, asked: {
        key: {
            member: [len(getattr(conduct(book.agreements, MemberId(b(member)), Millis(FAR)), name)) for name in COUNTS]
            for member in members_
        }
        for key, members_ in asked.items()
    },
    "signed": lambda book, asked: {key: sorted(_agreement(book, key).signed) for key in asked},
    "agreed_at": lambda book, asked: {key: _agreement(book, key).agreed_at for key in asked},
    "ended_at": lambda book, asked: {key: _agreement(book, key).ended_at for key in asked},
    "replaced_by": lambda book, asked: {key: _agreement(book, key).replaced_by for key in asked},
    "out_of_turn": lambda book, asked: {
        key: {
            entry.hex(): why[: len(starts.get(entry.hex(), why))]
            for entry, why in _agreement(book, key).out_of_turn.items()
        }
        for key, starts in asked.items()
    },
    "bids": lambda book, asked: {
        key: [
            [each.record.id, each.fate.value, each.opened] for each in book.bids.on(book.listings.get(EntryId(b(key))))
        ]
        for key in asked
    },
    "left": lambda book, asked: {
        key: [[now, book.left(EntryId(b(key)), Millis(now))] for now, _ in at] for key, at in asked.items()
    },
    "free": lambda book, asked: {
        key: [[begins, ends, now, book.free(EntryId(b(key)), begins, ends, now)] for begins, ends, now, _ in at]
        for key, at in asked.items()
    },
    "listing": lambda book, asked: {
        each.id.hex(): {"ends": each.ends, "withdrawn": each.withdrawn}
        for each in book.listings.all()
        if each.id.hex() in asked
    },
    "balances": lambda book, _: {key: each for key, each in book.credit.balances().items() if each},
    "promised": lambda book, asked: {
        key: [[now, book.credit.promised(MemberId(b(key)), now)] for now, _ in at] for key, at in asked.items()
    },
    "consent": lambda book, asked: {
        key: [said.body.until, said.body.most]
        for key in asked
        if (said := book.credit.consent(MemberId(b(key)))) is not None and isinstance(said.body, bodies.Consent)
    },
    "promised_to": lambda book, asked: {
        key: {each.receiver: each.quantity for each in _agreement(book, key).commitments if each.unit == bodies.CREDIT}
        for key in asked
    },
    "attestations": lambda book, _: sorted(
        [each.agreement, each.rater, each.ratee, each.good] for each in book.attestations.all()
    ),
    "held": lambda book, asked: {
        key: [[each.device, each.holder, each.role] for each in book.members.people(MemberId(b(key)))] for key in asked
    },
    "keys": lambda book, _: {
        member: [[each.key, each.since] for each in chain] for member, chain in book.successions.chains.items()
    },
    "heard": lambda book, asked: {key: sum(each.device == b(key) for each in book.records.values()) for key in asked},
    "offices": lambda book, asked: {
        key: [each for each in ("host", "mediator") if book.members.decisions.holds(MemberId(b(key)), each)]
        for key in asked
    },
    "hidden": lambda book, asked: {key: sorted(book.blocks.hidden(MemberId(b(key)))) for key in asked},
    "charter": lambda book, asked: {name: getattr(book.members.charter, name) for name in asked},
    "organisations": lambda book, asked: {key: book.members.all()[MemberId(b(key))].organisation for key in asked},
    "counted": lambda book, _: {
        "pairs": sorted(
            [each.rater, each.ratee]
            for each in Graph(book.attestations.all(), book.silenced(), book.members.kin()).ratings
        )
    },
    "forks": lambda book, _: {device: proof.seq for device, proof in book.forks.items()},
    "silenced": lambda book, _: sorted(book.silenced()),
    "digest": lambda book, _: book.digest(),
}


def _book(community: str, entries: list[dict[str, str]], expect: dict[str, Any], **more: Any) -> Any:
    """The facts asked for; asserted to be the same when everything arrives in the reverse order."""
    proofs = more.get("proofs", [])
    book, places = _read(community, entries, proofs)
    facts = shown({name: FACTS[name](book, asked) for name, asked in expect.items() if name != "places"})
    if not more.get("given_order_only"):
        reverse = Book(CommunityId(b(community)))
        for proof in reversed(proofs):
            reverse.freeze(open_proof(b(proof)))
        for said in reversed(entries):
            reverse.apply(open_entry(b(said["data"]), reverse.community, DeviceId(b(said["device"]))))
        assert reverse.digest() == book.digest()
        assert shown({name: FACTS[name](reverse, asked) for name, asked in expect.items() if name != "places"}) == facts
    return {**facts, "places": places} if "places" in expect else facts


def _graph(community: str, entries: list[dict[str, str]], now: int) -> Any:
    """The nodes of a document by their ids, and how many there are of each type."""
    book, _ = _read(community, entries, [])
    found: dict[str, Any] = {}
    counts: dict[str, int] = {}

    def look(value: Any) -> None:
        for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            look(each)
        if isinstance(value, dict) and "type" in value and value.get("id") not in found:
            found[value.get("id", "")] = value
            name = value["type"] if isinstance(value["type"], str) else value["type"][0]
            counts[name] = counts.get(name, 0) + 1

    look(valueflows.graph(book, Millis(now))["@graph"])
    return {"nodes": found, "counts": counts}


def _found(reader: Callable[..., Any], document: Any, now: int, community: str) -> Any:
    found = reader(document, Millis(now), CommunityId(b(community)))
    return {each.id: bodies.plain(each.body) for each in found}


def _sourced(document: Any, now: int, community: str, author: str) -> Any:
    (found,) = valueflows.listings(document, Millis(now), CommunityId(b(community)))
    return {"body": bodies.plain(valueflows.sourced(found, author))}


def _asked(made: Any, expect: Any) -> Any:
    """Of a document only the nodes and counts that a vector is about."""
    nodes = {key: made["nodes"].get(key) for key in expect["nodes"]}
    return {"nodes": nodes, "counts": {key: made["counts"].get(key, 0) for key in expect["counts"]}}


CHECKS: dict[str, Callable[..., Any]] = {
    "valueflows-context": lambda: {"context": valueflows.CONTEXT},
    "valueflows-listings": lambda **given: _found(valueflows.listings, **given),
    "valueflows-proposals": lambda **given: _found(valueflows.proposals, **given),
    "valueflows-sourced": _sourced,
    "member-text": lambda key: {"text": ids.member_text(b(key))},
    "member-from-text": lambda text: {"key": ids.member_from_text(text)},
    "short": lambda id: {"text": ids.short(b(id))},
    "decode": _decode,
    "body": _body,
    "entry": _entry,
    "log": _log,
    "fork": _fork,
    "proof": _proof,
    "invitation": _invitation,
    "asking": _asking,
    "share": lambda text: _shared(keeping.open_share(text)),
    "word": _word,
    "kept": _kept,
    "grant": _grant,
    "frame": _frame,
    "record": _record,
    "lately": _lately,
    "hello-tag": lambda community, sender, receiver: {
        "tag": wire.hello_tag(CommunityId(b(community)), DeviceId(b(sender)), DeviceId(b(receiver)))
    },
    "bundle": _bundle,
    "letter-carried": _letter_carried,
    "letter-read": _letter_read,
    "receipt": _receipt,
    "mailbox": _mailbox,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_gives_what_it_says(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    given, expect = vector["input"], vector["expect"]

    if "accept" in expect:
        if vector["check"] == "book":
            assert _book(expect=expect["accept"], **given) == expect["accept"], vector["comment"]
        elif vector["check"] == "valueflows-graph":
            assert _asked(_graph(**given), expect["accept"]) == expect["accept"], vector["comment"]
        else:
            assert shown(CHECKS[vector["check"]](**given)) == expect["accept"], vector["comment"]
        return
    if vector["check"] == "book":
        *before, last = given["entries"]
        book, _ = _read(given["community"], before, given.get("proofs", []))
        known = book.digest()
        with pytest.raises(Rejected) as why:
            book.apply(open_entry(b(last["data"]), book.community, DeviceId(b(last["device"]))))
        assert book.digest() == known, "a refused entry changed the Book"
    else:
        with pytest.raises((Rejected, Refused)) as why:
            CHECKS[vector["check"]](**given)
    assert str(why.value).startswith(expect["reject"]), f"{vector['comment']} {why.value}"


def _named() -> set[str]:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in SPEC.glob("*.md"))
    return {name for name in re.findall(r"`([a-z]+/[a-z0-9-]+)`", pages) if name.split("/")[0] in NOUNS}


def test_every_folder_of_vectors_is_checked() -> None:
    assert {path.parent.name for path in VECTORS.glob("*/*.json")} == {*NOUNS, *ELSEWHERE}


def test_every_vector_a_page_names_exists() -> None:
    assert _named() - NAMES == set()


def test_every_vector_is_named_in_a_page() -> None:
    assert NAMES - _named() == set()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_must_of_a_page_names_a_vector(noun: str) -> None:
    page = (SPEC / f"{noun}.md").read_text(encoding="utf-8")
    sayings = re.split(r"\n\n|\n(?=[-*|] |\d+\. )|(?<=[.)]) (?=[A-Z])", page)

    # A saying that ends with a colon begins a list, whose items name theirs.
    bound = [said.strip() for said in sayings if "MUST" in said and not said.strip().endswith(":")]
    missing = [said for said in bound if not re.search(r"`[a-z]+/[a-z0-9-]+`", said)]

    assert missing == []
