"""The one place that builds AWS clients.

Rule 1: settings come as one value, the environment as another; no other product code
reads AWS's environment. boto3 reads the process's own.
Rule 2: an answer that is no document is no answer. botocore takes broken JSON for an
empty success, which would read as "there is no such pool".
Rule 3: a client is built when it is first asked for, because boto3 needs a fifth of
a second of CPU for the first one.
Rule 4: the way to a prompt goes over the lean clients, where it is understood in full
where and as whom to call; boto3's stand behind them for all else.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from asgwarm.domain.value import value
from asgwarm.errors import ConfigError

if TYPE_CHECKING:
    import ssl

    import boto3
    import botocore.session
    from botocore.config import Config
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2_instance_connect import EC2InstanceConnectClient

    from asgwarm.lean.endpoint import Dialing
    from asgwarm.lean.keys import Keys
    from asgwarm.lean.situation import Situation

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 10
ATTEMPTS = 4  # the first one included; botocore's standard mode backs off between
# An instance's metadata service answers within milliseconds, and where there is none
# two questions may go unanswered; botocore itself waits a second for each.
METADATA_TIMEOUT_S = 0.5


@value
class AwsSettings:
    """Where and as whom to call AWS; None leaves a choice to boto3's own chain."""

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    read_timeout_s: float = READ_TIMEOUT_S
    attempts: int = ATTEMPTS


class Clients:
    """AWS clients of one account and region, each built on first use."""

    def __init__(
        self, settings: AwsSettings, env: Mapping[str, str] = os.environ
    ) -> None:
        self.settings = settings
        self._env = env
        self._full: dict[str, Any] = {}
        self._building = Lock()
        self._is_ahead = False

    @cached_property
    def _situation(self) -> "Situation | None":
        from asgwarm.lean.situation import understand

        return understand(self.settings, self._env)

    @cached_property
    def _botocore(self) -> "botocore.session.Session":
        import botocore.session

        name = "metadata_service_timeout"
        variable = f"AWS_{name.upper()}"
        own: Any = {name: (name, variable, METADATA_TIMEOUT_S, float)}
        if self.settings.access_key_id:
            # Keys of our own go with no profile, not even with AWS_PROFILE's.
            own["profile"] = (None, None, None, None)
        return botocore.session.Session(session_vars=own)

    @cached_property
    def _session(self) -> "boto3.Session":
        import boto3
        from botocore.exceptions import ProfileNotFound

        try:
            return boto3.Session(
                botocore_session=self._botocore,
                region_name=self.settings.region,
                profile_name=self.settings.profile,
                aws_access_key_id=self.settings.access_key_id,
                aws_secret_access_key=self.settings.secret_access_key,
            )
        except ProfileNotFound as error:
            raise ConfigError(
                f"profile {error.kwargs['profile']!r} is not in the AWS configuration",
                hint="aws configure list-profiles",
            ) from error

    @cached_property
    def region(self) -> str:
        """The region that every call goes to.

        Raises:
            ConfigError: Nothing names one.
        """
        if self._situation is not None:
            return self._situation.region
        # AWS_REGION is what AWS's other tools read, and boto3 does not.
        region = self._session.region_name or self._env.get("AWS_REGION")
        if not region:
            raise ConfigError(
                "no AWS region is set", hint="export AWS_REGION=us-east-1"
            )
        return str(region)

    def _client(self, service: str, *, attempts: int | None = None) -> Any:
        from botocore.config import Config

        attempts = attempts or self.settings.attempts
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=self.settings.read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
        )
        client = self._build(service, config)
        client.meta.events.register("before-parse", _check_document)
        return client

    def _build(self, service: str, config: "Config") -> Any:
        return self._session.client(
            service,  # type: ignore[call-overload]  # the name is a variable
            region_name=self.region,
            endpoint_url=self.settings.endpoint_url,
            config=config,
        )

    def service(self, service: str, *, attempts: int | None = None) -> Any:
        """Return boto3's client of a service, built once, whichever threads ask."""
        with self._building:
            if service not in self._full:
                self._full[service] = self._client(service, attempts=attempts)
            return self._full[service]

    def source_of_keys(self) -> str:
        """Return where the credentials come from, in botocore's word: `env`, say."""
        with self._building:
            found = self._session.get_credentials()
        return str(found.method) if found else "none"

    @property
    def full_dynamodb(self) -> "DynamoDBClient":
        """boto3's client of DynamoDB, for all of its calls."""
        return self.service("dynamodb")  # type: ignore[no-any-return]

    @property
    def full_eic(self) -> "EC2InstanceConnectClient":
        """boto3's client of EC2 Instance Connect, which tries once."""
        return self.service("ec2-instance-connect", attempts=1)  # type: ignore[no-any-return]

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Client of DynamoDB for what the registry reads and writes."""
        if self._situation is None:
            return self.full_dynamodb
        from asgwarm.lean.client import DynamoDB

        return DynamoDB(  # type: ignore[return-value]  # it has what is called of it
            self._situation,
            read_timeout_s=self.settings.read_timeout_s,
            full=lambda: self.full_dynamodb,
        )

    @cached_property
    def eic(self) -> "EC2InstanceConnectClient":
        """Client of EC2 Instance Connect; whoever pushes a key repeats it himself."""
        if self._situation is None:
            return self.full_eic
        from asgwarm.lean.client import InstanceConnect

        return InstanceConnect(  # type: ignore[return-value]  # as above
            self._situation,
            read_timeout_s=self.settings.read_timeout_s,
            full=lambda: self.full_eic,
        )

    def keys(self) -> "Keys":
        """Return as whom to sign what no client of boto3's sends.

        Raises:
            BotoCoreError: There are no credentials, or they cannot be had.
        """
        if self._situation is not None:
            return self._situation.keys
        from botocore.exceptions import NoCredentialsError

        from asgwarm.lean.keys import Keys

        found = self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        return Keys(
            access_key_id=frozen.access_key or "",
            secret_access_key=frozen.secret_key or "",
            session_token=frozen.token or "",
        )

    def tls(self, host: str) -> "ssl.SSLContext | None":
        """Return what a connection of one's own to *host* is verified with.

        None where AWS itself is spoken to without TLS, as in an emulated region.
        """
        from asgwarm.lean.trust import context

        if self._situation is not None:
            endpoint = self._situation.endpoints["ec2-instance-connect"]
            is_plain, ca_file = endpoint.scheme == "http", endpoint.ca_file
        else:
            is_plain = self.full_eic.meta.endpoint_url.startswith("http:")
            ca_file = self._botocore.get_config_variable("ca_bundle")
        return None if is_plain else context(host, ca_file)

    def open_ahead(self, *, pushes: bool = True) -> None:
        """Connect to the services of the way to a prompt, beside whatever comes next.

        Once: afterwards connections are kept. What goes wrong is met, and told, by the
        first call.

        Args:
            pushes: Whether a key will be pushed, too.
        """
        if self._is_ahead or self._situation is None:
            return
        self._is_ahead = True
        from asgwarm.lean.endpoint import Dialing
        from asgwarm.lean.situation import DYNAMODB, EIC

        endpoints = self._situation.endpoints
        table = Dialing(endpoints[DYNAMODB])
        push = Dialing(endpoints[EIC]) if pushes else None
        # The clients are loaded while TCP is on its way.
        _go_on(self.dynamodb, table)
        if push:
            _go_on(self.eic, push)

    @cached_property
    def autoscaling(self) -> "AutoScalingClient":
        """Client of EC2 Auto Scaling."""
        return self._client("autoscaling")  # type: ignore[no-any-return]

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """Client of CloudFormation."""
        return self._client("cloudformation")  # type: ignore[no-any-return]

    @cached_property
    def ec2(self) -> "EC2Client":
        """Client of EC2; the slowest to build, so never on the way to a prompt."""
        return self._client("ec2")  # type: ignore[no-any-return]

    @cached_property
    def logs(self) -> Any:
        """Client of CloudWatch Logs."""
        return self._client("logs")


def _go_on(client: Any, dialing: "Dialing") -> None:
    """Have a lean client open its connection over what is being dialed."""
    Thread(
        target=client.connections.open, args=(dialing,), daemon=True, name="connect"
    ).start()


def _check_document(response_dict: Mapping[str, Any], **_: object) -> None:
    """Raise what botocore raises for a broken connection if an answer is broken."""
    from xml.etree import ElementTree

    from botocore.exceptions import ResponseStreamingError

    body = response_dict["body"]
    if not body or response_dict["status_code"] >= 500:  # botocore tries those again
        return
    is_xml = "xml" in response_dict["headers"].get("content-type", "")
    try:
        (ElementTree.fromstring if is_xml else json.loads)(body)
    except (ElementTree.ParseError, ValueError) as error:
        raise ResponseStreamingError(error=error) from error
