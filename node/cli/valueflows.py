"""What goes to and comes from other marketplaces: export and import with --valueflows."""

import json
import sys
from pathlib import Path
from typing import Any

from ruil import speak
from ruil.node import clock, whole_file
from ruil.node.cli.ask import ask
from ruil.node.errors import DiskRefused
from ruil.protocol.errors import Refused
from ruil.protocol.limits import LINKED_BYTES_MAX


def keep(path: Path, data: bytes) -> None:
    """Write a file that others may read. Raises `DiskRefused`."""
    try:
        whole_file.write(path, data, mode=0o644)
    except OSError as why:
        raise DiskRefused(f"{path} can not be written: {why.strerror}. Nothing was lost.") from None


def write(path: Path, *, as_json: bool) -> None:
    """Everything this node knows, as one JSON-LD document."""
    document = ask("valueflows")["document"]
    data = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    keep(path, data)
    made = {"schema": "ruil.export.1", "path": str(path), "bytes": len(data), "at": clock.now()}
    speak.answer(
        {**made, "nodes": len(document["@graph"])},
        as_json=as_json,
        people=lambda plain: speak.say(f"{plain['nodes']} things in {plain['path']}"),
    )


def post(path: Path, *, yes: bool, as_json: bool) -> None:
    """Show the listings in a document, and post them when told to."""
    document = _document(path)
    found = ask("adopt", document=document)
    new = [row for row in found["listings"] if row["why_not"] is None]
    if not as_json:
        for row in found["listings"]:
            _show(row)
    if new and (yes or (not as_json and _agreed(len(new)))):
        found = ask("adopt", document=document, post=True)
    speak.answer(found, as_json=as_json, people=_posted)


def _document(path: Path) -> Any:
    try:
        document = json.loads(speak.read(path))
    except (ValueError, RecursionError):
        raise Refused(f"{path} is no JSON-LD document: it is not JSON") from None
    size = len(json.dumps(document))
    if size > LINKED_BYTES_MAX:
        raise Refused(f"{path} has {size} bytes; at most {LINKED_BYTES_MAX} are read at once, so split it")
    return document


def _show(row: dict[str, Any]) -> None:
    wants = " or ".join(row["wants"]) or "make me a proposal"
    speak.say(f"{row['role']} {row['kind']}: {row['title']}")
    speak.say(f"  {row['quantity']} {row['unit']}, for {wants}, until {row['ends_text']}, by {row['author']}")
    if row["why_not"]:
        speak.say(f"  not to be posted: {row['why_not']}")


def _agreed(many: int) -> bool:
    """Whether the person at the terminal says yes; nobody there is no."""
    if not sys.stdin.isatty():
        return False
    answer = input(f"Post {'this' if many == 1 else f'these {many}'} as yours, each saying whose it is? [y/N]: ")
    return answer.strip().lower() in ("y", "yes")


def _posted(plain: dict[str, Any]) -> None:
    posted = [row for row in plain["listings"] if row["posted"]]
    for row in posted:
        speak.say(f"Posted as {row['posted']}: {row['title']}")
    if not posted:
        speak.say("Nothing was posted. Post what is new with: --yes")
