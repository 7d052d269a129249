"""Every cell of the matrix, and where bands begin and end."""

import pytest

from assessments import rating
from assessments.taxonomy import taxonomy

L, M, H, V = rating.BANDS

MATRIX = {  # likelihood -> bands of severity 1 to 5
    5: (M, H, V, V, V),
    4: (L, M, H, V, V),
    3: (L, M, M, H, V),
    2: (L, L, M, M, H),
    1: (L, L, L, L, H),
}


@pytest.mark.parametrize(
    ("likelihood", "severity", "band"),
    [
        (likelihood, severity, band)
        for likelihood, row in MATRIX.items()
        for severity, band in enumerate(row, 1)
    ],
)
def test_each_cell_has_its_band(likelihood: int, severity: int, band: str) -> None:
    assert rating.band(likelihood, severity) == band


def test_severity_five_is_never_below_high() -> None:
    assert rating.score(1, 5) == 5  # by its score alone it would be moderate
    assert rating.band(1, 5) == H


@pytest.mark.parametrize(("likelihood", "severity"), [(0, 3), (6, 3), (3, 0), (3, 6), (-1, -1)])
def test_levels_off_the_scale_are_refused(likelihood: int, severity: int) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        rating.band(likelihood, severity)


def test_the_worst_of_several_bands_counts() -> None:
    assert rating.worst([L, V, H]) == V
    assert rating.worst([M, L]) == M


def test_where_nothing_is_rated_nothing_was_found() -> None:
    assert rating.worst([]) == L


def test_the_bands_of_the_catalogue_cover_every_score_once() -> None:
    covered = [points for band in taxonomy().bands for points in range(band.low, band.high + 1)]
    assert covered == list(range(1, 26))
    assert tuple(band.key for band in taxonomy().bands) == rating.BANDS


def test_the_article_asks_about_five_dimensions() -> None:
    assert [dimension.key for dimension in taxonomy().article_dimensions] == [
        "privacy", "fairness", "safety", "financial", "autonomy_oversight",
    ]  # fmt: skip
    assert len(taxonomy().dimensions) == 15
