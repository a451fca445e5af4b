"""Which lease a host name means."""

import pytest

from asgwarm.errors import ConfigError
from asgwarm.leasing.journal import Entry
from asgwarm.openssh.naming import Meant, meant


def entry(lease_id: str, name: str = "") -> Entry:
    """A lease in the journal."""
    return Entry(
        lease_id=lease_id,
        name=name,
        pool=lease_id.partition(".")[0],
        region="us-east-1",
        endpoint=None,
        instance_id="i-1",
        created_at=0,
        outcome="held",
    )


JOURNAL = [
    entry("dev.aaaa", "web"),
    entry("big.bbbb", "db"),
    entry("dev.cccc", "twice"),
    entry("big.dddd", "twice"),
]


@pytest.mark.parametrize(
    ("host", "pool", "lease", "may_claim"),
    [
        ("web.asgwarm", "dev", "web", True),
        ("db.asgwarm", "big", "db", True),
        ("new.asgwarm", "default", "new", True),
        ("web.big.asgwarm", "big", "web", True),
        ("twice.dev.asgwarm", "dev", "twice", True),
        ("big.bbbb.asgwarm", "big", "big.bbbb", False),
        ("Web.ASGWARM", "default", "Web", True),
    ],
)
def test_a_host_name_means_a_lease(host, pool, lease, may_claim):
    """The journal's first, then one of the configured pool; ids claim nothing."""
    assert meant(host, JOURNAL, "default") == Meant(
        pool=pool, lease=lease, may_claim=may_claim
    )


@pytest.mark.parametrize(
    "host",
    [
        *("", ".asgwarm", "web", "web.example.com", "a.b.c.asgwarm", "-x.asgwarm"),
        *("a b.asgwarm", "../x.asgwarm", "web..asgwarm", "web.X.asgwarm"),
    ],
)
def test_what_means_no_lease_is_refused(host):
    """Nothing of it reaches a call or a path."""
    with pytest.raises(ConfigError):
        meant(host, JOURNAL, "default")


def test_a_name_of_two_pools_says_how_to_name_one():
    """The hint can be typed."""
    with pytest.raises(ConfigError, match="big, dev") as refused:
        meant("twice.asgwarm", JOURNAL, "default")

    assert refused.value.hint == "ssh twice.big.asgwarm"
