"""Figures and classes that come from orders: purchase summary, RFM, value tiers, lifecycle."""

from crmctl.analytics.definitions import DEFINITIONS
from crmctl.analytics.lifecycle import LifecycleThresholds, lifecycle
from crmctl.analytics.methods import (
    LifecycleOptions,
    RfmOptions,
    ValueTierOptions,
    method_sql,
    options_of,
    outcomes,
    without_orders,
)
from crmctl.analytics.quantiles import quantile_cuts
from crmctl.analytics.rfm import rfm, rfm_cuts
from crmctl.analytics.rfm_maps import RfmCoverage, RfmMap, RfmSegment, load_rfm_map
from crmctl.analytics.rfm_scores import RfmCuts
from crmctl.analytics.summary import order_exclusions, purchase_summary
from crmctl.analytics.value_tier import value_tier

__all__ = [
    "DEFINITIONS", "LifecycleOptions", "LifecycleThresholds", "RfmCoverage", "RfmCuts", "RfmMap", "RfmOptions",
    "RfmSegment", "ValueTierOptions", "lifecycle", "load_rfm_map", "method_sql", "options_of", "order_exclusions",
    "outcomes", "purchase_summary", "quantile_cuts", "rfm", "rfm_cuts", "value_tier", "without_orders",
]  # fmt: skip
