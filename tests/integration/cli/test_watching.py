"""`ls`, `status` and `template`, for people and for programs."""

import json

from tests.integration.pools import serve


def test_status_has_every_field(home, pool):
    """Counts beside targets, one reason, and what it costs now as an estimate."""
    pool.until_ready(3)

    status = home.run("status", pool.name, "--json").document

    assert status["schema"] == "asgwarm.status/v1"
    assert (status["pool"], status["region"]) == (pool.name, "us-east-1")
    assert set(status["counts"]) == {
        *("ready", "warming", "leased", "draining", "warm")
    }
    assert status["targets"] == {"hot": 3, "warm": 2, "cap": 60}
    rate = status["rate_per_hour"]
    assert (rate["currency"], rate["estimate"]) == ("USD", True)
    assert 0.3 < float(rate["amount"]) < 2


def test_full_is_an_exit_code(home, pool, region):
    """--exit-code is 0 for a full pool, 8 for another; without it both are 0."""
    region.until(lambda: home.run("status", pool.name, "--exit-code").code == 0)
    empty = serve(region, "dry", hot=0, warm=0, cap=1)
    _set_hot(region, empty.name)

    assert home.run("status", empty.name, "--exit-code").code == 8
    assert home.run("status", empty.name).code == 0


def _set_hot(region, pool):
    region.client("dynamodb").update_item(
        TableName=f"asgwarm-{pool}",
        Key={"pk": {"S": f"POOL#{pool}"}, "sk": {"S": "META"}},
        UpdateExpression="SET hot = :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def test_leases_and_ready_instances_are_listed(home, pool):
    """A lease has its owner and end; what is ready stands beside it."""
    pool.until_ready(2)
    home.run("get", pool.name, "--no-shell", "--name", "mine", "--ttl", "5m")

    listed = home.run("ls", pool.name, "--json").document
    shown = home.run("ls", pool.name)

    (lease,) = [one for one in listed["leases"] if one["name"] == "mine"]
    assert lease["lease_id"] in home.journal()
    assert lease["instance_id"] not in {one["instance_id"] for one in listed["ready"]}
    assert lease["lease_id"] in shown.out.decode()
    assert home.run("release", "mine").code == 0


def test_tables_in_a_pipe_are_neither_padded_nor_coloured(home, pool):
    """Lines end where their text does, and have no escape sequence."""
    pool.until_ready()

    for command in ("ls", "status"):
        lines = home.run(command, pool.name).out.decode().splitlines()
        assert lines
        assert [line for line in lines if line != line.rstrip()] == []
        assert max(map(len, lines)) < 200
        assert "\x1b" not in "".join(lines)


def test_text_of_a_row_cannot_act_on_the_terminal(home, pool, region):
    """A reason with control characters is shown as their names."""
    ready = pool.until_ready()
    region.client("dynamodb").update_item(
        TableName=f"asgwarm-{pool.name}",
        Key={"pk": {"S": f"POOL#{pool.name}#0"}, "sk": {"S": f"I#{ready[0]}"}},
        UpdateExpression="SET why = :why",
        ExpressionAttributeValues={":why": {"S": "\x1b]0;owned\x07\nREADY"}},
    )

    shown = home.run("status", pool.name).out.decode()

    assert r"\x1b]0;owned\x07\nREADY" in shown


def test_the_template_is_the_one_that_is_deployed(home, repository, pool, region):
    """`template` prints it, `--out` writes it, and the stack has the very same."""
    printed = home.run("template").out.decode()
    home.run("template", "--out", "pool.yaml")
    deployed = region.client("cloudformation").get_template(
        StackName=f"asgwarm-{pool.name}"
    )["TemplateBody"]

    assert printed == (home.folder / "pool.yaml").read_text() == deployed
    assert printed == (repository / "templates/pool.yaml").read_text()
    document = json.loads(home.run("template", "--json").out)
    assert document["template"] == printed


def test_one_template_is_printed_at_a_time(home, repository):
    """That of policies and roles is another one than that of an endpoint."""
    printed = home.run("template", "--access").out.decode()
    done = home.run("template", "--access", "--endpoint")

    assert printed == (repository / "templates/access.yaml").read_text()
    assert done.code == 2
    assert "one at a time" in done.err
