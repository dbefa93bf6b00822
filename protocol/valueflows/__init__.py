"""Valueflows: everything a community says in the common vocabulary of economic networks, and what can be read of it.

`graph` writes a Book as one JSON-LD document; `listings` and `proposals` read drafts from one, or from a proposal of
the federated marketplace (FEP-0837). Pure, and nothing is fetched. Spec: docs/spec/valueflows.md.
"""

from ruil.protocol.valueflows.graph import graph
from ruil.protocol.valueflows.listings import Found, listings, sourced, written_by
from ruil.protocol.valueflows.proposals import proposals
from ruil.protocol.valueflows.vocabulary import CONTEXT

__all__ = ["CONTEXT", "Found", "graph", "listings", "proposals", "sourced", "written_by"]
