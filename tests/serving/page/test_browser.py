"""The pages in a real browser: at two widths, light and dark, by keyboard and mouse, from nowhere else."""

import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.app import create_app
from serving.settings import StoreSettings, load_service_settings
from serving.store.batches import Batch
from serving.store.store import ScoreStore
from serving.store.timelines import Happening, Timeline, write

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = "<script>alert(1)</script>"
LONG = "x" * 200
PAGES = (
    "/",
    "/?segment=AT_RISK&band=high",
    "/?plan=yes&budget=20",
    "/?min_value=1000000000",
    "/segments",
    "/segments/AT_RISK",
    "/customers?id=lapsed",
    f"/customers?id={LONG}",
    "/customers?id=refunded",
    "/campaigns",
    "/model",
    "/?lang=th",
    "/docs",
)
NOW = datetime(2024, 2, 2, tzinfo=UTC)


def scores(risk_of_the_lapsed: float) -> pd.DataFrame:
    """Five lives with a score, the largest worth millions, and one without."""
    lives = [
        ("lapsed", risk_of_the_lapsed, 5_000_000.0, "AT_RISK", "top"),
        (HOSTILE, 0.8, 60.0, "AT_RISK", "medium"),
        (LONG, 0.75, 50.0, "DORMANT", "low"),
        ("new", 0.5, 30.0, "NEW", "medium"),
        ("loyal", 0.1, 100.0, "CHAMPIONS", "high"),
    ]
    reason = {"feature": "recency", "value": 94.0, "importance": "high", "text": "silent for 94 days"}
    rows: list[dict[str, Any]] = [
        {
            "customer_id": customer_id,
            "eligible": True,
            "churn_probability": risk,
            "churn_percentile": round(100 * risk),
            "risk_band": "high" if risk >= 0.7 else "medium" if risk >= 0.4 else "low",
            "clv": clv,
            "clv_low": 0.0,
            "clv_high": 2 * clv,
            "value_at_risk": risk * clv,
            "historic_spend": clv,
            "purchase_count": 3,
            "days_since_last_purchase": 94,
            "rfm_segment": segment,
            "value_tier": tier,
            "journey_stage": "retention",
            "reasons": [{**reason, "direction": "raises"}, {**reason, "direction": "lowers"}],
        }
        for customer_id, risk, clv, segment, tier in lives
    ]
    rows.append(
        {
            "customer_id": "refunded",
            "eligible": False,
            "ineligible_reason": "Only refunds are known.",
            "historic_spend": -5.0,
            "purchase_count": 0,
            "rfm_segment": "PROSPECTS",
            "journey_stage": "consideration",
        }
    )
    names = ("customer_id", *(column.name for column in ANSWERS))
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service with two batches of those lives and a time line of one."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "tenure.toml").write_text("")
    horizons = Horizons(churn_window_days=90, clv_horizon_days=365)
    days = (
        Happening(date(2023, 11, 1), "purchase", 1, 120.0),
        Happening(date(2023, 10, 20), "email_open", 2, None),
        Happening(date(2023, 10, 1), "refund", 1, -20.0),
    )
    with ScoreStore(StoreSettings(), folder, read_only=False) as store:
        for day, risk in ((date(2024, 1, 1), 0.6), (date(2024, 2, 1), 0.9)):
            scored_at = datetime(day.year, day.month, day.day, 4, 30, tzinfo=UTC)
            batch = Batch(day, scored_at, "7", horizons, f"{day}")
            store.publish(
                batch, [scores(risk)], timelines=[write([Timeline("lapsed", days, {"email_open": 2})])]
            )
    app = create_app(lambda: load_service_settings(folder / "tenure.toml"), lambda: NOW)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable is not None, "install Debian's chromium (`.ci/system chromium`)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def watched(browser: Browser, width: int, scheme: str) -> tuple[Page, list[str], list[str]]:
    """A page of that width, every address that it asks for, and every complaint of its console."""
    options: Any = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme, "locale": "en-GB"}
    page = browser.new_context(**options).new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, asked, complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_every_page_fits_is_accessible_and_loads_nothing_from_elsewhere(
    address: str, browser: Browser, width: int, scheme: str
) -> None:
    page, asked, complaints = watched(browser, width, scheme)
    axe = Axe()
    for path in PAGES:
        page.goto(f"{address}{path}", wait_until="networkidle")
        assert (path, page.evaluate("document.documentElement.scrollWidth - innerWidth")) == (path, 0)
        assert (path, page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")) == (path, 0)
        found = axe.run(page).response["violations"]
        serious = [
            (path, one["id"], one["nodes"][0]["html"])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
    page.context.close()
    assert [url for url in asked if not url.startswith(address)] == []
    assert any("/pictures/" in url and ("scheme=dark" in url) == (scheme == "dark") for url in asked)
    assert complaints == []


@pytest.mark.parametrize("width", [1366, 390])
def test_a_morning_with_the_page(address: str, browser: Browser, width: int) -> None:
    page, asked, complaints = watched(browser, width, "light")
    page.goto(f"{address}/")
    assert page.locator(".delta").inner_text() == "+1,500,000 since 1 Jan 2024"
    assert page.get_by_role("row", name="Newly at high risk 1 +1,500,000").is_visible()

    page.get_by_label("Segment", exact=True).select_option("CHAMPIONS")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("table.list tbody tr").count() == 1
    page.get_by_role("link", name="Clear").click()

    before = page.locator('[data-outcome="profit"]').inner_text()
    slider = page.get_by_label("Budget, as a slider")
    slider.focus()
    slider.press("Home")
    page.wait_for_url("**plan=yes**")
    assert "does not pay for a single contact" in page.content()
    page.get_by_label("Budget", exact=True).fill("1000")
    assert page.locator('[data-outcome="profit"]').inner_text() == before
    page.get_by_role("button", name="Work it out").click()
    assert page.locator('[data-outcome="profit"]').inner_text() == before
    assert "sized to your budget" in page.content()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert '"lapsed"' in Path(download.value.path()).read_text()

    page.get_by_role("link", name="lapsed").click()
    assert page.get_by_role("heading", level=1).inner_text() == "lapsed"
    assert page.get_by_text("seen there 2 times in 180 days").is_visible()
    page.locator("#timeline + picture + details summary").click()
    assert page.get_by_role("row", name="20 Oct 2023 Opened an e-mail 2 –").is_visible()
    page.get_by_label("Customer id").fill(HOSTILE)
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE

    page.goto(f"{address}/")
    page.get_by_role("button", name="Mark selected as contacted").click()
    assert page.get_by_role("status").inner_text() == "Nobody was selected: tick the customers first."
    chosen = {1366: "new", 390: HOSTILE}[width]
    page.get_by_label(f"Select {chosen}", exact=True).check()
    page.get_by_role("button", name="Mark selected as contacted").click()
    assert page.get_by_role("status").inner_text().startswith("1 customer is marked as contacted")
    assert page.get_by_role("link", name=chosen, exact=True).count() == 0

    page.get_by_role("link", name="Bahasa Melayu").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Hari ini"
    page.get_by_role("link", name="Segmen", exact=True).click()
    assert page.locator("html").get_attribute("lang") == "ms"
    assert (
        page.get_by_role("link", name="Perlu perhatian").count()
        + page.get_by_role("link", name="Berisiko", exact=True).count()
        > 0
    )
    page.context.close()
    assert [url for url in asked if not url.startswith(address)] == []
    assert complaints == []


def test_without_a_script_everything_still_works(address: str, browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False, locale="en-GB").new_page()
    page.goto(f"{address}/")
    assert not page.get_by_label("Budget, as a slider").is_visible()
    page.get_by_label("Budget", exact=True).fill("20")
    page.get_by_role("button", name="Work it out").click()
    assert page.locator('[data-outcome="size"]').inner_text() in ("1", "2", "3")
    page.get_by_label("Name of the campaign").fill("no script")
    page.get_by_label("Held back at random (%)").fill("50")
    page.get_by_role("link", name="Show all customers instead").first.click()
    page.get_by_label("Name of the campaign").fill("no script")
    page.get_by_role("button", name="Draw this campaign").click()
    assert page.get_by_role("heading", level=2, name="no script").is_visible()
    assert "What it earned can be told from" in page.content()
    page.context.close()


def test_a_service_without_scores_says_what_to_run(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "tenure.toml").write_text("")
    app = create_app(lambda: load_service_settings(tmp_path / "tenure.toml"), lambda: NOW)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    page = browser.new_page(locale="en-GB")
    for path in ("/", "/segments", "/campaigns", "/customers?id=loyal"):
        page.goto(f"http://127.0.0.1:{listener.getsockname()[1]}{path}")
        assert page.get_by_role("heading", level=1).inner_text() == "No scores yet"
        assert "tenure score" in page.locator("pre").inner_text()
    page.close()
    server.should_exit = True
    thread.join()
