"""What is read out of AWS's descriptions."""

import pytest

from asgwarm.domain.fleet import template_of


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ({"LaunchTemplateId": "lt-1", "LaunchTemplateName": "x", "Version": "3"}, True),
        ({"LaunchTemplateId": "lt-1", "Version": "$Latest"}, False),
        ({"LaunchTemplateId": "lt-1", "Version": "$Default"}, False),
        ({"LaunchTemplateId": "lt-1"}, False),
    ],
)
def test_a_launch_template_is_known_by_its_id_and_a_number(named, known):
    """A replaced one begins at 1 again, and a word for a version may move."""
    assert template_of({"LaunchTemplate": named}) == ("lt-1 3" if known else "")


def test_what_was_attached_by_hand_may_have_no_launch_template():
    """Nor has a group of mixed instances."""
    assert template_of({"InstanceId": "i-1"}) == ""
