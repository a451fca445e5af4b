"""Two regions, each with a pool of the same name: whoever has both mixes up nothing."""

import pytest

from asgwarm.domain.record import State
from tests.integration.cli.conftest import home_in
from tests.integration.pools import serve

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def regions(start_region, tmp_path_factory):
    """Two regions, each with a pool `dev` of one instance."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with (
        start_region(folders[0], region="us-east-1") as one,
        start_region(folders[1], region="eu-west-1") as two,
    ):
        for region in (one, two):
            serve(region, "dev", hot=1, warm=0)
        yield one, two


@pytest.fixture
def home(tmp_path):
    """A user with one journal for both."""
    with home_in(tmp_path / "home") as made:
        yield made


def test_a_lease_belongs_to_its_region(home, regions):
    """Its name and its id mean nothing in the other one, and it lives on."""
    here, there = (region.environment() for region in regions)
    kept = home.run("get", "dev", "--no-shell", "--name", "box", "--json", **here)
    lease_id = kept.document["lease_id"]

    assert home.run("release", "box", **there).code == 5
    assert home.run("release", lease_id, **there).code == 5
    assert home.run("ls", "dev", "--json", **there).document["leases"] == []

    (lease,) = home.run("ls", "dev", "--json", **here).document["leases"]
    assert lease["lease_id"] == lease_id
    assert home.run("release", "box", **here).code == 0


def test_the_key_of_one_region_opens_no_other(home, regions):
    """Whoever mixes them up is told so, and gets nothing."""
    one, two = regions
    mixed = two.environment() | {
        name: value
        for name, value in one.environment().items()
        if name.startswith(("AWS_ACCESS", "AWS_SECRET"))
    }

    done = home.run("get", "dev", "--no-shell", **mixed)

    assert done.code == 4
    table = two.client("dynamodb")
    items = table.scan(TableName="asgwarm-dev")["Items"]
    assert State.LEASED not in {item.get("st", {}).get("S") for item in items}
