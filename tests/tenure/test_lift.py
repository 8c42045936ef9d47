"""`tenure lift` from the contacts in the store and the purchases that followed to a verdict that is kept."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.horizons import Horizons
from models.scores import ANSWERS
from serving.decide.arms import held_back
from serving.settings import StoreSettings
from serving.store.batches import Batch
from serving.store.book import ContactBook
from serving.store.campaigns import Campaign
from serving.store.contacts import Contact
from serving.store.store import ScoreStore
from tenure.simulator import Scenario, SimulatedShop, simulate_blocks, write_shop
from tenure.simulator.campaigns import run_campaign

SCENARIO = Scenario(
    1_500, 4, "bgnbd", history_days=365, clv_horizon_days=90, interactions_per_year=0, opted_out_share=0.02
)
STORE = StoreSettings(url="sqlite:///var/scores.db")
AT = datetime(2026, 1, 1, 9, tzinfo=UTC)


def campaign(name: str, customer_ids: list[str], control: frozenset[str], control_share: float) -> Any:
    drawn = Campaign(
        name=name,
        created_at=AT,
        as_of=SCENARIO.as_of,
        model_version="7",
        churn_window_days=90,
        margin=1.0,
        contact_cost=1.0,
        offer_cost=2.0,
        accept_rate=0.8,
        budget=None,
        control_share=control_share,
        treated=len(customer_ids) - len(control),
        control=len(control),
        first_contact_at=AT,
        last_contact_at=AT,
        plan=None,
        outcome=None,
    )
    arms = [Contact(i, AT, "control" if i in control else "treated") for i in customer_ids]
    return drawn, json.dumps({"digest": name, "plan": None}), arms


@pytest.fixture
def shop(tmp_path: Path) -> SimulatedShop:
    """A shop in a folder, its batch published, and three campaigns on its customers as of New Year 2026."""
    (block,) = simulate_blocks(SCENARIO)
    write_shop([block], SCENARIO, tmp_path)
    everybody = block.truth["customer_id"].to_pylist()
    names = ("customer_id", *(column.name for column in ANSWERS))
    scores = pd.DataFrame({name: pd.Series([None] * len(everybody), dtype=object) for name in names}).assign(
        customer_id=everybody, eligible=True, churn_probability=0.5, risk_band="medium", clv=1.0, value_at_risk=0.5,
        historic_spend=1.0, purchase_count=1, rfm_segment="LOYAL", journey_stage="retention",
    )  # fmt: skip
    horizons = Horizons(churn_window_days=90, clv_horizon_days=90)
    with ScoreStore(STORE, tmp_path, read_only=False) as store:
        store.publish(Batch(SCENARIO.as_of, AT, "7", horizons, "simulated"), [scores])
    control = held_back(everybody[:1_200], "spring", 0.4, "1")
    with ContactBook(STORE, tmp_path, read_only=False) as book:
        book.draw(*campaign("spring", everybody[:1_200], control, 0.4))
        book.draw(
            *campaign("nothing", everybody[1_200:], held_back(everybody[1_200:], "nothing", 0.5, "1"), 0.5)
        )
    return block


def live_on(shop: SimulatedShop, folder: Path) -> float:
    """Let the ninety days pass in which `spring` worked and `nothing` did nothing; the true added return rate."""
    with ContactBook(STORE, folder, read_only=True) as book:
        treated = [c.customer_id for c in book.contacts_of("spring") if c.arm == "treated"]
    after = run_campaign(shop, SCENARIO, treated, 0.8, 1)
    log = pa.concat_tables([shop.purchases, after.future_purchases], promote_options="default")
    pq.write_table(log, folder / "purchases.parquet")
    return after.return_effect


def test_before_the_window_is_over_it_is_too_early_to_tell(
    tenure: Any, shop: SimulatedShop, tmp_path: Path
) -> None:
    said = tenure("lift", "--config", tmp_path / "tenure.toml", "--campaign", "spring")
    assert said.code == 0
    assert "spring: Too early to tell: the window of 90 days is over on 2026-04-01" in said.out
    with ContactBook(STORE, tmp_path, read_only=True) as book:
        found = book.campaign("spring")
        assert found is not None
        assert found.outcome is not None
        assert found.outcome.result["verdict"] == "too early"


def test_when_the_window_is_over_it_tells_what_each_campaign_did_and_keeps_it(
    tenure: Any, shop: SimulatedShop, tmp_path: Path
) -> None:
    effect = live_on(shop, tmp_path)
    said = tenure("lift", "--config", tmp_path / "tenure.toml")
    assert said.code == 0
    assert "spring: Contacting brought more customers back." in said.out
    assert "nothing: Cannot tell whether contacting did anything." in said.out
    assert "they object to profiling" in said.out
    assert "net of costs" in said.out
    with ContactBook(STORE, tmp_path, read_only=True) as book:
        found = {each.name: each.outcome for each in book.campaigns()}
    spring, nothing = found["spring"], found["nothing"]
    assert spring is not None
    assert nothing is not None
    assert spring.result["verdict"] == "raised"
    assert spring.result["return_rate"]["low"] <= effect <= spring.result["return_rate"]["high"]
    assert spring.result["waiting"] == 0
    assert spring.result["left_out"] > 0
    assert spring.as_of > date(2026, 4, 1)
    cost = spring.result["treated"]["customers"] + 2 * spring.result["treated"]["returned"]
    assert spring.result["cost"] == cost
    assert spring.result["profit"]["value"] == pytest.approx(spring.result["revenue"]["value"] - cost)
    assert nothing.result["verdict"] == "cannot tell"


def test_a_campaign_that_is_not_there_is_named_beside_those_that_are(
    tenure: Any, shop: SimulatedShop, tmp_path: Path
) -> None:
    said = tenure("lift", "--config", tmp_path / "tenure.toml", "--campaign", "autumn")
    assert said.code == 2
    assert "There is no campaign 'autumn'. Campaigns: " in said.err
