"""What tests of more than one part of the tree need: shops, Spark, a browser, a service in a thread."""

import contextlib
import gc
import os
import shutil
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.door.report import DoorReport
from features.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ShopOf = Callable[..., Shop]
Serve = Callable[[Path, datetime], AbstractContextManager[str]]
Watch = Callable[..., AbstractContextManager["Watched"]]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots",
        metavar="FOLDER",
        type=Path,
        help="where tests of the demo leave pictures of its pages",
    )


@pytest.fixture(scope="session")
def shop_of() -> ShopOf:
    """A shop from admitted Arrow tables, whose days are those of UTC."""

    def make(
        purchases: pa.Table, interactions: pa.Table | None = None, customers: pa.Table | None = None
    ) -> Shop:
        con = ibis.duckdb.connect()

        def put(name: str, table: pa.Table | None, moment: str | None) -> Any:
            if table is None:
                return None
            if moment is not None:
                table = table.append_column("day", pc.cast(table[moment], pa.date32()))
            return con.create_table(name, table)

        return Shop(
            put("purchases", purchases, "ordered_at"),
            put("interactions", interactions, "occurred_at"),
            put("customers", customers, None),
            "UTC",
            DoorReport(()),
        )

    return make


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory) -> Iterator[Any]:
    """A real Spark on this machine, the one that the backend "pyspark://" finds."""
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for name, value in {
        # Nothing runs for long enough for a second compiler or a second collector to pay.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": 1,
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("spark") / "warehouse"),
        # For a few hundred rows, compiling a query takes longer than any way of running it.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # of the sockets to Java
        session.stop()
        gc.collect()


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves the tenure.toml of a folder, under plain uvicorn in a thread, at the address that it gives."""
    # Few tests serve or look; the others need not wait for what that takes.
    import uvicorn

    from serving.app import create_app
    from serving.settings import load_service_settings

    @contextlib.contextmanager
    def serving(folder: Path, now: datetime) -> Iterator[str]:
        app = create_app(lambda: load_service_settings(folder / "tenure.toml"), lambda: now)
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()

    return serving


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium")
    assert executable is not None, "install Debian's chromium (`.ci/system chromium`)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page of a browser, every address that it asks for, and every complaint of its console."""

    page: "Page"
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Assert that what is shown fits its width, is whole, and is accessible."""
        from axe_playwright_python.sync_playwright import Axe

        page = self.page
        page.wait_for_load_state()
        where = page.url
        assert (where, page.evaluate("document.documentElement.scrollWidth - innerWidth")) == (where, 0)
        assert (where, page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")) == (
            where,
            0,
        )
        serious = [
            (where, one["id"], [node["html"] for node in one["nodes"]])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []


@pytest.fixture(scope="session")
def watch(browser: "Browser") -> Watch:
    """Opens a page of that width and colour scheme; it may ask nobody else for anything, and may not complain."""

    @contextlib.contextmanager
    def watching(address: str, width: int, scheme: str, **options: Any) -> Iterator[Watched]:
        size = {"width": width, "height": 844}
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", **options)  # type: ignore[arg-type]
        watched = Watched(context.new_page())
        watched.page.on("request", lambda request: watched.asked.append(request.url))
        watched.page.on("console", lambda message: watched.complaints.append(message.text))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        yield watched
        context.close()
        assert [url for url in watched.asked if not url.startswith(address)] == []
        assert watched.complaints == []

    return watching
