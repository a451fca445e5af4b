"""User data for an instance that is in no group, made of the pool's own.

The metadata service tells such an instance no lifecycle state, and the guest reports
nothing before it knows one. So it is started by a few lines that answer that question
for it: set-up, checks, host key and report are the same as on any instance of the pool.
"""

import base64

from asgwarm.errors import GuardRefused

TARGET = "Alone"  # none of AWS's states, so that the pool offers it to nobody

_STARTS = "ExecStart=/usr/bin/python3 /opt/asgwarm/{}.py"
_FILES = "write_files:\n"
PROGRAM = f"""\
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest
ask = guest.ask
def answered(path):
    return {TARGET!r} if path.startswith("autoscaling/") else ask(path)
guest.ask = answered
guest.main()
"""


def user_data(pools: str, *, pool: str) -> str:
    """Return the user data, *pools* being that of the launch template; neither base64.

    Raises:
        GuardRefused: The pool's template is another version's.
    """
    starts = _STARTS.format("guest")
    if starts not in pools or _FILES not in pools:
        raise GuardRefused(
            f"the launch template of pool {pool!r} is another version's",
            hint=f"asgwarm up {pool}",
        )
    content = base64.b64encode(PROGRAM.encode()).decode()
    file = f"- path: /opt/asgwarm/alone.py\n  encoding: b64\n  content: {content}\n"
    begun = pools.replace(starts, _STARTS.format("alone"), 1)
    return begun.replace(_FILES, _FILES + file, 1)
