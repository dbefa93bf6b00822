"""Writes every vector (no arguments) or says which differ (--check). From the root: python -m tests.vectors.make

The makers compute from fixed seeds, mostly without the code under test, so the same files come out everywhere.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent


def expected() -> dict[Path, str]:
    """Every vector file there should be, and its text."""
    files: dict[Path, str] = {}
    for maker in sorted(HERE.glob("make_*.py")):
        cases: dict[str, Any] = importlib.import_module(f"tests.vectors.{maker.stem}").cases()
        for path, case in cases.items():
            assert HERE / path not in files, f"two makers write {path}"
            files[HERE / path] = json.dumps(case, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return files


def differences(files: dict[Path, str]) -> list[str]:
    """One line for each file that is missing, differs, or belongs to no maker."""
    found = []
    for path, text in sorted(files.items()):
        if not path.exists():
            found.append(f"missing: {path.relative_to(HERE)}")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"differs: {path.relative_to(HERE)}")
    present = set(HERE.glob("*/*.json"))
    return found + [f"orphan: {path.relative_to(HERE)}" for path in sorted(present - set(files))]


def main(arguments: list[str]) -> int:
    """0 when all is well; 1 after --check found a difference."""
    files = expected()
    if arguments == ["--check"]:
        wrong = differences(files)
        print("\n".join(wrong) or f"{len(files)} vectors are as their makers say")
        return 1 if wrong else 0
    if arguments:
        print("usage: python -m tests.vectors.make [--check]")
        return 2
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    orphans = [line for line in differences(files) if line.startswith("orphan")]
    print("\n".join([*orphans, f"{len(files)} vectors written"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
