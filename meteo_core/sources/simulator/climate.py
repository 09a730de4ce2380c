"""Parameters of the weather generator, and what follows from them."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

_RAIN = "rainfall"
# Added to diagonals, so that matrices kept in half precision stay positive definite.
_PATTERN_JITTER = 1e-6
_RESIDUAL_JITTER = 1e-3


@dataclass(frozen=True, eq=False)
class Climate:
    """How the weather of 49 stations behaves. Shapes: S stations, V variables, N series, K patterns."""

    stations: tuple[str, ...]
    variables: tuple[str, ...]
    quantile_levels: np.ndarray
    quantiles: np.ndarray
    """(S, V, 12, levels), in the unit of the parameter table; rain of wet days only."""
    dry_probability: np.ndarray
    """(S, 12)"""
    series: np.ndarray
    """(N,): position of each series in the flattened (S, V)."""
    patterns: np.ndarray
    """(K, N)"""
    pattern_transition: np.ndarray
    """(K, K)"""
    pattern_innovation: np.ndarray
    """(K, K): times standard normals gives a day's innovation of the amplitudes."""
    residual_persistence: np.ndarray
    """(N,)"""
    residual_innovation: np.ndarray
    """(S, V, V): times standard normals gives a day's innovations at a station."""
    stationary_sd: np.ndarray
    """(N,): standard deviation of each series in the long run."""
    missing_share: np.ndarray
    """(S, V)"""
    missing_persistence: np.ndarray
    """(S, V)"""


@cache
def load_climate(*, rain_noise: float) -> Climate:
    """Climate with the part of rain's innovation that no other variable explains scaled by `rain_noise`.

    1 is as fitted. At 0.5 a local model separates wet from dry days as well as on real days (AUC 0.876,
    real 0.885): the generator's rain otherwise depends less on the weather around it than real rain does.
    """
    with (files("meteo_core.sources.simulator") / "climate.npz").open("rb") as file, np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    variables = tuple(arrays["variables"].tolist())
    series = arrays["series_station"].astype(int) * len(variables) + arrays["series_variable"]
    patterns = arrays["patterns"].astype(float)
    transition = arrays["pattern_transition"].astype(float)
    pattern_covariance = arrays["pattern_innovation_covariance"].astype(float)
    pattern_covariance += _PATTERN_JITTER * np.eye(len(transition))
    persistence = arrays["residual_persistence"].astype(float)
    residual_covariance = _with_rain_noise(
        arrays["residual_innovation_covariance"].astype(float), variables.index(_RAIN), rain_noise
    )
    residual_root = _root(residual_covariance)

    amplitude_covariance = solve_discrete_lyapunov(transition, pattern_covariance)
    pattern_variance = np.einsum("kn,kl,ln->n", patterns, amplitude_covariance, patterns, optimize=True)
    innovation_variance = np.square(residual_root).sum(axis=2).ravel()[series]
    return Climate(
        stations=tuple(arrays["stations"].tolist()),
        variables=variables,
        quantile_levels=arrays["quantile_levels"],
        quantiles=arrays["quantiles_tenths"].astype(float) / 10,
        dry_probability=arrays["dry_probability"].astype(float),
        series=series,
        patterns=patterns,
        pattern_transition=transition,
        pattern_innovation=np.linalg.cholesky(pattern_covariance),
        residual_persistence=persistence,
        residual_innovation=residual_root,
        stationary_sd=np.sqrt(pattern_variance + innovation_variance / (1 - persistence**2)),
        missing_share=arrays["missing_share"].astype(float),
        missing_persistence=arrays["missing_persistence"].astype(float),
    )


def _with_rain_noise(covariance: np.ndarray, rain: int, rain_noise: float) -> np.ndarray:
    scaled = covariance.copy()
    for station, block in enumerate(covariance):
        others = np.flatnonzero((np.diag(block) > 0) & (np.arange(len(block)) != rain))
        among_others = block[np.ix_(others, others)] + _RESIDUAL_JITTER * np.eye(len(others))
        explained = block[rain, others] @ np.linalg.solve(among_others, block[rain, others])
        unexplained = max(block[rain, rain] - explained, 0.0)
        scaled[station, rain, rain] = explained + rain_noise**2 * unexplained
    return scaled


def _root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric matrices' roots R with R R' = covariance, negative eigenvalues (rounding) taken as none."""
    values, vectors = np.linalg.eigh((covariance + covariance.transpose(0, 2, 1)) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))[:, np.newaxis, :]
