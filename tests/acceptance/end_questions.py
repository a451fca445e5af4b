"""What is asked of a pool's end, of prices, and what this test leaves open."""

import json
from collections.abc import Iterator

from asgwarm.stack.price import PER_HOUR
from tests.acceptance.answers import Question, Seen, Unseen, yes_if
from tests.acceptance.live import Live

PRICING_REGION = "us-east-1"  # where the service is, whatever it is asked about


def _force(live: Live) -> Seen:
    """By what its instances went through while `down` deleted it by force."""
    states: dict[str, list[str]] = live.kept.get("warm_states", {})
    if not states:
        raise Unseen("nothing rested in the warm pool when it was deleted")
    paths = [" → ".join(path) for path in states.values()]
    waited = any("Terminating:Wait" in path for path in paths)
    return yes_if(waited, *paths)


def _prices(live: Live) -> Seen:
    """The table of the product beside AWS's price list of today, for this region."""
    client = live.client("pricing", region_name=PRICING_REGION)
    wrong, checked = [], 0
    for instance_type, ours in PER_HOUR.items():
        terms = {
            "instanceType": instance_type,
            "regionCode": live.region,
            "operatingSystem": "Linux",
            "tenancy": "Shared",
            "preInstalledSw": "NA",
            "capacitystatus": "Used",
        }
        filters = [
            {"Type": "TERM_MATCH", "Field": name, "Value": value}
            for name, value in terms.items()
        ]
        answer = client.get_products(ServiceCode="AmazonEC2", Filters=filters)
        theirs = {usd for text in answer["PriceList"] for usd in _dollars(str(text))}
        checked += bool(theirs)
        if theirs and float(ours) not in theirs:
            wrong.append(f"{instance_type}: ours {ours}, theirs {sorted(theirs)}")
    if not checked:
        raise Unseen("the price list has none of the instance types")
    return yes_if(not wrong, f"{checked} instance types compared", *wrong)


def _dollars(product: str) -> Iterator[float]:
    """Yield the on-demand prices in one document of the price list."""
    for term in json.loads(product)["terms"]["OnDemand"].values():
        for dimension in term["priceDimensions"].values():
            yield float(dimension["pricePerUnit"]["USD"])


QUESTIONS = (
    Question("Do hooks hold instances of a warm pool that is deleted?", _force),
    Question("Are the listed instance prices right in this region?", _prices),
    Question(
        "Does a change of tags reach EC2 Instance Connect's conditions at once?",
        why_not="no tag decides who may push to which instance",
    ),
    Question(
        "Does an image with another AuthorizedKeysCommand let anybody in?",
        why_not="the pool's image keeps EC2 Instance Connect's own",
    ),
    Question(
        "Does AL2023's minimal image have EC2 Instance Connect?",
        why_not="run this test on a pool with --ami to see",
    ),
    Question(
        "Does CloudFormation delete a warm pool by force?",
        why_not="the stack's guard and `down` do it before",
    ),
    Question(
        "Do instances in Standby count against MaxSize?",
        why_not="nothing is ever put into Standby",
    ),
    Question(
        "Is an instance protected from scale-in spared by AZRebalance?",
        why_not="AZRebalance is suspended, and nothing is protected",
    ),
)
