"""The pages over HTTP; tests.serving.page drives them in a real browser."""

import csv
import html
import io
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from serving.notes import CheckupNote, Moved, VersionsNote, note_file, write_note


def rows(page: httpx.Response) -> list[str]:
    """The table's rows as text, cells set apart by bars."""
    body = page.text.split('<table class="list">')[1].split("<tbody>")[1].split("</tbody>")[0]
    found = []
    for row in body.split("</tr>")[:-1]:
        cells = [re.sub(r"<[^>]*>", " ", cell) for cell in re.split(r"</t[dh]>", row)[:-1]]
        told = [" ".join(cell.split()) for cell in cells]
        found.append(" | ".join(told[1:] if 'class="tick"' in row else told))
    return found


def test_the_list_says_who_how_much_how_likely_and_why(client: httpx.Client) -> None:
    page = client.get("/?limit=4")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert rows(page) == [
        "lapsed | 45.00 | 90% high | 50.00 0 to 100 | 200 days ago | At risk | Make an offer no channel known | –",
        "steady | 40.00 | 20% low | 200.00 0 to 400 | 30 days ago | Loyal | Leave alone | –",
        "new | 12.00 | 40% medium | 30.00 0 to 60 | 30 days ago | New | "
        "Invite a second purchase no channel known | –",
        "loyal | 10.00 | 10% low | 100.00 0 to 200 | 30 days ago | Champions | Leave alone | "
        "Bought 3 days ago; usually buys every 21.",
    ]
    assert "As of 1 Jan 2024" in page.text
    assert "Scored 1 Jan 2024, 04:30 UTC by model version 7, batch 1" in page.text


def test_filters_and_pages_hold_together(client: httpx.Client) -> None:
    page = client.get("/", params={"segment": "AT_RISK", "band": "", "min_value": "", "limit": "1"})
    assert [row.split(" ")[0] for row in rows(page)] == ["lapsed"]
    following = re.search(r'class="next" href="([^"]+)"', page.text)
    assert following is not None
    second = client.get(following.group(1).replace("&amp;", "&"))
    assert [row.split(" ")[0] for row in rows(second)] == ["one-time"]
    download = re.search(r'class="download" href="([^"]+)"', page.text)
    assert download is not None
    csv = client.get(download.group(1).replace("&amp;", "&"))
    assert [line.split(",")[0] for line in csv.text.splitlines()] == [
        '"customer_id"',
        '"lapsed"',
        '"one-time"',
    ]


def test_a_selection_without_customers_says_so(client: httpx.Client) -> None:
    assert "Nobody matches" in client.get("/?min_value=1000000").text


def test_scores_older_than_they_should_be_are_called_old(client: httpx.Client) -> None:
    assert re.search(r"These scores are [\d,]+ days old", client.get("/").text)


def test_fresh_scores_are_not_called_old(
    new_client: Callable[..., Any], tmp_path: Path, publish: Callable[..., None], scored: Callable[..., Any]
) -> None:
    publish(tmp_path, [scored("loyal", 0.1, 100.0)], date(2024, 1, 1))
    page = new_client('[serving]\nstale_after_days = 3650\ncurrency = "EUR"\n').get("/")
    assert "days old" not in page.text
    assert "10.00\N{NO-BREAK SPACE}EUR" in page.text


def test_segments_lead_to_their_customers(client: httpx.Client) -> None:
    page = client.get("/segments")
    assert "At risk | 2 | 7% | 85% | 2 | 53 | 60" in rows(page)
    assert '<a href="/segments/AT_RISK">At risk</a>' in page.text
    members = rows(client.get("/segments/AT_RISK"))
    assert [row.split(" ")[0] for row in members] == ["lapsed", "one-time"]
    assert client.get("/segments/NOBODY").status_code == 404


def test_a_customer_who_cannot_be_scored_is_shown_with_the_reason(client: httpx.Client) -> None:
    assert "Only refunds are known." in client.get("/customers?id=refunded").text


def test_a_browser_is_told_of_problems_on_a_page_and_a_program_in_json(client: httpx.Client) -> None:
    page = client.get("/?band=purple", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "<code>query.band</code>" in page.text
    assert client.get("/?band=purple").headers["content-type"] == "application/problem+json"
    answer = client.get("/v1/at-risk?band=purple", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"


def test_hostile_ids_are_text_on_the_page(client: httpx.Client, hostile_ids: list[str]) -> None:
    for customer_id in hostile_ids:
        page = client.get("/customers", params={"id": customer_id})
        assert page.status_code == 200
        assert page.text.count("<script") == 1  # our own
        picture = client.get("/pictures/customer-risk.svg", params={"id": customer_id})
        assert picture.headers["content-type"] == "image/svg+xml"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get("/?segment=DORMANT").text


def test_ids_that_look_like_code_live_unharmed_on_page_csv_and_api(client: httpx.Client) -> None:
    for customer_id in ("<script>alert(1)</script>", '=HYPERLINK("http://elsewhere.example")'):
        page = client.get(f"/customers/{quote(customer_id)}")
        assert html.unescape(page.text.split("<bdi>")[1].split("</bdi>")[0]) == customer_id
        assert client.get(f"/v1/customers/{quote(customer_id)}").json()["customer_id"] == customer_id
    table = list(csv.DictReader(io.StringIO(client.get("/list.csv?segment=DORMANT").text)))
    ids = [row["customer_id"] for row in table]
    assert "<script>alert(1)</script>" in ids
    assert '\'=HYPERLINK("http://elsewhere.example")' in ids
    assert all(not customer_id.startswith("=") for customer_id in ids)


@pytest.mark.parametrize(
    ("language", "title", "stale"),
    [
        ("ms", "Hari ini", "Skor ini sudah berusia"),
        ("id", "Hari ini", "Skor ini sudah berumur"),
        ("th", "วันนี้", "คะแนนเหล่านี้เก่า"),
    ],
)
def test_a_reader_gets_the_page_in_their_language(
    client: httpx.Client, language: str, title: str, stale: str
) -> None:
    page = client.get("/", headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in page.text
    assert f"<h1>{title}</h1>" in page.text
    assert stale in page.text
    asked = client.get("/segments", params={"lang": language}, headers={"Accept-Language": "en"})
    assert f"tenure_language={language}" in asked.headers["set-cookie"]
    assert f'<html lang="{language}">' in asked.text
    client.cookies.clear()


def test_a_budget_sizes_the_list_and_the_costs_decide(client: httpx.Client) -> None:
    page = client.get("/?plan=yes&budget=4&contact_cost=1&offer_cost=0&accept=50&band=high")
    assert [row.split(" ")[0] for row in rows(page)] == ["lapsed", "one-time"]
    assert re.search(r'data-outcome="cost"[^>]*>2<', page.text)
    assert re.search(r'data-outcome="profit"[^>]*>24<', page.text)  # (45 + 8) / 2 - 2
    small = client.get("/?plan=yes&budget=1&contact_cost=1&offer_cost=0&accept=50&band=high")
    assert [row.split(" ")[0] for row in rows(small)] == ["lapsed"]
    assert "does not pay for a single contact" in client.get("/?plan=yes&budget=0").text
    assert "nobody is worth contacting" in client.get("/?plan=yes&contact_cost=1000").text
    for wrong in ("budget=-1", "contact_cost=nan", "accept=101", "start=-1"):
        assert client.get(f"/?{wrong}").status_code == 422


def test_a_form_without_the_pages_token_changes_nothing(client: httpx.Client) -> None:
    for path, fields in (("/contacts", {"customer": "lapsed"}), ("/campaigns", {"name": "spring"})):
        for token in ("", "x", "QUJD" * 8):
            form = {**fields, "token": token, "once": "0" * 32}
            for cookie in ({}, {"Cookie": "tenure_language=th"}):
                answer = client.post(path, data=form, headers=cookie)
                assert (answer.status_code, answer.headers["location"]) == (303, "/?said=stale")
    assert client.post("/contacts", json={"customer": "lapsed"}).status_code == 415
    assert "lapsed" in client.get("/?band=high").text


def test_the_model_page_tells_what_the_last_check_up_found(
    new_client: Callable[..., Any], tmp_path: Path, model_folder: Path
) -> None:
    folder = tmp_path / "var" / "model"
    shutil.copytree(model_folder, folder)
    client = new_client("")

    def told() -> str:
        page = client.get("/model")
        assert page.status_code == 200
        section = page.text.split('<h2 id="drift">')[1].split("</section>")[0]
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", section)).split())

    assert "Nothing has compared today's customers with those it was trained on yet." in told()
    note = CheckupNote(
        made_at=datetime(2024, 1, 31, 5, 0, tzinfo=UTC),
        as_of=date(2024, 1, 31),
        version="7",
        reasons=("the answers have moved <b>far</b>",),
        notes=("Drift of one column is not measured.",),
        moved=(
            Moved(name="recency", distance=0.3, allowed=0.1, psi=0.5),
            Moved(name="clv", distance=0.05, allowed=0.1, psi=0.01),
        ),
        figures={},
    )
    write_note(note, folder)
    assert "Version 7 was checked as of 31 Jan 2024, on 31 Jan 2024, 05:00 UTC. Retraining is due." in told()
    assert "The answers have moved <b>far</b>. Drift of one column is not measured." in told()
    assert "Has drifted recency 0.300 0.100 Yes clv 0.050 0.100 No" in told()
    assert "is on disk now" not in told()

    write_note(note.model_copy(update={"version": "6", "reasons": (), "notes": (), "moved": ()}), folder)
    assert told().endswith("Version 6 was checked as of 31 Jan 2024, on 31 Jan 2024, 05:00 UTC. "
                           "Nothing asks for retraining.")  # fmt: skip
    assert "This check-up is of version 6. Version 7 is on disk now" in told()

    note_file(CheckupNote, folder).write_text("{")
    assert "What the last check-up found cannot be read. Run tenure monitor again." in told()


def test_the_model_page_tells_of_the_challenger_and_the_last_decision(
    new_client: Callable[..., Any], tmp_path: Path, model_folder: Path
) -> None:
    folder = tmp_path / "var" / "model"
    shutil.copytree(model_folder, folder)
    client = new_client("")
    assert "challenger" not in client.get("/model").text

    at = datetime(2024, 1, 31, 5, 0, tzinfo=UTC)
    said = "Version 8 stays a challenger: <b>. Run `tenure score` next."
    write_note(VersionsNote(newest="8", churn="B", value="none", decision=said, decided_at=at), folder)
    page = client.get("/model").text
    assert "Version 8 is the newest, with grade B for who leaves and – for what they are worth." in page
    assert "Last decision, 31 Jan 2024, 05:00 UTC:" in page
    assert "Version 8 stays a challenger: &lt;b&gt;. Run <code>tenure score</code> next." in page

    write_note(VersionsNote(newest="7", churn="B", value="A", decision=None, decided_at=None), folder)
    page = client.get("/model").text
    assert "The newest version answers: there is no challenger." in page
    assert "Last decision" not in page
    note_file(VersionsNote, folder).write_text("{}")
    assert client.get("/model").status_code == 200


def test_pictures_are_images_of_our_own_for_both_schemes_and_widths(client: httpx.Client) -> None:
    light = client.get("/pictures/segments.svg?scheme=light")
    assert light.headers["content-type"] == "image/svg+xml"
    assert light.headers["cache-control"] == "private, max-age=3600"
    assert "default-src 'none'" in light.headers["content-security-policy"]
    assert client.get("/pictures/segments.svg?scheme=dark").text != light.text
    assert 'width="340"' in client.get("/pictures/segments.svg?narrow=true").text
    assert client.get("/pictures/segments.svg?scheme=pink").status_code == 422
    assert client.get("/pictures/customer-days.svg?id=nobody").status_code == 404
