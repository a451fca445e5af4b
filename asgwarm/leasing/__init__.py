"""Leases as their holders know them: found, claimed, held, watched, written down.

Rule: the registry says who holds what; the journal only remembers what was asked for.
"""
