"""Fréchet distance, KL divergence and inception score by numpy, SciPy and mpmath: goldens for
tests/model/evaluation/metrics/distribution-distances.test.ts.

    pip install numpy==2.3.5 scipy==1.16.3 mpmath==1.3.0

    python tests/oracle/distribution_distances.py goldens    writes tests/oracle/goldens/distribution-distances.json
    npx biome format --write tests/oracle/goldens
"""
import json, sys
from pathlib import Path

import mpmath
import numpy as np
from scipy import linalg, stats
from scipy.special import log_softmax, softmax

GOLDENS = Path(__file__).parent / "goldens"


def frechet(a, b):
    """The published formula with scipy's matrix square root; for covariances of full rank."""
    root = linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False))
    assert np.abs(np.imag(root)).max() < 1e-6
    covariances = np.trace(np.cov(a, rowvar=False)) + np.trace(np.cov(b, rowvar=False))
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + covariances - 2 * np.trace(np.real(root)))


def frechet_exact(a, b):
    """The same in 60 digits, by eigenvalues: for singular covariances too, for which scipy's root is not reliable."""
    mpmath.mp.dps = 60

    def moments(x):
        x = mpmath.matrix(x.tolist())
        mean = [mpmath.fsum(x[i, d] for i in range(x.rows)) / x.rows for d in range(x.cols)]
        for i in range(x.rows):
            for d in range(x.cols):
                x[i, d] -= mean[d]
        return mean, x.T * x / (x.rows - 1)

    (mean_a, cov_a), (mean_b, cov_b) = moments(a), moments(b)
    values, vectors = mpmath.eigsy(cov_a)
    root_a = vectors * mpmath.diag([mpmath.sqrt(max(v, mpmath.mpf(0))) for v in values]) * vectors.T
    cross = mpmath.eigsy(root_a * cov_b * root_a, eigvals_only=True)
    root = mpmath.fsum(mpmath.sqrt(max(v, mpmath.mpf(0))) for v in cross)
    trace = mpmath.fsum(cov_a[d, d] + cov_b[d, d] for d in range(cov_a.rows))
    return float(mpmath.fsum((p - q) ** 2 for p, q in zip(mean_a, mean_b)) + trace - 2 * root)


def frechet_cases(rng):
    def sample(count, dimension, shift=0.0, rank=None):
        mixing = rng.normal(size=(rank or dimension, dimension)) / np.sqrt(dimension)
        return (rng.normal(size=(count, rank or dimension)) @ mixing + shift).round(4)

    same = sample(30, 5)
    pairs = [
        ("more sounds than dimensions", sample(60, 6), sample(40, 6, 0.5), True),
        ("one dimension", sample(20, 1), sample(25, 1, 2.0), False),
        ("fewer sounds than dimensions in both", sample(7, 16), sample(9, 16, 0.3), False),
        ("fewer sounds than dimensions in one", sample(8, 12), sample(40, 12), False),
        ("embeddings that lie in a subspace", sample(30, 8, 0.1, rank=3), sample(30, 8, rank=4), False),
        ("two sounds each", sample(2, 4), sample(2, 4, 1.0), False),
        ("the same set", same, same, True),
    ]
    cases = []
    for name, a, b, full_rank in pairs:
        exact = frechet_exact(a, b)
        if full_rank:
            assert abs(frechet(a, b) - exact) < 1e-6 * max(1, exact), name
        cases.append({"name": name, "a": a.tolist(), "b": b.tolist(), "distance": exact})
    return cases


def tag_cases(rng):
    cases = []
    for name, count, classes, scale in [("mild", 12, 5, 1.0), ("confident", 10, 8, 12.0), ("one class", 3, 1, 1.0)]:
        reference, generated = (rng.normal(size=(count, classes)).round(4) * scale for _ in range(2))
        p, q = softmax(reference, axis=1), softmax(generated, axis=1)
        kl = [float(stats.entropy(x, y)) for x, y in zip(p, q)]
        inception = float(np.exp(np.mean([stats.entropy(y, q.mean(0)) for y in q])))
        direct = (p * (log_softmax(reference, axis=1) - log_softmax(generated, axis=1))).sum(1)
        assert np.allclose(kl, direct, atol=1e-9)
        cases.append({"name": name, "reference": reference.tolist(), "generated": generated.tolist(),
                      "kl": kl, "meanKl": float(np.mean(kl)), "inceptionScore": inception})
    return cases


def goldens():
    rng = np.random.default_rng(21)
    golden = {"frechet": frechet_cases(rng), "tags": tag_cases(rng)}
    (GOLDENS / "distribution-distances.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    {"goldens": goldens}[sys.argv[1]]()
