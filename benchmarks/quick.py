"""`hqd run --quick` on a tidy study of 31 x 12 x 24 without firms, against the script a user would write: processor time.

Both are processes of their own, imports and children counted (`os.wait4`): read a csv, min-max over all years, entropy weights,
weighted sum, ranks, two-way effects with CV1 on density a year before, results written. The script is SCRIPT below, with
statsmodels for the regression; LEAN is the same without it, by numpy, for information. Results are compared to 1e-9.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from processor_time import process_seconds, verdict

UNITS, YEARS, LEAVES = 31, range(2012, 2024), 24
GOAL, TIMES, SAME = 3.0, 5, 1e-9
COLUMNS = [f"x{j:02d}" for j in range(1, LEAVES + 1)]
NEGATIVE = COLUMNS[3::4]  # indicators of which less is better
REGRESSION = """
design = np.column_stack([rows["density"], pd.get_dummies(rows[["unit", "year"]].astype(str), drop_first=True, dtype=float)])
fit = sm.OLS(rows["score"].to_numpy() / 100, sm.add_constant(design)).fit(
    cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["unit"])[0]}
)
k, n = design.shape[1] + 1, len(rows)
coefficient, error, p = fit.params[1], fit.bse[1], fit.pvalues[1]
"""
BY_NUMPY = """
design = np.column_stack([rows["density"], pd.get_dummies(rows[["unit", "year"]].astype(str), drop_first=True, dtype=float)])
design = np.column_stack([np.ones(len(rows)), design])
outcome, codes = rows["score"].to_numpy() / 100, pd.factorize(rows["unit"])[0]
bread = np.linalg.inv(design.T @ design)
beta = bread @ (design.T @ outcome)
parts = design * (outcome - design @ beta)[:, None]
sums = np.stack([parts[codes == g].sum(axis=0) for g in range(codes.max() + 1)])
(n, k), g = design.shape, codes.max() + 1
variance = bread @ (sums.T @ sums) @ bread * g / (g - 1) * (n - 1) / (n - k)
coefficient, error = beta[1], np.sqrt(variance[1, 1])
"""
SCRIPT = """
import json, sys
import numpy as np
import pandas as pd
{imports}

NEGATIVE = {negative}
data = pd.read_csv(sys.argv[1], dtype={{"industry_code": str}}).rename(columns={{"industry_code": "unit"}})
data = data.sort_values(["unit", "year"], ignore_index=True)
columns = [name for name in data.columns if name.startswith("x")]

# min-max over all units and years; less is better for some
values = data[columns].to_numpy(dtype=float)
low, high = values.min(axis=0), values.max(axis=0)
scaled = (values - low) / (high - low)
negative = np.array([name in NEGATIVE for name in columns])
scaled = np.where(negative, 1 - scaled, scaled)

# entropy weights
shares = scaled / scaled.sum(axis=0)
logs = np.log(np.where(shares > 0, shares, 1.0))
entropy = -(shares * logs).sum(axis=0) / np.log(len(scaled))
weights = (1 - entropy) / (1 - entropy).sum()

# scores and ranks within each year
data["score"] = 100 * scaled @ weights
data["rank"] = data.groupby("year")["score"].rank(ascending=False, method="min").astype(int)
data[["unit", "year", "score", "rank"]].to_csv("scores.csv", index=False)
pd.DataFrame({{"indicator": columns, "weight": weights}}).to_csv("weights.csv", index=False)

# two-way effects on density a year before, errors by unit
data["density"] = (1000 * data["n_srdi_national"] / data["n_firms"]).groupby(data["unit"]).shift(1)
rows = data.dropna(subset=["density"])
{regression}
with open("regression.json", "w") as file:
    json.dump({{"coefficient": coefficient, "error": error, "n": n, "k": k}}, file)
"""
NAMES = f"NEGATIVE = {NEGATIVE!r}"
BY_STATSMODELS_SCRIPT = SCRIPT.format(imports="import statsmodels.api as sm", negative=NEGATIVE, regression=REGRESSION)
LEAN_SCRIPT = SCRIPT.format(imports="", negative=NEGATIVE, regression=BY_NUMPY)


def label(name: str) -> str:
    return f"label: {{zh: {name}, en: {name}}}"


def write_study(folder: Path) -> None:
    """The study of tidy data: one csv, five short YAML files."""
    stream = np.random.default_rng(1)
    units, size = [f"C{13 + u}" for u in range(UNITS)], UNITS * len(YEARS)
    data = pd.DataFrame({"industry_code": np.repeat(units, len(YEARS)), "year": np.tile(YEARS, UNITS)})
    level = np.repeat(stream.normal(size=(UNITS, LEAVES)), len(YEARS), axis=0)
    data[COLUMNS] = np.exp(level + 0.3 * stream.normal(size=(size, LEAVES))).round(6)
    data["n_firms"] = np.repeat(stream.integers(2_000, 9_000, UNITS), len(YEARS)) + stream.integers(0, 200, size)
    data["n_srdi_national"] = stream.integers(1, 90, size)
    (folder / "raw").mkdir()
    data.to_csv(folder / "raw" / "industry.csv", index=False)
    columns = "".join(f"      {name}: {{{label(name)}}}\n" for name in COLUMNS)
    parts = {f"d{k}": COLUMNS[4 * k : 4 * k + 4] for k in range(LEAVES // 4)}
    tree = "".join(f"    {node}: [{', '.join(leaves)}]\n" for node, leaves in parts.items())
    leaves = "".join(
        f"  {name}: {{table: industry, formula: sum({name}), direction: {-1 if name in NEGATIVE else 1}, {label(name)}}}\n"
        for name in COLUMNS
    )
    files = {
        "study": f"name: tidy\n{label('Tidy')}\nyears: [{YEARS[0]}, {YEARS[-1]}]\nlanguage: en\n",
        "sources": "sources:\n  industry: {path: industry.csv, table: industry, constants: {industry_version: '2017'}}\n"
        f"tables:\n  industry:\n    key: [industry_code, year]\n    columns:\n{columns}",
        "indicators": f"levels: [indicators, dimensions]\ntree:\n  index:\n{tree}indicators:\n{leaves}",
        "weighting": "normalise: {method: minmax, over: all_years}\nweight:\n  leaves: {method: entropy, over: all_years}\n"
        "aggregate:\n  indicators: {method: arithmetic}\n  dimensions: {method: arithmetic}\n",
        "regressions": "density: {measure: count, levels: [national], lag: 1}\n"
        f"specifications:\n  - {{id: twfe, {label('TWFE')}, controls: none, headline: true}}\n",
    }
    (folder / "configs").mkdir()
    for name, text in files.items():
        (folder / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")


def differences(folder: Path, out: Path) -> dict[str, float]:
    """Largest difference of scores, weights, coefficient and CV1 error, relative to their size; ranks that differ."""
    tables, hand = out / "tidy" / "quick" / "tables", folder / "hand"
    scores = pd.read_csv(tables / "scores.csv").query("sample == 'all' and node == 'index'").sort_values(["unit", "year"])
    weights = pd.read_csv(tables / "weights.csv").query("level == 'indicators'").set_index("node")["share_global"]
    row = pd.read_csv(tables / "regressions.csv").query("sample == 'all' and outcome == 'index' and term == 'density'").iloc[0]
    by_hand, hand_weights = pd.read_csv(hand / "scores.csv"), pd.read_csv(hand / "weights.csv").set_index("indicator")["weight"]
    fit = json.loads((hand / "regression.json").read_text("utf-8"))
    # a program that has dummies for units counts them, CV1 of effects nested in the cluster does not
    ours_k = fit["k"] - (UNITS - 1)
    error = fit["error"] * np.sqrt((fit["n"] - fit["k"]) / (fit["n"] - ours_k))
    return {
        "scores": float(np.abs(scores["score"].to_numpy() / by_hand["score"].to_numpy() - 1).max()),
        "ranks": float((scores["rank"].to_numpy() != by_hand["rank"].to_numpy()).sum()),
        "weights": float(np.abs(weights / hand_weights - 1).max()),
        "coefficient": abs(row["estimate"] / fit["coefficient"] - 1),
        "CV1 error": abs(row["se_cv1"] / error - 1),
    }


def main() -> int:
    hqd = [sys.executable, "-c", "from hqd_index.cli import main; main()"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder)
        (folder / "hand").mkdir()
        arguments = ["run", "--quick", "--study", str(folder / "configs"), "--data", str(folder / "raw"), "--out"]
        data, same = str(folder / "raw" / "industry.csv"), dict[str, float]()
        seconds: dict[str, list[float]] = {"ours": [], "script": [], "by numpy alone": []}
        for k in range(TIMES):
            seconds["ours"].append(process_seconds([*hqd, *arguments, str(folder / f"out{k}")], folder))
            for rival, script in (("by numpy alone", LEAN_SCRIPT), ("script", BY_STATSMODELS_SCRIPT)):
                seconds[rival].append(process_seconds([sys.executable, "-c", script, data], folder / "hand"))
                same = {what: max(value, same.get(what, 0.0)) for what, value in differences(folder, folder / f"out{k}").items()}
    best = {who: min(times) for who, times in seconds.items()}
    print("; ".join(f"{who} {took:.2f} s" for who, took in best.items()))
    print("largest differences: " + ", ".join(f"{what} {value:.1e}" for what, value in same.items()))
    print(f"against the script by numpy alone: {best['ours'] / best['by numpy alone']:.2f}")
    if not max(same.values()) < SAME:
        print("results differ: times are not compared")
        return 1
    return verdict("quick", best["ours"] / best["script"], GOAL, "a script with pandas and statsmodels", is_most=True)


if __name__ == "__main__":
    raise SystemExit(main())
