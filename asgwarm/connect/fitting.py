"""Whether the installed asyncssh is one that the layers are made for.

They stand on parts of asyncssh that are not public. A version that nobody has tested
them with, or one that was changed, gets the stock way in.

Rule: what a layer overrides, calls, reads or sets stands in these tables.
"""

import inspect
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import asyncssh

TESTED_VERSIONS = frozenset({"2.24.1"})

# By module of asyncssh: what is called, with its parameters in their order.
FUNCTIONS: Mapping[str, Mapping[str, str]] = {
    "connection": {
        "_connect": "options config loop flags sock conn_factory msg",
        "SSHClientConnection.__init__": "self loop options acceptor error_handler wait",
        "SSHClientConnection.data_received": "self data datatype",
        "SSHClientConnection.send_service_request": "self service",
        "SSHClientConnection.try_next_auth": "self next_method",
        "SSHClientConnection.process_packet": "self pkttype pktid packet",
        "SSHClientConnection.public_key_auth_requested": "self",
        "SSHClientConnection.add_channel": "self chan",
        "SSHClientConnection.send_packet": "self pkttype args handler",
        "SSHClientConnectionOptions.construct": "options kwargs",
    },
    "auth": {
        "_ClientPublicKeyAuth.__init__": "self conn method",
        "_ClientPublicKeyAuth._start": "self",
        "_ClientPublicKeyAuth._send_signed_request": "self",
        "_ClientPublicKeyAuth.cancel": "self",
    },
    "channel": {
        "SSHClientChannel._open": "self chantype args",
        "SSHClientChannel._make_request": "self request args",
        "SSHClientChannel._send_request": "self request args want_reply",
        "SSHClientChannel.close": "self",
        "SSHClientChannel.process_open_confirmation": "self send_chan send_window"
        " send_pktsize packet",
        "SSHClientChannel.process_open_failure": "self code reason lang",
    },
    "packet": {
        "String": "value",
        "UInt32": "value",
        "SSHPacket.__init__": "self packet",
        "SSHPacket.get_string": "self",
        "SSHPacket.check_end": "self",
    },
}

# By module of asyncssh: a number of the protocol.
NUMBERS: Mapping[str, Mapping[str, int]] = {
    "auth": {"MSG_USERAUTH_PK_OK": 60},
    "constants": {
        "MSG_SERVICE_ACCEPT": 6,
        "MSG_USERAUTH_FAILURE": 51,
        "MSG_USERAUTH_SUCCESS": 52,
        "MSG_CHANNEL_OPEN": 90,
        "OPEN_REQUEST_PTY_FAILED": 0xFFFFFFFE,
    },
}

# By module of asyncssh: the attributes that a function sets or reads.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "connection": {
        "SSHConnection.__init__": "_auth _auth_in_progress _auth_methods _next_service"
        " _owner _recv_encryption _transport _username",
        "SSHClientConnection.__init__": "_remote_listeners",
    },
    "channel": {
        "SSHChannel.__init__": "_conn _loop _open_waiter _recv_chan _recv_pktsize"
        " _recv_state _recv_window _request_waiters _send_chan _send_state",
    },
    "auth": {
        "Auth.__init__": "_conn",
        "_ClientPublicKeyAuth._send_signed_request": "_keypair",
    },
}


def misfit(found: object = asyncssh) -> str:
    """Return why the layers are not for this asyncssh; empty when they are."""
    version = getattr(found, "__version__", "of an unknown version")
    if version not in TESTED_VERSIONS:
        return f"asyncssh {version} is not tested"
    try:
        wrong = [
            *_wrong_functions(found),
            *_wrong_numbers(found),
            *_wrong_attributes(found),
        ]
    except (AttributeError, TypeError, ValueError) as error:
        return f"asyncssh is changed: {error}"
    return f"asyncssh is changed: {', '.join(wrong)}" if wrong else ""


def _wrong_functions(found: object) -> list[str]:
    return [
        f"{module}.{name}"
        for module, functions in FUNCTIONS.items()
        for name, parameters in functions.items()
        if [*inspect.signature(_part(found, module, name)).parameters]
        != parameters.split()
    ]


def _wrong_numbers(found: object) -> list[str]:
    return [
        f"{module}.{name}"
        for module, numbers in NUMBERS.items()
        for name, number in numbers.items()
        if _part(found, module, name) != number
    ]


def _wrong_attributes(found: object) -> list[str]:
    return [
        f"{module}.{name}: {attribute}"
        for module, functions in ATTRIBUTES.items()
        for name, attributes in functions.items()
        for attribute in attributes.split()
        if attribute not in _part(found, module, name).__code__.co_names
    ]


def _part(found: object, module: str, name: str) -> Any:
    return attrgetter(f"{module}.{name}")(found)
