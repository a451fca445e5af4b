"""DynamoDB's expressions as Python closures, compiled once for each text.

    holds = condition("st = :READY AND gen = :gen")
    holds(item, values)                     -> bool
    change = update("SET st = :after REMOVE ready_key ADD gen :one")
    change(item, values)                    -> the item afterwards, a new one

Rule 1: the part of the grammar that the product speaks; anything else is an error,
never a guess.
Rule 2: items and values have DynamoDB's own form, {"N": "3"}, and are not changed.
Rule 3: an absent attribute fits no comparison but `<>`.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

Item = dict[str, Any]
Values = dict[str, Any]
Operand = Callable[[Item, Values], Any]
Condition = Callable[[Item, Values], bool]
Change = Callable[[Item, Values], Item]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|:\w+|\w+)")
_WORDS = {"AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE"}


class Unspoken(ValueError):
    """An expression beyond the grammar that is known here."""


@cache
def condition(text: str) -> Condition:
    """Return the test that a ConditionExpression or key condition stands for.

    Raises:
        Unspoken: It is none of the grammar.
    """
    parser = _Parser(text)
    found = parser.either()
    parser.end()
    return found


@cache
def update(text: str) -> Change:
    """Return what an UpdateExpression does.

    Raises:
        Unspoken: It is none of the grammar.
    """
    parser = _Parser(text)
    sets: list[tuple[str, Operand]] = []
    removes: list[str] = []
    while clause := parser.word("SET", "REMOVE", "ADD"):
        while True:
            name = parser.name()
            if clause == "REMOVE":
                removes.append(name)
            elif clause == "SET":
                parser.need("=")
                sets.append((name, parser.sum()))
            else:
                sets.append((name, _added(name, parser.operand())))
            if not parser.take(","):
                break
    parser.end()
    return _changing(sets, removes)


def _changing(sets: list[tuple[str, Operand]], removes: list[str]) -> Change:
    def change(item: Item, values: Values) -> Item:
        after = dict(item)
        for name, operand in sets:  # every operand is read from the item as it was
            found = operand(item, values)
            if found is None:
                raise Unspoken(f"{name} is set from an attribute that is not there")
            after[name] = found
        for name in removes:
            after.pop(name, None)
        return after

    return change


def _added(name: str, operand: Operand) -> Operand:
    def added(item: Item, values: Values) -> Any:
        before = item.get(name)
        return _sum(before, operand(item, values)) if before else operand(item, values)

    return added


def _sum(left: Any, right: Any, sign: int = 1) -> Any:
    return {"N": str(int(left["N"]) + sign * int(right["N"]))}


def _less(left: Any, right: Any) -> bool:
    """Whether both are of one kind and *left* sorts before *right*."""
    if left is None or right is None:
        return False
    if "N" in left:
        return "N" in right and int(left["N"]) < int(right["N"])
    return "S" in left and "S" in right and bool(left["S"] < right["S"])


def _same(left: Any, right: Any) -> bool:
    return left is not None and left == right


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "<>": lambda left, right: left != right,
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": lambda left, right: _same(left, right) or _less(left, right),
    ">=": lambda left, right: _same(left, right) or _less(right, left),
}

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "attribute_exists": lambda found, _: found is not None,
    "attribute_not_exists": lambda found, _: found is None,
    "attribute_type": lambda found, kind: found is not None and kind["S"] in found,
    "begins_with": lambda found, start: (
        found is not None and "S" in found and bool(found["S"].startswith(start["S"]))
    ),
}


class _Parser:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s", "", text):
            raise Unspoken(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, token: str) -> bool:
        found = self.peek() == token
        self.at += found
        return found

    def word(self, *words: str) -> str:
        """Take one of the words, in either case; an empty string when none is next."""
        found = self.peek().upper()
        self.at += found in words
        return found if found in words else ""

    def need(self, token: str) -> None:
        if not self.take(token):
            raise Unspoken(f"no {token!r} at {self.tokens[self.at :]} of {self.text}")

    def end(self) -> None:
        if self.peek():
            raise Unspoken(f"{self.tokens[self.at :]} is left of {self.text}")

    def name(self) -> str:
        found = self.peek()
        if not re.fullmatch(r"[a-z]\w*", found) or found.upper() in _WORDS:
            raise Unspoken(f"{found!r} is no attribute, in {self.text}")
        self.at += 1
        return found

    def either(self) -> Condition:
        parts = [self.both()]
        while self.word("OR"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else _any_of(parts)

    def both(self) -> Condition:
        parts = [self.single()]
        while self.word("AND"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else _all_of(parts)

    def single(self) -> Condition:
        if self.word("NOT"):
            inner = self.single()
            return lambda item, values: not inner(item, values)
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        if self.peek() in _TESTS:
            return self.test()
        return self.comparison()

    def test(self) -> Condition:
        test = _TESTS[self.name()]
        self.need("(")
        found = self.operand()
        other = self.operand() if self.take(",") else _nothing
        self.need(")")
        return lambda item, values: test(found(item, values), other(item, values))

    def comparison(self) -> Condition:
        left = self.operand()
        if self.word("IN"):
            return self.membership(left)
        if self.word("BETWEEN"):
            low = self.operand()
            self.need_and()
            high = self.operand()
            return _all_of([_compared("<=", low, left), _compared("<=", left, high)])
        sign = self.peek()
        if sign not in _COMPARE:
            raise Unspoken(f"{sign!r} compares nothing, in {self.text}")
        self.at += 1
        return _compared(sign, left, self.operand())

    def need_and(self) -> None:
        if not self.word("AND"):
            raise Unspoken(f"BETWEEN without AND in {self.text}")

    def membership(self, left: Operand) -> Condition:
        self.need("(")
        parts = [_compared("=", left, self.operand())]
        while self.take(","):
            parts.append(_compared("=", left, self.operand()))
        self.need(")")
        return _any_of(parts)

    def sum(self) -> Operand:
        left = self.operand()
        for token, sign in (("+", 1), ("-", -1)):
            if self.take(token):
                right = self.operand()
                return lambda item, values: _sum(
                    left(item, values),
                    right(item, values),
                    sign,  # the loop ends here
                )
        return left

    def operand(self) -> Operand:
        token = self.peek()
        if token.startswith(":"):
            self.at += 1
            return lambda _, values: values[token]
        name = self.name()
        if not self.take("("):
            return lambda item, _: item.get(name)
        left = self.operand()
        self.need(",")
        right = self.operand()
        self.need(")")
        if name == "if_not_exists":
            return lambda item, values: (
                found if (found := left(item, values)) else right(item, values)
            )
        if name == "list_append":
            return lambda item, values: {
                "L": [*left(item, values)["L"], *right(item, values)["L"]]
            }
        raise Unspoken(f"{name}() is not known, in {self.text}")


def _nothing(_item: Item, _values: Values) -> None:
    return None


def _compared(sign: str, left: Operand, right: Operand) -> Condition:
    compare = _COMPARE[sign]
    return lambda item, values: compare(left(item, values), right(item, values))


def _any_of(parts: list[Condition]) -> Condition:
    def found(item: Item, values: Values) -> bool:
        return any(part(item, values) for part in parts)

    return found


def _all_of(parts: list[Condition]) -> Condition:
    def found(item: Item, values: Values) -> bool:
        for part in parts:  # noqa: SIM110  # half the time of all()
            if not part(item, values):
                return False
        return True

    return found
