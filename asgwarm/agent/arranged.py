"""What was arranged with an agent: for how long, how many spares, from where.

Rule: who says less changes less: what was not said stays as it was.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, cast

from asgwarm.agent.lending import SparePool
from asgwarm.agent.request import Message
from asgwarm.agent.serving import Meaning
from asgwarm.agent.settings import SharedClients
from asgwarm.agent.spares import Place
from asgwarm.agent.upkeep import Terms
from asgwarm.cli.flags import Common


@dataclass(frozen=True, slots=True)
class Source:
    """Where spares come from, as somebody said it in a folder."""

    pool: str
    common: Common
    message: Message

    def find(self, shared: SharedClients) -> tuple[SparePool, Place]:
        """Return the pool as it is to be found now.

        Raises:
            AsgwarmError: The settings name none, or no place where one is.
        """
        meaning = Meaning(self.common, self.message, shared)
        pool = meaning.pool(self.pool, SparePool)
        return cast(SparePool, pool), Place.of(meaning, self.pool)


def agreed(
    message: Message, terms: Terms, source: Source | None
) -> tuple[Terms, Source | None]:
    """Return terms and source with what a message wants in the place of some."""
    wanted: dict[str, Any] = json.loads(message.argv[0])
    names = ("for_s", "spares", "spare_ttl_s")
    said = {name: wanted[name] for name in names if wanted[name] is not None}
    if "spares" in said:
        places = {name: wanted[name] for name in ("region", "profile", "local")}
        source = Source(wanted["pool"], Common(**places), replace(message, argv=()))
    return replace(terms, **said), source
