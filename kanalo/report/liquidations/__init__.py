"""Figures and tables of liquidations: the estimated map, and flow as reported and as estimated."""

from kanalo.report.liquidations.flow_figure import draw_flow
from kanalo.report.liquidations.flows import FlowView, view_flow
from kanalo.report.liquidations.heat_figure import draw_heat
from kanalo.report.liquidations.map_figure import draw_map
from kanalo.report.liquidations.palette import to_image, to_inline
from kanalo.report.liquidations.views import HeatView, MapView, view_heat, view_map

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
