"""The shop's clock: how fast its customers' time passes on each calendar day.

Seasons and shifts speed up or slow down everybody's purchases alike. Customers therefore live in shop
time, where their rates are constant, and only the clock knows the calendar.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tenure.simulator.arrays import Floats
from tenure.simulator.scenario import Scenario

PEAK = 340  # day of the year: the first week of December
SWING = 0.6  # the peak runs at exp(2 * SWING) = 3.3 times the pace of early June
DAYS_BEYOND = 60  # after the future ends, so that an interest already fading towards a later exit is known


@dataclass(frozen=True)
class Clock:
    """Both times in days since the start of history; pace is constant within a calendar day."""

    calendar: Floats
    shop: Floats

    def shop_time(self, calendar_days: Floats) -> Floats:
        """Shop time at a calendar time within history and future."""
        return np.interp(calendar_days, self.calendar, self.shop)

    def calendar_time(self, shop_days: Floats) -> Floats:
        """Calendar time at a shop time; infinite beyond the last day the clock knows."""
        return np.interp(shop_days, self.shop, self.calendar, right=np.inf)


def wind_clock(scenario: Scenario, is_seasonal: bool) -> Clock:
    """The clock of a population in `scenario`; without season and shift it runs with the calendar."""
    days = np.arange(scenario.history_days + scenario.future_days + DAYS_BEYOND)
    pace = np.ones(len(days))
    if is_seasonal:
        day_of_year = np.array(
            [(scenario.start + timedelta(days=int(day))).timetuple().tm_yday for day in days]
        )
        pace *= np.exp(SWING * np.cos(2 * np.pi * (day_of_year - PEAK) / 365.25)) / np.i0(SWING)
    pace[max(0, scenario.history_days - scenario.shift_days) :] *= scenario.rate_shift
    return Clock(np.arange(len(days) + 1.0), np.concatenate([[0.0], np.cumsum(pace)]))
