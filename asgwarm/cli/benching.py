"""What `bench` does around the measuring: look, say the price, ask, run, show.

Rule: everything that is started or claimed is given back before anything is shown.
"""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from asgwarm.bench.desk import Desk
from asgwarm.bench.plan import Plan, chosen, plan
from asgwarm.bench.run import Result, run
from asgwarm.bench.situation import Situation, look
from asgwarm.bench.ways import Tools
from asgwarm.cli.ask import ask, check_somebody_is_there
from asgwarm.cli.views import bench as view
from asgwarm.errors import FINDINGS, ConfigError
from asgwarm.registry.leases import Leases
from asgwarm.registry.registry import Registry

if TYPE_CHECKING:
    from asgwarm.cli.commands.bench import Flags
    from asgwarm.cli.invocation import Invocation

MOST = 1000  # rounds


def bench(flags: "Flags", invocation: "Invocation") -> int:
    """Run the command; 8 when nothing at all could be measured."""
    ways, name = chosen(flags.compare), invocation.pool_name(flags.pool)
    if not 1 <= flags.n <= MOST:
        raise ConfigError(f"-n is {flags.n}, outside 1 to {MOST}", hint="-n 20")
    if not flags.yes:
        check_somebody_is_there(invocation, yes=f"asgwarm bench {name} --yes")
    if flags.plot:
        _check_writable(flags.plot)
    clients = invocation.clients
    leases = Leases(Registry(clients.dynamodb, name, "bench"))
    situation = invocation.run(look(leases, clients, invocation.owner))
    planned = plan(ways, flags.n, situation.room)
    output = invocation.output
    view.show_plan(output, situation, planned)
    if planned.rounds and not (flags.yes or ask(invocation, "Go ahead?")):
        output.note("nothing was done")
        return 0
    result = _measured(planned, situation, leases, invocation)
    if flags.plot and result.ways:
        flags.plot.write_text(view.picture(situation, result))
    view.show(output, situation, result)
    return 0 if result.ways else FINDINGS


def _measured(
    planned: Plan, situation: Situation, leases: Leases, invocation: "Invocation"
) -> Result:
    # A folder of the system's: a socket's path must be short.
    with (
        tempfile.TemporaryDirectory(prefix="asgwarm-bench-") as folder,
        view.progress(invocation.output, planned) as tell,
    ):
        tools = Tools(
            situation=situation,
            pool=invocation.pool(situation.pool),
            leases=leases,
            clients=invocation.clients,
            desk=Desk(
                where=_where(invocation), env=dict(invocation.env), folder=Path(folder)
            ),
        )
        return invocation.run(run(planned, tools, tell))


def _where(invocation: "Invocation") -> tuple[str, ...]:
    """Return the options that lead another command of ours to the same place."""
    common = invocation.common
    found = ["--local"] if common.local else []
    for option, value in (("--region", common.region), ("--profile", common.profile)):
        found += [option, value] if value else []
    return tuple(found)


def _check_writable(file: Path) -> None:
    """Find out before anything is paid for."""
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ConfigError(f"{file} cannot be written", hint=f"ls -ld {file.parent}")
