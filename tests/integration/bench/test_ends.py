"""A bench that does not come to its end gives everything back."""

import signal

import pytest

from tests.integration.bench.conftest import launched, running

pytestmark = pytest.mark.long


def held(pool):
    """How many instances are leased."""
    return len(pool.leased())


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_an_interrupted_bench_leaves_nothing(own_home, own_region, pool, signum, code):
    """Lease, spare and agent go; in the middle of a round as anywhere."""
    pool.until_ready()
    process = own_home.start(
        *("bench", pool.name, "--yes", "--json", "-n", "500"),
        *("--compare", "simple-eic,spare,cold"),
    )
    lines = (process.stdout.readline() for _ in range(100))
    assert any(b'"type": "shot"' in line for line in lines)

    process.send_signal(signum)

    assert process.wait(40) == code
    own_region.until(lambda: held(pool) == 0)
    assert own_home.journal() == {}
    assert running(own_region) == []


def test_what_was_launched_is_ended_with_its_shot(own_home, own_region, pool):
    """It does not go on to cost money while others are measured."""
    pool.until_ready()
    process = own_home.start(
        *("bench", pool.name, "--yes", "--json", "-n", "1"),
        *("--compare", "cold,simple-eic"),  # which comes after it
    )

    shot = next(line for line in process.stdout if b'"way": "cold"' in line)

    assert b'"type": "shot"' in shot
    assert launched(own_region)
    assert running(own_region) == []
    assert process.wait(40) == 0


def test_a_launch_without_an_answer_is_ended(own_home, own_region, pool):
    """Who leaves while RunInstances is under way waits for what it launched."""
    pool.until_ready()
    before = set(launched(own_region))
    own_region.control.set_faults(
        http=[
            {"service": "ec2", "action": "RunInstances", "owner": "user"}
            | {"kind": "slow", "delay_s": 1.0, "count": 1}
        ]
    )
    process = own_home.start(
        "bench", pool.name, "--yes", "-n", "1", "--compare", "cold"
    )
    own_region.until(lambda: own_region.control.status()["struck"])

    process.send_signal(signal.SIGTERM)

    assert process.wait(40) == 143
    assert len(set(launched(own_region)) - before) == 1
    assert running(own_region) == []


def test_what_a_killed_bench_launched_is_ended_by_the_pool(
    own_home, own_region, pool, tmp_path
):
    """It carries the pool's tag and is no member of its group."""
    pool.until_ready()
    own_region.control.set_faults(boot_s=3600.0)
    process = own_home.start(
        *("bench", pool.name, "--yes", "-n", "1", "--compare", "cold"),
        env=own_home.env | {"TMPDIR": str(tmp_path)},  # which nobody clears up
    )
    own_region.until(lambda: running(own_region))

    process.kill()
    process.wait()
    own_region.control.advance(300)

    own_region.until(lambda: not running(own_region))


def test_nobody_is_surprised_by_a_price(own_home, pool):
    """Who cannot be asked has to say yes beforehand."""
    done = own_home.run("bench", pool.name)

    assert done.code == 2
    assert "hint: asgwarm bench bench --yes" in done.err
    assert pool.leased() == {}


@pytest.mark.parametrize(
    "words",
    [("-n", "0"), ("--compare", "mosh"), ("--plot", "/nowhere/bench.svg")],
    ids=["no rounds", "no such way", "no such folder"],
)
def test_nothing_begins_that_cannot_end_well(own_home, pool, words):
    """What was typed wrong is said before anything is paid for."""
    done = own_home.run("bench", pool.name, "--yes", *words)

    assert done.code == 2
    assert pool.leased() == {}
