"""Which OpenSSH client there is."""

import re
import shutil
import subprocess
from collections.abc import Mapping

# Since then %n is understood wherever the configuration uses it.
OLDEST = (8, 5)


def version(env: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the version of the first ssh in PATH; None where there is none.

    Another program than OpenSSH's counts as version 0.0.
    """
    ssh = shutil.which("ssh", path=env.get("PATH"))
    if ssh is None:
        return None
    said = subprocess.run(  # noqa: S603  # the ssh that the user would run
        [ssh, "-V"], capture_output=True, text=True, check=False
    ).stderr
    found = re.match(r"OpenSSH_(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
