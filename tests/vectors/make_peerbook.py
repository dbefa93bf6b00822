"""The vectors of docs/spec/peerbook.md, one fault in each."""

from typing import Any, Final

from tests.vectors.make_protocol import DAY, T0, Case, Town, _bytes, _case, _pack, _public, _sign

SEED: Final = _bytes("a device of the peer book")
WAY: Final = "/ip4/9.9.9.9/tcp/4001/p2p/RELAY/p2p-circuit/p2p/NODE"


def cases() -> dict[str, Case]:
    """Every vector: path below tests/vectors/ -> what the file holds."""
    town = Town()
    made: dict[str, Case] = {}
    said: dict[str, Any] = {
        "addresses": ["9.9.9.9:4001", WAY],
        "at": T0,
        "community": town.community,
        "device": _public(SEED),
        "near": False,
        "relays": True,
        "until": T0 + 3 * DAY,
        "version": 1,
    }

    def add(name: str, comment: str, expect: Any, *, tag: bytes = b"ruil/peer-record/1\n", **changed: Any) -> None:
        payload = _pack({**said, **changed})
        record = payload + _sign(SEED, tag, payload)
        made[f"peerbook/{name}.json"] = _case(comment, "record", expect, community=town.community, record=record)

    def facts(**changed: Any) -> dict[str, Any]:
        known = {**said, **changed}
        return {each: known[each] for each in ("addresses", "at", "device", "near", "relays", "until")}

    add("record", "Two addresses, good for three days.", facts())
    add("near", "Addresses of a home's own network.", facts(near=True, addresses=[]), near=True, addresses=[])
    add("wrong-signature", "The device did not sign it.", "the record is not signed", device=_public(_bytes("another")))
    add("another-tag", "Signed as an entrance.", "the record is not signed", tag=b"ruil/entrance/1\n")
    add("another-community", "Of another town.", "a record of another community", community=_bytes("another town"))
    add("version", "Of a later day.", "not a record of version 1", version=2)
    add("more-fields", "With a field it should not have.", "a record has other fields", more=1)
    add("nine-addresses", "One too many.", "a record has at most 8", addresses=["9.9.9.9:1"] * 9)
    add("address-too-long", "Of 201 characters.", "a record has at most 8", addresses=["9" * 201])
    add("address-with-a-line-feed", "No plain characters.", "a record has at most 8", addresses=["9.9.9.9:1\n"])
    add("eight-days", "Nothing is good for so long.", "a record holds from its time on", until=T0 + 8 * DAY)
    add("over-before-it-began", "Until before at.", "a record holds from its time on", until=T0)
    add("device-31-bytes", "A key of 31 bytes.", "a record names its device by 32 bytes", device=bytes(31))
    add("near-is-a-number", "1 is not yes.", "near and relays are yes or no", near=1)
    too_long = bytes(2_049)
    made["peerbook/too-long.json"] = _case(
        "2,049 bytes.", "record", "record of 2049 bytes", community=town.community, record=too_long
    )
    return made
