"""Lines that hold no row: each is told or the file is refused, and none is lost."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.door.csv_file import read_csv, read_header
from features.door.embedded import open_duckdb
from features.errors import DataError

HEADER = "id,name,amount\n"


@pytest.fixture(scope="module")
def read_text(tmp_path_factory):
    """The rows and the unreadable lines of a file with this text or these bytes."""
    folder = tmp_path_factory.mktemp("csv")
    con = open_duckdb(None, [folder], memory_limit="500MB", threads=2)

    def read(content):
        path = folder / "log.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        header = read_header(path, ["id"])
        table, unreadable = read_csv(con, path, header, {name: n for n, name in enumerate(header.names)})
        rows = [tuple(row.values()) for row in table.order_by("tenure_row").to_pyarrow().to_pylist()]
        return rows, [(line.number, line.reason, line.text) for line in unreadable]

    return read


def test_lines_with_too_few_or_too_many_cells_are_told_and_the_others_keep_their_numbers(read_text):
    rows, unreadable = read_text(HEADER + "1,A,10\n2,B\n3,C,10\n4,D,1,1\n5,E,10\n6")
    assert rows == [(2, "1", "A", "10"), (4, "3", "C", "10"), (6, "5", "E", "10")]
    assert unreadable == [
        (3, "has more or fewer cells than the header", "2,B"),
        (5, "has more or fewer cells than the header", "4,D,1,1"),
        (7, "has more or fewer cells than the header", "6"),
    ]


def test_a_line_that_is_not_utf8_is_told(read_text):
    rows, unreadable = read_text(HEADER.encode() + b"1,A,10\n2,caf\xe9,10\n3,C,10\n")
    assert [row[0] for row in rows] == [2, 4]
    assert [(number, reason) for number, reason, _ in unreadable] == [(3, "is not written in UTF-8")]


def test_a_quotation_mark_out_of_place_is_told_when_it_closes_on_its_line(read_text):
    rows, unreadable = read_text(HEADER + '1,A,10\n2,"B"x,10\n3,5" nail,10\n')
    assert rows == [(2, "1", "A", "10"), (4, "3", '5" nail', "10")]
    assert unreadable == [(3, "has a quotation mark out of place", '2,"B"x,10')]


@pytest.mark.parametrize(
    "text",
    [
        '1,A,10\n2,"B,10\n3,C,10\n4,D,10\n',
        '1,A,10\n2,"B,10\n3,C,10\n4,"D,10\n5,E,10\n',
        '1,A,10\n2,B,"10\n3,C,10\n',
        '1,A,10\n2,"' + "x" * 30_000 + ",10\n" + "3,C,10\n" * 400_000,
    ],
    ids=["never closed", "closed elsewhere", "in the last cell", "past the longest line"],
)
def test_a_quotation_mark_that_stays_open_is_never_swallowed(read_text, text):
    with pytest.raises(DataError, match=r"line 3: a quotation mark opens a cell .* Write a quotation mark"):
        read_text(HEADER + text)


def test_a_cell_of_ten_megabytes_is_told(read_text):
    rows, unreadable = read_text(HEADER + f'1,A,10\n2,"{"x" * 10_000_000}",10\n3,C,10\n')
    assert [row[0] for row in rows] == [2, 4]
    assert [(number, reason) for number, reason, _ in unreadable] == [(3, "is longer than 2,000,000 bytes")]


def test_line_breaks_and_quotation_marks_inside_a_cell_belong_to_it(read_text):
    rows, unreadable = read_text(HEADER + '1,"A\nsays ""hi"", and\r\ngoes",10\n2,B,10\n')
    assert [row[2] for row in rows] == ['A\nsays "hi", and\r\ngoes', "B"]
    assert unreadable == []


def test_too_many_lines_without_a_row_stop_the_reading(read_text):
    with pytest.raises(
        DataError, match=r"more than 10,000 lines hold no row \(first: line 2 has more or fewer"
    ):
        read_text(HEADER + "1,A\n" * 10_001)


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    rows=st.lists(st.tuples(cells, cells, cells).filter(any), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_python_writes_is_read_back(read_text, rows, line_end):
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator=line_end)
    writer.writerows([("id", "name", "amount"), *rows])
    found, unreadable = read_text(written.getvalue())
    assert [row[1:] for row in found] == [tuple(cell or None for cell in row) for row in rows]
    assert unreadable == []


lines = st.text(st.sampled_from('a1 ,,,"";\u00e9'), min_size=1, max_size=12).filter(str.strip)


@given(lines=st.lists(lines, max_size=12))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_line_is_a_row_or_told_or_the_file_is_refused(read_text, lines):
    try:
        rows, unreadable = read_text(HEADER + "".join(f"{line}\n" for line in lines))
    except DataError as refused:
        assert "a quotation mark opens a cell" in str(refused)  # noqa: PT017
        return
    told = [cell for row in rows for cell in row[1:] if cell] + [text for _, _, text in unreadable]
    assert len(rows) + len(unreadable) + sum(text.count("\n") for text in told) == len(lines)
