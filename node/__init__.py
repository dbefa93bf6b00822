"""Drives the rules with the world: disk, network, page, command line."""
