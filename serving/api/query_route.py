"""A route that is asked so often that what FastAPI does for its query would cost more than the answer."""

from collections.abc import Sequence
from typing import Any, get_origin, get_type_hints

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


class QueryRoute(APIRoute):
    """A route whose endpoint takes the request and a model of its query, called `query`, and nothing else.

    A query that fits the model goes to the endpoint at once; any other takes FastAPI's way, which says what is wrong
    with it. The OpenAPI document does not tell the difference.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        hint = get_type_hints(self.endpoint)["query"]
        self.model: type[BaseModel] = hint
        self.several = frozenset(
            name for name, field in hint.model_fields.items() if get_origin(field.annotation) is list
        )

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the endpoint itself, where method and query allow."""
        request = Request(scope, receive, send)
        query = self._query(request.query_params.multi_items())
        if query is None or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        answer = await self.endpoint(request, query)
        await answer(scope, receive, send)

    def _query(self, pairs: Sequence[tuple[str, str]]) -> BaseModel | None:
        """The model of the query; None where it does not fit, or a parameter is given twice that may not be."""
        given: dict[str, Any] = {}
        for name, text in pairs:
            if name in self.several:
                given.setdefault(name, []).append(text)
            elif name in given:
                return None
            else:
                given[name] = text
        try:
            return self.model.model_validate(given)
        except ValidationError:
            return None
