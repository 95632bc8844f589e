"""What `attune stats` says, beside scipy and statsmodels. Arguments: path of `attune`."""

import json
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from scipy import stats
from statsmodels.stats import multitest, power, proportion
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

ATTUNE = sys.argv[1]
# A risk ratio of no conversions, which is not asked for.
warnings.filterwarnings("ignore", category=RuntimeWarning)
checks = 0


def attune(*args):
    out = subprocess.run([ATTUNE, "stats", *args, "--json"], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def ab(document):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file)
        file.flush()
        return attune("ab", "--file", file.name)


def near(what, got, want, tolerance=1e-9):
    global checks
    checks += 1
    if not (abs(got - want) <= tolerance * max(1.0, abs(want))):
        sys.exit(f"{what}: {got!r}, not {want!r}")


def shares():
    cases = [((890, 61546), (960, 61000)), ((0, 40), (3, 50)), ((5, 5), (2, 9)), ((12345, 10**6), (12600, 10**6))]
    for (k1, n1), (k2, n2) in cases:
        for alpha in (0.05, 0.01):
            report = ab({"alpha": alpha, "margin": 0.01, "arms": [
                {"id": "a", "units": n1, "conversions": k1}, {"id": "b", "units": n2, "conversions": k2}]})
            metric = report["metrics"][0]
            for arm, (k, n) in zip(metric["arms"], ((k1, n1), (k2, n2))):
                low, high = proportion.proportion_confint(k, n, alpha, "wilson")
                near("wilson", arm["interval"]["low"], max(low, 0.0))
                near("wilson", arm["interval"]["high"], min(high, 1.0))
                law = stats.beta(k + 1, n - k + 1)
                near("credible", arm["belief"]["low"], law.ppf(alpha / 2), 1e-8)
                near("credible", arm["belief"]["high"], law.ppf(1 - alpha / 2), 1e-8)
            one = metric["comparisons"][0]
            low, high = proportion.confint_proportions_2indep(k2, n2, k1, n1, method="newcomb", alpha=alpha)
            near("newcombe", one["interval"]["low"], low)
            near("newcombe", one["interval"]["high"], high)
            near("z", one["p"], proportion.proportions_ztest([k2, k1], [n2, n1])[1])
            if one["guard_rail"]:
                wald = proportion.test_proportions_2indep(
                    k2, n2, k1, n1, value=-0.01, method="wald", alternative="larger", correction=False)
                near("guard-rail", one["guard_rail"]["p"], wald.pvalue)
            # P(b > a) by quadrature of scipy's own distributions.
            a, b = stats.beta(k1 + 1, n1 - k1 + 1), stats.beta(k2 + 1, n2 - k2 + 1)
            grid = np.unique(np.concatenate([np.linspace(max(x.mean() - 12 * x.std(), 0),
                                                         min(x.mean() + 12 * x.std(), 1), 40001) for x in (a, b)]))
            best = np.trapezoid(b.pdf(grid) * a.cdf(grid), grid)
            near("best", metric["arms"][1]["belief"]["probability_best"], best, 2e-6)
            expected, total = [(n1 + n2) / 2] * 2, report["srm"]
            chi = stats.chisquare([n1, n2], expected)
            near("srm", total["chi_squared"], chi.statistic)
            near("srm", total["p"], chi.pvalue)


def means(rng):
    for n1, n2, scale in ((4, 7, 1.0), (200, 350, 40.0), (5000, 5100, 3.0)):
        y1, y2 = rng.gamma(2.0, scale, n1), rng.gamma(2.1, scale, n2)
        report = ab({"arms": [{"id": "a", "values": y1.tolist()}, {"id": "b", "values": y2.tolist()}]})
        one = report["metrics"][0]["comparisons"][0]
        welch = CompareMeans(DescrStatsW(y2), DescrStatsW(y1))
        near("welch", one["p"], welch.ttest_ind(usevar="unequal")[1])
        low, high = welch.tconfint_diff(usevar="unequal")
        near("welch", one["interval"]["low"], low)
        near("welch", one["interval"]["high"], high)
        arm = report["metrics"][0]["arms"][0]
        low, high = DescrStatsW(y1).tconfint_mean()
        near("student", arm["interval"]["low"], low)
        near("student", arm["interval"]["high"], high)


def ratios(rng):
    """The closed form of the delta method, and a bootstrap that knows nothing of it."""
    n = 4000
    d = rng.poisson(3.0, n) + 1.0
    y = d * 0.3 + rng.normal(0.0, 1.0, n)
    arm = ab({"arms": [{"id": "a", "values": y.tolist(), "denominators": d.tolist()}]})["metrics"][0]["arms"][0]
    ratio = y.mean() / d.mean()
    cov = np.cov(y, d)
    variance = (cov[0, 0] - 2 * ratio * cov[0, 1] + ratio**2 * cov[1, 1]) / d.mean() ** 2 / n
    near("ratio", arm["value"], ratio)
    near("delta", arm["standard_error"], np.sqrt(variance))
    draws = rng.integers(0, n, (4000, n))
    resampled = (y[draws].mean(axis=1) / d[draws].mean(axis=1)).std(ddof=1)
    near("bootstrap", arm["standard_error"], resampled, 0.05 * resampled)


def covariates(rng):
    x1, x2 = rng.normal(5, 2, 800), rng.normal(5, 2, 900)
    y1, y2 = 2 * x1 + rng.normal(0, 1, 800), 2 * x2 + 0.2 + rng.normal(0, 1, 900)
    metric = ab({"arms": [{"id": "a", "values": y1.tolist(), "covariates": x1.tolist()},
                          {"id": "b", "values": y2.tolist(), "covariates": x2.tolist()}]})["metrics"][0]
    # Ordinary least squares on arm and covariate has the same slope.
    design = np.column_stack([np.ones(1700), np.r_[np.zeros(800), np.ones(900)], np.r_[x1, x2]])
    beta, *_ = np.linalg.lstsq(design, np.r_[y1, y2], rcond=None)
    near("theta", metric["cuped"]["theta"], beta[2])
    near("cuped", metric["comparisons"][0]["difference"], beta[1])


def families():
    arms = [{"id": f"{n}", "units": 1000, "conversions": k} for n, k in enumerate((100, 131, 105, 122, 90))]
    comparisons = ab({"arms": arms})["metrics"][0]["comparisons"]
    p = [one["p"] for one in comparisons]
    for key, method in (("p_holm", "holm"), ("p_benjamini_hochberg", "fdr_bh")):
        for one, want in zip(comparisons, multitest.multipletests(p, method=method)[1]):
            near(key, one[key], want)


def plans():
    for effect in (0.01, -0.004):
        units = attune("plan", "--baseline", "0.05", "--effect", str(effect))["units_per_arm"]
        for n, enough in ((units, True), (units - 2, False)):
            got = proportion.power_proportions_2indep(effect, 0.05, n, ratio=1, alpha=0.05, return_results=False)
            near("power", float((got >= 0.8) == enough), 1.0)
    units = attune("plan", "--deviation", "2.5", "--effect", "0.1")["units_per_arm"]
    want = power.NormalIndPower().solve_power(effect_size=0.1 / 2.5, alpha=0.05, power=0.8)
    near("units", units, np.ceil(want), 1e-9)


generator = np.random.default_rng(7)
shares()
means(generator)
ratios(generator)
covariates(generator)
families()
plans()
print(f"{checks} figures equal to scipy's and statsmodels'")
