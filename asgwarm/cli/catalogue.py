"""Every command there is, in the order in which a person meets them.

Rule: this is the one list of commands. The overview is printed from it without
importing any of them; the module of `local start` is commands/local_start.py.
"""

from asgwarm.domain.value import value


@value
class Command:
    """One command: its name, its line in the overview, what its file is."""

    moment: str
    name: str
    brief: str
    remote: bool = False  # takes a command to run after `--`
    room: str = "asgwarm.cli.commands"  # a room above this one is known by name only
    hidden: bool = False  # what another program types

    @property
    def module(self) -> str:
        """Name of the module that holds its Flags and run."""
        words = self.name.replace(" ", "_").replace("-", "_")
        return f"{self.room}.{words}"


_ALL = (
    Command(moment="Try", name="demo", brief="the whole tour on this computer, no AWS"),
    Command(moment="Try", name="local start", brief="start the emulated region"),
    Command(moment="Try", name="local stop", brief="stop it"),
    Command(moment="Try", name="local status", brief="what it is and does"),
    Command(moment="Try", name="local env", brief="shell lines for any AWS client"),
    Command(moment="Try", name="local reset", brief="forget everything in it"),
    Command(moment="Set up", name="up", brief="create or update a pool"),
    Command(moment="Set up", name="template", brief="the template that `up` deploys"),
    Command(moment="Set up", name="doctor", brief="what is wrong, why, what to do"),
    Command(
        moment="Use",
        name="get",
        brief="claim an instance, open a shell or run a command on it",
        remote=True,
    ),
    Command(
        moment="Use",
        name="connect",
        brief="go again into a lease that was kept",
        remote=True,
    ),
    Command(moment="Use", name="renew", brief="set when a lease of yours ends"),
    Command(moment="Use", name="release", brief="give leases back before their end"),
    Command(moment="Use", name="cp", brief="copy files to and from an instance"),
    Command(
        moment="Use",
        name="ssh-config",
        brief="let ssh, scp, rsync, git and editors go into leases by name",
    ),
    Command(moment="Use", name="ssh-proxy", brief="what ssh starts", hidden=True),
    *(
        Command(moment="Use", name=name, brief=brief, room="asgwarm.agent.commands")
        for name, brief in (
            ("agent start", "make every `get` fast, with spares or without"),
            ("agent stop", "release the spares and end the agent"),
            ("agent status", "what it does, and until when"),
        )
    ),
    Command(moment="Watch", name="ls", brief="leases and ready instances"),
    Command(moment="Watch", name="status", brief="how full the pool is, and why not"),
    Command(
        moment="Watch", name="logs", brief="who did what to which instance, and why"
    ),
    Command(
        moment="Watch", name="bench", brief="how long ways in take on a pool of yours"
    ),
    Command(
        moment="Watch", name="cost", brief="what a pool cost, and if its sizes fit"
    ),
    Command(
        moment="Change",
        name="refresh",
        brief="replace all instances that nobody has leased",
    ),
    Command(moment="End", name="down", brief="delete a pool and all that it owns"),
)
COMMANDS = {command.name: command for command in _ALL}
GROUPS = frozenset(name.split()[0] for name in COMMANDS if " " in name)

_OPTIONS = (
    ("--json", "documents for programs instead of text"),
    ("--region NAME", "AWS region"),
    ("--profile NAME", "AWS profile"),
    ("--local", "the emulated region instead of AWS"),
    ("--debug", "a traceback when something unexpected happens"),
    ("--version", "the version, and nothing else"),
)


def overview(group: str = "") -> str:
    """The text of `asgwarm --help`, or of `asgwarm local --help`."""
    named = [c for c in _ALL if not c.hidden]
    shown = [c for c in named if c.name.startswith(f"{group} ") or not group]
    usage = f"Usage: asgwarm {group or 'COMMAND'} …"
    lines = [usage, "", "A private EC2 instance in about a second.", ""]
    for moment in dict.fromkeys(command.moment for command in shown):
        lines.append(f"{moment}:")
        lines += [_row(c.name, c.brief) for c in shown if c.moment == moment]
        lines.append("")
    lines.append("Options of every command:")
    lines += [_row(option, brief) for option, brief in _OPTIONS]
    lines += ["", "`asgwarm COMMAND --help` explains one command."]
    return "\n".join(lines) + "\n"


def nearest(name: str) -> str:
    """The command to suggest for a name that is none, or the overview."""
    from difflib import get_close_matches

    found = get_close_matches(name, [c.name for c in _ALL if not c.hidden], n=1)
    return f"asgwarm {found[0]} --help" if found else "asgwarm --help"


def _row(left: str, right: str) -> str:
    return f"  {left:<16} {right}"
