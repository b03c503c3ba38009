"""Figures and tables of liquidations: the estimated map, and flow as reported and as estimated."""
