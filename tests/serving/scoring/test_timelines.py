"""Time lines of a shop, sorted by a few customers at a time or by all at once."""

import pyarrow as pa

from features.door.open import DataSettings, open_shop
from serving.scoring.timelines import timelines
from tenure.simulator import Scenario, simulate_blocks, write_shop

SCENARIO = Scenario(customers=120, seed=4, world="mixed")


def test_a_few_customers_at_a_time_give_the_same_as_all_at_once(tmp_path):
    write_shop(simulate_blocks(SCENARIO), SCENARIO, tmp_path)
    files = {name: f"{name}.parquet" for name in ("purchases", "interactions", "customers")}
    shop = open_shop(DataSettings(**files), tmp_path)
    whole = pa.concat_tables(timelines(shop, SCENARIO.as_of, 20))
    assert len(whole) > 100
    for customers in (1, 7, 119, 120):
        assert pa.concat_tables(timelines(shop, SCENARIO.as_of, 20, customers)).equals(whole)
    assert not list(timelines(shop, SCENARIO.as_of, 0))
