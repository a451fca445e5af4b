"""RunInstances as any client of EC2 calls it, with a launch template or without.

The base takes no notice of launch templates. So what the template says is written into
the request, where the request itself does not say otherwise.

Rule: what cannot be found or combined is refused as EC2 refuses it.
Sources: EC2 API Reference, RunInstances and LaunchTemplateSpecification; "Error codes
for the Amazon EC2 API".
"""

from typing import Any
from urllib.parse import parse_qs

from asgwarm.local import seam
from asgwarm.local.answers import Answer, error_answer
from asgwarm.local.problem import AwsProblem
from asgwarm.local.signature import Request

Form = dict[str, str]  # the parameters of a call by their flat names

_TEMPLATE = "LaunchTemplate."
_INTERFACE = "NetworkInterface.1."
_TAGS = "TagSpecification."
_SINGLE = ("ImageId", "InstanceType", "KeyName", "UserData")


async def handle(request: Request) -> Answer:
    """Answer one RunInstances request."""
    asked = parse_qs(request.body.decode(), keep_blank_values=True)
    form = {name: values[0] for name, values in asked.items()}
    try:
        status, headers, body = await seam.ec2_answer(expanded(form))
    except AwsProblem as problem:
        return error_answer(
            "ec2",
            request.headers.get("content-type", ""),
            code=problem.code,
            message=problem.message,
            status=problem.status,
        )
    return Answer(status=status, headers=headers, body=body)


def expanded(form: Form) -> Form:
    """Return the request with its launch template's values in it, as the base reads it.

    Raises:
        AwsProblem: There is no such template or version, or two values contradict.
    """
    said = {name: value for name, value in form.items() if name.startswith(_TEMPLATE)}
    data: dict[str, Any] = {}
    tags: dict[str, str] = {}
    if said:
        data, tags = _template(said)
    _check(form, data)
    filled = {name: data[name] for name in _SINGLE if data.get(name)}
    profile = data.get("IamInstanceProfile") or {}
    if not any(name.startswith("IamInstanceProfile.") for name in form):
        filled |= {f"IamInstanceProfile.{name}": profile[name] for name in profile}
    own = {n: v for n, v in form.items() if n not in said and not n.startswith(_TAGS)}
    return filled | _network(form, data) | own | _tagged(tags | _tags(form))


def _template(said: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a launch template's data, and the tags that its instances get."""
    wanted = {name.removeprefix(_TEMPLATE): value for name, value in said.items()}
    if {"LaunchTemplateId", "LaunchTemplateName"} <= wanted.keys():
        raise AwsProblem(
            "InvalidParameterCombination",
            "You must specify either the launch template ID or the launch template "
            "name, but not both.",
        )
    try:
        template = seam.launch_template(wanted)
    except seam.Ec2Refused as error:
        raise _not_found(wanted) from error
    version = wanted.get("Version", "$Default")
    if version not in ("$Default", "$Latest", *template.versions):
        raise AwsProblem(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {version} for the launch template "
            f"with ID {template.template_id}.",
        )
    tags = {
        str(tag["Key"]): str(tag["Value"])
        for one in template.data.get("TagSpecifications") or []
        if one.get("ResourceType") == "instance"
        for tag in one.get("Tags") or []
    }
    # As AWS marks them; the number is that of the version, whatever it was called.
    number = template.version_of(version)
    own = {
        "aws:ec2launchtemplate:id": template.template_id,
        "aws:ec2launchtemplate:version": number,
    }
    return template.data, tags | own


def _not_found(wanted: Form) -> AwsProblem:
    if template_id := wanted.get("LaunchTemplateId"):
        return AwsProblem(
            "InvalidLaunchTemplateId.NotFoundException",
            f"The specified launch template, with template ID {template_id}, does not "
            "exist.",
        )
    name = wanted.get("LaunchTemplateName", "")
    return AwsProblem(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def _check(form: Form, data: dict[str, Any]) -> None:
    if not (form.get("ImageId") or data.get("ImageId")):
        raise AwsProblem(
            "MissingParameter", "The request must contain the parameter ImageId"
        )
    if not (_has(form, "NetworkInterface.") or data.get("NetworkInterfaces")):
        return
    for name, what in (
        ("SubnetId", "an instance-level subnet ID"),
        ("SecurityGroupId.1", "instance-level security groups"),
    ):
        if name in form:
            raise AwsProblem(
                "InvalidParameterCombination",
                f"Network interfaces and {what} may not be specified on the same "
                "request",
            )


def _network(form: Form, data: dict[str, Any]) -> Form:
    """Return subnet and security groups; an interface of the request replaces all."""
    if _has(form, _INTERFACE):
        subnet = form.get(f"{_INTERFACE}SubnetId", "")
        groups = _listed(form, f"{_INTERFACE}SecurityGroupId.")
    else:
        interface = (data.get("NetworkInterfaces") or [{}])[0]
        subnet = interface.get("SubnetId", "")
        groups = interface.get("Groups") or data.get("SecurityGroupIds") or []
        if _has(form, "SecurityGroupId."):
            groups = []
    found = {f"SecurityGroupId.{n}": group for n, group in enumerate(groups, start=1)}
    return found | ({"SubnetId": subnet} if subnet else {})


def _tags(form: Form) -> dict[str, str]:
    """Return the tags that the request gives to its instances."""
    found = {}
    for name, value in form.items():
        prefix, _, last = name.rpartition(".")
        kind = f"{_TAGS}{prefix.removeprefix(_TAGS).split('.')[0]}.ResourceType"
        if last == "Key" and form.get(kind) == "instance":
            found[value] = form.get(f"{prefix}.Value", "")
    return found


def _tagged(tags: dict[str, str]) -> Form:
    found = {f"{_TAGS}1.ResourceType": "instance"} if tags else {}
    for n, (key, value) in enumerate(tags.items(), start=1):
        found |= {f"{_TAGS}1.Tag.{n}.Key": key, f"{_TAGS}1.Tag.{n}.Value": value}
    return found


def _has(form: Form, prefix: str) -> bool:
    return any(name.startswith(prefix) for name in form)


def _listed(form: Form, prefix: str) -> list[str]:
    return [value for name, value in form.items() if name.startswith(prefix)]
