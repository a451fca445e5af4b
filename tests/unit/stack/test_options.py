"""What somebody may choose about a pool."""

import base64
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from asgwarm.errors import ConfigError, GuardRefused
from asgwarm.stack.options import DEFAULTS, PoolOptions


class Cfn(yaml.SafeLoader):
    """Reads a template; short forms of functions become their text."""


Cfn.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix}")


@pytest.fixture(scope="module")
def declared(repository: Path) -> dict[str, Any]:
    """The template's parameters."""
    text = (repository / "templates" / "pool.in.yaml").read_text()
    text = re.sub(r"\{\{\w+\}\}", "x", text)
    found = yaml.load(text, Cfn)["Parameters"]  # noqa: S506 - a SafeLoader
    assert isinstance(found, dict)
    return found


def test_defaults_are_the_template_s(declared):
    """Who deploys the template without the command line gets the same pool."""
    said = {name: str(about["Default"]) for name, about in declared.items()}

    assert said == DEFAULTS | {"Pool": "default"}


def test_every_option_has_a_parameter(declared):
    """Everything said reaches the template, under a name that it knows."""
    full = PoolOptions(pool="dev").filled()

    assert set(full.parameters()) <= set(declared)
    assert all(getattr(full, field.name) is not None for field in fields(full))


def test_only_what_was_said_is_passed_on():
    """The rest keeps its value in an existing stack."""
    assert PoolOptions(pool="dev", hot=3).parameters() == {"Pool": "dev", "Hot": "3"}


def test_limits_are_the_template_s(declared):
    """Both refuse the same numbers."""
    for name, parameter in [
        ("hot", "Hot"),
        ("cap", "Cap"),
        ("volume_gib", "VolumeGiB"),
        ("shards", "Shards"),
    ]:
        least, most = declared[parameter]["MinValue"], declared[parameter]["MaxValue"]
        for good in (least, most):
            PoolOptions(pool="dev", **{name: good})
        for bad in (least - 1, most + 1):
            with pytest.raises(ConfigError):
                PoolOptions(pool="dev", **{name: bad})


@pytest.mark.parametrize(
    ("said", "let_in"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        (" 10.0.0.0/8 ", "10.0.0.0/8"),
        ("", ""),
    ],
)
def test_a_network_is_let_in_in_its_plain_form(said, let_in):
    """An address is a network of one, and host bits are dropped."""
    assert PoolOptions(pool="dev", allow=said).allow == let_in


@pytest.mark.parametrize(
    "said",
    ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2001:db8::/32", "everyone", "1.2.3.4/33"],
)
def test_the_internet_is_never_let_in(said):
    """Nobody opens port 22 to all, nor to half of all, in whatever words."""
    with pytest.raises(ConfigError):
        PoolOptions(pool="dev", allow=said)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_the_template_takes_every_network_that_is_let_in(address, prefix):
    """The template's own pattern refuses no more and no less."""
    pattern = r"^(\d{1,3}(\.\d{1,3}){3}/([89]|[12]\d|3[0-2]))?$"
    try:
        options = PoolOptions(pool="dev", allow=f"{address}/{prefix}")
    except ConfigError:
        assert prefix < 8
    else:
        assert re.fullmatch(pattern, str(options.allow))


def test_the_pattern_above_is_the_template_s(declared):
    """A change of the template's pattern has to be made here too."""
    assert (
        declared["AllowCidr"]["AllowedPattern"]
        == r"^(\d{1,3}(\.\d{1,3}){3}/([89]|[12]\d|3[0-2]))?$"
    )


def test_an_image_is_an_id_or_a_parameter():
    """An id overrides the parameter; a parameter clears an earlier id."""
    by_id = PoolOptions(pool="dev", ami="ami-0123456789abcdef0").parameters()
    by_name = PoolOptions(pool="dev", ami="/mine/image").parameters()

    assert by_id == {"Pool": "dev", "ImageIdOverride": "ami-0123456789abcdef0"}
    assert by_name["ImageId"] == "/mine/image"
    assert by_name["ImageIdOverride"] == ""
    with pytest.raises(ConfigError):
        PoolOptions(pool="dev", ami="debian")


@pytest.mark.parametrize(("previous", "there"), [({"Shards": "4"}, 4), ({}, 1)])
def test_a_pool_keeps_its_number_of_shards(previous, there):
    """A stack of the version before knows no such parameter: it has one."""
    with pytest.raises(GuardRefused, match=f"made with {there} shards"):
        PoolOptions(pool="dev", shards=2).filled(previous)

    assert PoolOptions(pool="dev", shards=there).filled(previous).shards == there
    assert PoolOptions(pool="dev").filled(previous).shards == there
    assert PoolOptions(pool="dev", shards=2).filled().shards == 2


def test_more_hot_instances_than_the_cap_are_refused():
    """Also when only one of the two was said and the pool has the other."""
    with pytest.raises(ConfigError, match="more than the cap"):
        PoolOptions(pool="dev", hot=3, cap=2)
    with pytest.raises(ConfigError, match="more than the cap"):
        PoolOptions(pool="dev", hot=11).filled()
    assert PoolOptions(pool="dev", hot=11).filled({"Cap": "20"}).cap == 20


@given(st.binary(max_size=3_072))
def test_a_set_up_script_survives_the_way_into_the_template(script):
    """Any bytes, up to what a parameter carries."""
    parameters = PoolOptions(pool="dev", setup=script).parameters()

    assert base64.b64decode(parameters["Setup"]) == script
    assert len(parameters["Setup"]) <= 4_096
    assert PoolOptions(pool="dev").filled(parameters).setup == script


ENDPOINT = "eice-0123456789abcdef0 e.example sg-0123456789abcdef0"


def test_an_endpoint_goes_with_private_addresses():
    """The template has one parameter for each, `up` one word for both."""
    options = PoolOptions(pool="dev", address="endpoint", endpoint=ENDPOINT)

    parameters = options.parameters()

    assert (parameters["AddressType"], parameters["Endpoint"]) == ("private", ENDPOINT)
    kept = PoolOptions(pool="dev").filled(parameters)
    assert (kept.address, kept.endpoint) == ("endpoint", ENDPOINT)


@pytest.mark.parametrize("address", ["public", "private"])
def test_another_kind_of_address_takes_the_endpoint_away(address):
    """A pool that had one is not gone into through it any more."""
    had = {"AddressType": "private", "Endpoint": ENDPOINT}
    options = PoolOptions(pool="dev", address=address)

    parameters = options.parameters()

    assert (parameters["AddressType"], parameters["Endpoint"]) == (address, "")
    assert options.filled(had).endpoint == ""


def test_a_longer_set_up_script_is_refused():
    """Before CloudFormation says so in its own words."""
    with pytest.raises(ConfigError, match="3,073 bytes"):
        PoolOptions(pool="dev", setup=b"x" * 3_073)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pool": "Dev"},
        {"instance_type": "large"},
        {"subnets": ("subnet-1",)},
        {"vpc": "default"},
        {"address": "none"},
        {"address": "endpoint", "endpoint": "eice-0123456789abcdef0"},
        {"address": "private", "endpoint": "eice-012345678 h.example sg-012345678"},
        {"os_user": "root; true"},
        {"log_days": 2},
        {"max_lease_s": 59},
    ],
)
def test_what_the_template_would_refuse_is_refused_here(wrong):
    """With a sentence and a command to type."""
    with pytest.raises(ConfigError) as caught:
        PoolOptions(**({"pool": "dev"} | wrong))
    assert caught.value.hint.startswith(("asgwarm ", "aws "))
