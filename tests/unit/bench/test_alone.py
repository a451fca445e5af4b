"""User data for an instance that is in no group."""

import base64

import pytest
import yaml

from asgwarm.bench.alone import PROGRAM, user_data
from asgwarm.errors import GuardRefused


@pytest.fixture
def pools(repository):
    """The user data in the template."""
    text = (repository / "templates/pool.yaml").read_text()
    begun = text[text.index("      #cloud-config\n") :].split("\n\n")[0]
    lines = (line.removeprefix("      ") for line in begun.splitlines())
    return "\n".join(lines) + "\n"


def files_of(text):
    """What cloud-init would write, by path."""
    return {file["path"]: file for file in yaml.safe_load(text)["write_files"]}


def test_the_guest_is_started_by_a_program_of_the_benchs(pools):
    """Which is a file beside it; everything else is as on any instance."""
    before, after = files_of(pools), files_of(user_data(pools, pool="dev"))

    unit = "/etc/systemd/system/asgwarm-guest.service"
    own = after.pop("/opt/asgwarm/alone.py")
    assert base64.b64decode(own["content"]).decode() == PROGRAM
    assert (
        "ExecStart=/usr/bin/python3 /opt/asgwarm/alone.py\n" in after[unit]["content"]
    )
    assert {p: f for p, f in after.items() if p != unit} == {
        path: file for path, file in before.items() if path != unit
    }


@pytest.mark.parametrize("text", ["", "#cloud-config\nruncmd: [true]\n"])
def test_user_data_of_another_kind_is_refused(text):
    """It would start and never report."""
    with pytest.raises(GuardRefused, match="another version's"):
        user_data(text, pool="dev")
