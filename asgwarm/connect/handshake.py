"""One SSH handshake over one TCP connection.

Rule 1: the pinned host key is checked in the key exchange, before the client sends
a byte of authentication; another key ends everything.
Rule 2: one key is offered, and only after the gate says that the instance has it.
Rule 3: what asyncssh raises is named here, once; what the server wrote is made
printable before it becomes part of a message.
Rule 4: whatever a layer stumbles over is a `Surprise`, never the user's error.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import asyncssh

from asgwarm.connect.gate import KeyGate
from asgwarm.connect.keys import SessionKey, fingerprint
from asgwarm.connect.levels import Level
from asgwarm.connect.target import Target
from asgwarm.connect.timings import Timings
from asgwarm.domain.escape import printable
from asgwarm.errors import HostKeyMismatch, SessionFailed

# A peer that says nothing is given up after three of these: within a minute, with some
# time left to find out whether the lease lives.
KEEPALIVE_S, UNANSWERED = 15, 2
# asyncssh fills its window up when half of it is used: at 80 ms of round trip this is
# 25 MiB a second or more. sshd reads ahead up to a window and moves all of that about,
# so that a larger one costs more than it brings (decision 0025).
WINDOW_BYTES = 4 << 20

# The instance may see a key later than AWS says that it was sent. sshd allows 6
# refusals a connection, hardened images 4.
_OFFER_AGAIN_AFTER_S = (0.05, 0.1, 0.2)
# How sshd ends a connection whose MaxAuthTries are spent.
_TRIES_SPENT = "Too many authentication failures"

_OPTIONS: dict[str, Any] = {
    "config": None,
    "client_keys": None,
    "agent_path": None,
    "agent_forwarding": False,
    "preferred_auth": "publickey",
    "password_auth": False,
    "kbdint_auth": False,
    "host_based_auth": False,
    "gss_host": None,
    "gss_kex": False,
    "gss_auth": False,
    "x509_trusted_certs": None,
    "server_host_key_algs": ["ssh-ed25519"],
    "signature_algs": ["ssh-ed25519"],
    "kex_algs": ["curve25519-sha256", "curve25519-sha256@libssh.org"],
    "encryption_algs": ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"],
    "mac_algs": ["hmac-sha2-256-etm@openssh.com"],  # unused: GCM authenticates
    "compression_algs": None,
    "utf8_decode_errors": "replace",
    "keepalive_interval": KEEPALIVE_S,
    "keepalive_count_max": UNANSWERED,
    "login_timeout": 0,  # the caller's deadline rules
    "window": WINDOW_BYTES,
}


class Interrupted(Exception):
    """This connection broke or was refused; a new one may succeed."""


class Surprise(Interrupted):
    """A layer met what it does not expect; a stock connection is the answer."""


async def handshake(
    sock: socket.socket, target: Target, client: "Client", level: Level
) -> asyncssh.SSHClientConnection:
    """Return an authenticated connection over *sock*, which is owned from here on.

    Raises:
        HostKeyMismatch: The server shows another key than the pinned one.
        SessionFailed: The server speaks no protocol that is acceptable here.
        Interrupted: It may work with a new connection.
        Surprise: It may work with a new and stock connection.
    """
    pinned = asyncssh.import_public_key(target.host_key)
    try:
        return await level.open(
            sock=sock,
            host=target.address,  # a tunnel's socket does not know
            port=target.port,
            username=target.os_user,
            client_factory=lambda: client,
            known_hosts=([pinned], [], []),
            **_OPTIONS,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        raise _mismatch(target, client) from error
    except (asyncssh.DisconnectError, OSError) as error:
        if _is_surprise(error, client, level):
            raise Surprise(_reason(error)) from error
        raise _named(error, target, client) from error
    except Exception as error:
        if level.is_stock:
            raise
        raise Surprise(_reason(error)) from error  # a mistake of ours costs no session
    finally:
        client.stop()
        if not client.is_in:
            sock.close()


class Client(asyncssh.SSHClient):
    """What asyncssh asks while it connects, answered."""

    def __init__(self, key: SessionKey, gate: KeyGate, timings: Timings) -> None:
        self._key = key
        self._gate = gate
        self._timings = timings
        self._stop_connect = timings.begin("connect")
        self._stop_auth: Callable[[], None] | None = None
        self.shown = ""  # fingerprint of a host key that is not the pinned one
        self.has_begun = False  # authentication, and with it what layers do otherwise
        self.offers = 0
        self.is_in = False

    def stop(self) -> None:
        """Stop the phases that still run."""
        self._stop_connect()
        if self._stop_auth is not None:
            self._stop_auth()

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Note a key that is not the pinned one, and refuse it."""
        self.shown = key.get_fingerprint()
        return False

    def begin_auth(self, username: str) -> None:
        """Note that the key exchange is over."""
        self.has_begun = True
        self._stop_connect()

    async def public_key_auth_requested(self) -> list[asyncssh.SSHKey] | None:
        """Give the key once the instance has it; asked again after a refusal."""
        if self.offers > len(_OFFER_AGAIN_AFTER_S):
            return None
        if self.offers == 1:
            self._gate.push()
        if self.offers:
            await asyncio.sleep(_OFFER_AGAIN_AFTER_S[self.offers - 1])
        if not await self._gate.opened():
            return None
        if not self.offers:
            self._stop_auth = self._timings.begin("auth")
        self.offers += 1
        return [self._key.private]

    def auth_completed(self) -> None:
        """Note that the way in is open."""
        self.is_in = True
        self.stop()


def _mismatch(target: Target, client: Client) -> HostKeyMismatch:
    return HostKeyMismatch(
        f"{target} shows host key {client.shown or 'of an unknown form'}, but the"
        f" registry pins {fingerprint(target.host_key)}: another machine may be"
        " listening there",
        hint="asgwarm status",
    )


def _named(error: Exception, target: Target, client: Client) -> Exception:
    if isinstance(error, asyncssh.PermissionDenied) or (
        client.offers and _TRIES_SPENT in str(error)
    ):
        return Interrupted(
            f"the key is not accepted for {target.os_user}: there may be no such user,"
            " or no EC2 Instance Connect in the image"
        )
    reason = _reason(error)
    is_broken = isinstance(error, asyncssh.ConnectionLost | OSError)
    if is_broken and not client.has_begun:
        reason = (
            "it hangs up before anybody logs in: sshd has too many at its door"
            " (MaxStartups), has just been started, or has no ssh-ed25519 host key"
        )
    if client.offers or is_broken:
        return Interrupted(reason)
    return SessionFailed(
        f"no SSH session with {target}: {reason}", hint="asgwarm status"
    )


def _is_surprise(error: Exception, client: Client, level: Level) -> bool:
    """Whether it broke where the layers differ from stock.

    A key that was refused was understood: what comes after is no matter of layers.
    """
    was_refused = isinstance(error, asyncssh.PermissionDenied) or client.offers > 1
    return not level.is_stock and client.has_begun and not was_refused


def _reason(error: Exception) -> str:
    return quoted(str(error)) or type(error).__name__


def quoted(text: str) -> str:
    """At most 200 characters of what a server wrote, none of which can act."""
    return printable(text[:200])
