"""The attributes of customers that [data] attributes names, as the shop gives them today."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from features.door.tables import SHAPES
from features.rows import record_batches
from features.shop import Shop

ROWS = 100_000


class Attributes:
    """What a shop tells of each customer, as one JSON object; nothing of those who object to profiling.

    All are held in memory, some twenty bytes each, and no attribute that is empty.
    """

    def __init__(self, shop: Shop) -> None:
        ids, told = _read(shop)
        if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
            order = pc.sort_indices(ids)  # engines differ in how they sort texts
            ids, told = ids.take(order), told.take(order)
        self._ids, self._told = ids, told

    def of(self, customer_ids: pa.Array) -> pa.Array:
        """For each of some customers the object, null where nothing is told of them.

        Only those between the first and the last of the ids are looked at: it is quick for ids near one another.
        """
        places = np.full(len(customer_ids), -1)
        ends = pc.min_max(customer_ids)
        if ends["min"].is_valid:
            first = bisect_left(self._ids, ends["min"].as_py(), key=pa.StringScalar.as_py)
            last = bisect_right(self._ids, ends["max"].as_py(), key=pa.StringScalar.as_py)
            asked = pc.index_in(self._ids[first:last], value_set=customer_ids)
            known = pc.indices_nonzero(asked.is_valid()).to_numpy()
            places[asked.drop_null().to_numpy()] = first + known
        return self._told.take(pa.array(places, mask=places < 0)).cast(pa.string())


def _read(shop: Shop) -> tuple[pa.Array, pa.Array]:
    """The ids and, coded, the objects."""
    people = shop.customers
    ours = {column.name for column in SHAPES["customers"].columns}
    names = [] if people is None else [name for name in people.columns if name not in ours]
    batches: Iterable[pa.RecordBatch] = ()
    if names:
        if "opted_out" in people.columns:
            people = people.filter(~people.opted_out.fill_null(False))
        batches = record_batches(people.select("customer_id", *names).order_by("customer_id"), ROWS)
    coded = pa.dictionary(pa.int32(), pa.string())
    ids, told = [pa.array([], pa.string())], [pa.array([], coded)]
    for batch in batches:
        ids.append(batch["customer_id"])
        told.append(_objects(batch, names))
    return pa.concat_arrays(ids), pa.chunked_array(told).unify_dictionaries().combine_chunks()


def _objects(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """The attributes of each row as a JSON object; null where it has none."""
    written = pc.binary_join_element_wise(*(_written(name, batch[name]) for name in sorted(names)), "")
    objects = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(written, 1), "}", "")
    return pc.if_else(pc.equal(written, ""), None, objects).dictionary_encode()


def _written(name: str, values: pa.Array) -> Any:
    """`,"name":"value"` for each value, nothing for an empty one."""
    coded = values.dictionary_encode()
    pairs = [
        f",{orjson.dumps(name).decode()}:{orjson.dumps(value).decode()}" if value else ""
        for value in coded.dictionary.to_pylist()
    ]
    return pc.fill_null(pa.array(pairs, pa.string()).take(coded.indices), "")
