"""Shapes of exchange: constructors of a `Propose`, and nothing else. The kernel never asks which shape it carries."""
