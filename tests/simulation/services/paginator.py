"""Pages as botocore's paginators turn them."""

from collections.abc import Callable, Iterator
from typing import Any


class Paginator:
    """Of an operation whose pages continue by a token; of others, the one page."""

    def __init__(self, method: Callable[..., dict[str, Any]]) -> None:
        self._method = method

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        answer = self._method(**parameters)
        yield answer
        while "NextContinuationToken" in answer:
            answer = self._method(**parameters, ContinuationToken=answer["NextContinuationToken"])
            yield answer
