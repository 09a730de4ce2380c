"""Pictures of verification, as PNG: where a person would rather look than read."""

from io import BytesIO
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from meteo_core.verification.reliability import LEAST_IN_BIN

# Colours that people with any colour vision tell apart (Okabe and Ito 2008).
BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREY: Final = "#666666"
DOTS_PER_INCH: Final = 80
COLOURS: Final = 32
"""Shades in a picture: three colours, and their edges smoothed. An octree keeps that of a few points."""


def reliability_diagram(table: pd.DataFrame, *, title: str) -> bytes:
    """Observed frequency against forecast chance, with intervals, over the number of forecasts in each bin.

    `table` is a reliability table. Points on the diagonal are perfect; hollow ones rest on too few forecasts
    to be judged. The dashed line is the base rate, where a forecast says nothing about the day.
    """
    held = table[table["count"] > 0]
    figure = Figure(figsize=(5, 6), dpi=DOTS_PER_INCH, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])

    upper.plot([0, 1], [0, 1], color=GREY, linewidth=1, label="perfectly reliable")
    if not held.empty:
        base_rate = np.average(held["observed_frequency"], weights=held["count"])
        upper.axhline(base_rate, color=GREY, linestyle="--", linewidth=1, label=f"base rate {base_rate:.2f}")
    frequency, chance = held["observed_frequency"], held["mean_chance"]
    # Bounds of the gap, laid about the chance, are bounds of the frequency; unknown ones draw no bar.
    bars = np.array([frequency - (chance + held["gap_low"]), chance + held["gap_high"] - frequency])
    upper.errorbar(
        chance,
        frequency,
        yerr=np.nan_to_num(bars).clip(min=0),
        color=BLUE,
        linewidth=1.5,
        capsize=3,
        zorder=2,
    )
    enough = held["count"] >= LEAST_IN_BIN
    for few, face, label in ((False, BLUE, "forecasts"), (True, "white", f"fewer than {LEAST_IN_BIN}")):
        shown = enough != few
        if shown.any():
            upper.scatter(
                chance[shown], frequency[shown], s=45, facecolor=face, edgecolor=BLUE, zorder=3, label=label
            )
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="observed frequency", title=title)
    upper.legend(loc="upper left", frameon=False)

    lower.bar(table["chance_from"], table["count"], width=0.1, align="edge", color=BLUE, edgecolor="white")
    lower.set(xlabel="forecast chance", ylabel="forecasts")
    return as_png(figure)


def skill_by_station(summary: pd.DataFrame, *, title: str, skill: str = "skill_over_climatology") -> bytes:
    """Brier skill score of each station with its interval, the best on top; to the left of 0 is no skill.

    `summary` has a row for each station, with `station`, the skill and its `_low` and `_high`.
    """
    ranked = summary.dropna(subset=[skill]).sort_values(skill, ignore_index=True)
    figure = Figure(figsize=(6, 1.5 + 0.17 * len(ranked)), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()

    axes.axvline(0, color=GREY, linewidth=1)
    bars = np.array([ranked[skill] - ranked[f"{skill}_low"], ranked[f"{skill}_high"] - ranked[skill]])
    colours = np.where(ranked[f"{skill}_low"] > 0, BLUE, ORANGE)
    axes.errorbar(
        ranked[skill], ranked.index, xerr=np.nan_to_num(bars).clip(min=0), fmt="none", ecolor=GREY, zorder=1
    )
    axes.scatter(ranked[skill], ranked.index, c=colours, s=25, zorder=2)
    axes.set_yticks(ranked.index, ranked["station"], fontsize=8)
    axes.set(title=title, xlabel="Brier skill score (orange: not surely above 0)", ylim=(-1, len(ranked)))
    axes.grid(axis="x", alpha=0.3)
    return as_png(figure)


def as_png(figure: Figure) -> bytes:
    """The figure in as few bytes as it needs: a picture is kept with every check that shows it."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    picture = BytesIO()
    drawn.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(picture, format="PNG", optimize=True)
    return picture.getvalue()
