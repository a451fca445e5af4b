"""The one function that makes foreign text safe to show."""


def printable(text: str) -> str:
    r"""Return *text* with everything that could act on a terminal spelt out.

    Control characters, escape sequences, line breaks, directional overrides and
    lone surrogates become `\x1b`, `\n`, `\u202e`: text of an instance or of a
    table row can neither move the cursor nor pose as a line of ours.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
