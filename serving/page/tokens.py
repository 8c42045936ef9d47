"""Tokens that forms carry: a page elsewhere can send a form here, but it cannot know the token."""

import hashlib
import hmac
import re
import secrets

from fastapi import Request
from starlette.responses import Response

from serving.desk import desk_of

COOKIE = "tenure_form"
SHAPE = re.compile(r"[0-9a-f]{32}")


async def token_for(request: Request) -> tuple[str, str]:
    """The browser's own number, a new one where it has none yet, and the token that goes with it."""
    number = request.cookies.get(COOKIE, "")
    if not SHAPE.fullmatch(number):
        number = secrets.token_hex(16)
    return number, await _token(request, number)


def remember(page: Response, number: str) -> None:
    """Let the browser keep its number; no script reads it, and no other site's request carries it."""
    page.set_cookie(COOKIE, number, httponly=True, samesite="strict")


async def is_ours(request: Request, token: str) -> bool:
    """Whether a form that came with `token` was given out to this very browser."""
    number = request.cookies.get(COOKIE, "")
    if not SHAPE.fullmatch(number):
        return False
    return hmac.compare_digest(token.encode(), (await _token(request, number)).encode())


async def _token(request: Request, number: str) -> str:
    desk = desk_of(request)
    secret = await desk.ask(desk.book.secret)
    return hmac.digest(secret.encode(), f"form {number}".encode(), hashlib.sha256).hex()
