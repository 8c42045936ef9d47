"""Pictures that were drawn already: one drawing of each batch, language and colour scheme."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST = 256


class Album:
    """The newest pictures asked for; drawing one takes some 60 ms, and one is drawn at a time."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def picture(self, key: Hashable, draw: Callable[[], str]) -> str:
        """The picture of that key, drawn where it is not there yet."""
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
            svg = self._pictures[key] = draw()
            if len(self._pictures) > MOST:
                self._pictures.popitem(last=False)
            return svg
