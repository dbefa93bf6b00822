"""Drives the same rules without a world: one clock, one seed."""
