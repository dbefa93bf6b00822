"""Linked data, read without fetching anything: a JSON-LD document as nodes whose properties have our names for them.

Only the part of JSON-LD that marketplaces use: a context in the document (prefixes, renamed terms, `@vocab`), nodes
inside nodes or by reference, `@graph`, `@value`, `@list` and `@set`. A context elsewhere is not fetched; a term that
no context in the document explains is taken to be what it is called. Spec: docs/spec/valueflows.md.
"""

from collections.abc import Iterator
from typing import Any, Final

from ruil.protocol.errors import Refused
from ruil.protocol.limits import LINKED_NESTING_MAX, LINKED_NODES_MAX, QUANTITY_MAX
from ruil.protocol.valueflows.vocabulary import AS, OM2, RUIL, SPACES, VF

Node = dict[str, Any]

# What everybody calls these, when the context that says so stands elsewhere.
_USUAL: Final = {"vf": VF, "om2": OM2, "as": AS, "ruil": RUIL, "id": "@id", "type": "@type"}
# Properties whose values are words of a vocabulary, not text.
_WORDS: Final = frozenset(("type", "action", "purpose"))


class Linked:
    """The nodes of a document, in its order. Raises `Refused` when it is no linked data, or nests too deep."""

    def __init__(self, document: Any) -> None:
        self.nodes: list[Node] = []
        self._named: dict[str, Node] = {}
        if not isinstance(document, dict | list):
            raise Refused("this is no JSON-LD document: it holds neither an object nor a list of objects")
        self._read(document, dict(_USUAL), 0)
        self.nodes = [node for node in self.nodes if self._named.get(text(node, "id"), node) is node]

    def of_type(self, name: str) -> Iterator[Node]:
        """The nodes of a class."""
        return (node for node in self.nodes if name in many(node, "type"))

    def things(self, node: Node, key: str) -> list[Node]:
        """What a property points at: nodes inside it, and nodes elsewhere in the document by their id. What is named
        and not in the document is a node with nothing but its id."""
        found = []
        for value in many(node, key):
            if isinstance(value, dict):
                found.append(self._named.get(text(value, "id"), value))
            elif isinstance(value, str):
                found.append(self._named.get(value, {"id": value}))
        return found

    def _read(self, value: Any, context: dict[str, str], depth: int) -> Any:
        if depth > LINKED_NESTING_MAX:
            raise Refused(f"the document nests deeper than {LINKED_NESTING_MAX}")
        if isinstance(value, list):
            read = [self._read(each, context, depth + 1) for each in value]
            return [part for each in read for part in (each if isinstance(each, list) else [each])]
        if not isinstance(value, dict):
            return value
        context = _widened(context, value.get("@context"))
        keys = {_name(key, context): each for key, each in value.items() if key != "@context"}
        if "@value" in keys:
            return self._read(keys["@value"], context, depth + 1)
        for inside in ("@list", "@set"):
            if inside in keys:
                return self._read(keys[inside], context, depth + 1)
        node: Node = {}
        self.nodes.append(node)
        if len(self.nodes) > LINKED_NODES_MAX:
            raise Refused(f"the document holds more than {LINKED_NODES_MAX} things")
        for key, each in keys.items():
            read = self._read(each, context, depth + 1)
            node[key] = _worded(read, context) if key in _WORDS or _is_unit(key, read) else read
        return self._merged(node)

    def _merged(self, node: Node) -> Node:
        """A node may be described in several places; what each of them says is true."""
        name = node.get("id")
        if not isinstance(name, str):
            return node
        known = self._named.setdefault(name, node)
        for key, each in node.items():
            known.setdefault(key, each)
        return known


def many(node: Node, key: str) -> list[Any]:
    """The values of a property: none, one or several."""
    value = node.get(key)
    return value if isinstance(value, list) else [] if value is None else [value]


def one(node: Node, key: str) -> Any:
    """The first value of a property; None when it has none. Expanded JSON-LD has every value in a list."""
    return next(iter(many(node, key)), None)


def text(node: Node, key: str) -> str:
    """The first value of a property that is text, or the id of a thing; or nothing."""
    return next(iter(names(node, key)), "")


def names(node: Node, key: str) -> list[str]:
    """The values of a property that are text, and the ids of those that are things."""
    values = (each.get("id") if isinstance(each, dict) else each for each in many(node, key))
    return [each for each in values if isinstance(each, str)]


def integer(node: Node, key: str, otherwise: int) -> int:
    """The whole number of a property, `otherwise` when it has none. Raises `Refused` when it is none."""
    value = otherwise if one(node, key) is None else one(node, key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= QUANTITY_MAX:
        raise Refused(f"{key} is {str(value)[:60]!r}; it must be a number between 0 and {QUANTITY_MAX}")
    return value


def name(node: Node) -> str:
    """What a node is called, for a sentence about it."""
    return text(node, "id") or text(node, "name") or "a proposal without an id"


def _widened(context: dict[str, str], given: Any) -> dict[str, str]:
    """The meaning of terms, with what a context in the document adds."""
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict):
            context = {**context}
            for term, meaning in each.items():
                iri = meaning.get("@id") if isinstance(meaning, dict) else meaning
                if isinstance(iri, str):
                    context[term] = iri
    return context


def _iri(term: str, context: dict[str, str]) -> str:
    """A term, a prefixed name or an IRI in full. Bounded: a context may explain a term by itself."""
    for _ in range(4):
        prefix, colon, rest = term.partition(":")
        if term in context and context[term] != term:
            term = context[term]
        elif colon and prefix in context and not rest.startswith("//"):
            term = context[prefix] + rest
        else:
            break
    if ":" not in term and not term.startswith("@") and "@vocab" in context:
        term = context["@vocab"] + term
    return term


def _name(term: str, context: dict[str, str]) -> str:
    """Our name for a term: its own in the vocabularies we know, the whole IRI in any other."""
    iri = _iri(term, context)
    for space, prefix in SPACES.items():
        if iri.startswith(space):
            return prefix + iri.removeprefix(space)
    return {"@id": "id", "@type": "type"}.get(iri, iri)


def _is_unit(key: str, value: Any) -> bool:
    """Whether it names a unit of a vocabulary: `om2:kilogram`. A unit without a colon is a name as it is."""
    return key == "hasUnit" and (isinstance(value, dict) or (isinstance(value, str) and ":" in value))


def _worded(value: Any, context: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_worded(each, context) for each in value]
    if isinstance(value, dict):  # a word by reference: {"@id": "vf:transfer"}
        value = value.get("id", value)
    return _name(value, context) if isinstance(value, str) else value
