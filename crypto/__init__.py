"""Bytes in, bytes out: keys, hashes, proofs. Nothing random inside; every seed is an argument."""
