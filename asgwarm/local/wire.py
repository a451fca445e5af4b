"""The AWS query protocol, seen from the server, driven by botocore's service models.

A request is a form: Action, Version and the parameters with dotted names
(Tags.member.1.Key=…). The answer is XML. The models say how every shape is spelled, so
that an unmodified client of any kind understands this server.

Rule 1: what the model calls required, an enum or a bound is checked here, before any
action runs; the refusal is a ValidationError in AWS's words.
Rule 2: an answer that does not fit the model is a mistake of ours and raises KeyError
or TypeError, it is never sent.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeGuard
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.utils import parse_timestamp

from asgwarm.local.problem import AwsProblem, invalid, not_emulated
from asgwarm.local.wire_check import check, legible, readable

Params = dict[str, Any]
Tree = dict[str | None, Any]
_VALUE = None  # where a node of the tree keeps its own text, beside its children


class QueryProtocol:
    """Reads requests to one service and writes its answers."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._namespace = model.metadata.get("xmlNamespace") or (
            f"http://{model.endpoint_prefix}.amazonaws.com/doc/{model.api_version}/"
        )

    def parse(self, body: bytes) -> tuple[str, Params]:
        """The action and the typed parameters of a request.

        Raises:
            AwsProblem: MissingAction, InvalidAction, or ValidationError.
        """
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError:
            raise invalid("The request body is not a form in UTF-8") from None
        action = form.pop("Action", "")
        shape = self._input_shape(action)
        params = _read(shape, _tree(form), "") if shape else None
        params = {} if params is None else params
        if shape:
            check(shape, params)
        return action, params

    def typed(self, action: str, given: Mapping[str, Any]) -> Params:
        """*given* with the model's types, where a template has text for all scalars.

        Raises:
            AwsProblem: ValidationError, or NotImplemented for a name that the action
                does not have.
        """
        shape = self._input_shape(action)
        params: Params = _retype(shape, given, action) if shape else {}
        if shape:
            check(shape, params)
        return params

    def answer(self, action: str, result: Mapping[str, Any], request_id: str) -> bytes:
        """The XML of a successful answer."""
        operation = self._model.operation_model(action)
        shape = operation.output_shape
        inner = ""
        if shape:
            wrapper = shape.serialization.get("resultWrapper", f"{action}Result")
            inner = _write(shape, result, wrapper)
        metadata = _element("ResponseMetadata", _element("RequestId", request_id))
        return self._document(f"{action}Response", inner + metadata)

    def error(self, problem: AwsProblem, request_id: str) -> bytes:
        """The XML of a refusal."""
        side = "Sender" if problem.status < 500 else "Receiver"
        parts = {"Type": side, "Code": problem.code, "Message": problem.message}
        inner = "".join(
            _element(name, _text(legible(value))) for name, value in parts.items()
        )
        request = _element("RequestId", request_id)
        return self._document("ErrorResponse", _element("Error", inner) + request)

    def _input_shape(self, action: str) -> StructureShape | None:
        if not action:
            raise AwsProblem("MissingAction", "The request must contain an Action.")
        if action not in self._model.operation_names:
            version = self._model.api_version
            message = f"Could not find operation {action} for version {version}"
            raise AwsProblem("InvalidAction", message)
        return self._model.operation_model(action).input_shape

    def _document(self, name: str, inner: str) -> bytes:
        return f'<{name} xmlns="{self._namespace}">{inner}</{name}>'.encode()


@cache
def query_protocol(service: str) -> QueryProtocol:
    """The protocol of *service*, from the models that come with botocore."""
    data = [Loader.BUILTIN_DATA_PATH]
    loader = Loader(extra_search_paths=data, include_default_search_paths=False)
    return QueryProtocol(ServiceModel(loader.load_service_model(service, "service-2")))


def _tree(form: Mapping[str, str]) -> Tree:
    tree: Tree = {}
    for dotted, value in form.items():
        node = tree
        for part in dotted.split("."):
            node = node.setdefault(part, {})
        node[_VALUE] = value
    return tree


def _read(shape: Shape, node: Tree, where: str) -> Any:
    """What *node* says, typed by *shape*; None when it says nothing."""
    if isinstance(shape, StructureShape):
        read = {
            name: _read(member, _child(node, name, member), _path(where, name))
            for name, member in shape.members.items()
        }
        found = {name: value for name, value in read.items() if value is not None}
        return found or None
    if isinstance(shape, ListShape):
        return _read_list(shape, node, where)
    if isinstance(shape, MapShape):
        return _read_map(shape, node, where)
    return _scalar(shape, node[_VALUE], where) if _VALUE in node else None


def _child(node: Tree, name: str, member: Shape) -> Tree:
    spelled = member.serialization.get("name", name)
    if isinstance(member, ListShape) and _flattened(member):
        spelled = member.member.serialization.get("name", spelled)
    child: Tree = node.get(spelled, {})
    return child


def _read_list(shape: ListShape, node: Tree, where: str) -> list[Any] | None:
    if node.get(_VALUE) == "":  # how clients spell an empty list
        return []
    if not _flattened(shape):
        node = node.get(shape.member.serialization.get("name", "member"), {})
    entries = [_read(shape.member, entry, where) for entry in _numbered(node)]
    return [entry for entry in entries if entry is not None] or None


def _read_map(shape: MapShape, node: Tree, where: str) -> Params | None:
    if not _flattened(shape):
        node = node.get("entry", {})
    key = shape.key.serialization.get("name", "key")
    value = shape.value.serialization.get("name", "value")
    pairs = {
        _read(shape.key, entry.get(key, {}), where): _read(
            shape.value, entry.get(value, {}), where
        )
        for entry in _numbered(node)
    }
    return pairs or None


def _numbered(node: Tree) -> list[Tree]:
    numbers = sorted(filter(_is_number, node), key=int)
    return [node[number] for number in numbers]


def _is_number(key: str | None) -> TypeGuard[str]:
    return key is not None and key.isdecimal() and len(key) <= 9


def _scalar(shape: Shape, text: str, where: str) -> Any:
    try:
        return _READ[shape.type_name](text)
    except ValueError:
        raise invalid(
            f"Value '{text}' at '{where}' is not of type {shape.type_name}"
        ) from None


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


_READ: Mapping[str, Callable[[str], Any]] = {
    "string": readable,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": _boolean,
    "timestamp": parse_timestamp,
    "blob": b64decode,
}


def _retype(shape: Shape, value: Any, where: str) -> Any:
    if isinstance(shape, StructureShape):
        for name in value.keys() - shape.members.keys():
            raise not_emulated(f"the property {name} of {where}")
        return {
            name: _retype(shape.members[name], inner, f"{where}.{name}")
            for name, inner in value.items()
        }
    if isinstance(shape, ListShape):
        return [_retype(shape.member, entry, where) for entry in value]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _scalar(shape, text, where)


def _write(shape: Shape, value: Any, name: str) -> str:
    """*value* as an element (or elements) called *name*."""
    if isinstance(shape, StructureShape):
        members = (
            _write(member := shape.members[key], inner, _spelled(key, member))
            for key, inner in value.items()
        )
        return _element(name, "".join(members))
    if isinstance(shape, ListShape):
        entry = shape.member.serialization.get("name", "member")
        if _flattened(shape):
            return "".join(_write(shape.member, one, name) for one in value)
        inner = "".join(_write(shape.member, one, entry) for one in value)
        return _element(name, inner)
    if isinstance(shape, MapShape):
        return _write_map(shape, value, name)
    return _element(name, _text(_WRITE[shape.type_name](value)))


def _write_map(shape: MapShape, value: Mapping[str, Any], name: str) -> str:
    key = shape.key.serialization.get("name", "key")
    field = shape.value.serialization.get("name", "value")
    pairs = [
        _write(shape.key, one, key) + _write(shape.value, inner, field)
        for one, inner in value.items()
    ]
    if _flattened(shape):
        return "".join(_element(name, pair) for pair in pairs)
    return _element(name, "".join(_element("entry", pair) for pair in pairs))


def _spelled(name: str, member: Shape) -> str:
    spelled: str = member.serialization.get("name", name)
    if isinstance(member, ListShape) and _flattened(member):
        spelled = member.member.serialization.get("name", spelled)
    return spelled


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


_WRITE: Mapping[str, Callable[[Any], str]] = {
    "string": readable,
    "integer": "{:d}".format,
    "long": "{:d}".format,
    "float": repr,
    "double": repr,
    "boolean": lambda value: "true" if value else "false",
    "timestamp": _iso,
    "blob": lambda value: b64encode(value).decode(),
}


def _flattened(shape: Shape) -> bool:
    return bool(shape.serialization.get("flattened"))


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


def _text(value: str) -> str:
    # A bare carriage return would come out of an XML parser as a line feed.
    return escape(value, {"\r": "&#13;"})
