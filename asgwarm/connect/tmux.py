"""One shell that outlives its connections, where the instance has tmux.

Rule: the line is for any login shell, fish and csh too: it has no single quote, and
everything of sh's stands between two of them.
"""

SESSION = "asgwarm"

_NOTICE = "asgwarm: no tmux on this instance; the shell ends with the connection"
# -u: terminals show UTF-8, whatever the locale of a shell that is no login shell says.
_SCRIPT = (
    f"if command -v tmux >/dev/null; then exec tmux -u new-session -A -s {SESSION}; fi;"
    f' echo "{_NOTICE}"; exec "${{SHELL:-/bin/sh}}" -l'
)
LINE = f"exec /bin/sh -c '{_SCRIPT}'"
