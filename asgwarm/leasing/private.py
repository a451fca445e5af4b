"""Files that belong to the user alone.

`tempfile` would make them, too, and takes a while to load: a new lease is written down
before anything else is done with it.
"""

import os
import secrets
from pathlib import Path


def replace_private(path: Path, text: str) -> None:
    """Put *text* in the place of a file, in one step; nobody else may read it.

    Raises:
        OSError: It cannot be written; what was there is still there.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
