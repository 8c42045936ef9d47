"""What a person sees who gives a command the wrong thing: a sentence, an exit code, no traceback."""

from pathlib import Path

import pytest

CONFIGURATION = '[data]\npurchases = "orders.csv"\n'
HEADER = "order_id,customer_id,ordered_at,amount\n"


@pytest.fixture
def shop(tmp_path) -> Path:
    """A folder with a configuration that names orders.csv."""
    (tmp_path / "tenure.toml").write_text(CONFIGURATION)
    return tmp_path


def _orders(shop: Path, text: str) -> Path:
    (shop / "orders.csv").write_text(text, encoding="utf-8")
    return shop / "tenure.toml"


def test_a_missing_configuration_is_exit_code_2(tmp_path, tenure):
    said = tenure("check", "--config", tmp_path / "nowhere.toml")
    assert (said.code, said.out) == (2, "")
    assert "nowhere.toml does not exist" in said.err


def test_an_unknown_command_is_exit_code_2(tenure):
    assert tenure("forecast").code == 2


def test_a_date_that_is_none_is_exit_code_2(shop, tenure):
    said = tenure("train", "--config", shop / "tenure.toml", "--as-of", "31.12.2025")
    assert said.code == 2
    assert "31.12.2025" in said.err


def test_a_missing_file_is_named(shop, tenure):
    said = tenure("check", "--config", shop / "tenure.toml")
    assert said.code in (2, 3)
    assert "orders.csv" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "text",
    ["", HEADER, "hello", "\x00\x01\x02", HEADER + "1,a,2025-01-01,NaN\n", HEADER + "1,a,9999-01-01,5\n"],
    ids=["empty", "only a header", "not a table", "binary", "no amount", "a far year"],
)
def test_a_file_without_a_usable_row_is_exit_code_3(shop, tenure, text):
    said = tenure("train", "--config", _orders(shop, text))
    assert said.code == 3, said
    assert "orders.csv" in said.err or "purchases" in said.err
    assert "Traceback" not in said.err


def test_too_many_bad_rows_stop_with_a_table_of_reasons_and_a_quarantine(shop, tenure):
    good = "".join(f"{n},c{n % 7},2025-01-{n % 28 + 1:02d},10\n" for n in range(20))
    bad = "x1,c1,01/02/2025,10\nx2,c2,2025-01-05,free\nx3,,2025-01-06,7\n"
    said = tenure("train", "--config", _orders(shop, HEADER + good + bad))
    assert said.code == 3
    for word in ("ordered_at", "amount", "customer_id", "01/02/2025", "free"):
        assert word in said.err
    assert len((shop / "var/rejected/purchases.csv").read_text().splitlines()) == 4


def test_only_refunds_is_a_sentence(shop, tenure):
    said = tenure("train", "--config", _orders(shop, HEADER + "1,a,2025-01-01,-5\n2,b,2025-01-02,-6\n"))
    assert said.code == 3
    assert "Traceback" not in said.err


def test_training_as_of_a_day_before_the_first_purchase_is_a_sentence(shop, tenure):
    config = _orders(shop, HEADER + "1,a,2025-01-01,5\n2,b,2025-01-02,6\n")
    said = tenure("train", "--config", config, "--as-of", "2024-01-01")
    assert said.code in (2, 3)
    assert "2024-01-01" in said.err


def test_a_shop_with_one_customer_gets_an_answer_and_no_grade(shop, tenure):
    config = _orders(shop, HEADER + "1,a,2025-01-01,5\n2,a,2025-02-01,6\n")
    said = tenure("train", "--config", config)
    assert said.code == 0, said.err
    assert "Only 1 customer" in said.out
    assert "Grade for churn: none." in said.out
    assert tenure("score", "--config", config).out.startswith("Published batch 1")


def test_fifty_customers_get_an_answer(shop, tenure):
    rows = "".join(
        f"{n}-{k},c{n:02d},2025-{(n + 3 * k) % 12 + 1:02d}-{n % 28 + 1:02d},{5 + n}\n"
        for n in range(50)
        for k in range(n % 4 + 1)
    )
    config = _orders(shop, HEADER + rows)
    assert tenure("train", "--config", config).code == 0
    assert "50 customers, 50 of them with a score" in tenure("score", "--config", config).out


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            "frequncy > 2",
            "[[segments]] mine: rule names 'frequncy'; there is no such column; perhaps 'frequency'.",
        ),
        ("frequency > 'often'", "[[segments]] mine: rule compares a number with a text"),
    ],
)
def test_a_segment_that_the_data_cannot_tell_is_refused_by_check_already(shop, tenure, rule, words):
    config = _orders(shop, HEADER + "1,a,2025-01-01,5\n2,a,2025-02-01,6\n")
    config.write_text(f'{CONFIGURATION}[[segments]]\nname = "mine"\nrule = "{rule}"\n')
    said = tenure("check", "--config", config)
    assert (said.code, words in said.err.replace("\n", " ")) == (2, True), said
    config.write_text(f'{CONFIGURATION}[[segments]]\nname = "mine"\nrule = "frequency > 2"\n')
    assert tenure("check", "--config", config).code == 0


def test_help_names_every_command(tenure):
    said = tenure("--help")
    for command in [
        "check",
        "train",
        "backtest",
        "promote",
        "rollback",
        "monitor",
        "score",
        "lift",
        "serve",
        "export",
        "simulate",
        "demo",
    ]:
        assert command in said.out
