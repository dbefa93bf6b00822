"""Drawings of the spec that are made from code, so that they can not lie. From the root: python -m tests.docs.drawings

With --check nothing is written: exit 1 when a drawing is not the one its table gives.
"""

import sys
from pathlib import Path
from typing import Final

from ruil.protocol.agreement import TABLE, State

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "spec" / "agreements.md"
BEGIN: Final = "<!-- drawn by tests/docs/drawings.py from agreement.TABLE -->\n"
END: Final = "<!-- end of drawing -->\n"


def drawing() -> str:
    """The table of an agreement's life as a mermaid drawing and as rows."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (before, who, said), after in TABLE.items():
        arrows.setdefault((before, after), []).append(f"{who.value}: {said.value}")
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> proposed"]
    for (before, after), sayings in arrows.items():
        lines.append(f"    {before.value} --> {after.value}: {', '.join(sayings)}")
    lines += [f"    {state.value} --> [*]" for state in State if state.ended]
    lines += ["```", "", "| state | who | says | then |", "|---|---|---|---|"]
    for (before, who, said), after in TABLE.items():
        lines.append(f"| {before.value} | {who.value} | {said.value} | {after.value} |")
    return "\n".join(lines) + "\n"


def drawn(page: str) -> str:
    """The page with its drawing made anew. Raises `ValueError` when the markers are missing."""
    head, marker, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not marker or not end:
        raise ValueError("the page has no place for the drawing: both marker lines must stand in it")
    return head + BEGIN + drawing() + END + tail


def main(arguments: list[str]) -> int:
    """0 when the drawing is current or was written; 1 when --check found another."""
    page = PAGE.read_text(encoding="utf-8")
    current = drawn(page)
    if arguments == ["--check"]:
        if page != current:
            print(f"{PAGE.name}: the drawing is not the one the table gives; run python -m tests.docs.drawings")
        return int(page != current)
    if page != current:
        PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
