"""`make histories`: thousands of claims at once, and not one that two people share.

On the emulated region: claims as `asgwarm get` makes them, the same while one call in
ten is struck and processes are killed, and duels for one id. Then claims and duels on
another store, where there is one; nobody is killed there, as it may die of a connection
that breaks. The last line is the sum.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from asgwarm.clients import AwsSettings
from tests.integration.pools import settings_of
from tests.prove.histories.judge import VARIABLE, judge
from tests.prove.histories.runs import FAULTS, KINDS, Place, Tally, claims, duels
from tests.prove.regions import running_region

STRUCK_SHARE = 0.4  # of the region's claims, in the run with faults
JUDGED_SHARE = 0.2  # of all claims, where there is a judge
KILLS = 20
SHOWN = 20  # violations of one run


def say(sentence: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def on_region(folder: Path, *, count: int, rounds: int) -> list[Tally]:
    """All runs on an emulated region."""
    with running_region(folder / "region") as region:

        def place(name: str) -> Place:
            return Place(settings=settings_of(region), folder=folder / name)

        struck = round(count * STRUCK_SHARE)
        plain = _told(claims(place("region"), "region", count=count - struck))
        broken = claims(
            place("broken"),
            "broken",
            count=struck,
            kills=KILLS,
            strike=lambda: region.control.set_faults(**FAULTS),
        )
        region.control.set_faults()
        _told(broken)
        return [plain, broken, _told(duels(place("duels"), "duels", rounds=rounds))]


def on_judge(
    settings: AwsSettings, folder: Path, *, count: int, rounds: int
) -> list[Tally]:
    """Claims, and duels, on another store."""
    place = Place(settings=settings, folder=folder / "judge")
    done = _told(claims(place, "judge", count=count))
    place = Place(settings=settings, folder=folder / "judged")
    return [done, _told(duels(place, "judged", rounds=rounds))]


def _told(tally: Tally) -> Tally:
    say(str(tally))
    for one in tally.found[:SHOWN]:
        say(f"  {one.kind}: {one.what}")
    return tally


def main() -> int:
    """Run everything; 1 when something was found."""
    options = argparse.ArgumentParser(prog="histories")
    options.add_argument("--claims", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=60, help="of duels, on each")
    asked = options.parse_args()
    tallies: list[Tally] = []
    with tempfile.TemporaryDirectory(prefix="histories-") as name, judge() as settings:
        folder, judged = Path(name), round(asked.claims * JUDGED_SHARE)
        if settings is None:
            say(f"no other store: {VARIABLE} names none")
        else:
            tallies += on_judge(settings, folder, count=judged, rounds=asked.rounds)
        count = asked.claims if settings is None else asked.claims - judged
        tallies += on_region(folder, count=count, rounds=asked.rounds)
    found = Counter(one.kind for tally in tallies for one in tally.found)
    harm = ", ".join(f"{kind} {found[kind]}" for kind in KINDS)
    crowds = [tally for tally in tallies if not tally.is_race]
    rate = sum(t.claims for t in crowds) / max(0.1, sum(t.took_s for t in crowds))
    total, killed = sum(t.claims for t in tallies), sum(t.kills for t in tallies)
    say(f"{total:,} claims, {harm}, {killed} processes killed, {rate:.0f} claims/s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
