"""A user's client of DynamoDB, with something of a test's own around one call."""

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


class Around:
    """What the product calls is called; before it and with its answer, the test is.

    Args:
        method: The one call that is meant, `update_item`.
        before: Called before it is made; what it raises is the answer.
        after: Called with the answer, which it may change.
    """

    def __init__(
        self,
        client: Any,
        method: str,
        *,
        before: Callable[[], object] = lambda: None,
        after: Callable[[Document], object] = lambda answer: None,
    ) -> None:
        self._client = client
        self._method = method
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._method:
            return real

        def call(**parameters: Any) -> Document:
            self._before()
            answer: Document = real(**parameters)
            self._after(answer)
            return answer

        return call
