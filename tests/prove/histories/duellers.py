"""Several claimants in one process, who all want the same id, again and again.

`python duellers.py`: the first line of stdin has the settings, each further one a pool
and an id. The threads claim it at once; a line on stdout says that they have heard.
"""

import json
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from asgwarm.clients import AwsSettings, Clients
from asgwarm.errors import AsgwarmError, UnknownOutcome
from asgwarm.registry.leases import Leases, Taken, Wish
from asgwarm.registry.registry import Registry
from tests.prove.histories import history as h


class Duellers:
    """The claimants of this process."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._names = [f"{asked['name']}-{number}" for number in range(asked["count"])]
        self._client = Clients(AwsSettings(**asked["settings"])).dynamodb
        self._recorder = h.Recorder(Path(asked["history"]))
        self._all_there = threading.Barrier(len(self._names))
        self._threads = ThreadPoolExecutor(len(self._names))

    def want(self, pool: str, instance_id: str) -> None:
        """Claim one id as often as there are claimants, all at once."""
        every = self._threads.map(
            lambda who: self._claim(who, pool, instance_id), self._names
        )
        list(every)

    def _claim(self, who: str, pool: str, instance_id: str) -> None:
        known = {"pool": pool, "instance_id": instance_id}
        looking = Leases(Registry(self._client, pool, who))
        found = looking.all().get(instance_id)
        self._all_there.wait()
        asked = self._recorder.call(who, h.CLAIM, **known)
        wish = Wish(
            lease_id=f"{pool}.{who}_{asked.n}",
            lease_owner=asked.owner,
            lease_name="",
            dur_s=600,
        )
        if found is None:
            raise ValueError(f"{instance_id} has no row")
        try:
            looking.claim(found, wish, key_fp="SHA256:x", now=1)
        except Taken:
            self._recorder.returned(asked, h.CONTENDED)
        except UnknownOutcome:
            self._recorder.returned(asked, h.UNKNOWN)
        except AsgwarmError:
            self._recorder.returned(asked, h.FAILED)
        else:
            self._recorder.returned(asked, h.GRANTED, lease_id=wish.lease_id)


def main(lines: Iterable[str]) -> None:
    """Duel for the ids of *lines* after the first."""
    given = iter(lines)
    duellers = Duellers(json.loads(next(given)))
    for line in given:
        duellers.want(*line.split())
        sys.stdout.write("heard\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(iter(sys.stdin.readline, ""))
