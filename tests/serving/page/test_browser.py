"""The pages in a real browser: at two widths, light and dark, by keyboard and mouse, from nowhere else.

A shop made up of what is hard to show; tests/test_demo.py drives the page of a real one.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.notes import CheckupNote, Moved, VersionsNote, write_note
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.book import ContactBook
from serving.store.campaigns import Outcome
from serving.store.contacts import Contact
from serving.store.store import ScoreStore
from serving.store.timelines import Happening, Timeline, write
from training.lift import Behaviour, measure_lift

HOSTILE = "<script>alert(1)</script>"
LONG = "x" * 200
PAGES = (
    "/",
    "/?segment=AT_RISK&band=high",
    "/?plan=yes&budget=20",
    "/?min_value=1000000000",
    "/segments",
    "/segments/AT_RISK",
    "/segments/big-spenders",
    "/?own_segment=nobody",
    "/customers?id=lapsed",
    f"/customers?id={LONG}",
    "/customers?id=refunded",
    "/campaigns",
    "/model",
    "/docs",
    *(f"/?lang={code}" for code in ("ms", "id", "th")),
)
RESERVED = "<b>bold</b> & \N{RIGHT-TO-LEFT MARK}'quoted'"
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
    rows[0]["own_segments"] = '["big-spenders"]'
    names = ("customer_id", *(column.name for column in ANSWERS), "own_segments")
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names})


OWN = (("big-spenders", "clv >= 1000 and rfm_segment == 'AT_RISK'"), ("nobody", "clv > 1e9"))


def publish(folder: Path) -> None:
    """Two batches of those lives and a time line of one."""
    horizons = Horizons(churn_window_days=90, clv_horizon_days=365)
    days = (
        Happening(date(2023, 11, 1), "purchase", 1, 120.0),
        Happening(date(2023, 10, 20), "email_open", 2, None),
        Happening(date(2023, 10, 1), "refund", 1, -20.0),
    )
    with ScoreStore(StoreSettings(), folder, read_only=False) as store:
        for day, risk in ((date(2024, 1, 1), 0.6), (date(2024, 2, 1), 0.9)):
            scored_at = datetime(day.year, day.month, day.day, 4, 30, tzinfo=UTC)
            batch = Batch(day, scored_at, "7", horizons, f"{day}", OWN)
            told = [write([Timeline("lapsed", days, {"email_open": 2})])]
            store.publish(batch, [scores(risk)], timelines=told)


def hold_campaigns(folder: Path) -> None:
    """A campaign of long ago of every kind of outcome: none yet, too early, and one that helped."""
    then = datetime(2023, 10, 1, tzinfo=UTC)
    came = {
        arm: np.repeat([1.0, 0.0], [back, 200 - back]) for arm, back in (("treated", 90), ("control", 30))
    }
    lift = measure_lift(*(Behaviour(arm, 50 * arm) for arm in came.values()), 1.0, 1.0, 10.0)
    assert lift is not None
    early = {"verdict": "too early", "sentence": "Too early to tell.", "waiting": 2, "left_out": 0}
    outcomes = {
        "nothing yet": None,
        "too early": early,
        RESERVED: {**asdict(lift), "waiting": 0, "left_out": 0},
    }
    with ContactBook(StoreSettings(), folder, read_only=False) as book:
        for name, found in outcomes.items():
            arms = [Contact("lapsed", then), Contact("loyal", then, "control")]
            book.record(arms, name, name, name, NOW, lambda recorded: "")
            if found is not None:
                book.save_outcome(name, Outcome(NOW, NOW.date(), found))


def leave_notes(model_folder: Path) -> None:
    """What a check-up and a training leave for the page of the model: drift, reasons, a challenger."""
    moved = (
        Moved(name="days_since_last_purchase", distance=0.3, allowed=0.1, psi=0.5),
        Moved(name="clv", distance=0.05, allowed=0.1, psi=0.01),
    )
    checkup = CheckupNote(
        made_at=NOW,
        as_of=NOW.date(),
        version="6",
        reasons=("the answers have moved <b>far</b>",),
        notes=("Drift of one column is not measured.",),
        moved=moved,
        figures={},
    )
    write_note(checkup, model_folder)
    said = "Version 8 stays a challenger: it is worse. Run `tenure score` next."
    write_note(VersionsNote(newest="8", churn="B", value="none", decision=said, decided_at=NOW), model_folder)


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, serve: Callable[..., Any]
) -> Iterator[str]:
    """A service of that shop, with a model that nothing could be held out for."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "tenure.toml").write_text("")
    publish(folder)
    hold_campaigns(folder)
    shutil.copytree(model_folder, folder / "var" / "model")
    leave_notes(folder / "var" / "model")
    with serve(folder, NOW) as address:
        yield address


@pytest.fixture(scope="module")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, serve: Callable[..., Any]
) -> Iterator[dict[str, str]]:
    """Services in the states in which there is little to show."""
    with ExitStack() as running:
        places = {}
        for state, now in (("empty", NOW), ("damaged", NOW), ("stale", datetime(2024, 5, 1, tzinfo=UTC))):
            folder = tmp_path_factory.mktemp(state)
            (folder / "tenure.toml").write_text("")
            if state != "empty":
                publish(folder)
            if state == "damaged":
                shutil.copytree(model_folder, folder / "var" / "model")
                (folder / "var" / "monitor.json").write_text("{")
            places[state] = running.enter_context(serve(folder, now))
        yield places


LOOKS = [(1366, "light"), (1366, "dark"), (390, "light"), (390, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_fits_is_accessible_and_loads_nothing_from_elsewhere(
    address: str, watch: Callable[..., Any], width: int, scheme: str
) -> None:
    with watch(address, width, scheme) as watched:
        for path in PAGES:
            watched.page.goto(f"{address}{path}")
            watched.look()
    assert any("/pictures/" in url and ("scheme=dark" in url) == (scheme == "dark") for url in watched.asked)


@pytest.mark.parametrize(("width", "scheme"), [(1366, "dark"), (390, "light")])
def test_pages_with_little_to_show_say_so_and_are_accessible_too(
    elsewhere: dict[str, str], watch: Callable[..., Any], width: int, scheme: str
) -> None:
    told = {
        "empty": {
            **dict.fromkeys(("/", "/segments", "/campaigns", "/customers?id=loyal"), "tenure score"),
            "/model": "There is no model on this service's disk",
        },
        "stale": {
            **dict.fromkeys(("/", "/segments", "/customers?id=lapsed"), "These scores are 89 days old"),
            "/campaigns": "No campaign yet",
        },
        "damaged": {"/model": "What the last check-up found cannot be read"},
    }
    for state, pages in told.items():
        with watch(elsewhere[state], width, scheme) as watched:
            for path, words in pages.items():
                watched.page.goto(f"{elsewhere[state]}{path}")
                assert words in watched.page.locator("main").inner_text()
                watched.look()


@pytest.mark.parametrize("width", [1366, 390])
def test_every_step_of_a_morning_does_what_it_says(
    address: str, watch: Callable[..., Any], width: int
) -> None:
    with watch(address, width, "light") as watched:
        _walk(watched.page, address, {1366: "new", 390: HOSTILE}[width])


def _walk(page: Page, address: str, chosen: str) -> None:
    page.goto(f"{address}/")
    assert page.locator(".delta").inner_text() == "+1,500,000 since 1 Jan 2024"
    assert page.get_by_role("row", name="Newly at high risk 1 +1,500,000").is_visible()

    page.get_by_label("Segment", exact=True).select_option("CHAMPIONS")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("table.list tbody tr").count() == 1
    page.get_by_role("link", name="Clear").click()

    page.get_by_label("Segment of your own").select_option("big-spenders")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("table.list tbody th").all_inner_texts() == ["lapsed"]
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
