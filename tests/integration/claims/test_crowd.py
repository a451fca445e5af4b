"""Many who want an instance at once: each gets one of their own, or is told why not."""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

import asgwarm
from tests.integration.pools import serve, settings_of

CROWD = Path(__file__).with_name("crowd.py")
PROCESSES, EACH = 8, 8
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def pool(own_region):
    """Eight instances ready, no warm pool."""
    return serve(own_region, "crowd", hot=8, warm=0, cap=100)


def _rush(pool, folder, *, wait_s, keep):
    """64 claimants in eight processes; the outcome of each."""
    known = settings_of(pool.region)
    env = dict(os.environ) | {
        "PYTHONPATH": str(Path(asgwarm.__file__).resolve().parents[1])
    }
    processes: list[tuple[subprocess.Popen[str], str]] = []
    for number in range(PROCESSES):
        asked = {"settings": asdict(known), "pool": pool.name, "folder": str(folder)}
        asked |= {"wait_s": wait_s, "keep": keep}
        asked |= {"first": number * EACH, "count": EACH}
        process = subprocess.Popen(
            [sys.executable, str(CROWD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            text=True,
        )
        processes.append((process, json.dumps(asked)))
    with ThreadPoolExecutor(PROCESSES) as talking:
        said = list(talking.map(_talk, processes))
    outcomes = []
    for (process, _), (out, err) in zip(processes, said, strict=True):
        assert (process.returncode, err) == (0, "")
        outcomes += [json.loads(line) for line in out.splitlines()]
    assert len(outcomes) == PROCESSES * EACH
    return outcomes


def _talk(process_and_input):
    process, asked = process_and_input
    return process.communicate(asked, timeout=TIMEOUT_S)


def _check_nobody_shares(pool, outcomes):
    """Every lease has an instance, a place and a row of its own."""
    served = [one for one in outcomes if not one["exit_code"]]
    for what in ("lease_id", "instance_id", "there"):
        assert Counter(one[what] for one in served).most_common(1)[0][1] == 1
    assert all(one["instance_id"] in one["there"] for one in served)
    rows = pool.rows()
    for one in served:
        row = rows[one["instance_id"]]
        assert one["lease_id"] in (row.get("lease_id"), row.get("last_lease"))
    ever = [row.get("lease_id") or row.get("last_lease") for row in rows.values()]
    assert Counter(filter(None, ever)).most_common(1)[0][1] == 1
    return served


@pytest.mark.long
def test_a_crowd_gets_what_there_is_and_everybody_waits_their_turn(pool, tmp_path):
    """64 at once on eight instances: nobody shares, and who waits is served."""
    pool.until_ready(8)

    at_once = _rush(pool, tmp_path, wait_s=0, keep=True)
    served = _check_nobody_shares(pool, at_once)
    assert len(served) >= 8
    assert {one["exit_code"] for one in at_once} <= {0, 3}
    refused = {one["code"] for one in at_once if one["exit_code"]}
    assert refused <= {"POOL_EMPTY", "CLAIM_CONTENDED"}
    assert set(pool.leased()) == {one["lease_id"] for one in served}

    patient = _rush(pool, tmp_path, wait_s=120, keep=False)
    assert Counter(one["exit_code"] for one in patient) == {0: PROCESSES * EACH}
    _check_nobody_shares(pool, at_once + patient)


def test_real_commands_at_once_share_nothing(own_region, tmp_path):
    """Eight processes on two instances: different ones, or exit code 3."""
    pool = serve(own_region, "rush", hot=2, warm=0, cap=20)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | own_region.environment()
    env["PYTHONPATH"] = str(Path(asgwarm.__file__).resolve().parents[1])
    argv = [sys.executable, "-m", "asgwarm", "get", "rush", "--wait", "0s", "--keep"]
    argv += ["--", "pwd"]

    processes = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        for _ in range(8)
    ]
    said = [process.communicate(timeout=TIMEOUT_S) for process in processes]

    codes = Counter(process.returncode for process in processes)
    assert codes.keys() == {0, 125}
    assert codes[0] >= 2
    places = [out for out, _ in said if out]
    assert len(set(places)) == len(places) == codes[0] == len(pool.leased())
