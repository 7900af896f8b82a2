"""Faults on real sockets, with the outcome that each should have: `make chaos`."""
