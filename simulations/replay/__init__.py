"""Replay: a bundle read as any node would read it. Verify every entry, fold the same Book, look at any moment of it."""

from ruil.simulations.replay.fold import Replayed, fold, state

__all__ = ["Replayed", "fold", "state"]
