"""What a request may cost: how many bytes, in which content type, for how long, addressed to which host."""

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import Problem
from serving.settings import ServingSettings

PROBES = ("/healthz", "/readyz")
"""Addresses that answer whatever the host name: orchestrators ask by the address of the container."""

FORMS = ("/contacts", "/campaigns")
"""Addresses that the page's own forms are sent to; a token in each tells that it is the page's own."""
FORM = "application/x-www-form-urlencoded"


class RequestLimits:
    """Reads the body whole before the application sees it, and refuses what is too large, slow or foreign.

    The limits are the application's own `state.limits`, ServingSettings, known once it has started.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the address, the headers and the body in this order."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limits = scope["app"].state.limits
        headers = Headers(scope=scope)
        _check_host(scope["path"], headers, limits.allowed_hosts)
        _check_address(scope)
        body = b""
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            body = await _read_body(receive, limits)
            _check_content_type(scope["path"], headers)
        try:
            async with asyncio.timeout(limits.max_seconds):
                await self.app(scope, _replay(body, receive), send)
        except TimeoutError:
            raise Problem("busy", f"No answer within {limits.max_seconds:g} seconds.") from None


_CLOSE = {"Connection": "close"}


def _check_host(path: str, headers: Headers, allowed_hosts: Sequence[str]) -> None:
    if path in PROBES or "*" in allowed_hosts:
        return
    host = headers.get("host", "").lower()
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    if name not in allowed_hosts:
        raise Problem("wrong-host", "Tenure does not answer under this host name.")


async def _read_body(receive: Receive, limits: ServingSettings) -> bytes:
    """The body; one that is too large is read to its end and forgotten, so that the client hears why."""
    body = bytearray()
    size = 0
    try:
        async with asyncio.timeout(limits.max_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem("slow-request", "The body broke off.", headers=_CLOSE)
                size += len(message.get("body", b""))
                if size > limits.max_body_bytes:
                    body.clear()
                else:
                    body += message.get("body", b"")
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        if size <= limits.max_body_bytes:
            detail = f"The body did not arrive within {limits.max_seconds:g} seconds."
            raise Problem("slow-request", detail, headers=_CLOSE) from None
    if size > limits.max_body_bytes:
        raise Problem("too-large", f"A body may have {limits.max_body_bytes:,} bytes.", headers=_CLOSE)
    return bytes(body)


def _check_address(scope: Scope) -> None:
    try:
        unquote_to_bytes(scope.get("raw_path") or scope["path"]).decode()
        unquote_to_bytes(scope["query_string"].replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Problem("unreadable-address", "The address is not UTF-8 once decoded.") from None


def _check_content_type(path: str, headers: Headers) -> None:
    wanted = FORM if path in FORMS else "application/json"
    for given in headers.getlist("content-type") or [""]:
        kind, _, parameters = given.lower().partition(";")
        if kind.strip() != wanted or parameters.strip() not in ("", "charset=utf-8"):
            raise Problem("wrong-content-type", f"A body must be {wanted} in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("wrong-content-type", "A body must not be compressed.")


def _replay(body: bytes, receive: Receive) -> Receive:
    unread = [body]

    async def replay() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return replay
