"""Exports hold every customer and every column, unharmed, and appear whole or not at all."""

import csv
import hashlib
import json
import resource
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from pyarrow import parquet

from features.errors import ConfigurationError
from models.scores import NAMES
from serving.export import export
from serving.store.errors import NoScoresError, StoreError

HOSTILE = [
    '<script>alert("1")</script>', '=HYPERLINK("x")', "🦊\u200d🦰", "\u202eshalom שלום", "a/b/../c",
    "O'Neil, \"Bo\"", "007", "line\nbreak", "NULL", "'=1",
]  # fmt: skip


@pytest.fixture
def store_url(tmp_path):
    return f"sqlite:///{tmp_path / 'scores.db'}"


@pytest.fixture
def hostile_store(writer, batch, six_scores):
    """The six, and ten more like the last whose ids are hostile."""
    strangers = pd.concat([six_scores[5:]] * len(HOSTILE), ignore_index=True).assign(customer_id=HOSTILE)
    writer.publish(batch, [six_scores, strangers])
    return writer


def test_csv_round_trips_with_formulas_made_harmless(hostile_store, tmp_path):
    path = tmp_path / "scores.csv"

    assert export(hostile_store, path, raw=False) == 16

    with path.open(newline="", encoding="utf-8") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file)}
    written = {'\'=HYPERLINK("x")' if i == HOSTILE[1] else "''=1" if i == "'=1" else i for i in HOSTILE}
    assert set(rows) == written | {"loyal", "lapsed", "one-time", "new", "refunded", "objector"}
    assert tuple(rows["loyal"]) == NAMES
    assert rows["loyal"] == {
        "customer_id": "loyal", "as_of": "2024-01-01", "scored_at": "2024-01-01T04:30:00+00:00",
        "model_version": "7", "eligible": "true", "ineligible_reason": "", "churn_probability": "0.1",
        "churn_percentile": "13", "risk_band": "low", "probability_alive": "0.95", "expected_purchases": "",
        "clv": "100.0", "clv_median": "", "clv_low": "50.0", "clv_high": "", "value_at_risk": "10.0",
        "expected_next_purchase_at": "2024-01-09", "next_purchase_low_at": "2024-01-03",
        "next_purchase_high_at": "2024-02-01", "historic_spend": "110.0", "purchase_count": "11",
        "days_since_last_purchase": "3", "rfm_segment": "CHAMPIONS", "value_tier": "top",
        "journey_stage": "advocacy", "engagement_score": "90.0",
        "reasons": '[{"feature":"frequency","value":10}]',
    }  # fmt: skip
    assert rows["refunded"]["historic_spend"] == "-5.0"


def test_raw_csv_leaves_every_id_as_it_is(hostile_store, tmp_path):
    export(hostile_store, tmp_path / "scores.csv", raw=True)

    with (tmp_path / "scores.csv").open(newline="", encoding="utf-8") as file:
        assert {row["customer_id"] for row in csv.DictReader(file)} >= set(HOSTILE)


def test_ndjson_holds_one_customer_a_line(hostile_store, tmp_path):
    export(hostile_store, tmp_path / "scores.ndjson", raw=False)

    lines = [json.loads(line) for line in (tmp_path / "scores.ndjson").read_text("utf-8").splitlines()]
    rows = {line["customer_id"]: line for line in lines}
    assert set(rows) >= set(HOSTILE)
    assert tuple(rows["loyal"]) == NAMES
    assert rows["loyal"]["reasons"] == [{"feature": "frequency", "value": 10}]
    assert (rows["loyal"]["eligible"], rows["new"]["probability_alive"]) == (True, None)


def test_parquet_keeps_the_types(hostile_store, tmp_path):
    export(hostile_store, tmp_path / "scores.parquet", raw=False)

    rows = {row["customer_id"]: row for row in parquet.read_table(tmp_path / "scores.parquet").to_pylist()}
    assert set(rows) >= set(HOSTILE)
    assert tuple(rows["loyal"]) == NAMES
    assert rows["loyal"]["as_of"] == date(2024, 1, 1)
    assert rows["loyal"]["scored_at"] == datetime(2024, 1, 1, 4, 30, tzinfo=UTC)
    assert rows["loyal"]["expected_next_purchase_at"] == date(2024, 1, 9)
    assert (rows["loyal"]["purchase_count"], rows["loyal"]["clv_high"]) == (11, None)
    assert json.loads(rows["loyal"]["reasons"]) == [{"feature": "frequency", "value": 10}]


def test_another_extension_is_refused(writer, tmp_path):
    with pytest.raises(ConfigurationError, match=r"scores.xlsx: .* ends in .csv, .parquet, .ndjson"):
        export(writer, tmp_path / "scores.xlsx", raw=False)


def test_a_folder_that_is_not_there_is_said(hostile_store, tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere/scores.csv cannot be written: No such file"):
        export(hostile_store, tmp_path / "nowhere" / "scores.csv", raw=False)


def test_a_failed_export_leaves_the_previous_file(writer, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("yesterday's")

    with pytest.raises(NoScoresError, match="Run `tenure score`"):
        export(writer, path, raw=False)

    assert path.read_text() == "yesterday's"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["scores.csv", "scores.parquet", "scores.ndjson"])
def test_a_file_that_cannot_be_finished_is_said_and_not_left(hostile_store, tmp_path, name):
    before = sorted(tmp_path.iterdir())
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, unlimited[1]))
    try:
        with pytest.raises(
            StoreError, match=rf"{name} could not be written: File too large. Nothing was left"
        ):
            export(hostile_store, tmp_path / name, raw=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    assert sorted(tmp_path.iterdir()) == before


def test_a_manifest_beside_the_file_tells_what_is_in_it(hostile_store, tmp_path):
    export(hostile_store, tmp_path / "scores.csv", raw=False, preset="salesforce")

    manifest = json.loads((tmp_path / "scores.csv.manifest.json").read_text())
    file = (tmp_path / "scores.csv").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(file).hexdigest()
    assert (manifest["rows"], manifest["batch"], manifest["model_version"]) == (16, 1, "7")
    assert (manifest["as_of"], manifest["preset"]) == ("2024-01-01", "salesforce")
    assert manifest["columns"][0] == "Tenure_Customer_Id__c"
    assert file.decode().startswith('"Tenure_Customer_Id__c","Tenure_As_Of__c"')


def test_an_unknown_preset_is_refused(hostile_store, tmp_path):
    with pytest.raises(ConfigurationError, match="--preset sap: there are hubspot and salesforce"):
        export(hostile_store, tmp_path / "scores.csv", raw=False, preset="sap")
