"""tenure.toml: the example is true, and each mistake is told with its place."""

import re
from pathlib import Path

import pytest

from features.errors import ConfigurationError
from models.assignments import AssignmentRules
from models.segments import DEFAULT_RULES
from tenure.settings import load_settings

EXAMPLE = Path(__file__).parents[2] / "tenure.toml"
SMALLEST = '[data]\npurchases = "orders.csv"\n'


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tenure.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_says_what_the_defaults_are(tmp_path):
    example = load_settings(EXAMPLE).settings
    smallest = load_settings(_written(tmp_path, SMALLEST)).settings
    assert example.model_copy(update={"data": None}) == smallest.model_copy(update={"data": None})
    assert example.data.model_copy(update={"purchases": ""}) == smallest.data.model_copy(
        update={"purchases": ""}
    )


def test_the_segments_in_the_example_are_those_that_hold_without_them(tmp_path):
    commented = EXAMPLE.read_text(encoding="utf-8").partition("# [[assignments.segments]]")
    rules = re.sub("^# ", "", commented[1] + commented[2], flags=re.MULTILINE)
    settings = load_settings(_written(tmp_path, SMALLEST + rules)).settings
    assert settings.assignments == AssignmentRules(segments=DEFAULT_RULES)


def test_relative_sqlite_paths_start_at_the_configuration(tmp_path):
    configuration = load_settings(_written(tmp_path, SMALLEST))
    assert configuration.tracking_uri == f"sqlite:///{tmp_path}/mlruns/mlflow.db"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"\[data\]: is missing"),
        ("[data]\n", r"\[data\].*purchases is missing"),
        (
            SMALLEST + "[horizons]\nchurn_window_days = 0\n",
            r"\[horizons\] churn_window_days.* = 0: .*greater than",
        ),
        (SMALLEST + '[horizons]\nchurn_window_days = "soon"\n', r"\[horizons\] churn_window_days"),
        (SMALLEST + "[horizons]\nclv_horizon_days = 1e300\n", r"\[horizons\] clv_horizon_days"),
        (SMALLEST + "[horizonz]\n", r"\[horizonz\]: there is no such setting"),
        (SMALLEST + "[store]\nurll = 'x'\n", r"\[store\] urll: there is no such setting"),
        (SMALLEST + "[store\n", "is not valid TOML"),
    ],
)
def test_each_mistake_names_its_place(tmp_path, text, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        load_settings(_written(tmp_path, text))


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere.toml does not exist\. Name your configuration"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        (
            'name = "vip"\nrule = "open(1)"',
            r"rule = 'open\(1\)': Value error, holds `open\(1\)`, which is no part",
        ),
        ('name = "LOYAL"\nrule = "clv > 1"', "is the name of an RFM segment"),
        ('name = "a b"\nrule = "clv > 1"', "name = 'a b'"),
        ('name = "vip"\nrule = "clv >"', "cannot be read"),
    ],
)
def test_segments_of_ones_own_are_checked_when_the_configuration_is_read(tmp_path, segment, words):
    with pytest.raises(ConfigurationError, match=words):
        load_settings(_written(tmp_path, SMALLEST + f"\n[[segments]]\n{segment}\n"))
