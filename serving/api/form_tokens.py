"""Tokens for the page's forms: proof that a form was read from this service and not from a page elsewhere.

The service has no sessions, and its one cookie names a reader's language and nothing else, so nothing but the
token tells the two apart: a page elsewhere can send a form here, and cannot read one from here. The token rests on
the store's secret alone. Whoever sets the cookie, or sends it along, chooses a language and gets no further.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta

GOOD_FOR = timedelta(hours=12)
SIGNATURE_BYTES = 16


def form_token(secret: str, form: str, now: datetime) -> str:
    """A token for the form called `form`, good for twelve hours; `secret` is that of the store."""
    seconds = int(now.timestamp()).to_bytes(8)
    return base64.urlsafe_b64encode(_signature(secret, form, seconds) + seconds).decode()


def is_from_here(token: str, secret: str, form: str, now: datetime) -> bool:
    """Whether `form_token` gave the token out for this form, and lately."""
    try:
        packed = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    signature, seconds = packed[:SIGNATURE_BYTES], packed[SIGNATURE_BYTES:]
    if len(seconds) != 8 or not hmac.compare_digest(signature, _signature(secret, form, seconds)):
        return False
    age = now - datetime.fromtimestamp(int.from_bytes(seconds), UTC)
    return timedelta(minutes=-5) <= age <= GOOD_FOR


def _signature(secret: str, form: str, seconds: bytes) -> bytes:
    return hmac.digest(f"form {secret}".encode(), form.encode() + seconds, "sha256")[:SIGNATURE_BYTES]
