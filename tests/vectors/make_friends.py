"""The vectors of docs/spec/friends.md: three texts, one fault in each."""

from typing import Any

from tests.vectors.make_crypto import _sealed
from tests.vectors.make_organisations import _text
from tests.vectors.make_protocol import Case, Town, _bytes, _case, _pack, _public
from tests.vectors.make_successions import NEW, OTHER, RECOVERY, _word

WORDS = "what is written here is for SLIP-39 to judge"


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    made: dict[str, Case] = {}
    town = Town()

    def add(name: str, comment: str, check: str, expect: Any, text: str, **given: Any) -> None:
        made[f"friends/{name}.json"] = _case(comment, check, expect, text=text, **given)

    share: Case = {
        "member": town.anna.member,
        "name": "Anna",
        "old": town.anna.member,
        "key": _public(RECOVERY),
        "needed": 2,
        "days": 7,
        "words": WORDS,
        "community": town.community,
        "at": ["192.0.2.1:4001"],
    }
    text = _text("share-", share)
    add("share-text", "A share as it is given back; in capitals, and broken in two.", "share", share,
        f"{text[:60].upper()}\n  {text[60:]}")  # fmt: skip
    add("share-cut", "The last letter is missing.", "share", "this share is damaged", text[:-1])
    word: Case = {"name": "Anna", "community": town.community, "said": _pack(_word(town))}
    add("share-is-a-word", "The other text.", "share", "this is not a share", _text("heir-", word))
    add("word-text", "What the joined shares say.", "word",
        {"name": "Anna", "community": town.community, "key": _public(NEW), "by": _public(RECOVERY)},
        _text("heir-", word))  # fmt: skip
    false = word | {"said": _pack(_word(town, OTHER, by=_public(RECOVERY)))}
    add(
        "word-false",
        "Signed by another key than the one it names.",
        "word",
        "this word is false",
        _text("heir-", false),
    )
    ben = _bytes("ben's device key")
    box = _sealed(_public(ben), _pack(share), _bytes("sealing seed"))
    kept = _text("keep-", {"name": "Anna", "community": town.community, "boxes": [[_public(ben), box]]})
    add("keep-text", "On its way to Ben, sealed to his device.", "kept", share, kept, device_seed=ben)
    add("keep-for-another", "Carla opens nothing with hers.", "kept", "this share is for somebody else", kept,
        device_seed=_bytes("carla's device key"))  # fmt: skip
    return made
