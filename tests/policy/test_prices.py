"""Dollars a month: taking in what comes, keeping what is held; the user's prices go before the list's."""

from __future__ import annotations

import pytest

from lanner.policy.prices import DAYS_A_MONTH, LIST_PRICES, Price, PriceSettings, Volume, costs, monthly, table

VOLUME = Volume(raw=100e9, gzip=10e9, zstd=5e9)


@pytest.mark.parametrize(
    ("price", "days", "dollars"),
    [
        (Price(name="a", per_gb=0.5), 90, 50),
        (Price(name="a", per_gb_month=1), DAYS_A_MONTH, 100),
        (Price(name="a", per_gb_month=1, kept_as="gzip"), DAYS_A_MONTH, 10),
        (Price(name="a", per_gb_month=1, kept_as="zstd"), 2 * DAYS_A_MONTH, 10),
        (Price(name="a", per_gb=1, per_gb_month=1, included_days=30), 30, 100),
        (Price(name="a", per_gb=1, per_gb_month=1, included_days=30), 30 + DAYS_A_MONTH, 200),
        (Price(name="a", per_gb=1, per_gb_month=1, included_days=30), 7, 100),
    ],
)
def test_a_month_costs_what_comes_and_what_is_held(price, days, dollars):
    assert monthly(price, VOLUME, days) == pytest.approx(dollars)


def test_now_and_kept_stand_side_by_side():
    found = costs([Price(name="a", per_gb=1)], VOLUME, Volume(1e9, 1e9, 1e9), 90)
    assert [(cost.name, cost.now, cost.kept) for cost in found] == [("a", 100, 1)]


def test_own_prices_replace_those_of_their_name_and_are_added():
    own = (Price(name="s3", per_gb_month=0.01), Price(name="ours", per_gb=2))
    found = {price.name: price for price in table(PriceSettings(services=own))}
    assert found["s3"].per_gb_month == 0.01
    assert list(found)[-1] == "ours"
    assert set(found) == {price.name for price in LIST_PRICES} | {"ours"}


@pytest.mark.parametrize("price", LIST_PRICES, ids=lambda price: price.name)
def test_each_list_price_says_where_and_when_it_is_from_and_what_it_assumes(price):
    assert price.source
    assert price.date[:2] == "20"
    assert price.assumption
    assert price.per_gb + price.per_gb_month > 0
