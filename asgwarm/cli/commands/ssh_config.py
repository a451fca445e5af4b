"""`asgwarm ssh-config`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from asgwarm.cli.flags import PoolArgument
from asgwarm.cli.options import option
from asgwarm.domain.names import duration_s
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    from asgwarm.cli.invocation import Invocation

FILE_NAME = "ssh_config"


@value
class Flags:
    """What `ssh-config` accepts."""

    pool: PoolArgument = ""
    install: Annotated[
        bool, option("--install", help="Have it included in ~/.ssh/config.")
    ] = False
    uninstall: Annotated[bool, option("--uninstall", help="Take that back.")] = False
    user: Annotated[str, option(metavar="USER", help="Whom to log in as.")] = "ec2-user"
    ttl: Annotated[
        str, option(metavar="TIME", help="Length of a lease that ssh claims.")
    ] = "1h"


def run(flags: Flags, invocation: "Invocation") -> int:
    """Print or install what lets OpenSSH's programs go into leases by name.

    Then `ssh NAME.asgwarm`, scp, sftp, rsync, git and editors reach the lease of that
    name, which is claimed where there is none. NAME.POOL.asgwarm says the pool.
    """
    from asgwarm import config
    from asgwarm.openssh import install

    ours = config.config_dir(invocation.env) / FILE_NAME
    theirs = Path(invocation.env.get("HOME") or Path.home()) / ".ssh" / "config"
    output = invocation.output
    if flags.uninstall:
        found = install.uninstall(ours, theirs)
        output.note(f"taken out of {theirs}" if found else "nothing was installed")
        state = "uninstalled"
    elif flags.install:
        _check_openssh(invocation)
        install.install(ours, _text(flags, invocation), theirs)
        output.note(f"{theirs} now includes {ours}; try: ssh web.asgwarm")
        state = "installed"
    else:
        state = "printed"
        if not output.json:
            output.data(_text(flags, invocation))
    if output.json:
        document = {"schema": "asgwarm.ssh-config/v1", "state": state}
        document |= {"file": str(ours), "included_in": str(theirs)}
        if state == "printed":
            document["text"] = _text(flags, invocation)
        output.document(document)
    return 0


def _text(flags: Flags, invocation: "Invocation") -> str:
    from asgwarm.openssh import config_text, door

    duration_s(flags.ttl)  # what cannot be read is said now
    place = door.folder(invocation.env)
    door.check_length(place / "name.asgwarm")
    pool, own = invocation.pool_name(flags.pool), ["--ttl", flags.ttl]
    return config_text.text(
        config_text.Written(
            program=_program(),
            options=[pool, *own, "--place", str(place), *_where(invocation)],
            user=flags.user,
            place=place,
        )
    )


def _where(invocation: "Invocation") -> list[str]:
    """Return the options that reach the same place from anywhere."""
    if invocation.common.local:
        return ["--local"]
    settings = invocation.clients.settings
    profile = ["--profile", settings.profile] if settings.profile else []
    return ["--region", invocation.clients.region, *profile]


def _program() -> list[str]:
    started = Path(sys.argv[0])
    if started.name == "asgwarm" and started.is_file():
        return [str(started.absolute())]
    return [sys.executable, "-P", "-m", "asgwarm"]


def _check_openssh(invocation: "Invocation") -> None:
    from asgwarm.openssh import client

    found = client.version(invocation.env)
    if found is None:
        raise ConfigError("there is no ssh in PATH", hint="asgwarm connect LEASE")
    if found < client.OLDEST:
        older, oldest = (".".join(map(str, v)) for v in (found, client.OLDEST))
        raise ConfigError(
            f"this ssh is OpenSSH {older}, and {oldest} is the oldest that can find"
            " the key of a lease by its name",
            hint="asgwarm connect LEASE",
        )
