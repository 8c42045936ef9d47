"""JSON read strictly: what other parsers would read differently is refused, not guessed."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from serving.api.problems import FieldError, Problem

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(body: bytes) -> Any:
    """The value in `body`: UTF-8, no key twice, no NaN or Infinity, no half of a surrogate pair.

    Raises Problem 422. What the values are is checked by the models afterwards.
    """
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_float=_number, parse_constant=_refuse_constant
        )
        if SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError:
        reason = "holds half of a surrogate pair, which is not Unicode"
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    except RecursionError:
        reason = "is nested too deeply"
    except json.JSONDecodeError as error:
        reason = f"is not JSON (line {error.lineno}, column {error.colno})"
    except ValueError:
        reason = "holds a number with too many digits"
    raise _problem("body", reason)


class StrictRoute(APIRoute):
    """A route whose body is read by `parse_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, behind a request that parses strictly."""
        handler = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strictly


class StrictRequest(Request):
    """A request whose `json()` is strict."""

    async def json(self) -> Any:
        """The body, or Problem 422."""
        return parse_json(await self.body())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _problem(twice, "stands twice in the same object")
    return found


def _number(text: str) -> float | int:
    """`81.0` is the integer 81, as in JSON Schema, which the OpenAPI document speaks."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(name: str) -> float:
    raise _problem("body", f"holds {name}, which is not a number JSON knows")


def _problem(field: str, reason: str) -> Problem:
    shown = field if field.isascii() and field.isprintable() and len(field) <= 60 else "a key"
    return Problem("unusable-input", f"{shown}: {reason}", [FieldError(shown, reason)])
