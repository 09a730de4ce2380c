"""Pictures of drift, as PNG: where a person would rather look than read."""

import numpy as np
from matplotlib.figure import Figure

from meteo_core.drift.distributions import Distribution
from meteo_core.verification.diagrams import DOTS_PER_INCH, GREY, ORANGE, as_png


def distribution_diagram(distribution: Distribution, *, label: str, unit: str, title: str) -> bytes:
    """Shares of recent values (filled) and of the season of earlier years (line) by their departure."""
    edges = np.asarray(distribution.edges)
    figure = Figure(figsize=(5, 2.8), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()

    axes.stairs(distribution.current, edges, fill=True, color=ORANGE, alpha=0.6, label="these 30 days")
    axes.stairs(distribution.reference, edges, color=GREY, linewidth=2, label="season of earlier years")
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set(title=title, xlabel=f"{label}, less what is usual, {unit}", ylabel="share of values")
    axes.legend(frameon=False, fontsize=8)
    return as_png(figure)
