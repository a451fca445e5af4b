"""Whether instances that wait stopped are worth their price on this image.

Rule: what is compared is the time from asking to a prompt, once through the warm pool
and once from nothing; what it costs is the volume that waits. Without both times there
is no verdict.
"""

from asgwarm.domain.advice import Monthly, pays
from asgwarm.domain.value import value


@value
class Medians:
    """Median times to a prompt in milliseconds; None where it was not measured."""

    hot_ms: int | None
    warm_ms: int | None
    cold_ms: int | None


@value
class Verdict:
    """Whether the warm pool pays, how much sooner it is, and that in words."""

    pays: bool
    saved_ms: int
    sentence: str


def verdict(medians: Medians, monthly: Monthly | None) -> Verdict | None:
    """Return the verdict; None where warm or cold was not measured.

    Args:
        monthly: None where no price is known; then the sentence names none.
    """
    warm_ms, cold_ms = medians.warm_ms, medians.cold_ms
    if warm_ms is None or cold_ms is None:
        return None
    saved_ms = cold_ms - warm_ms
    worth = pays(saved_ms / 1000, cold_ms / 1000)
    words = _worth(medians, monthly) if worth else _not_worth(saved_ms, monthly)
    return Verdict(pays=worth, saved_ms=saved_ms, sentence=words)


def _worth(medians: Medians, monthly: Monthly | None) -> str:
    warm_ms, cold_ms = medians.warm_ms or 0, medians.cold_ms or 0
    said = (
        f"a stopped instance is ready {_s(cold_ms - warm_ms)} sooner than a new one "
        f"({_s(warm_ms)} instead of {_s(cold_ms)})"
    )
    if monthly:
        said += f" and costs ${monthly.resting:.2f} a month"
    if medians.hot_ms is None or medians.hot_ms >= warm_ms:
        return said
    said += f"; a hot one saves another {_s(warm_ms - medians.hot_ms)}"
    return said + (f" for ${monthly.running:,.2f} a month" if monthly else "")


def _not_worth(saved_ms: int, monthly: Monthly | None) -> str:
    what = "saves nothing" if saved_ms <= 0 else f"saves {_s(saved_ms)}"
    price = f" for ${monthly.resting:.2f} a month each" if monthly else ""
    return f"the warm pool {what}{price} on this image: set --warm 0"


def _s(took_ms: int) -> str:
    return f"{took_ms / 1000:.1f} s"
