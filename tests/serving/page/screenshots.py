"""Screenshots of the views for the README: `python -m tests.serving.page.screenshots ADDRESS`.

ADDRESS is a running service, such as the one that `make demo` leaves at http://127.0.0.1:3000. Writes
docs/screenshots/*.png.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
VIEWS = (
    ("today", "/?limit=6", 1366, 1500, "light"),
    ("today-dark", "/?limit=6", 1366, 1500, "dark"),
    ("today-phone", "/?limit=3", 390, 1400, "light"),
    ("segments", "/segments", 1366, 1300, "light"),
    ("model", "/model", 1366, 1500, "light"),
)


def main(address: str) -> None:
    """Take them all, and one of the customer at the top of the list."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(locale="en-GB")
        page.goto(f"{address}/")
        top = page.locator("table.list tbody a").first.get_attribute("href")
        for name, path, width, height, scheme in (*VIEWS, ("customer", str(top), 1366, 1400, "light")):
            options = {
                "viewport": {"width": width, "height": height},
                "color_scheme": scheme,
                "locale": "en-GB",
            }
            page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
            page.goto(f"{address}{path}", wait_until="networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
