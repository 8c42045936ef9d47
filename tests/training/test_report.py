"""The report as a file: whole, self-contained, readable, and safe whatever the shop is called."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from training.backtest import Backtest
from training.bootstrap import Difference
from training.grade import Grade
from training.hindsight import Hindsight
from training.judgement import judge_churn, judge_value
from training.peers import OURS, PEERS, PeerForecast
from training.question import Question
from training.report import render_report, write_report
from training.verdicts import Comparison

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{ 7*7 }}'


def hindsight(day: date) -> Hindsight:
    """Two hundred customers whose answers are right on average."""
    generator = np.random.default_rng(day.toordinal())
    p = generator.uniform(0.1, 0.9, 200)
    spend = generator.gamma(2, 20, 200) * (generator.uniform(size=200) < p)
    outcomes = pd.DataFrame(
        {
            "customer_id": [f"secret-{n}" for n in range(200)],
            "returned": (spend > 0).astype(float),
            "p_return": p,
            "spend": spend,
            "clv": 40 * p,
            "clv_median": 30 * p,
            "clv_low": np.where(p > 0.8, 5.0, 0.0),
            "clv_high": 90.0,
            "frequency": 1,
            "days_since_last_purchase": generator.integers(1, 60, 200),
        }
    )
    forecasts = {name: PeerForecast(p, 40 * p, "fitted by lifetimes") for name in PEERS}
    tracked = pd.DataFrame(
        {"days": range(31), "actual": np.arange(31) * 3.0, "expected": np.arange(31) * 3.1}
    )
    question = Question.of(outcomes)
    return Hindsight(day, 30, outcomes, {OURS: PeerForecast(p, 40 * p), **forecasts}, tracked, question)


@pytest.fixture(scope="module")
def found() -> Backtest:
    dates = tuple(hindsight(day) for day in (date(2025, 12, 2), date(2025, 11, 2)))
    verdict = Comparison("roc_auc", 0.8, "persistence", 0.7, Difference(0.1, 0.05, 0.15), "better")
    return Backtest(
        as_of=date(2026, 1, 1),
        seed=0,
        churn_window_days=30,
        value_horizon_days=30,
        churn=pd.concat([judge_churn(one) for one in dates], ignore_index=True),
        value=pd.concat([judge_value(one) for one in dates], ignore_index=True),
        churn_verdicts=(verdict,),
        value_verdicts=(verdict,),
        churn_hindsights=dates,
        value_hindsights=dates,
        grade=Grade("A", "Of the 20 customers, 18 left.", None, "Too little data to grade.", {}),
        notes=(f"A note & {HOSTILE}",),
    )


@pytest.fixture(scope="module")
def page(found, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "var" / "backtest.html"
    write_report(found, HOSTILE, path)
    return path


class Tags(HTMLParser):
    """What a browser would make elements of, and the addresses they name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.addresses += [
            value for name, value in attributes if name in ("src", "href", "xlink:href", "action", "data")
        ]


def test_it_is_one_file_without_script_and_without_anything_from_outside(page):
    text = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & set(tags.names)
    assert tags.addresses == []
    assert "url(" not in text
    assert "@import" not in text
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"' )<]+", text)) <= namespaces
    assert list(page.parent.iterdir()) == [page]


def test_hostile_text_is_shown_and_never_read(page):
    text = page.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text


def test_no_customer_is_in_it(page):
    assert "secret-" not in page.read_text(encoding="utf-8")


def test_every_picture_stands_beside_a_table_with_its_numbers(found, page):
    text = page.read_text(encoding="utf-8")
    figures = re.findall(r"<figure>.*?</figure>", text, flags=re.DOTALL)
    titles = [re.search(r"<h3>(.*?)</h3>", figure).group(1) for figure in figures]
    assert titles == ["Calibration", "Gains", "Tracking"] * 2 + ["Deciles", "Interval"] * 2
    for figure in figures:
        assert figure.count("<svg") == 1
        assert figure.count("<tr>") >= 6
    highest = found.value_hindsights[0].outcomes.nlargest(20, "clv")
    assert f"<td>{highest['clv'].mean():,.2f}</td><td>{highest['spend'].mean():,.2f}</td>" in text


def test_grades_verdicts_and_notes_are_told(page):
    text = page.read_text(encoding="utf-8")
    assert "Churn: grade A" in text
    assert "Value: no grade" in text
    assert "Too little data to grade." in text
    assert '<td class="better">better</td>' in text
    assert "BG/NBD x Gamma-Gamma: fitted by lifetimes." in text


def test_pictures_of_a_shop_of_contracts_speak_of_renewing(found, page):
    """In the words under the axes, in the tables beside them, and on the simple list."""
    plain = page.read_text(encoding="utf-8")
    assert "did not come back" in plain
    assert "by days since the last purchase" in plain
    assert "Above clv_high 10% is right;" in plain
    renewing = []
    for one in found.churn_hindsights:
        contracts = one.outcomes[["frequency"]].assign(
            contracts_running=1.0, contract_renewals=one.outcomes["frequency"]
        )
        renewing.append(replace(one, question=Question.of(contracts)))
    told = replace(found, churn_hindsights=tuple(renewing), value_hindsights=tuple(renewing))
    text = render_report(told, "shop")
    assert text.count("did not renew") == plain.count("did not come back")
    assert "come back" not in text
    assert "since the last purchase" not in text
    assert "by fewest renewals" in text
    assert "Above clv_high at most 10% is right, for contracts bring whole payments;" in text


def test_what_could_not_be_told_is_a_dash(found):
    bare = found.value.assign(spearman=np.nan)
    assert "<td>–</td>" in render_report(replace(found, value=bare), "shop")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_it_is_readable_in_the_light_in_the_dark_and_on_a_phone(page, browser, width, scheme):
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    troubles: list[str] = []
    tab.on("console", lambda message: troubles.append(message.text))
    tab.on("request", lambda request: troubles.append(request.url))
    tab.goto(page.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 31)"}[scheme]
    drawn = tab.evaluate("getComputedStyle(document.querySelector('svg [fill=\"#1f2933\"]')).fill")
    assert drawn == {"light": "rgb(31, 41, 51)", "dark": "rgb(230, 234, 238)"}[scheme]
    assert troubles == [page.as_uri()]
    assert Axe().run(tab).response["violations"] == []
    tab.close()
