"""The rules. No I/O, no clock, no chance, no async: events in, effects out. Start with peer.py."""
