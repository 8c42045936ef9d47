"""Entity tags: an answer that a client already has is not sent again (RFC 9110, 8.8.3 and 13.1.2)."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def tagged(request: Request, answer: Response) -> Response:
    """The answer with a strong ETag of its bytes; 304 without them where If-None-Match names that.

    The bytes name batch and model version, so the tag changes with either. The answer is personal: only the
    client itself may keep it, and asks each time whether it still holds.
    """
    tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    # Starlette's own ways to read and to set a header look through all of them, and decode each.
    if asked := b",".join(value for name, value in request.scope["headers"] if name == b"if-none-match"):
        known = {one.strip().removeprefix("W/") for one in asked.decode("latin-1").split(",")}
        if tag in known or "*" in known:
            answer = Response(status_code=304)
    answer.raw_headers += [(b"etag", tag.encode()), (b"cache-control", b"private, no-cache")]
    return answer
