"""`make test-aws`: the live test, for whoever has an account. It costs money.

It makes a pool, measures it, asks AWS what no documentation answers, takes the pool
down, looks past the product for anything left, and writes build/live.md and live.json.

Rule 1: nothing is made before somebody named the account, AWS agreed that it is the
one, and the price was shown.
Rule 2: whatever goes wrong, the pool is taken down, and what is left is said.
"""

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

import asgwarm
from asgwarm.clock import monotonic_s, now_s
from asgwarm.errors import FINDINGS, GuardRefused, PoolNotFound
from asgwarm.stack.options import PoolOptions
from asgwarm.stack.price import rate
from tests.acceptance import access_questions, end_questions, pool_questions
from tests.acceptance.answers import Answers, Question
from tests.acceptance.leftovers import left
from tests.acceptance.live import Live, LiveFailed
from tests.acceptance.report import Report, write
from tests.acceptance.watch import beside, first_listings, warm_states

POOL = "live-test"
HOT, WARM, CAP = 1, 2, 6
HOURS = 2  # that it takes at most; an hour is what `bench` allows itself
UP_OPTIONS = ("allow", "ami", "vpc", "subnet")
ACCOUNT = "ASGWARM_LIVE_ACCOUNT"


def main() -> int:
    """Test and report; 8 when something is left or went wrong, 9 when it may not."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # take the pool down
    live = Live(pool=POOL, rounds=asked.rounds)
    account = asked.account or os.environ.get(ACCOUNT) or _typed()
    try:
        refusal = _refusal(live, account)
    except (ClientError, BotoCoreError) as error:
        refusal = str(error)
    if refusal:
        _say(f"nothing was done: {refusal}")
        return GuardRefused.exit_code
    _say(_price(live))
    said = [(f"--{name}", getattr(asked, name)) for name in UP_OPTIONS]
    up = [word for pair in said if pair[1] for word in pair]
    report = _tested(live, account, up)
    page = write(report, asked.into)
    _say(f"{page}: {'good' if report.is_good else 'not good'}")
    for line in [report.trouble, *(report.left or [])]:
        _say(line)
    return 0 if report.is_good else FINDINGS


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="test-aws", description=__doc__)
    options.add_argument("--account", help=f"its id, else {ACCOUNT}, else it is asked")
    options.add_argument("--rounds", type=int, default=5, help="of what is measured")
    options.add_argument("--into", type=Path, default=Path("build"), help="a folder")
    for name in UP_OPTIONS:
        options.add_argument(f"--{name}", default="", help="as of `asgwarm up`")
    return options.parse_args()


def _typed() -> str:
    if not sys.stdin.isatty():
        return ""
    return input("id of the AWS account that pays for this: ").strip()


def _refusal(live: Live, account: str) -> str:
    """Return why nothing may be done; empty when everything may."""
    if not account:
        return f"no account was named; set {ACCOUNT}"
    there = live.client("sts").get_caller_identity()["Account"]
    if there != account:
        return f"these credentials are of account {there}, not {account}"
    found = live.client("cloudformation").describe_stacks()["Stacks"]
    if any(stack["StackName"] == live.stack for stack in found):
        return f"there is a stack {live.stack}; asgwarm down {POOL}"
    return ""


def _price(live: Live) -> str:
    """Say what it costs at most."""
    asked = PoolOptions(pool=POOL, hot=HOT, warm=WARM, cap=CAP)
    known = rate(asked, live.region)
    if known is None:
        return f"no price is known in {live.region}: {CAP} m7i.large for {HOURS} hours"
    most = known.worst_per_hour * HOURS
    where = f"nothing here ({live.endpoint}); on AWS " if live.endpoint else ""
    return (
        f"costs {where}${most:.2f} at most (estimate): {CAP} instances for {HOURS} "
        f"hours in {live.region}; Ctrl-C takes everything down"
    )


def _tested(live: Live, account: str, up: list[str]) -> Report:
    began_s, at = monotonic_s(), datetime.fromtimestamp(now_s(), UTC).isoformat()
    answers, trouble = Answers(), ""
    try:
        _serve(live, up)
        for module in (pool_questions, access_questions):
            _ask(live, answers, module.QUESTIONS)
    except (LiveFailed, OSError) as error:
        trouble = str(error)
    except (KeyboardInterrupt, SystemExit):
        trouble = "it was interrupted"
    finally:
        said, remains = _end(live)
    _ask(live, answers, end_questions.QUESTIONS)
    return Report(
        account=account,
        region=live.region,
        endpoint=live.endpoint,
        version=asgwarm.__version__,
        at=at,
        took_s=round(monotonic_s() - began_s),
        answers=answers.given,
        trouble="; ".join(filter(None, [trouble, said])),
        left=remains,
    )


def _serve(live: Live, up: list[str]) -> None:
    """Make the pool, and run a command on an instance of it."""
    lags: dict[str, int] = live.kept.setdefault("first_listed", {})
    sizes = ("--hot", str(HOT), "--warm", str(WARM), "--cap", str(CAP))
    with beside(first_listings(live, lags)):
        live.must("up", live.pool, *sizes, "--yes", *up)
    live.kept["security_group"] = live.stack_resource("SecurityGroup")
    _say("the pool serves")
    done = live.on_an_instance("cat /etc/os-release")
    if done.code:
        raise LiveFailed(f"no command runs on an instance: {done.err[-500:]}")


def _ask(live: Live, answers: Answers, questions: tuple[Question, ...]) -> None:
    for question in questions:
        answer = answers.ask(live, question)
        _say(f"{question.text} {answer.says}")


def _end(live: Live) -> tuple[str, list[str] | None]:
    """Take the pool down; return what went wrong, and what is left."""
    _say("takes the pool down")
    states: dict[str, list[str]] = live.kept.setdefault("warm_states", {})
    said = ""
    try:
        with beside(warm_states(live, states)):
            done = live.asgwarm("down", live.pool, "--force")
        if done.code not in (0, PoolNotFound.exit_code):
            said = f"asgwarm down: {done.err[-500:]}"
        return said, left(live)
    except (LiveFailed, ClientError, BotoCoreError) as error:
        return f"{said}; nobody could look for what is left: {error}", None


def _say(line: str) -> None:
    if line:
        sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
