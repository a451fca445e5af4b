"""As whom to sign."""

from dataclasses import field

from asgwarm.domain.value import value


@value
class Keys:
    """Credentials of AWS's; without a session token it is empty."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
