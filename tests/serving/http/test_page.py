"""The pages, over HTTP and in a real browser."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("/", "/?segment=AT_RISK&band=high", "/segments", "/customer?id=loyal", "/docs", "/nowhere")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable is not None, "install Debian's chromium (`.ci/system chromium`)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def rows(page: httpx.Response) -> list[str]:
    """The table's rows as text, cells set apart by bars."""
    body = page.text.split("<tbody>")[1].split("</tbody>")[0]
    found = []
    for row in body.split("</tr>")[:-1]:
        cells = [re.sub(r"<[^>]*>", " ", cell) for cell in re.split(r"</t[dh]>", row)[:-1]]
        found.append(" | ".join(" ".join(cell.split()) for cell in cells))
    return found


def test_the_list_says_who_how_much_how_likely_and_why(client: httpx.Client) -> None:
    page = client.get("/?limit=4")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert rows(page) == [
        "lapsed | 45.00 | 90% high | 50.00 0 to 100 | 200 days ago | At risk | –",
        "steady | 40.00 | 20% low | 200.00 0 to 400 | 30 days ago | Loyal | –",
        "new | 12.00 | 40% medium | 30.00 0 to 60 | 30 days ago | New | –",
        "loyal | 10.00 | 10% low | 100.00 0 to 200 | 30 days ago | Champions | "
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
    assert '<a href="/?segment=AT_RISK">At risk</a>' in page.text


def test_a_customer_who_cannot_be_scored_is_shown_with_the_reason(client: httpx.Client) -> None:
    assert "Only refunds are known." in client.get("/customer?id=refunded").text


def test_a_browser_is_told_of_problems_on_a_page_and_a_program_in_json(client: httpx.Client) -> None:
    page = client.get("/?band=purple", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "<code>query.band</code>" in page.text
    assert client.get("/?band=purple").headers["content-type"] == "application/problem+json"
    answer = client.get("/v1/at-risk?band=purple", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"


def test_hostile_ids_are_text_on_the_page(client: httpx.Client, hostile_ids: list[str]) -> None:
    for customer_id in hostile_ids:
        page = client.get("/customer", params={"id": customer_id})
        assert page.status_code == 200
        assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get("/?segment=DORMANT").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_in_a_browser_every_page_fits_and_loads_nothing_from_elsewhere(
    client: httpx.Client, browser: Browser, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES:
        page.goto(f"{client.base_url}{path}")
        too_wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert (path, too_wide) == (path, 0)
    context.close()
    assert [url for url in asked if not url.startswith(str(client.base_url))] == []
    assert len([url for url in asked if url.endswith("/static/tenure.css")]) > 0
    assert complaints == ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


def test_in_a_browser_a_customer_is_found_from_the_list(client: httpx.Client, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{client.base_url}/")
    page.get_by_label("Segment").select_option("DORMANT")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="a?b#c&d=e+f").click()
    assert page.get_by_role("heading", level=1).inner_text() == "a?b#c&d=e+f"
    page.get_by_label("Customer id").fill("<script>alert(1)</script>")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("heading", level=1).inner_text() == "<script>alert(1)</script>"
    page.close()
