"""A call that is held: everybody can tell, and nobody is answered."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import HTTPClientError

from tests.prove.kill.points import AFTER, BEFORE, Point
from tests.prove.kill.yard import USER
from tests.prove.regions import running_region


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """A region with a table."""
    with running_region(tmp_path_factory.mktemp("region")) as running:
        running.client("dynamodb").create_table(
            TableName="held",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield running


@pytest.mark.parametrize(("when", "performed"), [(BEFORE, False), (AFTER, True)])
def test_a_held_call_is_performed_or_not_and_never_answered(region, when, performed):
    """It ends with the faults, and other calls go on meanwhile."""
    point = Point(service="dynamodb", action="PutItem", nth=1, when=when, owner=USER)
    client, item = region.client("dynamodb"), {"pk": {"S": when}}
    region.control.set_faults(http=[point.fault()])

    with ThreadPoolExecutor(1) as thread:
        put = thread.submit(client.put_item, TableName="held", Item=item)
        region.until(lambda: region.control.status()["held"])
        client.put_item(TableName="held", Item={"pk": {"S": "another"}})
        found = client.get_item(TableName="held", Key=item, ConsistentRead=True)
        was_done = put.done()
        region.control.set_faults()

        assert isinstance(put.exception(20), HTTPClientError)
    assert not was_done
    assert ("Item" in found) is performed
    assert region.control.status()["held"] == 0
