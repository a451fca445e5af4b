"""What a live test found, as a page for people and a document for programs.

Rule: where it was not AWS that answered, the report says so at its head and at every
answer that only AWS can give.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.acceptance.answers import NOT_ASKED, Answer

EMULATED = "emulated: AWS's answer is open"


@dataclass(frozen=True)
class Report:
    """One live test.

    Attributes:
        endpoint: What answered instead of AWS; empty for AWS.
        trouble: What ended it early; empty when nothing did.
        left: What is left of the pool; None where nobody could look.
    """

    account: str
    region: str
    endpoint: str
    version: str
    at: str
    took_s: int
    answers: Sequence[Answer]
    trouble: str
    left: Sequence[str] | None

    @property
    def is_good(self) -> bool:
        """Whether it went to its end and left nothing."""
        return not self.trouble and self.left is not None and not self.left


def write(report: Report, folder: Path) -> Path:
    """Write live.json and live.md into a folder; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    document = asdict(report) | {"schema": "asgwarm.live/v1"}
    (folder / "live.json").write_text(json.dumps(document, indent=1) + "\n")
    page = folder / "live.md"
    page.write_text("\n".join(_lines(report)) + "\n")
    return page


def _lines(report: Report) -> list[str]:
    where = report.endpoint or "AWS"
    lines = [
        "# A live test of asgwarm",
        "",
        f"asgwarm {report.version}, {report.at}, {report.took_s} s, account "
        f"{report.account}, {report.region}, answered by {where}",
        "",
    ]
    if report.endpoint:
        lines += ["**This was an emulated region. It says nothing about AWS.**", ""]
    if report.trouble:
        lines += [f"**It ended early:** {report.trouble}", ""]
    for answer in report.answers:
        lines += [f"## {answer.question}", _says(answer, report)]
        lines += [f"- `{' '.join(line.split())}`" for line in answer.evidence if line]
        lines.append("")
    return [*lines, "## Is anything left?", *_left(report)]


def _says(answer: Answer, report: Report) -> str:
    open_still = report.endpoint and answer.only_aws and answer.says != NOT_ASKED
    doubt = f" ({EMULATED})" if open_still else ""
    return f"{answer.says}{doubt}"


def _left(report: Report) -> list[str]:
    if report.left is None:
        return ["nobody could look: see the trouble above"]
    return [f"- `{line}`" for line in report.left] or ["no"]
