"""Ranges of tensors by NumPy.

Reads [{"name", "distribution", "seed", "size", "file"}, ...]. Writes the values of each tensor to its
file, as float32, and prints what NumPy says of them: absmax, the percentiles as order statistics,
and the ranges that two searches of NVIDIA's pytorch-quantization find, written down from their
published description: see `entropy_amax` and `mse_amax`.
"""

import json
import sys

import numpy as np

PERCENTILES = [50, 90, 99, 99.9, 99.99, 100]
LEVELS = 128
START_BIN = 128


def outlier(values, largest):
    values[len(values) // 3] = largest
    return values


DISTRIBUTIONS = {
    "normal": lambda r, n: r.normal(size=n),
    "laplace": lambda r, n: r.laplace(size=n),
    "uniform": lambda r, n: r.uniform(-1, 1, n),
    "rectified normal": lambda r, n: np.maximum(r.normal(size=n), 0),
    "student, 3 degrees": lambda r, n: r.standard_t(3, n),
    "lognormal": lambda r, n: r.lognormal(size=n),
    "bimodal": lambda r, n: np.where(r.random(n) < 0.3, r.normal(-5, 0.3, n), r.normal(3, 1, n)),
    "99 % zeros": lambda r, n: np.where(r.random(n) < 0.99, 0, r.normal(size=n)),
    "an outlier of 40": lambda r, n: outlier(r.normal(size=n), 40),
    "constant": lambda r, n: np.full(n, 3.3),
    "tiny": lambda r, n: r.normal(size=n) * 1e-30,
    "huge": lambda r, n: r.normal(size=n) * 1e30,
}


def histogram(magnitudes, bins):
    """Equal bins up to the power of two above the largest value, without those above that value."""
    reach = 2.0 ** (np.floor(np.log2(magnitudes.max())) + 1)
    counts, edges = np.histogram(magnitudes[magnitudes > 0], bins, (0, reach))
    used = np.flatnonzero(counts)[-1] + 1
    return counts[:used].astype(np.float64), edges[: used + 1]


def divergence(bins, size):
    """Of the first bins with all others on the last of them, from those bins in 128 levels."""
    kept = bins[:size]
    filled = kept > 0
    level = np.arange(size) * LEVELS // size
    counts = np.bincount(level[filled], kept[filled], LEVELS)
    members = np.bincount(level[filled], minlength=LEVELS)
    quantized = np.where(filled, (counts / np.maximum(members, 1))[level], 0)
    reference = kept.copy()
    reference[-1] += bins[size:].sum()
    p = reference / reference.sum()
    q = quantized / quantized.sum()
    if np.any((p > 0) & (q == 0)):
        return np.inf
    terms = p[p > 0] * np.log(p[p > 0] / q[p > 0])
    # What rounding leaves of a divergence of zero must not decide.
    return round(terms.sum(), 10)


def entropy_amax(magnitudes):
    """The last range of the least divergence, from bin 128 in steps of one bin, of 2048."""
    bins, edges = histogram(magnitudes, 2048)
    bins[0] = bins[1]
    sizes = range(START_BIN, len(bins) + 1)
    divergences = [divergence(bins, size) for size in sizes]
    last = len(divergences) - 1 - np.argmin(divergences[::-1])
    return edges[sizes[last]]


def mse_amax(magnitudes):
    """The first centre of a bin, from bin 128, with the least error of all centres times counts."""
    counts, edges = histogram(magnitudes, 8192)
    centres = (edges[1:] + edges[:-1]) / 2
    filled = counts > 0
    errors = []
    for amax in centres[START_BIN:]:
        step = amax / 127
        quantized = np.clip(np.round(centres[filled] / step), -127, 127) * step
        errors.append(((quantized - centres[filled]) ** 2 * counts[filled]).sum())
    return centres[START_BIN + np.argmin(errors)]


def squared_error(values, amax):
    step = amax / 127
    return np.mean((np.clip(np.round(values / step), -127, 127) * step - values) ** 2)


def ranges(request):
    random = np.random.default_rng(request["seed"])
    values = DISTRIBUTIONS[request["distribution"]](random, request["size"]).astype(np.float32)
    values.tofile(request["file"])
    exact = values.astype(np.float64)
    magnitudes = np.abs(exact)
    absmax = magnitudes.max()
    statistics = np.percentile(magnitudes, PERCENTILES, method="inverted_cdf")
    return {
        "absmax": absmax,
        "percentiles": dict(zip(map(str, PERCENTILES), statistics)),
        "entropy": min(entropy_amax(magnitudes), absmax),
        "mse": min(mse_amax(magnitudes), absmax),
        "errors": [[a, squared_error(exact, a)] for a in absmax * np.array([0.2, 0.5, 0.9, 1.0])],
    }


requests = json.load(sys.stdin)
print(json.dumps([ranges(request) for request in requests]))
