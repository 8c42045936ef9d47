"""Time lines: published with a batch, and only those of the batch that is served."""

from dataclasses import replace
from datetime import date

from serving.store.timelines import Happening, Timeline, write

LOYAL = Timeline(
    "loyal",
    (
        Happening(date(2023, 12, 29), "purchase", 1, 10.0),
        Happening(date(2023, 12, 28), "email_open", 2, None),
        Happening(date(2023, 12, 1), "refund", 1, -5.0),
    ),
    {"email_open": 2, "session": 7},
)
SILENT = Timeline("lapsed", (Happening(date(2023, 6, 15), "purchase", 1, 55.0),), {})


def test_time_lines_come_with_their_batch_and_go_with_the_next(writer, reader, batch, six_scores):
    writer.publish(batch, [six_scores], timelines=[write([LOYAL, SILENT])])
    assert reader.timeline("loyal") == LOYAL
    assert reader.timeline("lapsed") == SILENT
    assert [reader.timeline(nobody) for nobody in ("one-time", "x" * 10_000, "\0", "\ud800")] == [None] * 4
    assert reader.lately(["loyal", "lapsed", "one-time", "\0"]) == {
        "loyal": {"email_open": 2, "session": 7},
        "lapsed": {},
    }

    # The same scores again: nothing changes.
    writer.publish(batch, [six_scores], timelines=[])
    assert reader.timeline("loyal") == LOYAL

    tomorrow = replace(batch, as_of=date(2024, 1, 2), fingerprint="log of 2024-01-02")
    writer.publish(tomorrow, [six_scores], timelines=[write([replace(SILENT, customer_id="\"; --'<b>")])])
    assert (reader.timeline("loyal"), reader.lately(["loyal"])) == (None, {})
    assert reader.timeline("\"; --'<b>").happenings == SILENT.happenings
