"""One file per command: `Flags` (what it accepts) and `run` (what it does).

Rule 1: a command parses, calls one method and hands the value to a view.
Rule 2: what costs time to import (boto3, asyncssh, rich) is imported inside `run`,
so that `--help` costs nothing.
"""
