"""What is wrong with a pool, why, and what to type next.

Each file is one group of checks: `look` asks AWS, `judge` is pure and says what of
that is wrong. Whatever cannot be looked at is a finding too, and ends no other check.
"""
