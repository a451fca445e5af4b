"""The guest on an instance that is in no group, started by a few lines of the bench."""

from asgwarm.bench.alone import PROGRAM, TARGET


def test_an_instance_in_no_group_is_reported(stage):
    """With a state that is none of AWS's, and the guest ends."""
    stage.region.target = None
    stage.machine.put("opt/asgwarm/alone.py", PROGRAM)

    process = stage.start("alone.py")

    row = stage.region.next_row()
    assert (row["target"], row["phase"]) == (TARGET, "done")
    assert row["host_key"].startswith("ssh-ed25519 ")
    assert row["pk"].endswith(":instance/i-0123456789abcdef0")
    assert process.wait(20) == 0


def test_it_is_reported_when_its_set_up_script_is_done(stage):
    """As on any instance of the pool."""
    stage.region.target = None
    stage.machine.put("opt/asgwarm/alone.py", PROGRAM)
    stage.machine.setup("exit 3")

    stage.start("alone.py")

    phases = [stage.region.next_row()["phase"]]
    if phases == ["setup"]:
        phases.append(stage.region.next_row()["phase"])
    assert phases[-1] == "failed"
