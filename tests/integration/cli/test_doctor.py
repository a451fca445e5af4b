"""`asgwarm doctor`, as it is typed."""

import pytest


@pytest.fixture
def off(region, pool):
    """The name of its schedule, which is off until the test is over."""
    client = region.client("events")
    (schedule,) = [
        rule["Name"]
        for rule in client.list_rules(NamePrefix=f"asgwarm-{pool.name}-Schedule")[
            "Rules"
        ]
    ]
    client.disable_rule(Name=schedule)
    yield schedule
    client.enable_rule(Name=schedule)


def test_what_is_found_has_its_cause_and_its_command(home, pool, off):
    """A line for each check, what was found below, and exit 8."""
    done = home.run("doctor", pool.name)

    shown = done.out.decode()
    assert done.code == 8
    assert "✓ stack       CREATE_COMPLETE" in shown
    assert "✗ function    schedule-disabled" in shown
    assert f"  next   aws events enable-rule --name {off}\n" in shown
    assert done.err == f"pool {pool.name}: 1 finding, 13 of 13 checks made\n"


def test_the_document_has_all_checks_and_findings(home, pool, off):
    """One line on stdout, nothing on stderr."""
    done = home.run("doctor", pool.name, "--json")

    (found,) = done.document["findings"]
    assert (done.code, done.err) == (8, "")
    assert done.document["schema"] == "asgwarm.doctor/v1"
    assert (done.document["pool"], done.document["region"]) == (pool.name, "us-east-1")
    assert len(done.document["checks"]) == 13
    assert all(check["made"] for check in done.document["checks"])
    assert (found["id"], found["check"]) == ("schedule-disabled", "function")
    assert found["severity"] == "error"
    assert set(found) == {"id", "severity", "check", "what", "cause", "next"}


def test_a_pool_that_is_not_there_is_looked_for_where_it_was(home, region):
    """The command to type next reaches the same region."""
    done = home.run("doctor", "nowhere", "--local")

    assert done.code == 8
    assert "  next   asgwarm up nowhere --local\n" in done.out.decode()
    assert "? way in      could not be looked at" in done.out.decode()
