"""What a CRM does with the API, by an independent client over real HTTP, on SQLite and on PostgreSQL."""

import csv
import dataclasses
import hashlib
import html
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet
import pytest

from models.horizons import Horizons
from models.scores import ANSWERS, NAMES
from models.tenure_model import TenureModel
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.store import ScoreStore

HORIZONS = Horizons(churn_window_days=90, clv_horizon_days=365)
HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("x")',
    "a/../b",
    "..",
    "quotes \"' and `",
    "emoji \N{GRINNING FACE}",
    "\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER SHEEN}\N{RIGHT-TO-LEFT OVERRIDE}-7",
]
RULE = "clv >= 20"


class Shop:
    """A service on a store, and what is published to it."""

    def __init__(self, client: httpx.Client, store: ScoreStore) -> None:
        self.client, self.store = client, store

    def publish(
        self,
        customers: list[dict[str, Any]],
        day: int,
        attributes: dict[str, dict[str, str]] | None = None,
        **others: Any,
    ) -> None:
        names = ["customer_id", *(column.name for column in ANSWERS)]
        scores = pd.DataFrame({n: pd.Series([c.get(n) for c in customers], dtype=object) for n in names})
        big = scores.clv.map(lambda clv: '["big"]' if clv is not None and clv >= 20 else None)
        told = scores.customer_id.map({who: json.dumps(said) for who, said in (attributes or {}).items()})
        at = datetime(2024, 1, day, 4, 30, tzinfo=UTC)
        batch = Batch(date(2024, 1, day), at, "7", HORIZONS, f"{day}", (("big", RULE),))
        scores = scores.assign(attributes=told, own_segments=big)
        self.store.publish(dataclasses.replace(batch, **others), [scores])

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path: str, **asked: Any) -> list[str]:
        return [customer["customer_id"] for customer in self.get(path, **asked)["customers"]]

    def export(self, **order: Any) -> tuple[dict[str, Any], bytes]:
        """The manifest and the file, once it is done."""
        asked = self.client.post("/v1/exports", json=order)
        assert asked.status_code == 202, asked.text
        deadline = time.monotonic() + 30
        while (manifest := self.get(asked.headers["location"]))["status"] in ("waiting", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert manifest["status"] == "done", manifest
        return manifest, self.client.get(manifest["file"]).content


@pytest.fixture
def shop(store_url: str, tmp_path: Path, new_client: Callable[[str], httpx.Client]) -> Iterator[Shop]:
    with ScoreStore(StoreSettings(url=store_url, keep_batches=3), tmp_path, read_only=False) as store:
        yield Shop(new_client(f'[store]\nurl = "{store_url}"\n'), store)


@pytest.fixture
def crowd(scored: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Forty customers c00 to c39, the riskier the later, and some with hostile ids."""
    forty = [scored(f"c{n:02}", (n + 0.5) / 40, float(n % 7) * 10) for n in range(40)]
    return forty + [scored(name, 0.5, 1.0, rfm_segment="DORMANT") for name in HOSTILE]


def test_the_page_shows_segments_of_ones_own_and_their_members(
    shop: Shop, scored: Callable[..., dict[str, Any]]
) -> None:
    shop.publish([scored("a", 0.9, 50.0), scored("b", 0.1, 30.0), scored("c", 0.4, 10.0)], 1)

    page = shop.client.get("/segments").text
    assert page.count('<table class="list">') == 2
    own = page.split('<h2 id="own">')[1].split("</table>")[0]
    assert '<a href="/segments/big">big</a><small><code>clv &gt;= 20</code></small>' in own
    cells = re.findall(r"<td[^>]*>(.*?)</td>", own)
    assert [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in cells] == [
        "2", "67%", "50%", "1", "48", "80",
    ]  # fmt: skip

    first = shop.client.get("/segments/big?limit=1").text
    assert "<h1>big</h1>" in first
    assert _shown(first) == ["a"]
    following = re.search(r'class="next" href="([^"]+)"', first)
    assert following is not None
    assert _shown(shop.client.get(html.unescape(following[1])).text) == ["b"]
    assert _shown(shop.client.get("/segments/big?band=low").text) == ["b"]
    sheet = re.search(r'class="download" href="([^"]+)"', first)
    assert sheet is not None
    lines = shop.client.get(html.unescape(sheet[1])).text.splitlines()
    assert [line.split(",")[0] for line in lines] == ['"customer_id"', '"a"', '"b"']
    assert [shop.client.get(f"/segments/{name}").status_code for name in ("small", "b%20ig")] == [404, 404]


def _shown(page: str) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi>", page)


def test_lists_combine_filters_attributes_and_own_segments(shop: Shop, crowd: list[dict[str, Any]]) -> None:
    told = {f"c{n:02}": {"country": ("MY", "TH")[n % 2]} for n in range(40)}
    for gold in ("c02", "c04"):
        told[gold]["plan"] = "gold"
    shop.publish(crowd, 1, told)

    assert shop.ids("/v1/at-risk", attribute="country:MY", own_segment="big", band="low", sort="clv") == [
        "c06", "c04", "c10", "c02",
    ]  # fmt: skip
    assert shop.ids("/v1/at-risk", attribute=["country:MY", "plan:gold"], max_clv=30) == ["c02"]
    assert shop.ids("/v1/at-risk", min_percentile=50, max_percentile=55, max_value=20, segment="LOYAL") == [
        "c21"
    ]
    assert shop.ids("/v1/segments/big/customers", band="high", limit=2) == ["c34", "c33"]
    assert shop.ids("/v1/segments/DORMANT/customers", attribute="country:MY") == []
    (own,) = shop.get("/v1/segments")["own"]
    assert (own["name"], own["rule"], own["customers"]) == ("big", RULE, 28)
    customer = shop.get("/v1/customers/c04")
    assert (customer["attributes"], customer["own_segments"]) == ({"country": "MY", "plan": "gold"}, ["big"])
    for asked, field in (
        ({"attribute": "county:MY"}, "query.attribute"),
        ({"attribute": "country"}, "query.attribute[0]"),
        ({"attribute": ["country:MY", "country:TH"]}, "query.attribute"),
        ({"own_segment": "small"}, "query.own_segment"),
        ({"limit": 1_000_000}, "query.limit"),
    ):
        answer = shop.client.get("/v1/at-risk", params=asked)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert shop.client.get("/v1/segments/small/customers").status_code == 404


def test_a_walk_through_all_pages_while_three_batches_are_published_sees_everybody_once(
    shop: Shop, crowd: list[dict[str, Any]]
) -> None:
    shop.publish(crowd, 1)
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 9}
    for day in (2, 3, 4, None, None, None, None):
        page = shop.get("/v1/at-risk", **asked)
        assert page["as_of"] == "2024-01-01"
        seen += [customer["customer_id"] for customer in page["customers"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
        if day in (2, 3):
            shop.publish(crowd[:day], day)
        elif day == 4:  # the third replaces the second: the walk's own batch is the oldest that is kept
            shop.publish(crowd[:day], 3, fingerprint="corrected")
    assert sorted(seen) == sorted(customer["customer_id"] for customer in crowd)
    assert len(shop.ids("/v1/at-risk")) == 4

    shop.publish(crowd, 5)
    shop.publish(crowd, 6)
    answer = shop.client.get("/v1/at-risk", params=asked)
    assert (answer.status_code, answer.json()["type"]) == (410, "/docs#outdated-cursor")
    flipped = asked["cursor"][:-2] + ("A" if asked["cursor"][-2] != "A" else "B") + asked["cursor"][-1]
    assert shop.client.get("/v1/at-risk", params={**asked, "cursor": flipped}).status_code == 400


def test_changes_are_told_page_by_page_and_old_cursors_say_what_to_do(
    shop: Shop, crowd: list[dict[str, Any]], scored: Callable[..., dict[str, Any]]
) -> None:
    shop.publish(crowd, 1)
    start = shop.get("/v1/changes")
    assert (start["changes"], start["has_more"]) == ([], False)
    second = [scored(one["customer_id"], 0.95, one["clv"]) for one in crowd[:20]] + crowd[21:]
    shop.publish(second, 2)

    told, since, more = [], start["next_cursor"], True
    while more:
        feed = shop.get("/v1/changes", since=since, limit=6)
        told += feed["changes"]
        since, more = feed["next_cursor"], feed["has_more"]

    assert [change["customer_id"] for change in told] == [f"c{n:02}" for n in range(21)]
    assert (told[20]["kind"], told[20]["after"]) == ("removed", None)
    assert (told[0]["before"]["risk_band"], told[0]["after"]["risk_band"]) == ("low", "high")
    assert shop.get("/v1/changes", since=since)["changes"] == []

    for day in (3, 4, 5):
        shop.publish(crowd, day)
    answer = shop.client.get("/v1/changes", params={"since": start["next_cursor"]})
    assert (answer.status_code, answer.json()["type"]) == (410, "/docs#outdated-changes")
    assert "since=start" in answer.json()["detail"]
    cursor = shop.get("/v1/at-risk", limit=1)["next_cursor"]
    assert shop.client.get("/v1/changes", params={"since": cursor}).status_code == 400
    assert shop.client.get("/v1/changes", params={"since": "a", "clv_move": 2}).status_code == 422


def test_hostile_ids_live_unharmed_in_lists_changes_and_exports(
    shop: Shop, crowd: list[dict[str, Any]]
) -> None:
    shop.publish(crowd[:1], 1)
    cursor = shop.get("/v1/changes")["next_cursor"]
    shop.publish(crowd, 2)

    assert set(shop.ids("/v1/segments/DORMANT/customers")) == set(HOSTILE)
    changes = shop.get("/v1/changes", since=cursor)["changes"]
    assert {change["customer_id"] for change in changes} >= set(HOSTILE)
    for name in HOSTILE:
        assert shop.get("/v1/customers", id=name)["customer_id"] == name
    filters = {"segment": "DORMANT"}
    _, raw = shop.export(format="csv", raw=True, filters=filters)
    _, safe = shop.export(format="csv", filters=filters)
    _, lines = shop.export(format="ndjson", filters=filters)
    _, table = shop.export(format="parquet", filters=filters)
    assert {row["customer_id"] for row in _rows(raw)} == set(HOSTILE)
    assert {row["customer_id"].removeprefix("'") for row in _rows(safe)} == set(HOSTILE)
    assert """'=HYPERLINK("x")""" in {row["customer_id"] for row in _rows(safe)}
    assert {json.loads(line)["customer_id"] for line in lines.splitlines()} == set(HOSTILE)
    found = pyarrow.parquet.read_table(io.BytesIO(table))
    assert set(found["customer_id"].to_pylist()) == set(HOSTILE)
    assert tuple(found.column_names) == NAMES
    answer = shop.client.get("/v1/customers", params={"id": "x" * 10_000})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.id")


def test_an_export_comes_with_its_manifest_in_the_columns_a_crm_imports(
    shop: Shop, crowd: list[dict[str, Any]]
) -> None:
    crowd[39]["reasons"] = [{"text": "silent for 94 days"}, {"text": "usually buys every 21"}]
    shop.publish(crowd, 1)

    manifest, file = shop.export(format="csv", preset="hubspot", filters={"band": "high", "min_clv": 40.0})

    assert manifest["sha256"] == hashlib.sha256(file).hexdigest()
    assert (manifest["bytes"], manifest["rows"]) == (len(file), len(list(_rows(file))))
    assert (manifest["as_of"], manifest["model_version"], manifest["batch"]) == ("2024-01-01", "7", 1)
    row = next(row for row in _rows(file) if row["Customer ID"] == "c39")
    assert list(row) == manifest["columns"]
    assert (row["Churn Risk Band"], row["Churn Probability"]) == ("high", "0.9875")
    assert row["Churn Reasons"] == "silent for 94 days; usually buys every 21"
    assert {row["Customer ID"] for row in _rows(file)} == {"c25", "c26", "c27", "c32", "c33", "c34", "c39"}
    _, salesforce = shop.export(format="csv", preset="salesforce", scored_only=True)
    assert all(header.endswith("__c") for header in next(iter(_rows(salesforce))))
    assert len(list(_rows(salesforce))) == len(crowd)

    assert shop.client.get("/v1/exports/0123456789abcdef").status_code == 404
    assert shop.client.get("/v1/exports/..%2Fscores").status_code in (404, 422)
    for order, field, reason in (
        ({"filters": {"attribute": ["county:MY"]}}, "body.filters.attribute", "is none that the scores were"),
        ({"filters": {"own_segment": "small"}}, "body.filters.own_segment", "of one's own there are big"),
        ({"filters": {"bandd": "high"}}, "body.filters.bandd", "not permitted"),
        ({"preset": "sugarcrm"}, "body.preset", "'hubspot' or 'salesforce'"),
        ({"format": "xlsx"}, "body.format", "'csv', 'ndjson' or 'parquet'"),
    ):
        answer = shop.client.post("/v1/exports", json={"format": "csv", **order})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
        assert reason in answer.json()["errors"][0]["reason"]
    answer = shop.client.post("/v1/campaigns", json={"name": "x", "filters": {"own_segment": "small"}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.filters.own_segment")


def test_a_customer_comes_with_the_past_and_is_not_sent_twice(
    shop: Shop, crowd: list[dict[str, Any]]
) -> None:
    shop.publish(crowd, 1)
    shop.publish([{**crowd[0], "churn_probability": 0.3}, *crowd[1:]], 2)

    first = shop.client.get("/v1/customers/c00")
    past = first.json()["history"]
    assert [(one["as_of"], one["churn_probability"]) for one in past] == [
        ("2024-01-01", 0.0125),
        ("2024-01-02", 0.3),
    ]
    tag = first.headers["etag"]
    again = shop.client.get("/v1/customers/c00", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    head = shop.client.head("/v1/customers/c00")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    shop.publish(crowd, 3)
    answer = shop.client.get("/v1/customers/c00", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["etag"] != tag) == (200, True)


def test_an_export_that_a_restart_cut_off_is_told_as_failed_and_old_ones_go(
    new_client: Callable[[str], httpx.Client],
    publish: Callable[..., None],
    scored: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    publish(tmp_path, [scored("ann", 0.5, 1.0)], date(2024, 1, 1))
    folder = tmp_path / "var" / "exports"
    folder.mkdir(parents=True)
    lost = {
        "id": "0123456789abcdef", "status": "running", "requested_at": "2024-01-01T00:00:00Z",
        "format": "csv", "preset": None, "raw": False,
    }  # fmt: skip
    (folder / "0123456789abcdef.json").write_text(json.dumps(lost))
    client = new_client("[serving]\nkeep_exports = 2\n")

    answer = client.get("/v1/exports/0123456789abcdef").json()
    assert answer["status"] == "failed"
    assert "restarted before the export was finished" in answer["error"]
    assert client.get("/v1/exports/0123456789abcdef/file").json()["type"] == "/docs#export-not-there"

    places = [client.post("/v1/exports", json={"format": "ndjson"}).headers["location"] for _ in range(4)]
    deadline = time.monotonic() + 30
    while client.get(places[0]).status_code != 404 or client.get(places[1]).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert [client.get(place).json()["status"] for place in places[2:]] == ["done", "done"]
    assert len(list(folder.glob("*.ndjson"))) == 2


def test_how_reliable_such_answers_were_is_told_where_the_model_knows(
    new_client: Callable[[str], httpx.Client],
    publish: Callable[..., None],
    scored: Callable[..., dict[str, Any]],
    tmp_path: Path,
    model_folder: Path,
) -> None:
    publish(tmp_path, [scored("ann", 0.64, 1.0), scored("bob", 0.1, 1.0)], date(2024, 1, 1))
    model = TenureModel.load(model_folder)
    like = {"low": 0.6, "high": 0.7, "customers": 812, "churned": 520, "mean_probability": 0.648}
    evidence = {"as_of": "2023-10-01", "window_days": 90, "reliability": [like]}
    (tmp_path / "var").mkdir(exist_ok=True)
    dataclasses.replace(model, evidence=evidence).save(tmp_path / "var" / "model")
    (tmp_path / "var" / "model" / "version.txt").write_text("7")
    client = new_client("")

    assert client.get("/v1/customers/ann").json()["reliability"] == {
        **like,
        "share": pytest.approx(520 / 812),
        "sentence": "Of 812 customers scored 0.6 to 0.7 on 2023-10-01, 64% did not return within 90 days.",
    }
    assert client.get("/v1/customers/bob").json()["reliability"] is None


def _rows(file: bytes) -> csv.DictReader:
    return csv.DictReader(io.StringIO(file.decode(), newline=""))
