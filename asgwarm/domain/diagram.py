"""The table of edges as text, for the documentation."""

from asgwarm.domain.edges import EDGES


def diagram() -> str:
    """Return one line for each pair of states that an edge joins."""
    lines: dict[tuple[str, str], list[str]] = {}
    for name, edge in EDGES.items():
        nothing = "( - )" if "not_exists(pk)" in edge.guard else "( any )"
        for before in edge.before.split() or [nothing]:
            lines.setdefault((before, edge.after), []).append(name)
    return "\n".join(
        f"{before:<8} --{', '.join(names)}--> {after}"
        for (before, after), names in lines.items()
    )
