"""How often a claimant has to try, when many want some of what is ready at once.

Rule: of M ready instances, which all have seen, each of N claimants tries one after
the other in an order of their own. Whoever comes when k are taken already finds a free
one after (M + 1) / (M - k + 1) attempts on average; the mean over all N is

    E = (M + 1) / N · (H(M + 1) - H(M + 1 - N)),  H(n) = 1 + 1/2 + … + 1/n

With more claimants than instances there is no such mean: some try in vain.
"""

OFF_BY = 0.2  # a mean that is further off than that share is not the formula's
ENOUGH = 60  # claims, before a mean is held against it


def expected_attempts(claimers: int, ready: int) -> float | None:
    """Attempts per claim; None where there are more claimants than instances."""
    if claimers > ready:
        return None
    harmonic = sum(1 / n for n in range(ready - claimers + 2, ready + 2))
    return (ready + 1) / claimers * harmonic


def is_off(attempts: float, claimers: int, ready: int, *, claims: int) -> bool:
    """Whether a mean of a sample that is large enough is not the expected one."""
    expected = expected_attempts(claimers, ready)
    if expected is None or claims < ENOUGH:
        return False
    return abs(attempts / expected - 1) > OFF_BY


def quantile(values: list[float], share: float) -> float:
    """The value that *share* of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
