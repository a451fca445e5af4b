"""What somebody may choose about a pool, checked in one place.

Rule 1: None means "not said": a new pool takes the template's default, an existing
one keeps what it has.
Rule 2: whatever the template's patterns would refuse is refused here, before any call.
"""

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import fields, replace

from asgwarm.domain import endpoint
from asgwarm.domain.meta import MOST_SHARDS
from asgwarm.domain.names import check_pool
from asgwarm.domain.value import value
from asgwarm.errors import ConfigError, GuardRefused

DEFAULT_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
MAX_SETUP_BYTES = 3_072  # 4,096 characters of base64: CloudFormation's parameter limit
WIDEST_PREFIX = 8  # /8 is the widest network that may be let in
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 180, 365)  # what CloudWatch Logs knows

# field -> (parameter, least, most)
_NUMBERS = {
    "hot": ("Hot", 0, 100),
    "warm": ("Warm", 0, 100),
    "cap": ("Cap", 1, 1_000),
    "owner_cap": ("OwnerCap", 0, 1_000),
    "shards": ("Shards", 1, MOST_SHARDS),
    "max_lease_s": ("MaxLeaseS", 60, 2_592_000),
    "volume_gib": ("VolumeGiB", 8, 16_384),
    "setup_timeout_s": ("SetupTimeoutS", 1, 7_200),
    "hook_timeout_s": ("HookTimeoutS", 30, 7_200),
    "grace_s": ("GraceS", 0, 3_600),
    "log_days": ("LogDays", 1, 365),
}
# field -> (parameter, pattern, an example for the message)
_WORDS = {
    "instance_type": ("InstanceType", r"[a-z0-9-]+\.[a-z0-9-]+", "m7i.large"),
    "os_user": ("OsUser", r"[a-z_][a-z0-9_-]{0,30}", "ec2-user"),
    "vpc": ("VpcId", r"(vpc-[0-9a-f]{8,17})?", "vpc-0123456789abcdef0"),
    "address": ("AddressType", r"public|private|endpoint", "public or endpoint"),
    "endpoint": ("Endpoint", f"({endpoint.FORM})?", "eice-… HOST sg-…"),
    "egress": ("Egress", r"web|all", "web or all"),
    "pool_state": ("PoolState", r"Stopped|Running", "Stopped"),
    "on_delete": ("OnDelete", r"refuse|end", "refuse or end"),
    "metrics": ("Metrics", r"yes|no", "yes or no"),
}


@value
class PoolOptions:
    """A pool as somebody wants it.

    Raises:
        ConfigError: A value is out of range or contradicts another one.
    """

    pool: str
    hot: int | None = None  # instances that run unclaimed
    warm: int | None = None  # instances in the warm pool
    cap: int | None = None  # most that ever run at once, claimed ones included
    owner_cap: int | None = None  # most leases of one user at once; 0 for any number
    shards: int | None = None  # partitions of instance rows; never changes
    max_lease_s: int | None = None
    instance_type: str | None = None
    ami: str | None = None  # an image's id, or the SSM parameter that names one
    os_user: str | None = None
    volume_gib: int | None = None
    pool_state: str | None = None
    setup: bytes | None = None  # script that runs once on each instance; b"" for none
    setup_timeout_s: int | None = None
    # What people connect to: a public address, a private one, or with "endpoint" a
    # private one by the endpoint below.
    address: str | None = None
    endpoint: str | None = None  # as in `domain.endpoint`; "" for none
    allow: str | None = None  # network that may reach port 22; "" for none
    vpc: str | None = None
    subnets: tuple[str, ...] | None = None
    egress: str | None = None
    on_delete: str | None = None
    hook_timeout_s: int | None = None
    grace_s: int | None = None
    log_days: int | None = None
    metrics: str | None = None  # "yes" or "no": whether CloudWatch gets figures of it

    def __post_init__(self) -> None:
        check_pool(self.pool)
        for name, (_, least, most) in _NUMBERS.items():
            _check_number(name, getattr(self, name), least, most)
        for name, (_, pattern, example) in _WORDS.items():
            _check_word(name, getattr(self, name), pattern, example)
        if self.allow:
            object.__setattr__(self, "allow", _network(self.allow))
        if self.log_days not in (None, *LOG_DAYS):
            raise ConfigError(
                f"log-days is {self.log_days}, none of {', '.join(map(str, LOG_DAYS))}",
                hint="asgwarm up --help",
            )
        _check_image(self.ami)
        _check_subnets(self.subnets)
        _check_setup(self.setup)
        if self.endpoint and self.address != "endpoint":
            raise ConfigError(
                f"an endpoint leads nowhere with {self.address or 'no'} addresses",
                hint=f"asgwarm up {self.pool} --address endpoint",
            )
        if self.hot is not None and self.cap is not None and self.hot > self.cap:
            raise ConfigError(
                f"hot is {self.hot}, more than the cap of {self.cap}",
                hint=f"asgwarm up {self.pool} --hot {self.hot} --cap {self.hot * 2}",
            )

    def filled(self, previous: Mapping[str, str] | None = None) -> "PoolOptions":
        """The same pool with nothing unsaid.

        Args:
            previous: Parameters of the existing stack; without them the defaults.

        Raises:
            ConfigError: What was said contradicts what is there.
            GuardRefused: The existing pool has another number of shards, for good.
        """
        if previous is not None:
            self._check_shards(int(previous.get("Shards", DEFAULTS["Shards"])))
        known = dict(DEFAULTS) | dict(previous or {})
        said = {f.name for f in fields(self) if getattr(self, f.name) is not None}
        values: dict[str, object] = {
            name: int(known[parameter])
            for name, (parameter, *_) in _NUMBERS.items()
            if name not in said
        }
        for name, (parameter, *_) in _WORDS.items():
            if name not in said:
                values[name] = known[parameter]
        for name, current in (
            ("ami", known["ImageIdOverride"] or known["ImageId"]),
            ("address", "endpoint" if known["Endpoint"] else known["AddressType"]),
            ("allow", known["AllowCidr"]),
            ("setup", base64.b64decode(known["Setup"])),
            ("subnets", tuple(filter(None, known["Subnets"].split(",")))),
        ):
            if name not in said:
                values[name] = current
        if self.address in ("public", "private"):
            values["endpoint"] = ""
        return replace(self, **values)  # type: ignore[arg-type]  # by field name

    def _check_shards(self, there: int) -> None:
        if self.shards not in (None, there):
            raise GuardRefused(
                f"pool {self.pool!r} was made with {there} shards, and rows do not "
                f"move: it cannot have {self.shards}",
                hint=f"asgwarm down {self.pool}",
            )

    def parameters(self) -> dict[str, str]:
        """The template's parameters for what was said, and no other."""
        found = {"Pool": self.pool}
        for name, (parameter, *_) in (_NUMBERS | _WORDS).items():
            if (value := getattr(self, name)) is not None:
                found[parameter] = str(value)
        found |= self._way_in()
        if self.allow is not None:
            found["AllowCidr"] = self.allow
        if self.subnets is not None:
            found["Subnets"] = ",".join(self.subnets)
        if self.setup is not None:
            found["Setup"] = base64.b64encode(self.setup).decode()
        if self.ami is not None:
            is_id = self.ami.startswith("ami-")
            found["ImageIdOverride"] = self.ami if is_id else ""
            if not is_id:
                found["ImageId"] = self.ami
        return found

    def _way_in(self) -> dict[str, str]:
        """The parameters for the kind of address, where that was said."""
        if self.address is None:
            return {}
        if self.address == "endpoint":
            return {"AddressType": "private", "Endpoint": self.endpoint or ""}
        return {"AddressType": self.address, "Endpoint": ""}


# The template's own defaults; a test compares them.
DEFAULTS = {
    "Hot": "1",
    "Warm": "2",
    "Cap": "10",
    "OwnerCap": "0",
    "Shards": "1",
    "MaxLeaseS": "43200",
    "InstanceType": "m7i.large",
    "ImageId": DEFAULT_IMAGE,
    "ImageIdOverride": "",
    "OsUser": "ec2-user",
    "VolumeGiB": "8",
    "PoolState": "Stopped",
    "Setup": "",
    "SetupTimeoutS": "600",
    "AddressType": "public",
    "Endpoint": "",
    "AllowCidr": "",
    "VpcId": "",
    "Subnets": "",
    "Egress": "web",
    "OnDelete": "refuse",
    "HookTimeoutS": "180",
    "GraceS": "30",
    "LogDays": "30",
    "Metrics": "no",
}


def _option(name: str) -> str:
    return name.removesuffix("_s").replace("_", "-")


def _check_number(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise ConfigError(
            f"{_option(name)} is {value}, outside {least} to {most}",
            hint="asgwarm up --help",
        )


def _check_word(name: str, value: str | None, pattern: str, example: str) -> None:
    if value is not None and not re.fullmatch(pattern, value):
        raise ConfigError(
            f"{_option(name)} {value!r} is not of the form {example}",
            hint="asgwarm up --help",
        )


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no network that may be let in: {error}",
            hint="asgwarm up --allow 203.0.113.7/32",
        ) from error
    if network.version != 4:
        raise ConfigError(
            f"{network} is an IPv6 network, and instances answer on IPv4",
            hint="asgwarm up --allow 203.0.113.7/32",
        )
    if network.prefixlen < WIDEST_PREFIX:
        raise ConfigError(
            f"{network} would let in most of the internet",
            hint="asgwarm up --allow 203.0.113.7/32",
        )
    return str(network)


def _check_image(ami: str | None) -> None:
    if ami is not None and not re.fullmatch(
        r"ami-[0-9a-f]{8,17}|/[\w./-]{1,1000}", ami
    ):
        raise ConfigError(
            f"{ami!r} is neither an image's id nor an SSM parameter's path",
            hint=f"asgwarm up --ami {DEFAULT_IMAGE}",
        )


def _check_subnets(subnets: tuple[str, ...] | None) -> None:
    for subnet in subnets or ():
        if not re.fullmatch(r"subnet-[0-9a-f]{8,17}", subnet):
            raise ConfigError(
                f"{subnet!r} is no subnet's id", hint="aws ec2 describe-subnets"
            )


def _check_setup(setup: bytes | None) -> None:
    if setup is not None and len(setup) > MAX_SETUP_BYTES:
        raise ConfigError(
            f"the set-up script has {len(setup):,} bytes, over {MAX_SETUP_BYTES:,}",
            hint="let it fetch the rest with aws s3 cp or curl",
        )
