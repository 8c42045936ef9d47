"""A route that is asked so often that what FastAPI does for its one parameter would cost as much as the answer."""

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from serving.api.ids import refusal


class IdRoute(APIRoute):
    """A route whose endpoint takes the request and a customer's id in the path, and nothing else.

    An id that can be one goes to the endpoint at once; any other takes FastAPI's way, which says what is wrong
    with it. The OpenAPI document does not tell the difference.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the endpoint itself, where method and id allow."""
        (customer_id,) = scope["path_params"].values()
        if scope["method"] not in (self.methods or ()) or refusal(customer_id) is not None:
            await super().handle(scope, receive, send)
            return
        answer = await self.endpoint(Request(scope, receive, send), customer_id)
        await answer(scope, receive, send)
