import numpy as np
import pytest

from models.optimise import FitReport, Problem, maximise


def problem(loss, customers=1_000):
    return Problem(("width", "height"), (0.0, 0.0), loss, loss, customers, customers)


def bowl(theta):
    return float((theta[0] - 1) ** 2 + (theta[1] + 2) ** 2), 2 * (theta - [1, -2])


def slide(theta):
    """Falls towards an infinite width for ever."""
    return float(-theta[0] + (theta[1] + 2) ** 2), np.array([-1.0, 2 * (theta[1] + 2)])


def plateau(theta):
    return float((theta[1] + 2) ** 2), np.array([0.0, 2 * (theta[1] + 2)])


def test_a_proper_maximum_is_taken_as_it_is():
    parameters, report = maximise(problem(bowl), seed=0)
    assert parameters == pytest.approx([np.e, np.exp(-2)], rel=1e-6)
    assert (report.converged, report.penalty, report.at_bounds, report.starts) == (True, 0.0, (), 3)


def test_a_rough_loss_shows_the_way_and_the_exact_one_decides():
    asked = []

    def counted(theta):
        asked.append(theta)
        value, slope = bowl(theta)
        return value + 1e-2 * float(theta[0] ** 4), slope + np.array([4e-2 * theta[0] ** 3, 0.0])

    parameters, report = maximise(
        Problem(("width", "height"), (0.0, 0.0), counted, bowl, 1_000, 1_000), seed=0
    )
    least = np.roots([4e-2, 0, 2, -2])
    assert np.log(parameters) == pytest.approx([least[np.isreal(least)].real[0], -2.0], abs=1e-9)
    assert report.converged
    assert len(asked) < 8


def test_a_rough_loss_that_leads_astray_does_not_keep_the_exact_minimum_away():
    def elsewhere(theta):
        return bowl(theta - [5.0, -4.0])

    parameters, _ = maximise(Problem(("width", "height"), (0.0, 0.0), bowl, elsewhere, 1_000, 1_000), seed=0)
    assert np.log(parameters) == pytest.approx([1.0, -2.0], abs=1e-6)


def test_a_limit_without_maximum_is_penalised_and_named():
    parameters, report = maximise(problem(slide, customers=10), seed=0)
    assert np.all(np.isfinite(parameters))
    assert report.penalty == pytest.approx(0.0051)
    assert report.sentence == (
        "The plain likelihood of 10 customers drives width to a limit; fitted with a penalty of 0.0051."
    )


def test_a_plateau_is_no_maximum_although_it_is_level():
    parameters, report = maximise(problem(plateau), seed=0)
    assert parameters == pytest.approx([1.0, np.exp(-2)], rel=1e-3)
    assert "is too flat to choose" in report.sentence


def test_the_lowest_of_several_valleys_is_found_from_several_starts():
    def valleys(theta):
        """Shallow at the first start, deep a little further."""
        shallow, deep = np.exp(-8 * theta @ theta), 3 * np.exp(-2 * (theta - 0.9) @ (theta - 0.9))
        slope = 16 * theta * shallow + 4 * (theta - 0.9) * deep + 2e-3 * theta
        return float(-shallow - deep + 1e-3 * theta @ theta), slope

    parameters, _ = maximise(problem(valleys), seed=0, starts=8)
    assert np.log(parameters) == pytest.approx([0.9, 0.9], abs=0.05)


def test_a_search_that_does_not_settle_says_so():
    def broken(theta):
        return float("nan"), np.full(2, np.nan)

    with np.errstate(all="ignore"):
        parameters, report = maximise(problem(broken), seed=0)
    assert np.all(np.isfinite(parameters))
    assert not report.converged
    assert report.sentence.endswith("That search did not settle either: read the answers as rough.")


def test_a_report_survives_json():
    report = maximise(problem(slide), seed=0)[1]
    assert FitReport.from_json(report.to_json()) == report
