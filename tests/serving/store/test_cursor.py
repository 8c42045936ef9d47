"""A cursor comes back as it was given out, for the same list, or not at all."""

import base64

import pytest

from serving.store.cursor import Cursor, CursorError, read, sign

SECRET = b"the store's own secret"
PLACE = Cursor(12, 0.1 + 0.2, "ümit/..'\"🦊")


def test_a_cursor_reads_back_to_the_last_digit():
    assert read(sign(PLACE, "at risk", SECRET), "at risk", SECRET) == PLACE


def test_every_flipped_byte_and_every_cut_is_refused():
    text = sign(PLACE, "at risk", SECRET)
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for place in range(len(packed)):
        flipped = packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]
        with pytest.raises(CursorError, match="not a cursor of this list"):
            read(base64.urlsafe_b64encode(flipped).decode(), "at risk", SECRET)
        with pytest.raises(CursorError, match="not a cursor of this list"):
            read(base64.urlsafe_b64encode(packed[:place]).decode(), "at risk", SECRET)


def test_a_cursor_of_another_list_or_another_store_is_refused():
    text = sign(PLACE, "at risk", SECRET)
    for listing, secret in [("members of LOYAL", SECRET), ("at risk", b"another store's secret")]:
        with pytest.raises(CursorError, match="Leave it out to start at the first page"):
            read(text, listing, secret)


@pytest.mark.parametrize(
    "text", ["", "=", "next", "a" * 10_000, "🦊", "\0", "e30", "../../etc/passwd", "%3D"]
)
def test_text_that_never_was_a_cursor_is_refused(text):
    with pytest.raises(CursorError, match="not a cursor of this list"):
        read(text, "at risk", SECRET)
