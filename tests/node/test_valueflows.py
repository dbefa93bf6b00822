"""Export and import with --valueflows, as a member types them: out for anybody, in only with whose it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from ruil.node.place import cell_from_text
from ruil.protocol import limits
from tests.node.shell import Shell, founder, invited

BIKE = "https://market.example/proposals/bike"


def proposal(**changes: Any) -> dict[str, Any]:
    """An FEP-0837 proposal."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Proposal",
        "id": BIKE,
        "purpose": "offer",
        "attributedTo": "https://market.example/users/alice",
        "name": "Used bike",
        "location": {"type": "Place", "longitude": 4.9, "latitude": 52.37},
        "publishes": {
            "type": "Intent",
            "id": f"{BIKE}#primary",
            "action": "transfer",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
        },
        **changes,
    }


def written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture
def anna(tmp_path: Path) -> Shell:
    return founder(tmp_path / "anna")


def test_what_is_exported_is_a_document_of_proposals(tmp_path: Path, anna: Shell) -> None:
    anna.ask("offer", "bread", "Sourdough loaf", "--quantity", "4", "--unit", "loaf", "--want", "credit 0.5")

    said = anna.ask("export", str(tmp_path / "street.jsonld"), "--valueflows")

    document = json.loads((tmp_path / "street.jsonld").read_text())
    assert said["nodes"] == len(document["@graph"])
    (listed,) = [node for node in document["@graph"] if node["type"] == "Proposal"]
    assert (listed["name"], listed["reciprocal"]["resourceQuantity"]["hasNumericalValue"]) == ("Sourdough loaf", "30")


def test_a_proposal_from_elsewhere_is_shown_and_only_posted_when_told_to(tmp_path: Path, anna: Shell) -> None:
    file = written(tmp_path / "bike.jsonld", proposal())

    shown = anna.run("import", "--valueflows", file).stdout
    before = anna.ask("near")["listings"]
    done = anna.run("import", "--valueflows", file, "--yes").stdout

    assert "Used bike" in shown
    assert "Nothing was posted" in shown
    assert before == []
    (listing,) = anna.ask("near")["listings"]
    assert f"Posted as {listing['short']}" in done
    assert f"Listed elsewhere by https://market.example/users/alice: {BIKE}" in listing["text"]
    assert listing["wants"] == ["nothing"]


def test_where_a_proposal_is_becomes_a_town_not_an_address(tmp_path: Path, anna: Shell) -> None:
    anna.ask("import", "--valueflows", written(tmp_path / "bike.jsonld", proposal()), "--yes")

    anna.ask("export", "--valueflows", str(tmp_path / "street.jsonld"))

    document = json.loads((tmp_path / "street.jsonld").read_text())
    (listed,) = [node for node in document["@graph"] if node["type"] == "Proposal"]
    assert listed["eligibleLocation"] == {"type": "SpatialThing", "ruil:cell": f"{cell_from_text('52.37, 4.9'):x}"}


def test_at_a_terminal_one_is_asked(tmp_path: Path, anna: Shell) -> None:
    file = written(tmp_path / "bike.jsonld", proposal())

    _, no = anna.at_terminal("import", "--valueflows", file, answers=["no"])
    before = anna.ask("near")["listings"]
    shown, yes = anna.at_terminal("import", "--valueflows", file, answers=["y"])

    assert (no, yes, before) == (0, 0, [])
    assert "Posted as" in shown


def test_a_running_node_does_the_same(tmp_path: Path, anna: Shell) -> None:
    file = written(tmp_path / "bike.jsonld", proposal())

    with anna.running():
        posted = anna.ask("import", "--valueflows", file, "--yes")
        exported = anna.ask("export", "--valueflows", str(tmp_path / "street.jsonld"))

    assert posted["listings"][0]["posted"]
    assert exported["nodes"] >= 3
    assert BIKE in (tmp_path / "street.jsonld").read_text()


def test_what_is_listed_here_is_not_listed_twice(tmp_path: Path, anna: Shell) -> None:
    anna.ask("offer", "bread", "Sourdough loaf")
    anna.ask("export", "--valueflows", str(tmp_path / "street.jsonld"))

    (again,) = anna.ask("import", "--valueflows", str(tmp_path / "street.jsonld"), "--yes")["listings"]

    assert (again["why_not"], again["posted"]) == ("it is listed here already", None)
    assert len(anna.ask("near")["listings"]) == 1


def test_a_listing_carried_to_another_community_says_whose_it_was(tmp_path: Path, anna: Shell) -> None:
    anna.ask("offer", "bread", "Sourdough loaf", "--want", "3 jar honey")
    anna.ask("export", "--valueflows", str(tmp_path / "street.jsonld"))
    carla = founder(tmp_path / "carla")

    carla.ask("import", "--valueflows", str(tmp_path / "street.jsonld"), "--yes")

    (listing,) = carla.ask("near")["listings"]
    assert (listing["title"], listing["wants"]) == ("Sourdough loaf", ["3 jar honey"])
    assert "Listed elsewhere by a member of another community: urn:ruil:entry:" in listing["text"]


def test_a_neighbours_own_listing_is_refused_to_be_posted_again(tmp_path: Path, anna: Shell) -> None:
    ben = invited(Shell(tmp_path / "ben"), "Ben", anna)
    posted = anna.ask("offer", "bread", "Sourdough loaf")["listing"]["id"]
    file = written(tmp_path / "bread.jsonld", proposal(id=f"urn:ruil:entry:{posted}"))

    assert anna.ask("import", "--valueflows", file)["listings"][0]["why_not"] == "it is listed here already"
    # Ben has not heard of it yet: it is posted, but not without saying whose it is.
    ben.ask("import", "--valueflows", file, "--yes")
    assert f"urn:ruil:entry:{posted}" in ben.ask("near")["listings"][0]["text"]


LONG = "x" * limits.LINKED_BYTES_MAX


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("no json", "is no JSON-LD document: it is not JSON"),
        ("[" * 100_000, "is no JSON-LD document: it is not JSON"),
        ("{}", "the document holds no proposal"),
        (json.dumps(proposal(purpose="wish")), "its purpose is wish"),
        (json.dumps(proposal(name=LONG)), f"at most {limits.LINKED_BYTES_MAX} are read at once"),
        (json.dumps(proposal(hasEnd=-1)), "is not a time"),
    ],
    ids=["text", "deep", "empty", "wish", "long", "time"],
)
def test_a_document_that_can_not_be_read_is_refused_and_nothing_is_posted(
    tmp_path: Path, anna: Shell, content: str, sentence: str
) -> None:
    (tmp_path / "bad.jsonld").write_text(content)

    code, said = anna.refused("import", "--valueflows", str(tmp_path / "bad.jsonld"), "--yes")

    assert code == 8
    assert sentence in said
    assert anna.ask("near")["listings"] == []


def test_a_listing_that_is_over_is_left_out_and_one_that_is_too_long_is_cut(tmp_path: Path, anna: Shell) -> None:
    over = proposal(id="urn:x:over", hasEnd="2020-01-01T00:00:00Z")
    over["publishes"] = {**over["publishes"], "id": "urn:x:over#primary"}
    file = written(tmp_path / "two.jsonld", [over, proposal(hasEnd="2400-01-01T00:00:00Z")])

    first, second = anna.ask("import", "--valueflows", file, "--yes")["listings"]

    assert (first["posted"], first["why_not"]) == (None, "it ended at 2020-01-01 00:00 UTC")
    assert second["posted"] is not None
