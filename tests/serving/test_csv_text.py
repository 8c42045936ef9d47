"""CSV cells: nothing that a spreadsheet would run, nothing that a machine could not read back."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.csv_text import csv_text, harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", '=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r1", "\n1",
        "＝1", "＋1", "－1", "＠a", "﹦1", " =1", "\ufeff=1", "\u202e=1", "\u00a0-1", "'quoted",
    ],
)  # fmt: skip
def test_text_that_would_run_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "007", "1e5", "a=b", "<script>", "🦊", "O'Neil", "é", "x-1", " x", "NULL"]
)
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text


def test_all_is_quoted_and_numbers_are_left_alone():
    row = {
        "id": "=1", "number": -1.5, "whole": -3, "flag": True, "none": None, "day": date(2024, 1, 1),
        "time": datetime(2024, 1, 1, 4, 30, tzinfo=UTC), "list": [{"a": '"'}], "text": 'a "b"\n',
    }  # fmt: skip
    assert list(csv_text([[row], [row]], tuple(row), raw=False)) == [
        '"id","number","whole","flag","none","day","time","list","text"\r\n',
        *[
            '"\'=1","-1.5","-3","true","","2024-01-01","2024-01-01T04:30:00+00:00",'
            '"[{""a"":""\\""""}]","a ""b""\n"\r\n'
        ]
        * 2,
    ]
    assert list(csv_text([[row]], ["id"], raw=True)) == ['"id"\r\n', '"=1"\r\n']


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_taking_the_apostrophe_away_gives_the_text_back(text):
    written = "".join(csv_text([[{"id": text}]], ["id"], raw=False))

    (_, [cell]) = csv.reader(io.StringIO(written, newline=""))
    assert (cell[1:] if cell.startswith("'") else cell) == text
