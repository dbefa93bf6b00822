"""The layering rules of the house, checked on the syntax tree. Every rule is also shown to be able to fail.

A rule takes sources and returns complaints; a test asks that the tree has none, and that a tiny bad source has one.
"""

import ast
import sys
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("crypto", "protocol", "node", "simulations")

# THE reading order of the rules: a file imports only files above it. New files find their place here.
READING_ORDER = (
    "errors",
    "limits",
    "memo",
    "ids",
    "signers",
    "codec",
    "cells",
    "fields",
    "bodies",
    "entry",
    "log",
    "revocations",
    "record",
    "ballots",
    "organisations",
    "charters",
    "motions",
    "invitations",
    "members",
    "successions",
    "blocks",
    "grants",
    "keeping",
    "slots",
    "agreement",
    "joins",
    "deliveries",
    "disputes",
    "clearing",
    "order",
    "turns",
    "listings",
    "bids",
    "reservations",
    "agreements",
    "credit",
    "exposure",
    "statement",
    "lines",
    "shapes.gift",
    "shapes.swap",
    "shapes.sale",
    "shapes.customise",
    "shapes.ring",
    "shapes.group_buy",
    "shapes.charter",
    "shapes.crowdfund",
    "shapes.loan",
    "shapes.team",
    "shapes.clearing",
    "shapes.trust_line",
    "circles",
    "shapes.call",
    "shapes.share",
    "attestations",
    "conduct",
    "opinion",
    "ratings",
    "walk",
    "reputation",
    "sharing",
    "book",
    "valueflows.vocabulary",
    "valueflows.linked",
    "valueflows.listings",
    "valueflows.proposals",
    "valueflows.trades",
    "valueflows.flows",
    "valueflows.graph",
    "snapshot",
    "letters",
    "letterbox",
    "mailbox",
    "wire",
    "opener",
    "events",
    "peerbook",
    "bundle",
    "spread",
    "pace",
    "sync",
    "lately",
    "gist",
    "lease",
    "passing",
    "rounds",
    "post",
    "drafts",
    "sealing",
    "reflexes",
    "peer",
)
OPINIONS = ("ruil.protocol.reputation", "ruil.protocol.ratings", "ruil.protocol.walk", "ruil.protocol.matching")

IMPURE = frozenset({
    "anyio", "aiohttp", "apsw", "asyncio", "concurrent", "hypercorn", "io", "libp2p", "logging",
    "os", "pathlib", "random", "requests", "secrets", "select", "shutil", "socket", "sqlite3",
    "starlette", "subprocess", "tempfile", "threading", "time", "trio", "urllib", "uuid",
})  # fmt: skip
# One place per foreign thing: package -> the only files that may import it.
PLACES: dict[str, Callable[[str], bool]] = {
    "libp2p": lambda file: file.startswith("node/network/"),
    "multiaddr": lambda file: file.startswith("node/network/"),
    "zeroconf": lambda file: file.startswith("node/network/"),
    "apsw": lambda file: file in ("node/store.py", "node/letters.py", "node/search.py"),
    "starlette": lambda file: file.startswith("node/web/"),
    "hypercorn": lambda file: file.startswith("node/web/"),
    "jinja2": lambda file: file.startswith("node/web/"),
    "PIL": lambda file: file == "node/redraw.py",
    "segno": lambda file: file == "node/qr.py",
    "shamir_mnemonic": lambda file: file == "node/shares.py",
    "highspy": lambda file: file.startswith("protocol/matching/"),
}


class Source(NamedTuple):
    """A file by its path in the repository, its module name, and its syntax tree."""

    file: str
    module: str
    tree: ast.Module


def source(file: str, text: str) -> Source:
    parts = file.removesuffix(".py").removesuffix("/__init__").split("/")
    return Source(file, ".".join(["ruil", *parts]), ast.parse(text))


def sources(*folders: str) -> list[Source]:
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.append(source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
    return found


SHIPPED = sources(*LAYERS)
MODULES = frozenset(each.module for each in SHIPPED)


def imports(
    given: Source, modules: frozenset[str] = MODULES, unread: Container[ast.AST] = frozenset()
) -> Iterator[str]:
    """The full names of what a file imports; `from ruil.protocol import codec` is an import of ruil.protocol.codec."""
    for node in ast.walk(given.tree):
        if node in unread:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in modules else base


def top(module: str) -> str:
    return module.split(".")[0]


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "ruil" else ""


# The rules: sources -> complaints ----------------------------------------


def arrows_up(given: list[Source]) -> list[str]:
    below = {
        "crypto": (),
        "protocol": ("crypto",),
        "node": ("crypto", "protocol"),
        "simulations": ("crypto", "protocol"),
    }
    return [
        f"{each.file} imports {name}"
        for each in given
        for name in imports(each)
        if layer(name) in below and layer(name) not in (*below[layer(each.module)], layer(each.module))
    ]


def impurities(given: list[Source]) -> list[str]:
    found = []
    for each in given:
        found += [f"{each.file} imports {name}" for name in imports(each) if top(name) in IMPURE]
        for node in ast.walk(each.tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                found.append(f"{each.file}:{node.lineno} is async")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print"):
                found.append(f"{each.file}:{node.lineno} calls {node.func.id}()")
            elif isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today") and _is_datetime(node):
                found.append(f"{each.file}:{node.lineno} reads a clock")
    return found


def _is_datetime(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")


def numbers_in_facts(given: list[Source]) -> list[str]:
    return [
        f"{each.file} imports {name}"
        for each in given
        for name in imports(each)
        if top(name) in ("numpy", "h3", "highspy") and not each.module.startswith(OPINIONS)
    ]


def out_of_order(given: list[Source], order: tuple[str, ...] = READING_ORDER) -> list[str]:
    """Imports inside protocol that do not point to a file above. matching/ is read last: an opinion on all facts."""
    place = {f"ruil.protocol.{name}": index for index, name in enumerate(order)}
    place["ruil.protocol.matching"] = place.get("ruil.protocol.peer", len(order))
    found = []
    for each in given:
        if each.file.endswith("/__init__.py") and each.module not in place:
            continue
        here = place.get(_listed(each.module))
        if here is None:
            found.append(f"{each.file} has no place in the reading order")
            continue
        for name in imports(each, frozenset(place)):
            inside = name.startswith("ruil.protocol.") and _listed(name) != _listed(each.module)
            if inside and place.get(_listed(name), len(order)) >= here:
                found.append(f"{each.file} imports {name}, which is read later")
    return found


def _listed(module: str) -> str:
    return "ruil.protocol.matching" if module.startswith("ruil.protocol.matching") else module


def cycles(given: list[Source]) -> list[str]:
    modules = frozenset(each.module for each in given)
    edges = {each.module: {name for name in _executed(each, modules) if name in modules} for each in given}
    done: set[str] = set()
    found: list[str] = []

    def walk(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            found.append(" -> ".join((*path[path.index(module) :], module)))
        elif module not in done:
            for name in sorted(edges[module]):
                walk(name, (*path, module))
            done.add(module)

    for module in sorted(edges):
        walk(module, ())
    return found


def _executed(given: Source, modules: frozenset[str]) -> Iterator[str]:
    """The imports that run: not those under `if TYPE_CHECKING`."""
    skipped = [
        node
        for node in ast.walk(given.tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]
    unread = {each for node in skipped for part in node.body for each in ast.walk(part)}
    return imports(given, modules, unread)


def misplaced(given: list[Source]) -> list[str]:
    return [
        f"{each.file} imports {name}"
        for each in given
        for name in imports(each)
        if top(name) in PLACES and not PLACES[top(name)](each.file)
    ]


_DRIVERS = ("node/pump.py", "simulations/world.py")
_START = "node/profile.py"  # reads the disk back before there is a pump, and feeds nothing else
_READ_BACK = ("Restored", "Noted")


def handled_elsewhere(given: list[Source]) -> list[str]:
    found = []
    for each in given:
        if each.file in _DRIVERS:
            continue
        for node in ast.walk(each.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "handle":
                event = node.args[0] if node.args else None
                name = getattr(event.func, "id", "") if isinstance(event, ast.Call) else ""
                if each.file == _START and name in _READ_BACK:
                    continue
                found.append(f"{each.file}:{node.lineno} calls handle()")
    return found


def entries_made_elsewhere(given: list[Source]) -> list[str]:
    found = []
    for each in given:
        if each.file == "protocol/entry.py":
            continue
        for node in ast.walk(each.tree):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name == "Entry":
                    found.append(f"{each.file}:{node.lineno} makes an Entry")
    return found


def broad_excepts(given: list[Source]) -> list[str]:
    found = []
    for each in given:
        if each.file == "node/network/shield.py":
            continue
        for node in ast.walk(each.tree):
            if isinstance(node, ast.ExceptHandler) and not _raises_again(node):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
                if node.type is None or names & {"Exception", "BaseException"}:
                    found.append(f"{each.file}:{node.lineno} catches everything")
    return found


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Cleaning up on the way out catches nothing: the handler's last word is a bare `raise`."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def silent_modules(given: list[Source]) -> list[str]:
    return [f"{each.file} does not say what it is" for each in given if not ast.get_docstring(each.tree)]


def relative_imports(given: list[Source]) -> list[str]:
    return [
        f"{each.file}:{node.lineno}"
        for each in given
        for node in ast.walk(each.tree)
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]


def imports_of_tests(given: list[Source]) -> list[str]:
    return [f"{each.file} imports {name}" for each in given for name in imports(each) if top(name) == "tests"]


# The tree keeps them ----------------------------------------


def test_arrows_point_down() -> None:
    assert arrows_up(SHIPPED) == []


def test_crypto_and_protocol_are_pure() -> None:
    assert impurities(sources("crypto", "protocol")) == []


def test_only_opinions_use_numpy() -> None:
    assert numbers_in_facts(sources("crypto", "protocol")) == []


def test_inside_protocol_every_import_points_to_a_file_above() -> None:
    assert out_of_order(sources("protocol")) == []


def test_every_file_of_the_reading_order_exists() -> None:
    assert [name for name in READING_ORDER if f"ruil.protocol.{name}" not in MODULES] == []


def test_there_are_no_import_cycles() -> None:
    assert cycles(SHIPPED) == []


def test_every_foreign_thing_has_one_place() -> None:
    assert misplaced(SHIPPED) == []


def test_only_the_two_drivers_call_handle() -> None:
    assert handled_elsewhere(SHIPPED) == []


def test_an_entry_is_made_in_one_place() -> None:
    assert entries_made_elsewhere(SHIPPED) == []


def test_only_the_shield_catches_everything() -> None:
    assert broad_excepts(SHIPPED) == []


def test_every_module_says_what_it_is() -> None:
    assert silent_modules(SHIPPED) == []


def test_no_import_is_relative() -> None:
    assert relative_imports(SHIPPED) == []


def test_nothing_imports_tests() -> None:
    assert imports_of_tests(SHIPPED) == []


# The rules can fail ----------------------------------------

BAD: list[tuple[Callable[[list[Source]], list[str]], str, str]] = [
    (arrows_up, "crypto/keys.py", "from ruil.protocol import codec"),
    (arrows_up, "protocol/book.py", "import ruil.node.store"),
    (arrows_up, "node/app.py", "from ruil.simulations.world import World"),
    (arrows_up, "simulations/world.py", "from ruil.node import clock"),
    (impurities, "protocol/book.py", "import time"),
    (impurities, "protocol/book.py", "from os import path"),
    (impurities, "protocol/book.py", "async def wait() -> None: ..."),
    (impurities, "protocol/book.py", "from datetime import datetime\nnow = datetime.now()"),
    (impurities, "crypto/vault.py", "text = open('key').read()"),
    (numbers_in_facts, "protocol/credit.py", "import numpy as np"),
    (out_of_order, "protocol/entry.py", "from ruil.protocol.log import Log"),
    (out_of_order, "protocol/entry.py", "from ruil.protocol import book"),
    (out_of_order, "protocol/novel.py", '"""A file nobody gave a place."""'),
    (misplaced, "node/pump.py", "import libp2p"),
    (misplaced, "node/pump.py", "from libp2p.host import basic_host"),
    (misplaced, "node/views.py", "import apsw"),
    (misplaced, "node/app.py", "from starlette.applications import Starlette"),
    (handled_elsewhere, "node/web/pages.py", "def page(peer, event):\n    return peer.handle(event, 0)"),
    (handled_elsewhere, "node/profile.py", "def start(peer, body):\n    peer.handle(Drafted(body), 0)"),
    (entries_made_elsewhere, "node/store.py", "from ruil.protocol import entry\nmade = entry.Entry(1)"),
    (broad_excepts, "node/store.py", "try:\n    pass\nexcept Exception:\n    pass"),
    (broad_excepts, "node/store.py", "try:\n    pass\nexcept (ValueError, BaseException):\n    pass"),
    (broad_excepts, "node/store.py", "try:\n    pass\nexcept:\n    pass"),
    (silent_modules, "node/store.py", "x = 1"),
    (relative_imports, "node/store.py", "from . import clock"),
    (imports_of_tests, "node/store.py", "from tests.protocol import actors"),
]


@pytest.mark.parametrize(("rule", "file", "text"), BAD, ids=[f"{rule.__name__}-{file}" for rule, file, _ in BAD])
def test_a_bad_source_breaks_the_rule(rule: Callable[[list[Source]], list[str]], file: str, text: str) -> None:
    bad = source(file, text)

    complaints = rule([bad])

    assert len(complaints) >= 1
    assert file in complaints[0]


def test_a_cycle_is_found() -> None:
    one = source("protocol/one.py", "from ruil.protocol.two import x")
    two = source("protocol/two.py", "from ruil.protocol import one")

    found = cycles([one, two])

    assert found == ["ruil.protocol.one -> ruil.protocol.two -> ruil.protocol.one"]


def test_a_good_source_breaks_no_rule() -> None:
    good = source("protocol/log.py", '"""A log."""\nfrom ruil.protocol.entry import Entry\nfrom ruil.crypto import mmr')

    complaints = [line for rule in {rule for rule, _, _ in BAD} for line in rule([good])]

    assert complaints == []


def test_standard_library_names_are_spelled_right() -> None:
    # A typing error in the list of impure modules would let one through.
    foreign = {"anyio", "aiohttp", "apsw", "hypercorn", "libp2p", "requests", "starlette", "trio"}

    assert IMPURE - foreign <= sys.stdlib_module_names
