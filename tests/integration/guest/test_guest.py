"""The guest's script as a process, on a machine that is laid out for it."""

import os
from typing import Any

import pytest


def test_a_first_boot_into_the_pool_is_reported(stage):
    """The row carries boot, target, phase, host key and port, under the ARN."""
    stage.start()

    row = stage.region.next_row()

    assert row.pop("at") > 1_700_000_000
    assert row == {
        "pk": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
        "sk": "AGENT",
        "table": "asgwarm-dev",
        "boot_id": "boot-1",
        "target": "Warmed:Stopped",
        "phase": "done",
        "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBx",
        "port": stage.machine.port,
        "setup": "none",
        "v": 1,
    }


def test_a_boot_out_of_the_pool_has_its_own_boot_id(stage):
    """After a stop and a start the row says the new boot, and the guest ends."""
    stage.start()
    assert stage.region.next_row()["boot_id"] == "boot-1"
    stage.stop()
    stage.machine.boot("boot-2")
    stage.region.target = "InService"

    process = stage.start()

    row = stage.region.next_row()
    assert (row["boot_id"], row["target"]) == ("boot-2", "InService")
    assert process.wait(20) == 0


def test_a_state_that_is_not_there_yet_is_waited_for(stage):
    """A 404 of the metadata service is asked again until there is an answer."""
    stage.region.target = None
    stage.start()
    _await(stage, "target-lifecycle-state", times=3)
    assert stage.region.rows.empty()

    stage.region.target = "InService"

    assert stage.region.next_row()["target"] == "InService"


def test_a_stale_state_is_corrected(stage):
    """What changes while the guest looks on is written again, with the same boot."""
    process = stage.start()
    assert stage.region.next_row()["target"] == "Warmed:Stopped"

    stage.region.target = "InService"

    row = stage.region.next_row()
    assert (row["boot_id"], row["target"]) == ("boot-1", "InService")
    assert process.wait(20) == 0


def test_a_warm_running_instance_is_still_watched(stage):
    """In the pool the guest stays; only in service, or out of the group, it ends."""
    stage.region.target = "Warmed:Running"
    process = stage.start()
    stage.region.next_row()
    _await(stage, "target-lifecycle-state", times=2)
    assert process.poll() is None

    stage.region.target = "Detached"

    assert stage.region.next_row()["target"] == "Detached"
    assert process.wait(20) == 0


def test_metadata_that_comes_late_is_waited_for(stage):
    """A metadata service that hangs up is asked again."""
    stage.region.reachable = False
    stage.start()
    assert "RemoteDisconnected" in stage.next_line()

    stage.region.reachable = True

    assert stage.region.next_row()["phase"] == "done"


def test_an_sshd_that_comes_late_is_waited_for(stage):
    """Nothing is done before `sshd -T` answers."""
    stage.machine.put("usr/sbin/sshd", "#!/bin/sh\nexit 1\n", 0o755)
    stage.start()
    assert "CalledProcessError" in stage.next_line()
    assert stage.region.rows.empty()

    stage.machine.sshd()

    assert stage.region.next_row()["phase"] == "done"


def test_an_sshd_that_does_not_answer_is_not_done(stage):
    """A configuration is no proof: somebody has to say SSH-2.0 at the port."""
    stage.machine.close()
    stage.start()

    assert "ConnectionRefused" in stage.next_line()

    assert stage.region.rows.empty()


@pytest.mark.parametrize(
    "missing", ["not configured", "no such file", "not executable"]
)
def test_without_instance_connect_it_is_never_done(stage, missing):
    """Keys could be pushed and nobody would ever be let in."""
    eic = stage.machine.root / "opt/aws/bin/eic_run_authorized_keys"
    if missing == "not configured":
        stage.machine.sshd("none")
    elif missing == "no such file":
        eic.unlink()
    else:
        eic.chmod(0o644)
    process = stage.start()

    assert "EC2 Instance Connect is not in place" in stage.next_line()

    assert process.poll() is None
    assert stage.region.rows.empty()


def test_instance_connect_may_stand_in_the_options_of_sshds_unit(stage):
    """Its package sets no line of sshd's file but the options that sshd runs with."""
    command = "/opt/aws/bin/eic_run_authorized_keys %u %f"
    words = ("/usr/sbin/sshd", "-D", "-o", f"AuthorizedKeysCommand {command}")
    stage.machine.sshd("none")
    stage.machine.put("proc/812/cmdline", "\0".join(words))
    stage.start()

    assert stage.region.next_row()["phase"] == "done"


def test_the_key_lookup_has_run_before_it_is_done(stage):
    """At first touch a volume is slow; no user meets that."""
    ran = stage.machine.root / "ran"
    stage.machine.put(
        "opt/aws/bin/eic_run_authorized_keys", f"#!/bin/sh\necho $1 >{ran}\n", 0o755
    )
    stage.start()

    assert stage.region.next_row()["phase"] == "done"
    assert ran.read_text() == "root\n"


def test_a_key_lookup_that_fails_keeps_nobody_out(stage):
    """It knows no key of a user whom nobody asked about; that says nothing."""
    stage.machine.put(
        "opt/aws/bin/eic_run_authorized_keys", "#!/bin/sh\nfalse\n", 0o755
    )
    stage.start()

    assert stage.region.next_row()["phase"] == "done"


@pytest.mark.parametrize("skew_s", [-90, 90])
def test_with_a_wrong_clock_nothing_is_reported(stage, skew_s):
    """Pushed keys live 60 s by the instance's clock, so it must be right."""
    stage.region.skew_s = skew_s
    stage.start()
    assert "the clock is" in stage.next_line()
    assert stage.region.rows.empty()

    stage.region.skew_s = 10

    assert stage.region.next_row()["phase"] == "done"


def test_a_set_up_script_is_run_before_it_is_done(stage):
    """While it runs the phase is setup, so that the hook is kept alive."""
    gate = stage.machine.root / "gate"
    os.mkfifo(gate)
    stage.machine.setup(f"cat {gate}")
    stage.start()
    assert stage.region.next_row()["phase"] == "setup"

    gate.write_text("")

    row = stage.region.next_row()
    assert (row["phase"], row["setup"]) == ("done", "ok")


def test_a_failing_set_up_script_leaves_its_last_words(stage):
    """Phase failed, with the end of the output, 600 characters at most."""
    stage.machine.setup("seq 1 2000; echo no such package >&2; exit 3")
    stage.start()

    row = stage.region.next_row()
    while row["phase"] == "setup":
        row = stage.region.next_row()

    assert row["phase"] == "failed"
    assert row["setup"].startswith("failed: status 3: ")
    assert row["setup"].endswith("no such package")
    assert len(row["setup"]) <= 600


def test_a_set_up_script_that_takes_too_long_is_ended(stage):
    """The limit holds for the script and what it started."""
    stage.machine.settings(setup_timeout_s=0.5)
    stage.machine.setup("echo begun; sleep 600")
    stage.start()

    row = stage.region.next_row()
    while row["phase"] == "setup":
        row = stage.region.next_row()

    assert row["setup"] == "failed: too slow: begun"


def test_a_set_up_script_runs_once_in_the_life_of_an_instance(stage):
    """Later boots repeat its result."""
    count = stage.machine.root / "count"
    stage.machine.setup(f"echo run >> {count}")
    stage.region.target = "Warmed:Stopped"
    stage.start()
    while stage.region.next_row()["phase"] != "done":
        pass
    stage.stop()
    stage.machine.boot("boot-2")

    stage.start()

    assert stage.region.next_row()["setup"] == "ok"
    assert count.read_text() == "run\n"


def test_an_interrupted_set_up_script_has_failed(stage):
    """A boot that ended in the middle of it is no instance to hand out."""
    gate = stage.machine.root / "gate"
    os.mkfifo(gate)
    stage.machine.setup(f"cat {gate}")
    stage.start()
    stage.region.next_row()
    stage.stop()
    gate.write_text("")

    stage.start()

    assert stage.region.next_row()["setup"] == "failed: interrupted"


def test_a_set_up_script_that_may_not_be_executed_is_not_run(stage):
    """Where user data is only looked at, nothing of it is run."""
    stage.machine.setup("exit 1")
    (stage.machine.root / "opt/asgwarm/setup").chmod(0o644)
    stage.start()

    assert stage.region.next_row()["setup"] == "none"


def test_an_empty_set_up_script_is_none(stage):
    """The template writes one wherever nobody gave a script."""
    stage.machine.put("opt/asgwarm/setup", "", 0o755)
    stage.start()

    row = stage.region.next_row()
    assert (row["phase"], row["setup"]) == ("done", "none")


def test_a_throttling_table_is_written_in_the_end(stage):
    """A refused write is tried again, and its reason stands in the journal."""
    stage.region.throttled = 2
    stage.start()

    row = stage.region.next_row()

    assert row["phase"] == "done"
    assert "ThrottlingException" in stage.next_line()


def _await(stage: Any, path: str, *, times: int) -> None:
    """Wait until the guest has asked for *path* so often."""
    while times:
        if stage.region.attempts.get(timeout=20).endswith(path):
            times -= 1
