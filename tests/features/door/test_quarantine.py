"""What the shop gets back: its rejected rows as they were, in a file that does no harm."""

import csv

import pytest

from features.errors import ConfigurationError

HEADER = "order_id,customer_id,ordered_at,amount,reason\n"
GOOD = "1,A,2024-01-01,1,\n"


@pytest.fixture
def quarantined(open_tables, tmp_path):
    def read(purchases, **settings):
        open_tables(purchases=purchases, **settings)
        with (tmp_path / "rejected" / "purchases.csv").open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))

    return read


def test_a_rejected_row_comes_back_as_it_was_with_its_number_and_reason(quarantined):
    rows = quarantined(HEADER + GOOD + '2,"O\'Brien, ""Bob""",31/01/2024, 007 ,\n', columns={})
    assert rows == [
        {
            "row": "3",
            "reason": "ordered_at: is not a time",
            "order_id": "2",
            "customer_id": 'O\'Brien, "Bob"',
            "ordered_at": "31/01/2024",
            "amount": " 007 ",
        }
    ]


def test_the_shops_own_names_head_the_columns(quarantined):
    names = {"customer_id": "reason", "amount": "row"}
    rows = quarantined(
        "order_id,reason,ordered_at,row\n1,A,2024-01-01,1\n2,B,never,1\n", columns={"purchases": names}
    )
    assert [(row["reason_given"], row["row_given"], row["row"]) for row in rows] == [("B", "1", "3")]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0"]
)
def test_no_cell_runs_in_a_spreadsheet(quarantined, cell):
    (row,) = quarantined(HEADER + GOOD + f'2,"{cell}",never,1,\n')
    assert row["customer_id"] == f"'{cell}"


def test_a_line_that_holds_no_row_does_not_run_either(quarantined):
    rows = quarantined(HEADER + GOOD + "=1+1\n")
    assert [(row["row"], row["reason"], row["unread_line"]) for row in rows] == [
        ("3", "line: has more or fewer cells than the header", "'=1+1")
    ]


def test_numbers_with_a_sign_are_let_be(quarantined):
    (row,) = quarantined(HEADER + GOOD + "2,,2024-01-01,-1.5,\n")
    assert row["amount"] == "-1.5"


def test_the_file_goes_when_its_rows_have_been_corrected(open_tables, tmp_path):
    open_tables(purchases=HEADER + GOOD + "2,,2024-01-01,1,\n")
    assert (tmp_path / "rejected" / "purchases.csv").exists()
    open_tables(purchases=HEADER + GOOD)
    assert list((tmp_path / "rejected").iterdir()) == []


def test_nothing_is_made_where_nothing_is_rejected(open_tables, tmp_path):
    open_tables(purchases=HEADER + GOOD)
    assert not (tmp_path / "rejected").exists()


def test_a_quarantine_that_cannot_be_written_is_told_and_leaves_nothing_behind(open_tables, tmp_path):
    (tmp_path / "rejected").write_text("a file, not a folder")
    with pytest.raises(ConfigurationError, match=r"quarantine: .*purchases.csv cannot be"):
        open_tables(purchases=HEADER + GOOD + "2,,2024-01-01,1,\n")
    assert (tmp_path / "rejected").read_text() == "a file, not a folder"


def test_a_hundred_thousand_rejected_rows_are_all_there(quarantined):
    bad = "".join(f"{number},,2024-01-01,1,\n" for number in range(2, 100_002))
    rows = quarantined(HEADER + GOOD + bad)
    assert [int(row["row"]) for row in rows] == list(range(3, 100_003))
