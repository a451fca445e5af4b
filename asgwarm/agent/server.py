"""The agent's process at work: who knocks is served in a thread of their own.

Rule 1: the main thread accepts, keeps the time and the number of spares, and never
waits for anybody.
Rule 2: when the agent's time is over it takes no more requests and releases its spares;
what runs is left to end, and the agent ends after it.
Rule 3: a signal to the agent is one to everything that it runs.
"""

import asyncio
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping
from threading import Lock, Thread
from typing import Any

from asgwarm.agent.arranged import Source, agreed
from asgwarm.agent.request import Front, Line, Message, NotUnderstood, receive
from asgwarm.agent.serving import Job, Meaning, serve, understood
from asgwarm.agent.settings import SharedClients
from asgwarm.agent.spares import Given, Place, Spares
from asgwarm.agent.upkeep import Now, Terms, Upkeep
from asgwarm.clock import now_s
from asgwarm.errors import AsgwarmError


class Agent:
    """One agent, from its first request to its end.

    Args:
        env: The environment of this process, which boto3 reads.
        now: Reads both clocks.
    """

    def __init__(
        self, listener: socket.socket, env: Mapping[str, str], now: Callable[[], Now]
    ) -> None:
        self._listener = listener
        self._shared = SharedClients(env)
        self._now = now
        self._upkeep = Upkeep(Terms(), now())
        self._source: Source | None = None
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._spares = Spares(self._shared, self._news)
        self._lock = Lock()
        self._lines: set[Line] = set()
        self._visits: list[Thread] = []
        self._served, self._since = 0, now_s()
        self._is_over = False

    def run(self, on_end: Callable[[], None]) -> None:
        """Serve until the time is over or somebody says stop, then clear up.

        Args:
            on_end: Called when no more requests are taken.
        """
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._interrupted)
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while self._tend():
            ready = dict(poll.poll(self._upkeep.pause_s(self._now()) * 1000))
            if self._woken.fileno() in ready:
                self._woken.recv(4096)
            if self._listener.fileno() in ready:
                self._accept()
        self._listener.close()
        on_end()
        self._spares.end()
        for visit in self._visits:
            visit.join()
        self._spares.join()

    def _tend(self) -> bool:
        """Keep time and spares; whether to go on."""
        with self._lock:
            now = self._now()
            self._upkeep.look(now)
            if self._is_over or self._upkeep.left_s(now) <= 0:
                self._is_over = True
                return False
            self._spares.tend(self._upkeep, now, self._source)
        self._visits = [visit for visit in self._visits if visit.is_alive()]
        return True

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        visit = Thread(target=self._visit, args=(sock,), name="visit", daemon=True)
        self._visits.append(visit)
        visit.start()

    def _news(self) -> None:
        """Let the main thread look around."""
        try:
            self._wake.send(b"\0")
        except BlockingIOError:  # it is about to
            return

    def _interrupted(self, _number: int, _frame: object) -> None:
        self._is_over = True
        for line in list(self._lines):
            line.hang_up()
        self._news()

    def _visit(self, sock: socket.socket) -> None:
        try:
            message, front = receive(sock)
        except NotUnderstood:
            return
        if message.kind == "get":
            self._get(message, front)
        else:
            front.answer(json.dumps(self._told(message)).encode())
            self._news()

    def _get(self, message: Message, front: Front) -> None:
        job = None if self._is_over else understood(message, front)
        meaning = job and Meaning(job.common, message, self._shared)
        if not (job and meaning and meaning.is_served and front.may_begin()):
            front.leave()
            return
        with self._lock:
            self._served += 1
            self._upkeep.served(self._now())
        if not self._is_given(job, meaning):
            with asyncio.Runner() as runner:
                serve(job, meaning, runner, lines=self._lines)
        self._news()

    def _is_given(self, job: Job, meaning: Meaning) -> bool:
        """Whether a spare's thread runs the job."""
        flags = job.flags
        if flags.name or flags.token or flags.no_shell:
            return False
        try:
            place = Place.of(meaning, flags.pool)
            return self._spares.give(Given(job, meaning, self._lines), place)
        except AsgwarmError:  # which the run itself tells
            return False

    def _told(self, message: Message) -> dict[str, Any]:
        """Do what somebody asks of the agent itself; return what to answer."""
        if message.kind == "stop":
            self._is_over = True
        elif message.kind == "set":
            if not self._shared.is_own(message.env):
                return {"refused": "it runs with other AWS settings"}
            with self._lock:
                terms, self._source = agreed(message, self._upkeep.terms, self._source)
                self._upkeep.agree(terms, self._now())
        return self._document()

    def _document(self) -> dict[str, Any]:
        """How the agent is doing; times in Unix seconds."""
        with self._lock:
            upkeep, spares = self._upkeep, self._spares.shown()
            now, at = self._now(), now_s()
            return {
                "pid": os.getpid(),
                "since": self._since,
                "until": at + round(upkeep.at_most_s(now)),
                "idle_until": at + round(upkeep.left_s(now)),
                "served": self._served,
                "running": len(self._lines),
                "pool": self._source and self._source.pool,
                "wanted": upkeep.terms.spares,
                "spares": [
                    {
                        "lease_id": spare.lease.id,
                        "instance_id": spare.lease.instance_id,
                        "since": spare.since,
                    }
                    for spare in spares
                ],
                "why": upkeep.why_none or None,
            }
