"""Figures and tables of liquidations: the estimated map, and flow as reported and as estimated.

The names below are imported when they are first used: a terminal's table needs no figures.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kanalo.report.liquidations.flow_figure import draw_flow as draw_flow
    from kanalo.report.liquidations.flows import FlowView as FlowView
    from kanalo.report.liquidations.flows import view_flow as view_flow
    from kanalo.report.liquidations.heat_figure import draw_heat as draw_heat
    from kanalo.report.liquidations.map_figure import draw_map as draw_map
    from kanalo.report.liquidations.palette import to_image as to_image
    from kanalo.report.liquidations.palette import to_inline as to_inline
    from kanalo.report.liquidations.views import HeatView as HeatView
    from kanalo.report.liquidations.views import MapView as MapView
    from kanalo.report.liquidations.views import view_heat as view_heat
    from kanalo.report.liquidations.views import view_map as view_map

__all__ = [
    "FlowView",
    "HeatView",
    "MapView",
    "draw_flow",
    "draw_heat",
    "draw_map",
    "to_image",
    "to_inline",
    "view_flow",
    "view_heat",
    "view_map",
]

_HOMES = {
    "FlowView": "flows",
    "HeatView": "views",
    "MapView": "views",
    "draw_flow": "flow_figure",
    "draw_heat": "heat_figure",
    "draw_map": "map_figure",
    "to_image": "palette",
    "to_inline": "palette",
    "view_flow": "flows",
    "view_heat": "views",
    "view_map": "views",
}
"""The module of `kanalo.report.liquidations` that each name comes from."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kanalo.report.liquidations' has no attribute '{name}'")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
