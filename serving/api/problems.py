"""Every answer that is not a success: problem details (RFC 9457), in one shape, never quoting the input."""

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("tenure.service")

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN = 20


@dataclass(frozen=True)
class Kind:
    """One way an answer can fail: what it is called in `type`, its HTTP status, and what to do about it."""

    slug: str
    status: int
    title: str
    remedy: str


@dataclass(frozen=True)
class FieldError:
    """Where in the request the trouble is, and what it is; never the value itself."""

    field: str
    reason: str


KINDS: tuple[Kind, ...] = (
    Kind("unusable-cursor", 400, "Unusable cursor", "Start again from the first page of the list."),
    Kind("unreadable-address", 400, "Unreadable address", "Percent-encode the address as UTF-8."),
    Kind(
        "read-only",
        403,
        "Read only",
        "Ask the service that may write; see [serving] read_only, and the rights of the database's user.",
    ),
    Kind("unknown-path", 404, "Nothing here", "See /docs for every address that answers."),
    Kind("unknown-customer", 404, "Unknown customer", "Check the id against the shop's own records."),
    Kind("unknown-segment", 404, "Unknown segment", "GET /v1/segments names them all."),
    Kind("unknown-campaign", 404, "Unknown campaign", "GET /v1/campaigns names them all."),
    Kind("unknown-export", 404, "Unknown export", "Ask for it again: POST /v1/exports."),
    Kind("wrong-method", 405, "Wrong method", "The Allow header names the methods of this address."),
    Kind("slow-request", 408, "Request too slow", "Send the whole body within a few seconds."),
    Kind(
        "export-not-there",
        409,
        "Export not there",
        "GET /v1/exports/{id} says how far it is; ask again for one that failed.",
    ),
    Kind(
        "outdated-cursor", 410, "Outdated cursor", "The list has moved on: start again from its first page."
    ),
    Kind(
        "outdated-changes",
        410,
        "Outdated changes",
        "Begin again with since=start, or export everybody and take a new cursor.",
    ),
    Kind("campaign-exists", 409, "Campaign exists", "Choose another name, or send the same body again."),
    Kind("too-large", 413, "Body too large", "Send fewer rows at a time."),
    Kind("wrong-content-type", 415, "Wrong content type", "Send the body as plain application/json."),
    Kind(
        "wrong-host", 421, "Wrong host", "Use one of the names under [serving] allowed_hosts in tenure.toml."
    ),
    Kind("unusable-input", 422, "Unusable input", "`errors` names each field and what is wrong with it."),
    Kind("reused-key", 422, "Reused key", "Use a new Idempotency-Key for a new request."),
    Kind("no-purchase", 422, "No purchase", "Send at least one purchase from before `as_of`."),
    Kind("failure", 500, "Failure", "Look the request id up in the service's log."),
    Kind("no-scores", 503, "No scores yet", "Run `tenure score`; the service picks them up by itself."),
    Kind("no-model", 503, "No model yet", "Run `tenure train`; the service picks it up by itself."),
    Kind("no-store", 503, "Score store out of reach", "See that the store under [store] url answers."),
    Kind(
        "no-exports",
        503,
        "Exports cannot be made",
        "See that the folder under [serving] exports can be written.",
    ),
    Kind("not-ready", 503, "Not ready", "`reasons` says what is missing."),
    Kind("busy", 503, "Busy", "Try again after the seconds in Retry-After."),
)
_BY_SLUG = {kind.slug: kind for kind in KINDS}


class Problem(HTTPException):
    """Raised anywhere behind the door; becomes the answer. FastAPI lets its own kind of exception through."""

    def __init__(
        self,
        slug: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        self.kind = _BY_SLUG[slug]
        super().__init__(self.kind.status, detail, dict(headers or {}))
        self.errors = tuple(errors)
        self.members = members

    def in_body(self) -> Self:
        """The same about filters that came in a body; whoever asked by them names the fields of an address."""
        return self._renamed(lambda field: field.replace("query.", "body.filters.", 1))

    def of_field(self, name: str) -> Self:
        """The same about the only field that it can be about."""
        return self._renamed(lambda _: name)

    def _renamed(self, rename: Callable[[str], str]) -> Self:
        errors = [FieldError(rename(error.field), error.reason) for error in self.errors]
        detail = str(self.detail)
        for before, error in zip(self.errors, errors, strict=True):
            detail = detail.replace(before.field, error.field)
        return type(self)(self.kind.slug, detail, errors, self.headers, **self.members)

    def answer(self, request_id: str) -> JSONResponse:
        """The problem as an HTTP answer."""
        body: dict[str, Any] = {
            "type": f"/docs#{self.kind.slug}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "remedy": self.kind.remedy,
            "request_id": request_id,
            **self.members,
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        headers = dict(self.headers or {})
        if self.kind.status == 503:
            headers.setdefault("Retry-After", "10")
        return JSONResponse(body, self.kind.status, headers, MEDIA_TYPE)

    def brief(self) -> dict[str, str]:
        """The problem of one among many, inside an answer that is otherwise a success."""
        return {"type": f"/docs#{self.kind.slug}", "title": self.kind.title, "detail": str(self.detail)}


def request_id_of(scope: Scope) -> str:
    """The id under which the request stands in the log."""
    return str(scope.get("state", {}).get("request_id", "none"))


def problem_of_invalid(invalid: RequestValidationError) -> Problem:
    """What pydantic refused: place and reason of the first few, not the input."""
    found = invalid.errors()
    errors = [FieldError(field_name(error["loc"]), str(error["msg"])) for error in found[:ERRORS_SHOWN]]
    more = f", and {len(found) - ERRORS_SHOWN} more" if len(found) > ERRORS_SHOWN else ""
    return Problem("unusable-input", f"{errors[0].field}: {errors[0].reason}{more}", errors)


def problem_of_http(error: HTTPException) -> Problem:
    """What the router itself refused: an unknown path, a wrong method."""
    if isinstance(error, Problem):
        return error
    if error.status_code == 405:
        return Problem("wrong-method", "This address does not answer that method.", headers=error.headers)
    if error.status_code == 404:
        return Problem("unknown-path", "Nothing is served at this address.")
    return Problem("unusable-input", "The request cannot be read.")


def field_name(location: Sequence[Any]) -> str:
    """`("body", "customer_ids", 3)` as `body.customer_ids[3]`; made-up names are cut and cleaned."""
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            printable = "".join(c if c.isprintable() else "?" for c in str(part)[:60])
            name += f".{printable}" if name else printable
    return name


class LastResort:
    """Answers 500 where anything else went wrong; the log gets the place, never the message or the input."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and catch what comes back."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except Exception as error:
            if scope["type"] != "http":
                raise
            if not isinstance(error, Problem):
                logger.error(
                    "%s in request %s\n%s",
                    type(error).__name__,
                    request_id_of(scope),
                    "".join(traceback.format_tb(error.__traceback__)),
                )
                error = Problem("failure", "Tenure failed to answer; the fault is not in the request.")
            if started:
                raise ConnectionAbortedError("the answer broke off half-way") from None
            await error.answer(request_id_of(scope))(scope, receive, send)
