"""`make demo`, as a newcomer runs it, but for the set-up that running these tests has already done.

With `--screenshots FOLDER`, what the browser sees on the way is left there for the README.
"""

import json
import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tenure.lift import measure_campaigns

ROOT = Path(__file__).parents[1]
LAPTOP, PHONE = 1366, 390
HEIGHTS = {LAPTOP: 1900, PHONE: 1400}
SPRING = "Spring letter"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder that the demo made its shop, what it said, and the port that it served on."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Make tells its children about itself; this one starts afresh.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "demo", "DEMO_ONCE=1", f"VENV={sys.prefix}", f"DEMO_DIR={folder}", f"PORT={port}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, done.stdout, port


def test_make_demo_ends_with_a_page_and_a_curl_that_answer(demo):
    _, said, port = demo
    assert "69,659 rows read, 69,659 admitted" in said
    assert "Published batch 1 as of 1998-06-01" in said
    assert "Published batch 2 as of 1998-07-01" in said
    assert "23,570 customers, 23,570 of them with a score" in said
    assert f"The page:      http://127.0.0.1:{port}/" in said
    assert re.search(rf"curl http://127\.0\.0\.1:{port}/v1/customers/\d{{5}}\n", said)
    assert "The page and the API answer." in said
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def address(demo, serve):
    """The demo's service, and in its book a campaign of March: of 400 customers every other one was held back.

    Nobody wrote to anybody in 1998, so its effect is known: none.
    """
    folder, _, _ = demo
    with serve(folder, datetime.now(UTC)) as address:
        with urlopen(f"{address}/v1/at-risk?limit=400") as listed:
            ids = [one["customer_id"] for one in json.load(listed)["customers"]]
        for arm, members in (("treated", ids[::2]), ("control", ids[1::2])):
            contacts = [{"customer_id": one, "contacted_at": "1998-03-15", "arm": arm} for one in members]
            body = json.dumps({"campaign": SPRING, "contacts": contacts}).encode()
            headers = {"Content-Type": "application/json", "Idempotency-Key": arm}
            urlopen(Request(f"{address}/v1/contacts", body, headers)).close()
        (measured,) = measure_campaigns(folder / "tenure.toml", None, datetime.now(UTC))
        assert measured.lift.verdict == "cannot tell"
        yield address


@pytest.fixture
def photograph(request):
    """Leaves a picture of a page where `--screenshots` wants them; of the dark pages one is enough."""
    folder = request.config.getoption("--screenshots")

    def shoot(page, name, width, scheme):
        if folder is None or (scheme == "dark" and (name, width) != ("today", LAPTOP)):
            return
        folder.mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.wait_for_load_state("networkidle")
        shown = page.locator("main").bounding_box()
        area = {"x": 0, "y": 0, "width": width, "height": min(HEIGHTS[width], shown["y"] + shown["height"])}
        ending = ("-dark" if scheme == "dark" else "") + ("-phone" if width == PHONE else "")
        page.screenshot(path=folder / f"{name}{ending}.png", clip=area)
        page.set_viewport_size({"width": width, "height": 844})

    return shoot


@pytest.mark.parametrize(
    ("width", "scheme", "name", "language", "today"),
    [
        (LAPTOP, "light", "Win-back in July", "Bahasa Melayu", "Hari ini"),
        (PHONE, "light", "Regulars gone quiet", "Bahasa Indonesia", "Hari ini"),
        (LAPTOP, "dark", "A call from the shop", "ไทย", "วันนี้"),
        (PHONE, "dark", "A last word", "English", "Today"),
    ],
)
def test_a_morning_with_the_page_of_the_demo(
    address, watch, photograph, width, scheme, name, language, today
):
    with watch(address, width, scheme) as watched:
        page = watched.page

        def seen(what):
            watched.look()
            photograph(page, what, width, scheme)

        page.goto(f"{address}/?limit=6")
        assert page.locator(".delta").inner_text().endswith("since 1 Jun 1998")
        assert page.get_by_role("row", name="Came back and bought").is_visible()

        page.get_by_label("Segment", exact=True).select_option("LOYAL")
        page.get_by_role("button", name="Apply").click()
        segments = page.locator('td[data-label="Segment"]').all_inner_texts()
        assert set(segments) == {"Loyal"}
        page.get_by_role("link", name="Clear").click()

        everybody = page.locator('[data-outcome="profit"]').inner_text()
        slider = page.get_by_label("Budget, as a slider")
        slider.focus()
        slider.press("PageDown")
        page.wait_for_url("**plan=yes**")
        assert page.locator('[data-outcome="profit"]').inner_text() != everybody
        page.get_by_label("Budget", exact=True).fill("5000")
        page.get_by_role("button", name="Work it out").click()
        spent = float(re.sub(r"[$,]", "", page.locator('[data-outcome="cost"]').inner_text()))
        assert 4_950 <= spent <= 5_000
        page.evaluate("scrollTo(0, 0)")
        seen("today")

        with page.expect_download() as download:
            page.get_by_role("link", name="Download CSV").click()
        rows = Path(download.value.path()).read_text().splitlines()
        assert rows[0].startswith('"customer_id"')
        assert f"{len(rows) - 1:,}" == page.locator('[data-outcome="size"]').inner_text()

        chosen = page.locator("table.list tbody a").first.inner_text()
        page.get_by_label(f"Select {chosen}", exact=True).check()
        page.get_by_role("button", name="Mark selected as contacted").click()
        assert page.get_by_role("status").inner_text().startswith("1 customer is marked as contacted")
        assert page.get_by_role("link", name=chosen, exact=True).count() == 0
        page.get_by_label("Customer id").fill(chosen)
        page.get_by_role("button", name="Find").click()
        assert page.get_by_role("heading", level=1).inner_text() == chosen
        seen("customer")

        page.get_by_role("link", name="Segments", exact=True).click()
        seen("segments")
        page.get_by_role("link", name="At risk", exact=True).click()
        assert page.locator("table.list tbody tr").count() == 50
        page.get_by_role("link", name="The model").click()
        assert page.get_by_text("on a past date that it had not seen").first.is_visible()
        seen("model")

        page.goto(f"{address}/?plan=yes&budget=5000")
        page.get_by_label("Name of the campaign").fill(name)
        page.get_by_role("button", name="Draw this campaign").click()
        assert page.get_by_role("heading", level=2, name=name).is_visible()
        march = page.get_by_role("region", name=SPRING)
        assert march.get_by_text("Cannot tell: the difference may be chance.").is_visible()
        seen("campaigns")

        page.get_by_role("link", name=language, exact=True).click()
        page.locator(".mark").click()
        assert page.get_by_role("heading", level=1).inner_text() == today
