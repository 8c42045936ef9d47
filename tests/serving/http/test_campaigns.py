"""Budget-sized lists, cut-offs, contacts and campaigns over HTTP, on SQLite and on PostgreSQL."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa

from models.horizons import Horizons
from models.profit import Costs, expected_cost, expected_profit
from models.scores import ANSWERS
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.store import ScoreStore

COSTS = {"contact_cost": 1.5, "offer_cost": 10, "accept_rate": 0.3}
OBJECTOR = {
    "customer_id": "objector",
    "eligible": False,
    "ineligible_reason": "Objects to profiling.",
    "historic_spend": 40.0,
    "purchase_count": 4,
}


def publish(url: str, folder: Path, customers: list[dict[str, Any]], as_of: date = date(2024, 1, 1)) -> None:
    names = ("customer_id", *(column.name for column in ANSWERS))
    frame = pd.DataFrame(
        {name: pd.Series([customer.get(name) for customer in customers], dtype=object) for name in names}
    )
    batch = Batch(
        as_of,
        datetime(2024, 1, 1, 4, tzinfo=UTC),
        "7",
        Horizons(churn_window_days=90, clv_horizon_days=365),
        str(as_of),
    )
    with ScoreStore(StoreSettings(url=url), folder, read_only=False) as store:
        store.publish(batch, [frame])


@pytest.fixture
def crowd(scored: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Sixty customers, riskier and dearer as they go, and one who objects to profiling."""
    return [scored(f"c{n:02}", (n + 1) / 62, 10.0 * (n % 13 + 1)) for n in range(60)] + [OBJECTOR]


@pytest.fixture
def client(
    store_url: str, tmp_path: Path, crowd: list[dict[str, Any]], new_client: Callable[[str], httpx.Client]
) -> httpx.Client:
    publish(store_url, tmp_path, crowd)
    return new_client(f'[store]\nurl = "{store_url}"\n')


@pytest.fixture
def here(
    tmp_path: Path, crowd: list[dict[str, Any]], new_client: Callable[[str], httpx.Client]
) -> httpx.Client:
    """The same on SQLite alone, where the store makes no difference."""
    url = f"sqlite:///{tmp_path / 'scores.db'}"
    publish(url, tmp_path, crowd)
    return new_client(f'[store]\nurl = "{url}"\n')


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [customer["customer_id"] for customer in answer.json()["customers"]]


def contact(client: httpx.Client, key: str, *customer_ids: str, **others: Any) -> httpx.Response:
    body = {"contacts": [{"customer_id": customer_id} for customer_id in customer_ids], **others}
    return client.post("/v1/contacts", json=body, headers={"Idempotency-Key": key})


def test_a_budget_gives_the_list_that_earns_the_most_and_says_what_it_costs_and_brings(
    client: httpx.Client, crowd: list[dict[str, Any]]
) -> None:
    answer = client.get("/v1/at-risk", params={**COSTS, "budget": 100, "limit": 1000})
    listed, plan = ids(answer), answer.json()["plan"]
    known = pd.DataFrame(crowd[:-1]).set_index("customer_id")
    p, at_risk = known["churn_probability"].to_numpy(float), known["value_at_risk"].to_numpy(float)
    costs = Costs(**COSTS)
    known["profit"], known["cost"] = expected_profit(p, at_risk, costs), expected_cost(p, costs)
    chosen = known.loc[listed]
    assert plan["size"] == len(listed)
    assert plan["expected_cost"] == pytest.approx(chosen["cost"].sum())
    assert plan["expected_cost"] <= 100
    assert plan["expected_profit"] == pytest.approx(chosen["profit"].sum())
    assert plan["expected_saves"] == pytest.approx(0.3 * chosen["churn_probability"].sum())
    assert plan["highest_cost"] == pytest.approx(11.5 * len(listed))
    assert (plan["budget"], plan["costs"]) == (100, COSTS)
    worth = (chosen["profit"] / chosen["cost"]).tolist()
    assert worth == sorted(worth, reverse=True)
    left = known[(known["profit"] > 0) & ~known.index.isin(listed)]
    assert (left["cost"] > 100 - plan["expected_cost"]).all()
    everybody = client.get("/v1/at-risk", params={**COSTS, "limit": 1000}).json()["plan"]
    assert everybody["size"] == (known["profit"] > 0).sum()


def test_a_walk_stays_on_its_plan_while_customers_are_contacted_and_a_batch_is_published(
    client: httpx.Client, store_url: str, tmp_path: Path, crowd: list[dict[str, Any]]
) -> None:
    asked = {**COSTS, "budget": 150, "limit": 3}
    whole = ids(client.get("/v1/at-risk", params={**asked, "limit": 1000}))
    answer = client.get("/v1/at-risk", params=asked)
    seen, plan = ids(answer), answer.json()["plan"]
    assert 'rel="next"' in answer.headers["link"]
    contact(client, "one", whole[0], whole[4])
    publish(store_url, tmp_path, crowd[:30], date(2024, 1, 2))
    while cursor := answer.json()["next_cursor"]:
        answer = client.get("/v1/at-risk", params={**asked, "cursor": cursor})
        seen += ids(answer)
        assert answer.json()["plan"] == plan
    assert seen == whole
    assert whole[4] not in ids(client.get("/v1/at-risk", params={**asked, "limit": 1000}))


def test_a_plan_asked_for_again_follows_contacts_and_batches_at_once(
    client: httpx.Client, store_url: str, tmp_path: Path, crowd: list[dict[str, Any]]
) -> None:
    asked = {**COSTS, "budget": 100, "limit": 1000}
    first = client.get("/v1/at-risk", params=asked)
    assert client.get("/v1/at-risk", params=asked).json() == first.json()
    smaller = ids(client.get("/v1/at-risk", params={**asked, "budget": 50}))
    dearer = ids(client.get("/v1/at-risk", params={**asked, "contact_cost": 20}))
    assert len({len(smaller), len(dearer), len(ids(first))}) == 3
    contact(client, "one", ids(first)[0])
    rested = ids(client.get("/v1/at-risk", params=asked))
    assert ids(first)[0] not in rested
    assert rested[: len(ids(first)) - 1] == ids(first)[1:]
    publish(store_url, tmp_path, crowd[:30], date(2024, 1, 2))
    assert client.get("/v1/at-risk", params=asked).json()["as_of"] == "2024-01-02"


def test_a_cursor_of_another_plan_is_refused(here: httpx.Client) -> None:
    cursor = here.get("/v1/at-risk", params={**COSTS, "limit": 2}).json()["next_cursor"]
    for other in ({**COSTS, "budget": 9}, {**COSTS, "accept_rate": 0.4}, {**COSTS, "band": "high"}, {}):
        answer = here.get("/v1/at-risk", params={**other, "limit": 2, "cursor": cursor})
        assert (answer.status_code, answer.json()["type"]) == (400, "/docs#unusable-cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget", 0),
        ("budget", -5),
        ("contact_cost", -1),
        ("offer_cost", "nan"),
        ("accept_rate", 1.5),
        ("accept_rate", -0.1),
        ("budget", "inf"),
    ],
)
def test_costs_that_cannot_be_name_their_field(here: httpx.Client, name: str, value: Any) -> None:
    for path in ("/v1/at-risk", "/v1/cutoffs"):
        if path == "/v1/cutoffs" and name == "budget":
            continue
        answer = here.get(path, params={name: value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == f"query.{name}"
        assert answer.json()["remedy"]


def test_a_plan_combines_with_filters_and_comes_as_csv(here: httpx.Client) -> None:
    asked = {**COSTS, "band": "high", "min_clv": 60, "limit": 1000}
    rows = list(csv.DictReader(io.StringIO(here.get("/v1/at-risk", params={**asked, "format": "csv"}).text)))
    assert [row["customer_id"] for row in rows] == ids(here.get("/v1/at-risk", params=asked))
    assert rows
    assert all(row["risk_band"] == "high" and float(row["clv"]) >= 60 for row in rows)


def test_cutoffs_tell_what_each_list_reaches_and_which_earns_most(here: httpx.Client) -> None:
    answer = here.get("/v1/cutoffs", params={**COSTS, "points": 11}).json()
    assert (answer["as_of"], answer["customers"]) == ("2024-01-01", 60)
    sizes = [cutoff["size"] for cutoff in answer["cutoffs"]]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (0, 60)
    assert answer["best"]["profit"] == max(cutoff["profit"] for cutoff in answer["cutoffs"])
    last = answer["cutoffs"][-1]
    assert last["churners_reached"] + last["non_churners_bothered"] == pytest.approx(60)
    plan = here.get("/v1/at-risk", params=COSTS).json()["plan"]
    assert answer["best"]["profit"] == pytest.approx(plan["expected_profit"])
    assert 0 < answer["expected_empc"]["fraction"] <= 1
    assert here.get("/v1/cutoffs?segment=NEW").json()["customers"] == 0


def test_whoever_is_contacted_leaves_the_lists(client: httpx.Client) -> None:
    before = ids(client.get("/v1/at-risk?limit=1000"))
    answer = contact(client, "k1", before[0], before[1])
    assert answer.json() == {
        "campaign": None,
        "recorded": 2,
        "known": 0,
        "refused": 0,
        "results": [{"customer_id": customer, "status": "recorded"} for customer in before[:2]],
    }
    assert ids(client.get("/v1/at-risk?limit=1000")) == before[2:]
    assert ids(client.get("/v1/segments/LOYAL/customers?limit=1000"))[:2] == before[:2]
    assert client.get("/v1/cutoffs").json()["customers"] == 58


def test_contacts_of_long_ago_are_back_on_the_list_unless_asked_otherwise(client: httpx.Client) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    body = {"contacts": [{"customer_id": "c59", "contacted_at": long_ago}]}
    client.post("/v1/contacts", json=body, headers={"Idempotency-Key": "old"})
    day = long_ago[:10]
    assert "c59" in ids(client.get("/v1/at-risk?limit=1000"))
    assert "c59" not in ids(client.get(f"/v1/at-risk?limit=1000&not_contacted_since={day}"))
    assert "c59" not in ids(
        client.get("/v1/at-risk", params={**COSTS, "not_contacted_since": day, "limit": 1000})
    )
    assert "c59" in ids(client.get("/v1/at-risk", params={**COSTS, "limit": 1000}))
    walk = client.get(f"/v1/at-risk?limit=20&not_contacted_since={day}")
    assert (
        client.get(
            f"/v1/at-risk?limit=20&not_contacted_since={day}&cursor={walk.json()['next_cursor']}"
        ).status_code
        == 200
    )


def test_the_same_key_gets_the_same_answer_and_counts_nothing_twice(client: httpx.Client) -> None:
    first = contact(client, "k1", "c01", "c02", "nobody", campaign="spring")
    again = contact(client, "k1", "c01", "c02", "nobody", campaign="spring")
    assert first.json()["recorded"] == 2
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert client.get("/v1/campaigns/spring").json()["treated"] == 2
    other = contact(client, "k1", "c03", campaign="spring")
    assert (other.status_code, other.json()["type"]) == (422, "/docs#reused-key")
    another_key = contact(client, "k2", "c01", "c02", "c03", campaign="spring").json()
    assert (another_key["recorded"], another_key["known"]) == (1, 2)
    assert client.get("/v1/campaigns/spring").json()["treated"] == 3


def test_what_cannot_be_recorded_is_refused_by_itself(client: httpx.Client) -> None:
    future = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    contacts: list[dict[str, Any]] = [
        {"customer_id": "c01"},
        {"customer_id": "nobody"},
        {"customer_id": "objector"},
        {"customer_id": ""},
        {"customer_id": "c02", "contacted_at": "yesterday"},
        {"customer_id": "c03", "contacted_at": future},
        {"customer_id": "c04", "arm": "control"},
        {"customer_id": "c01", "contacted_at": "2024-01-05T09:00:00+08:00"},
        {"customer_id": "c01", "contacted_at": "2024-01-05T01:00:00Z"},
    ]
    answer = client.post("/v1/contacts", json={"contacts": contacts}, headers={"Idempotency-Key": "k"}).json()
    assert [result["status"] for result in answer["results"]] == [
        "recorded", "refused", "refused", "refused", "refused", "refused", "refused", "recorded", "known",
    ]  # fmt: skip
    details = [result["error"]["detail"] for result in answer["results"] if "error" in result]
    assert details == [
        "The latest batch does not know this customer.",
        "This customer objects to profiling and must not be contacted.",
        "The id must not be empty.",
        "contacted_at is not ISO 8601, such as 2026-05-09T10:12:00Z.",
        "contacted_at lies in the future, or before 1970.",
        "A control group belongs to a campaign; name it.",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"contacts": []}', "body.contacts"),
        ('{"contacts": [{"customer_id": 7}]}', "body.contacts[0].customer_id"),
        ('{"contacts": [{"customer_id": "a", "customer_id": "b"}]}', "customer_id"),
        ('{"contacts": [{"customer_id": "a", "arm": "both"}]}', "body.contacts[0].arm"),
        ('{"contacts": [{"customer_id": "a"}], "campaign": "../x"}', "body.campaign"),
        ('{"contacts": [{"customer_id": "\\ud83d"}]}', "body"),
        ('{"contacts": [{"customer_id": NaN}]}', "body"),
    ],
)
def test_bodies_that_cannot_be_read_name_their_field(here: httpx.Client, body: str, field: str) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = here.post("/v1/contacts", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_contacts_need_a_key_and_json(here: httpx.Client) -> None:
    body = {"contacts": [{"customer_id": "c01"}]}
    assert here.post("/v1/contacts", json=body).json()["errors"][0]["field"] == "header.Idempotency-Key"
    form = here.post("/v1/contacts", data={"a": "b"}, headers={"Idempotency-Key": "k"})
    assert form.status_code == 415


def test_a_campaign_holds_a_share_back_at_random_and_both_arms_leave_the_list(client: httpx.Client) -> None:
    body = {"name": "spring", **COSTS, "budget": 150, "control_share": 0.25, "seed": "1"}
    drawn = client.post("/v1/campaigns", json=body).json()
    treated, control = drawn["arms"]["treated"], drawn["arms"]["control"]
    assert len(control) == pytest.approx(0.25 * (len(treated) + len(control)), abs=2)
    assert (drawn["treated"], drawn["control"]) == (len(treated), len(control))
    assert drawn["plan"]["size"] == len(treated)
    assert drawn["plan"]["expected_cost"] <= 150
    assert not {*treated, *control} & set(ids(client.get("/v1/at-risk?limit=1000")))
    assert "objector" not in treated + control
    assert client.get("/v1/campaigns/spring").json() == drawn
    (listed,) = client.get("/v1/campaigns").json()["campaigns"]
    assert (listed["name"], listed["outcome"], listed["budget"]) == ("spring", None, 150)
    assert client.post("/v1/campaigns", json=body).json() == drawn
    taken = client.post("/v1/campaigns", json={**body, "budget": 9})
    assert (taken.status_code, taken.json()["type"]) == (409, "/docs#campaign-exists")


def test_reporting_a_drawn_customer_changes_nothing_and_the_control_group_is_told_apart(
    client: httpx.Client,
) -> None:
    drawn = client.post("/v1/campaigns", json={"name": "spring", **COSTS, "control_share": 0.5}).json()
    answer = contact(
        client, "k", drawn["arms"]["treated"][0], drawn["arms"]["control"][0], campaign="spring"
    ).json()
    assert [result["status"] for result in answer["results"]] == ["known", "refused"]
    assert answer["results"][1]["error"]["detail"] == "This customer is in the other arm of the campaign."
    assert client.get("/v1/campaigns/spring").json()["arms"] == drawn["arms"]


def test_a_campaign_takes_filters_and_a_most_and_refuses_what_it_cannot_draw(client: httpx.Client) -> None:
    drawn = client.post(
        "/v1/campaigns", json={"name": "top", "filters": {"band": "high"}, "most": 5, "control_share": 0}
    ).json()
    assert (drawn["treated"], drawn["control"]) == (5, 0)
    assert (drawn["contact_cost"], drawn["offer_cost"], drawn["accept_rate"]) == (1.0, 10.0, 0.3)
    for wrong, field in (
        ({"filters": {"band": "huge"}}, "body.filters.band"),
        ({"filters": {"colour": "red"}}, "body.filters.colour"),
        ({"budget": 0}, "body.budget"),
        ({"control_share": 0.95}, "body.control_share"),
        ({"most": 0}, "body.most"),
        ({"contact_cost": "1"}, "body.contact_cost"),
        ({"offer_cost": 1e9}, "body"),
    ):
        answer = client.post("/v1/campaigns", json={"name": "other", **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    missing = client.get("/v1/campaigns/nobody")
    assert (missing.status_code, missing.json()["type"]) == (404, "/docs#unknown-campaign")


def test_arms_are_drawn_again_alike_from_the_same_seed(
    client: httpx.Client,
    tmp_path: Path,
    crowd: list[dict[str, Any]],
    new_client: Callable[[str], httpx.Client],
) -> None:
    body = {"name": "spring", **COSTS, "control_share": 0.4, "seed": "77"}
    here = client.post("/v1/campaigns", json=body).json()["arms"]
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    publish(elsewhere, tmp_path, crowd)
    there = new_client(f'[store]\nurl = "{elsewhere}"\n')
    assert there.post("/v1/campaigns", json=body).json()["arms"] == here


def test_a_service_that_only_reads_says_so(
    store_url: str, tmp_path: Path, crowd: list[dict[str, Any]], new_client: Callable[[str], httpx.Client]
) -> None:
    publish(store_url, tmp_path, crowd)
    client = new_client(f'[store]\nurl = "{store_url}"\n[serving]\nread_only = true\n')
    for answer in (contact(client, "k", "c01"), client.post("/v1/campaigns", json={"name": "a"})):
        assert (answer.status_code, answer.json()["type"]) == (403, "/docs#read-only")
    assert len(ids(client.get("/v1/at-risk?limit=1000"))) == 60


def test_a_role_that_may_only_read_is_told_so_and_the_grants_of_the_manual_let_it_write(
    postgres_server: Any,
    tmp_path: Path,
    crowd: list[dict[str, Any]],
    new_client: Callable[[str], httpx.Client],
) -> None:
    url = postgres_server.new_database()
    publish(url, tmp_path, crowd)
    where = sa.make_url(url).set(drivername="postgresql").render_as_string()
    with psycopg.connect(where, autocommit=True) as admin:
        admin.execute("CREATE ROLE only_reader LOGIN")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reader")
    client = new_client(f'[store]\nurl = "{url.replace("postgres@", "only_reader@")}"\n')
    answer = contact(client, "k", "c01")
    assert (answer.status_code, answer.json()["type"]) == (403, "/docs#read-only")
    assert len(ids(client.get("/v1/at-risk?limit=1000"))) == 60
    with psycopg.connect(where, autocommit=True) as admin:
        admin.execute(
            "GRANT INSERT, UPDATE, DELETE ON contacts, campaigns, requests, outcomes TO only_reader"
        )
        admin.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO only_reader")
    assert contact(client, "k", "c01", campaign="spring").json()["recorded"] == 1
    assert client.post("/v1/campaigns", json={"name": "autumn", **COSTS}).status_code == 200


def test_before_the_first_scores_there_is_nobody_to_contact(
    store_url: str, new_client: Callable[[str], httpx.Client]
) -> None:
    client = new_client(f'[store]\nurl = "{store_url}"\n')
    for answer in (contact(client, "k", "c01"), client.get("/v1/campaigns"), client.get("/v1/cutoffs")):
        assert (answer.status_code, answer.json()["type"]) == (503, "/docs#no-scores")
