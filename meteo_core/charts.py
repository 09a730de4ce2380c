"""Pictures for pages, as SVG: one look for all of them, by day and by night, on a desk and on a phone."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import Final

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray

from meteo_core.drift.distributions import Distribution
from meteo_core.sentence import Sentence
from meteo_core.verification.reliability import LEAST_IN_BIN

Array = NDArray[np.float64]


class Theme(StrEnum):
    """By what light a page is read."""

    LIGHT = "light"
    DARK = "dark"


class Width(StrEnum):
    """How much room a page has."""

    WIDE = "wide"
    NARROW = "narrow"


def _english_day(day: date) -> str:
    return f"{day.day} {day:%b}"


@dataclass(frozen=True, slots=True)
class Speech:
    """How a language says what stands in a picture."""

    say: Callable[[Sentence], str] = str
    figures: Callable[[str], str] = str
    """A number that is written with English signs."""
    day: Callable[[date], str] = _english_day
    """A date along an axis."""


ENGLISH: Final = Speech()


@dataclass(frozen=True, slots=True)
class _Palette:
    """Colours that people with any colour vision tell apart on this ground (after Okabe and Ito 2008)."""

    ink: str
    quiet: str
    line: str
    surface: str
    first: str
    second: str
    bad: str


_PALETTES: Final = {
    Theme.LIGHT: _Palette("#17212b", "#4d5a66", "#d8dee3", "#ffffff", "#0f5a8c", "#b3500a", "#a3231f"),
    Theme.DARK: _Palette("#e5ebf0", "#a5b2bd", "#33404a", "#171f26", "#7cbfea", "#f0a860", "#f39c96"),
}
_BIN_VALUES: Final = ("chance_from", "count", "mean_chance", "observed_frequency", "gap_low", "gap_high")
_OVER: Final = {"climatology": Sentence("over climatology"), "markov": Sentence("over persistence")}
_TEN_THOUSAND: Final = 10_000
_POINTS_PER_PIXEL: Final = 0.75
_DRAWING: Final = threading.Lock()
"""matplotlib's settings belong to the whole process."""


def reliability_chart(table: pd.DataFrame, *, theme: Theme, width: Width, speech: Speech = ENGLISH) -> bytes:
    """Observed frequency against forecast chance with intervals, over the number of forecasts in each bin.

    `table` is a reliability table, null where nothing is known. Points on the diagonal are perfect; hollow
    ones rest on too few forecasts to be judged; the dashed line is the base rate.
    """
    bins = table[list(_BIN_VALUES)].astype(float)

    def draw(figure: Figure, colours: _Palette) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
        _draw_frequencies(upper, bins[bins["count"] > 0], colours, speech)
        _draw_counts(lower, bins, colours, width, speech)
        for axes in (upper, lower):
            axes.set_xticks(np.arange(0, 1.01, 0.2))
            axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))

    return _svg(draw, theme, (460, 500) if width is Width.WIDE else (330, 380))


def _draw_frequencies(axes: Axes, held: pd.DataFrame, colours: _Palette, speech: Speech) -> None:
    chance, frequency = held["mean_chance"].to_numpy(), held["observed_frequency"].to_numpy()
    axes.plot([0, 1], [0, 1], color=colours.quiet, linewidth=1)
    if len(held):
        base_rate = float(np.average(frequency, weights=held["count"]))
        axes.axhline(base_rate, color=colours.quiet, linestyle=(0, (4, 3)), linewidth=1)
        share = f"{base_rate * 100:.0f}"
        axes.annotate(
            speech.say(Sentence("all days %(share)s %%", share=share)),
            (1, base_rate),
            (-3, 4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=colours.quiet,
            fontsize="small",
        )
    # Bounds of the gap, laid about the chance, are bounds of the frequency.
    low, high = chance + held["gap_low"].to_numpy(), chance + held["gap_high"].to_numpy()
    axes.vlines(chance, np.clip(low, 0, 1), np.clip(high, 0, 1), color=colours.first, linewidth=2)
    axes.plot(chance, frequency, color=colours.first, linewidth=1, alpha=0.5)
    enough = held["count"].to_numpy() >= LEAST_IN_BIN
    axes.scatter(
        chance,
        frequency,
        s=42,
        facecolor=[colours.first if filled else colours.surface for filled in enough],
        edgecolor=colours.first,
        linewidth=1.5,
        zorder=3,
        clip_on=False,
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel=speech.say(Sentence("how often it came")))
    axes.set_yticks(np.arange(0, 1.01, 0.2))
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))


def _draw_counts(axes: Axes, bins: pd.DataFrame, colours: _Palette, width: Width, speech: Speech) -> None:
    counts, middle = bins["count"].to_numpy(), bins["chance_from"].to_numpy() + 0.05
    axes.bar(middle, counts, width=0.092, color=colours.first)
    for place, count in zip(middle, counts, strict=True):
        is_short = width is Width.NARROW and count >= _TEN_THOUSAND
        axes.annotate(
            f"{count / 1000:.0f}k" if is_short else speech.figures(f"{count:,.0f}"),
            (place, count),
            (0, 2),
            textcoords="offset points",
            ha="center",
            color=colours.quiet,
            fontsize="x-small" if width is Width.NARROW else "small",
        )
    axes.set(
        xlabel=speech.say(Sentence("forecast chance")),
        ylabel=speech.say(Sentence("forecasts")),
        ylim=(0, max(counts.max(initial=0), 1) * 1.25),
    )
    axes.set_yticks([])


def skill_chart(windows: pd.DataFrame, *, theme: Theme, width: Width, speech: Speech = ENGLISH) -> bytes:
    """Brier skill of each window over both references with intervals; below 0 is no skill.

    `windows` are those of one issue time, threshold and length, oldest first. Hollow points are windows of
    hindcasts alone; the dashed line is the skill over climatology to be expected, where it is known.
    """

    def draw(figure: Figure, colours: _Palette) -> None:
        axes = figure.subplots()
        days = date2num(pd.to_datetime(windows["last"]))
        axes.axhline(0, color=colours.ink, linewidth=1)
        expected = windows["expected_skill"].to_numpy(float)
        if not np.isnan(expected).all():
            label = speech.say(Sentence("expected"))
            axes.plot(days, expected, color=colours.ink, linestyle=(0, (4, 3)), linewidth=1.2, label=label)
        _draw_skill(axes, windows, "climatology", days - 0.5, colours.first, "o", colours, speech)
        _draw_skill(axes, windows, "markov", days + 0.5, colours.second, "s", colours, speech)
        bounds = windows[["skill_over_climatology_low", "skill_over_markov_low"]].to_numpy(float)
        lowest = float(np.nanmin(np.append(bounds, 0.0)))
        axes.set(
            ylabel=speech.say(Sentence("Brier skill score")),
            xlabel=speech.say(Sentence("last day of the window")),
        )
        axes.yaxis.set_major_formatter(_figures(speech))
        axes.set_ylim(max(lowest - 0.05, -1.0), 1)
        if len(days) == 1:
            axes.set_xlim(days[0] - 15, days[0] + 15)
        is_narrow = width is Width.NARROW
        axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=3 if is_narrow else 8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda day, _: speech.day(num2date(day).date())))
        columns = 1 if is_narrow else 3
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, borderpad=0)

    return _svg(draw, theme, (1160, 340) if width is Width.WIDE else (330, 300))


def _draw_skill(
    axes: Axes,
    windows: pd.DataFrame,
    reference: str,
    days: Array,
    colour: str,
    marker: str,
    colours: _Palette,
    speech: Speech,
) -> None:
    skill, low, high = (
        windows[f"skill_over_{reference}{bound}"].to_numpy(float) for bound in ("", "_low", "_high")
    )
    axes.vlines(days, low, high, color=colour, linewidth=1.5, alpha=0.55)
    axes.plot(days, skill, color=colour, linewidth=1.2, alpha=0.7)
    hindcast = windows["issued"].to_numpy(float) == 0
    axes.scatter(
        days,
        skill,
        s=26,
        marker=marker,
        facecolor=[colours.surface if hollow else colour for hollow in hindcast],
        edgecolor=colour,
        linewidth=1.4,
        zorder=3,
    )
    axes.scatter([], [], s=26, marker=marker, color=colour, label=speech.say(_OVER[reference]))


def drift_chart(scores: pd.DataFrame, *, theme: Theme, width: Width, speech: Speech = ENGLISH) -> bytes:
    """How far each parameter was from its season, in shares of the distance beyond which it is drift.

    `scores` has `label`, `score`, `threshold` and `verdict`, in the order to be shown, from the top.
    """
    shown = scores[scores["threshold"].notna()]

    def draw(figure: Figure, colours: _Palette) -> None:
        axes = figure.subplots()
        share = shown["score"].to_numpy(float) / shown["threshold"].to_numpy(float)
        place = np.arange(len(shown))[::-1]
        colour = [colours.bad if verdict == "drift" else colours.first for verdict in shown["verdict"]]
        axes.hlines(place, 0, share, color=colour, linewidth=3)
        axes.scatter(share, place, color=colour, s=40, zorder=3)
        axes.axvline(1, color=colours.ink, linewidth=1.2)
        if width is Width.WIDE:
            axes.set_yticks(place, shown["label"], color=colours.ink)
        else:
            axes.set_yticks([])
            for where, label in zip(place, shown["label"], strict=True):
                axes.annotate(label, (0, where), (0, 6), textcoords="offset points", fontsize="small")
        axes.set(xlim=(0, max(1.25, float(share.max(initial=0)) * 1.08)), ylim=(-0.7, len(shown) - 0.1))
        axes.set_xlabel(speech.say(Sentence("share of the threshold: beyond 1 is drift")))
        axes.xaxis.set_major_formatter(_figures(speech))
        axes.grid(visible=False, axis="y")

    rows = max(len(shown), 1)
    return _svg(draw, theme, (880, 70 + 24 * rows) if width is Width.WIDE else (330, 70 + 34 * rows))


def distribution_chart(
    distribution: Distribution,
    *,
    label: str,
    unit: str,
    theme: Theme,
    width: Width,
    speech: Speech = ENGLISH,
) -> bytes:
    """Shares of recent values, filled, and of the same season of earlier years, as a line.

    Along the axis stands how far values depart from what is usual at the station and time of year.
    """

    def draw(figure: Figure, colours: _Palette) -> None:
        axes = figure.subplots()
        edges = np.asarray(distribution.edges)
        recent, earlier = speech.say(Sentence("30 days")), speech.say(Sentence("earlier years"))
        axes.stairs(distribution.current, edges, fill=True, color=colours.second, alpha=0.55, label=recent)
        axes.stairs(distribution.reference, edges, color=colours.first, linewidth=2, label=earlier)
        axes.axvline(0, color=colours.ink, linewidth=1)
        axes.set_xlabel(speech.say(Sentence("departure from the usual, %(unit)s", unit=unit)))
        axes.xaxis.set_major_formatter(_figures(speech))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        axes.set_title(label, loc="left", color=colours.ink, fontsize="medium", pad=24)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0)

    return _svg(draw, theme, (560, 300) if width is Width.WIDE else (330, 260))


def _figures(speech: Speech) -> FuncFormatter:
    """Numbers along an axis, as short as they can be."""
    return FuncFormatter(lambda value, _: speech.figures(f"{value:.3g}".replace("-", "\u2212")))


def _svg(draw: Callable[[Figure, _Palette], None], theme: Theme, pixels: tuple[int, int]) -> bytes:
    """The drawing, the same bytes each time: text stays text, in the reader's own font."""
    colours = _PALETTES[theme]
    settings: dict = {
        "svg.fonttype": "none",
        "svg.hashsalt": "meteo",
        "font.family": "sans-serif",
        "font.size": 13 * _POINTS_PER_PIXEL,
        "text.color": colours.ink,
        "axes.labelcolor": colours.quiet,
        "axes.edgecolor": colours.line,
        "axes.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": colours.line,
        "grid.linewidth": 0.7,
        "xtick.color": colours.quiet,
        "ytick.color": colours.quiet,
    }
    with _DRAWING, matplotlib.rc_context(settings):
        figure = Figure(figsize=(pixels[0] / 96, pixels[1] / 96), layout="constrained", facecolor="none")
        draw(figure, colours)
        picture = BytesIO()
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()
