"""Cursors: where a list was left, opaque and signed, good for one batch and one list only."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

SIGNATURE_BYTES = 16


class CursorError(Exception):
    """The cursor was not given out for this list, or was altered; the answer is 400."""


class CursorGoneError(CursorError):
    """The cursor's batch is no longer kept; the answer is 410."""


@dataclass(frozen=True)
class Cursor:
    """The last row seen: its sort value and customer, in batch `sequence`."""

    sequence: int
    value: float
    customer_id: str


def sign(cursor: Cursor, listing: str, secret: bytes) -> str:
    """The cursor as text for a URL. `listing` names sort and filters: another list refuses it."""
    place = json.dumps([cursor.sequence, cursor.value, cursor.customer_id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(place, listing, secret) + place).rstrip(b"=").decode()


def read(text: str, listing: str, secret: bytes) -> Cursor:
    """The cursor that `sign` wrote for the same listing; CursorError for any other text."""
    try:
        packed = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (UnicodeEncodeError, binascii.Error):
        packed = b""
    signature, place = packed[:SIGNATURE_BYTES], packed[SIGNATURE_BYTES:]
    if not place or not hmac.compare_digest(signature, _signature(place, listing, secret)):
        raise CursorError(
            "cursor: this is not a cursor of this list. Leave it out to start at the first page, "
            "and repeat sort and filters exactly as they were when it was given."
        )
    sequence, value, customer_id = json.loads(place)
    return Cursor(sequence, value, customer_id)


def _signature(place: bytes, listing: str, secret: bytes) -> bytes:
    return hmac.digest(secret, hashlib.sha256(listing.encode()).digest() + place, "sha256")[:SIGNATURE_BYTES]
