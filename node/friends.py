"""What friends entrust to each other, on the disk: the shares this profile keeps, and to whom it gave its own.

Which friends hold a share is known to who gave them alone: it stands here, in no entry and on no other computer.
"""

import dataclasses
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from ruil.crypto.contexts import DEVICE_TEXT
from ruil.crypto.fingerprint import fingerprint
from ruil.crypto.hashes import blake2b
from ruil.crypto.keys import SigningKey
from ruil.node import clock, identity, private, setup, shares, whole_file
from ruil.node.errors import DiskRefused
from ruil.node.identity import Identity
from ruil.node.views import Plain
from ruil.protocol import bodies, keeping, successions
from ruil.protocol.errors import Refused
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, member_text
from ruil.protocol.keeping import Share, Word

_KEPT: Final = "kept-shares.json"
_GIVEN: Final = "given-shares.json"
_WORD: Final = "word.json"


@dataclass(frozen=True, slots=True)
class Friend:
    """Somebody who is to hold a share, and the devices it is sealed to."""

    member: str
    name: str
    devices: tuple[DeviceId, ...]


def check_words(words: str) -> str:
    """Six words that two people compare to know that they mean the same share; they say nothing about it."""
    return " ".join(fingerprint(blake2b(DEVICE_TEXT, b"share", words.encode())))


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as why:
        raise DiskRefused(f"{path} can not be read: {why}. The entries beside it are safe.") from None


def _write(path: Path, plain: Any) -> None:
    try:
        whole_file.write(path, json.dumps(plain, indent=1).encode())
    except OSError as why:
        raise DiskRefused.of_folder(path.parent, why) from None


def _prepare(folder: Path) -> None:
    try:
        private.prepare(folder)
    except OSError as why:
        raise DiskRefused.of_folder(folder, why) from None


# To whom this profile's member gave shares ----------------------------------------


def split(
    who: Identity, friends: list[Friend], needed: int, days: int, at: tuple[str, ...]
) -> tuple[bytes, list[Share]]:
    """A new recovery key in shares: its public half, and one share for each. The key itself is forgotten here. Raises
    `Refused`."""
    assert who.community is not None
    if len({each.member for each in friends}) < len(friends):
        raise Refused("one friend is named twice: each holds one share")
    seed = secrets.token_bytes(32)
    words = shares.split(seed, needed, len(friends))
    public = SigningKey.from_seed(seed).public
    named = (who.member_id, who.name, who.key.public, public, needed, days)
    return public, [Share(*named, each, who.community, at) for each in words]


def given(folder: Path) -> Plain:
    """To whom, when, and when each was last confirmed: empty if nobody holds a share."""
    plain: Plain = _read(folder / _GIVEN)
    return plain


def remember(folder: Path, public: bytes, needed: int, days: int, friends: list[Friend], made: list[Share]) -> None:
    """Keep who holds a share, not what it says."""
    rows = [
        {"member": each.member, "name": each.name, "words": check_words(share.words), "confirmed": None}
        for each, share in zip(friends, made, strict=True)
    ]
    plain = {"key": public.hex(), "needed": needed, "days": days, "at": clock.now(), "friends": rows}
    _write(folder / _GIVEN, plain)


def confirm(folder: Path, name: str, words: str) -> Plain:
    """A friend still has their share: they read the six words that stand beside it. Raises `Refused`."""
    plain = given(folder)
    rows = [each for each in plain.get("friends", ()) if each["name"].casefold() == name.strip().casefold()]
    if len(rows) != 1:
        raise Refused(f"{len(rows) or 'no'} friends of that name hold a share of yours: ruil friends shows who does")
    if " ".join(words.casefold().split()) != rows[0]["words"]:
        raise Refused(f"those are not the words of the share {rows[0]['name']} should have: make new shares")
    rows[0]["confirmed"] = clock.now()
    _write(folder / _GIVEN, plain)
    return dict(rows[0])


# What this profile keeps for others ----------------------------------------


def keep(folder: Path, text: str, *, again: bool = False) -> Share:
    """Take a share into this profile. `again`: in the place of another for the same person, whom the member has asked.
    Nobody signs a share, so anybody can make up one: by itself it takes no other's place. Raises `Refused`."""
    who = identity.read(folder)
    kept = keeping.open_kept(text)
    if kept.community != who.community:
        raise Refused("this share is for a member of another community")
    share = kept.open(who.device)
    shares.read(share.words)
    if share.community != kept.community:
        raise Refused("this share is for a member of another community")
    plain = _read(folder / _KEPT)
    before = plain.get(member_text(share.member))
    if before is not None and not again:
        words = keeping.open_share(before["text"]).words
        if words != share.words:
            raise Refused(
                f"you keep a share for {before['name']} already, beside which they see: {check_words(words)}. Anybody"
                " could have made this one in their name: ask them, and say that it is a new one (--again)"
            )
    plain[member_text(share.member)] = {"name": share.name, "text": share.text, "at": clock.now()}
    _write(folder / _KEPT, plain)
    return share


def kept(folder: Path) -> list[Plain]:
    """The shares this profile keeps: whose, since when, and the six words to compare."""
    return [
        {
            "member": member,
            "name": each["name"],
            "at": each["at"],
            "words": check_words(keeping.open_share(each["text"]).words),
        }
        for member, each in sorted(_read(folder / _KEPT).items(), key=lambda row: row[1]["name"])
    ]


def give(folder: Path, name: str, at: tuple[str, ...] = ()) -> Share:
    """The share kept for somebody, to give it back, with where this friend's node can be found. Raises `Refused`."""
    plain: Mapping[str, Any] = _read(folder / _KEPT)
    wanted = name.strip().casefold()
    found = [each for member, each in plain.items() if wanted in (each["name"].casefold(), member.casefold())]
    if len(found) != 1:
        raise Refused(f"you keep {'no share' if not found else f'{len(found)} shares'} of {name.strip()!r}")
    share = keeping.open_share(found[0]["text"])
    return msgspec.structs.replace(share, at=tuple(dict.fromkeys((*at, *share.at)))[:12])


# Being oneself again ----------------------------------------


def needed(text: str) -> int:
    """How many such shares are needed, by one of them: a text, or words from paper. Raises `Refused`."""
    return keeping.open_share(text).needed if "-" in text else shares.read(text)[1]


def joined(texts: list[str]) -> tuple[Share, SigningKey]:
    """What these shares say, and the recovery key they give together. Some may be words from paper: whose they are is
    said by the others. Raises `Refused`."""
    made = [keeping.open_share(text) for text in texts if "-" in text]
    on_paper = [shares.read(text)[0] for text in texts if "-" not in text]
    if not made:
        raise Refused(
            "there is no share as a text yet: ask your friends for what ruil friends give shows; at least one as a text"
        )
    if len({(each.member, each.key) for each in made}) > 1:
        raise Refused("these shares do not belong together: some are of another time, or of somebody else")
    key = SigningKey.from_seed(shares.join([*(each.words for each in made), *on_paper]))
    if key.public != made[0].key:
        raise Refused("these shares do not give the key they name: one of them is false")
    return made[0], key


def restore(folder: Path, texts: list[str], dial: tuple[str, ...] = ()) -> tuple[Identity, Word, Share]:
    """An empty profile becomes a new device of who lost their key, with a new key; and the word that friends have to
    pass on before it counts. Raises `Refused` before anything is written."""
    setup.nobody_in(folder)
    share, recovery = joined(texts)
    community, key = CommunityId(share.community), SigningKey.from_seed(secrets.token_bytes(32))
    said = successions.succeed(recovery, community, MemberId(share.member), share.old, key.public)
    places = tuple(
        dict.fromkeys((*dial, *(place for text in texts if "-" in text for place in keeping.open_share(text).at)))
    )
    setup.check_addresses(places)
    word = Word(share.name, share.community, bodies.encode(said))
    _prepare(folder)
    # First: who is themselves again and has lost this has to ask all friends once more.
    _write(folder / _WORD, {"text": word.text, "needed": share.needed, "days": share.days})
    who = setup.restore(folder, key, share.name, community, places, person=MemberId(share.member))
    return who, word, share


def word(folder: Path) -> Plain | None:
    """The word of who is themselves again here, to be handed to members who know them; None where there is none."""
    plain = _read(folder / _WORD)
    if not plain:
        return None
    new = keeping.open_word(plain["text"]).succeed.key
    return {**plain, "words": " ".join(fingerprint(new))}


def change(folder: Path) -> Identity:
    """This profile's member takes a new key. It stands in the profile with the word that it follows the old one, which
    is said when the profile is opened next, so that neither is ever lost; the profile must be `locked`. Who it was
    before. Raises `Refused`."""
    who = identity.read(folder)
    old, new = who.key, SigningKey.from_seed(secrets.token_bytes(32))
    assert who.community is not None
    said = successions.succeed(old, who.community, who.member_id, old.public, new.public)
    changed = dataclasses.replace(who, member=new, person=who.member_id, says=bodies.encode(said))
    identity.write(folder, changed)
    return who
