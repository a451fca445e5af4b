"""What runs in the region is what the template says, and none of the package's files.

The template is deployed with a word changed in the function's source and one in the
guest's script, as nobody's package has them. Both words come out in the table.
"""

import re
from typing import Any

from asgwarm.stack.bundle import packed, unpacked
from asgwarm.stack.network import default_network
from asgwarm.stack.template import template_text

WRITER, SAYS = '"template"', '"said by it"'


def _changed(text: str) -> str:
    """The template with other words in what it carries."""
    (written,) = re.findall(r"settings\.pool,(\"function\")\)", text)
    (script,) = re.findall(r"(?<=content: )H4sI\S+", text)
    lines = unpacked(f"content: {script}").removeprefix("content: ")
    assert '"setup","none"' in lines
    return text.replace(
        f"settings.pool,{written})", f"settings.pool,{WRITER})"
    ).replace(script, packed(lines.replace('"none"', SAYS)))


def test_function_and_guest_are_the_template_s_own(region: Any):
    """A reviewer of the template has read what will run."""
    cloudformation, dynamodb = (
        region.client("cloudformation"),
        region.client("dynamodb"),
    )
    subnets = ",".join(default_network(region.client("ec2")).subnets)
    values = {"Pool": "changed", "Hot": "1", "Warm": "0", "Subnets": subnets}
    cloudformation.create_stack(
        StackName="asgwarm-changed",
        TemplateBody=_changed(template_text()),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": text}
            for key, text in values.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )

    def rows() -> list[dict[str, str]]:
        found = dynamodb.scan(TableName="asgwarm-changed")["Items"]
        return [{k: next(iter(v.values())) for k, v in row.items()} for row in found]

    def row_of(**said: str) -> Any:
        return next((row for row in rows() if said.items() <= row.items()), None)

    region.until(lambda: "asgwarm-changed" in dynamodb.list_tables()["TableNames"])
    ready = region.until(lambda: row_of(st="READY"))
    report = row_of(sk="AGENT")

    assert ready["updated_by"] == WRITER.strip('"')
    assert report["setup"] == SAYS.strip('"')
    cloudformation.delete_stack(StackName="asgwarm-changed")  # goes on by itself
