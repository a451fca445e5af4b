"""Whether the guests' reports arrive, and where not, whether there is a way for them.

A guest writes its row to DynamoDB. From a private subnet that takes a NAT gateway or
the VPC's gateway endpoint for DynamoDB.

Rule: the network is looked at only where no guest has ever reported.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from asgwarm.aws_errors import translated
from asgwarm.doctor.facts import Facts
from asgwarm.doctor.finding import Check, Finding, error, named
from asgwarm.domain.record import Record, State
from asgwarm.domain.value import value


@value
class Seen:
    """How many guests there were, and the subnets that lead nowhere."""

    pool: str
    region: str
    vpc: str
    silent: int  # instances that exist for long enough and have not reported
    reported: int
    shut: Sequence[str]  # subnets without a way to DynamoDB


def look(facts: Facts) -> Seen:
    """Count the reports, and look at the routes where there are none."""
    records = list(facts.rows[0].values())
    silent, reported = _counted(records, facts.now() - facts.around.fresh_s)
    vpc = ""
    shut: list[str] = []
    if silent and not reported:
        vpc, shut = _routes(facts)
    return Seen(
        pool=facts.pool,
        region=facts.region,
        vpc=vpc,
        silent=silent,
        reported=reported,
        shut=shut,
    )


def _counted(records: Collection[Record], old: int) -> tuple[int, int]:
    reported = [r for r in records if r.boot_in or r.host_key or r.setup]
    silent = [
        record
        for record in records
        if record not in reported
        and record.born_at <= old
        and (record.state is State.WARMING or "reported nothing" in record.why)
    ]
    return len(silent), len(reported)


def _routes(facts: Facts) -> tuple[str, list[str]]:
    """Return the VPC, and the pool's subnets without a way to DynamoDB."""
    client, chosen = facts.client("ec2"), facts.stack.parameters.get("Subnets", "")
    wanted: Any = {"Filters": [{"Name": "default-for-az", "Values": ["true"]}]}
    if chosen:
        wanted = {"SubnetIds": chosen.split(",")}
    with translated("ec2:DescribeSubnets", f"pool {facts.pool}"):
        subnets = client.describe_subnets(**wanted)["Subnets"]
    vpc = str(subnets[0]["VpcId"])
    ours = [{"Name": "vpc-id", "Values": [vpc]}]
    with translated("ec2:DescribeRouteTables", vpc):
        tables = client.describe_route_tables(Filters=ours)["RouteTables"]
    with translated("ec2:DescribeVpcEndpoints", vpc):
        endpoints = client.describe_vpc_endpoints(Filters=ours)["VpcEndpoints"]
    ends = [
        one
        for one in endpoints
        if one["ServiceName"].endswith(f"{facts.region}.dynamodb")
    ]
    ids = [subnet["SubnetId"] for subnet in subnets]
    return vpc, shut_of(ids, tables, ends)


def shut_of(
    subnets: Sequence[str],
    tables: Sequence[Mapping[str, Any]],
    endpoints: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Return the subnets whose route table leads neither out nor to an endpoint.

    Args:
        tables: The VPC's, as EC2 describes them.
        endpoints: The VPC's endpoints for DynamoDB, likewise.
    """
    leading = {i for one in endpoints for i in one.get("RouteTableIds", [])}
    is_inside = any(one.get("VpcEndpointType") == "Interface" for one in endpoints)
    if is_inside:
        return []
    return [
        subnet for subnet in subnets if not _leads(_table_of(subnet, tables), leading)
    ]


def _table_of(subnet: str, tables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The route table of a subnet: its own, or else the main one."""
    main: Mapping[str, Any] = {}
    for table in tables:
        for link in table.get("Associations", []):
            if link.get("SubnetId") == subnet:
                return table
            main = table if link.get("Main") else main
    return main


def _leads(table: Mapping[str, Any], leading: Collection[str]) -> bool:
    if table.get("RouteTableId") in leading:
        return True
    return any(
        route.get("DestinationCidrBlock") == "0.0.0.0/0"
        and route.get("State", "active") == "active"
        for route in table.get("Routes", [])
    )


def judge(seen: Seen) -> Iterator[Finding]:
    """Yield that no guest has ever reported."""
    if not seen.silent or seen.reported:
        return
    what = f"none of {seen.silent} instances has ever reported"
    if seen.shut:
        yield error(
            "guests-silent",
            what,
            cause=f"no way to DynamoDB from {named(seen.shut)}: neither a default "
            "route nor a gateway endpoint",
            next_="aws ec2 create-vpc-endpoint --vpc-endpoint-type Gateway "
            f"--vpc-id {seen.vpc} --service-name com.amazonaws.{seen.region}.dynamodb "
            "--route-table-ids ID",
        )
    else:
        yield error(
            "guests-silent",
            what,
            cause="there is a way to DynamoDB; the image may lack Python 3, EC2 "
            "Instance Connect or cloud-init, or its role the permission",
            next_=f"asgwarm logs {seen.pool}",
        )


def said(seen: Seen) -> str:
    """Return how many reported."""
    return f"guests that have reported: {seen.reported}"


CHECK = Check(name="guests", look=look, judge=judge, said=said)
