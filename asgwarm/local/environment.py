"""What processes of the region see of the environment they were started from.

Rule: only what is named here goes on; everything that a person may have exported, keys
above all, stays behind.
"""

import os
from pathlib import Path

from asgwarm.local.keyring import ACCOUNT_ID, Credential

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")


def kept() -> dict[str, str]:
    """The part of this process's environment that is passed on."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def set_for_base(*, port: int, region: str, folder: Path, worker: Credential) -> None:
    """Give this process the environment of the base, which its Lambda workers inherit.

    Args:
        folder: Where the base may write.
        worker: The key of the Lambda workers; its id must be the account's number.
    """
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = kept() | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_SECRET_ACCESS_KEY": worker.secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    os.environ.clear()
    os.environ.update(wanted)
