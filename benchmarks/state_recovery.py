"""Do the lists find the states that the demo's generator plants? Modes, chokepoints, gaps, candidates, alarms, what-if.

For each strength (strong, middle, weak) several economies are drawn with their states, run through links, modes, index and
lists, and held against what was planted. The generator shares no code with the lists. At the strongest, precision and recall
must reach .9, the AUC .85, and what-if intervals must hold the truth in 92 to 98% of the economies.

    python benchmarks/state_recovery.py [seeds] [draws]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from hqd_index.demo import Demo, generate
from hqd_index.demo.effects import effects, targets
from hqd_index.demo.planting import STRENGTHS, Planting
from hqd_index.demo.random_streams import Floats
from hqd_index.demo.recognition import density, lagged, recognise
from hqd_index.demo.registry import register
from hqd_index.demo.sectors import CODES, YEARS
from hqd_index.engines import Engine, open_engine
from hqd_index.errors import ConfigError
from hqd_index.firms.derived_columns import derive
from hqd_index.firms.mode_tables import mode_tables
from hqd_index.index.index_tables import Index, build_index
from hqd_index.links import links
from hqd_index.lists import list_tables
from hqd_index.lists.whatif import whatif
from hqd_index.models import estimation_data
from hqd_index.models.composite import composite
from hqd_index.models.estimation_sample import estimation_sample, with_scenario
from hqd_index.models.headline_regression import fitted_estimate
from hqd_index.panel import Panel, build_panel, unit_names
from hqd_index.study.records import Study
from hqd_index.study.srdi_levels import level_bits
from hqd_index.study.study_folder import load_study
from hqd_index.study.varied_study import vary
from hqd_index.tables import empty

ROOT = Path(__file__).resolve().parents[1]
SEEDS, DRAWS = 5, 400
REGISTERS = 20  # of firms, whose densities the economies of the what-if share
EFFECTS = {"strong": (0.3, 0.2), "middle": (0.2, 0.1), "weak": (0.05, 0.05)}  # own and spillover, of the what-if
FIRMS = 6000
FIRST_YEAR = 2018  # of the years that alarms are counted in: shocks begin there
MOVED = ("cmp5",)  # the chokepoints' share of imports: planted chokepoints move it, so its alarms are not false
FRESH = 2  # years after a change of state in which a miss is a matter of time
SHARE_GOAL, AUC_GOAL, COVERAGE_GOAL = 0.9, 0.85, (0.92, 0.98)


@dataclass
class Tally:
    """Hits, false alarms and misses of one kind of state, and why the misses were missed."""

    hits: int = 0
    false: int = 0
    misses: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.misses.total())

    def add(self, other: Tally) -> None:
        self.hits, self.false = self.hits + other.hits, self.false + other.false
        self.misses.update(other.misses)


@dataclass(frozen=True)
class Recovered:
    """What one economy gave: tallies by state, mode accuracy and adjusted Rand, AUC and calibration, leads of alarms."""

    tallies: Mapping[str, Tally]
    rand: float
    auc: float
    expected: float
    recognised: float
    brier_skill: float
    leads: tuple[int, ...]


def status_tables(engine: Engine, demo: Demo) -> dict[str, str]:
    """The clean economy as the engine's tables, with the status that the intake would give: national, and provincial by code."""
    firms = demo.firms.copy()
    ever, valid = firms.pop("srdi_any"), firms.pop("srdi_valid")
    to_date = valid.groupby(firms["firm_id"]).cummax()
    provincial = demo.srdi_list.query("level == '省级专精特新中小企业' and uscc != ''").set_index("uscc")["announce_date"]
    since = firms["firm_id"].map(provincial.str[:4].astype(float).groupby(level=0).min())
    raw = engine.scan(firms.assign(any_=ever, valid_=valid, past_=to_date, local_=(since <= firms["year"])))
    national = f"CASE WHEN {{}} THEN {level_bits(['national'])} ELSE 0 END AS {{}}"
    columns = [national.format("any_", "srdi_levels_ever"), national.format("valid_", "srdi_levels_valid")]
    bits = {level: level_bits([level]) for level in ("national", "provincial")}
    levels_to_date = f"CASE WHEN past_ THEN {bits['national']} ELSE 0 END + CASE WHEN local_ THEN {bits['provincial']} ELSE 0 END"
    columns += [f"{levels_to_date} AS srdi_levels_to_date"]
    frames = {"industry": demo.industry, "trade": demo.trade, "io": demo.io, "trade_hs6": demo.world.hs6}
    frames |= {"crosswalks": demo.world.crosswalks, "countries": demo.world.countries}
    table = engine.query(f"SELECT * EXCLUDE (any_, valid_, past_, local_), {', '.join(columns)} FROM {raw}", "firms")
    return {"firms": table} | {name: engine.scan(frame, name) for name, frame in frames.items()}


def lists_of(study: Study, demo: Demo) -> dict[str, pd.DataFrame]:
    """modes, chokepoints and every list of an economy, by name."""
    with open_engine(threads=1) as engine:
        clean = status_tables(engine, demo)
        linked = links(study, engine, clean)
        clean["linkages"] = engine.scan(linked["linkages"], "linkages")
        ready = derive(study, engine, clean)
        modes = mode_tables(study, engine, ready, linked["io_links"])["modes"]
        panel = build_panel(study, engine, ready)
        names = unit_names(study, engine, ready, panel.values, {})
        index = build_index(study, panel.values, names)
        frames = {name: empty(name) for name in ("coverage", "regressions", "hypotheses")} | {
            **{name: linked[name] for name in ("linkages", "chokepoints", "export_shares")},
            "density": panel.density, "indicators": index.indicators, "scores": index.scores, "unit_names": names,
            "modes": modes, "chain_names": pd.DataFrame(columns=["node", "name_zh", "name_en"]),
        }  # fmt: skip
        made = list_tables(study, engine, frames, ready)
    return {**made, "modes": modes, "chokepoints": linked["chokepoints"]}


def recovered(study: Study, demo: Demo) -> Recovered:
    """The lists of an economy against what was planted in it."""
    made = lists_of(study, demo)
    modes, rand = mode_tally(demo, made["modes"])
    alarms, leads = alarm_tally(demo, made["alerts"])
    scores = made["evaluation"].query("item == 'candidates' and year.isna()").set_index("quantity")["value"]
    return Recovered(
        {"modes": modes, "chokepoints": chokepoint_tally(demo, made["chokepoints"]), "gaps": gap_tally(demo, made["priority"]),
         "alarms": alarms},
        rand, scores["auc"], scores["expected_recognised"], scores["recognised"], scores["brier_skill"], leads,
    )  # fmt: skip


def mode_tally(demo: Demo, modes: pd.DataFrame) -> tuple[Tally, float]:
    """Firm-years of recognised firms: the label is the planted mode or not; and the adjusted Rand index."""
    firm = pd.Index(demo.planted.firm_id).get_indexer(pd.Index(modes["firm_id"]))
    year = modes["year"].to_numpy() - YEARS[0]
    sides = {axis: getattr(demo.planted.sides, axis) for axis in ("tech", "safety")}
    tech = np.where(sides["tech"][firm, year] > 0, "tech", "market")
    safety = np.where(sides["safety"][firm, year] > 0, "safety", "efficiency")
    planted = np.char.add(np.char.add(tech, "_"), safety)
    label = modes["mode"].to_numpy(dtype=str)
    tally = Tally(hits=int((label == planted).sum()))
    turned = np.zeros(len(modes), dtype=bool)
    for side in sides.values():
        turned |= side[firm, year] != side[firm, np.maximum(year - FRESH, 0)]
    for row in np.flatnonzero(label != planted):
        mixed = label[row] in ("mixed", "unclassified")
        tally.misses["changed sides within two years" if turned[row] else label[row] if mixed else "items on the other side"] += 1
    tally.false = int(((label != planted) & ~np.isin(label, ["mixed", "unclassified"])).sum())
    return tally, float(adjusted_rand_score(planted, label))


def chokepoint_tally(demo: Demo, chokepoints: pd.DataFrame) -> Tally:
    """Product-years with a verdict, of all products; only scarce ones may be chokepoints."""
    rows = chokepoints[chokepoints["chokepoint"].notna() & chokepoints["year"].isin(YEARS)]
    planted = pd.DataFrame(demo.planted.chokepoints, index=demo.planted.scarce_products, columns=list(YEARS)).stack()
    truth = planted.reindex(pd.MultiIndex.from_frame(rows[["hs6", "year"]])).fillna(False).to_numpy(dtype=bool)
    before = planted.groupby(level=0).shift(FRESH).reindex(pd.MultiIndex.from_frame(rows[["hs6", "year"]]))
    fresh = truth & before.eq(False).to_numpy()  # unknown before the first year is not fresh
    flag = rows["chokepoint"].to_numpy(dtype=float) == 1
    misses = Counter({"began within two years": int((truth & ~flag & fresh).sum())})
    misses["concentration near the threshold"] = int((truth & ~flag & ~fresh).sum())
    return Tally(int((flag & truth).sum()), int((flag & ~truth).sum()), +misses)


def gap_tally(demo: Demo, priority: pd.DataFrame) -> Tally:
    """Industry-years: flag gap against planted shortage."""
    rows = priority[priority["kind"] == "industry"]
    truth = rows["node"].map(dict(zip(CODES, demo.planted.gaps))).to_numpy(dtype=bool)
    flag = rows["gap"].to_numpy(dtype=float) == 1
    near = Counter({"self-sufficiency above the threshold by noise": int((truth & ~flag).sum())})
    return Tally(int((flag & truth).sum()), int((flag & ~truth).sum()), +near)


def alarm_tally(demo: Demo, alerts: pd.DataFrame) -> tuple[Tally, tuple[int, ...]]:
    """Red level alarms against shocks: runs of red that begin once the shock has, and how many years before its trough."""
    rows = alerts[(alerts["kind"] == "level") & (alerts["alarm"] == 3) & (alerts["year"] >= FIRST_YEAR)]
    grouped = rows.groupby(["unit", "node"])["year"]
    alarm_years = {(str(unit), str(node)): [int(year) for year in years] for (unit, node), years in grouped}
    tally, leads, shocked = Tally(), [], set()
    for shock in demo.planted.shocks:
        key = (shock.industry_code, shock.indicator)
        shocked.add(key)
        years = [year for year in alarm_years.get(key, []) if year >= shock.start]
        if years:
            tally.hits += 1
            leads.append(shock.trough - min(years))
        else:
            tally.misses["began in the last year" if shock.start == YEARS[-1] else "within the noise of the series"] += 1
    tally.false = sum(key not in shocked and key[1] not in MOVED for key in alarm_years)
    return tally, tuple(leads)


@dataclass(frozen=True)
class Scaffold:
    """What the economies of the what-if have in common: study, a panel whose indicators are drawn anew, densities."""

    study: Study
    panel: Panel
    names: pd.DataFrame
    densities: tuple[Floats, ...]


def scaffold(study: Study) -> Scaffold:
    """The panel of one clean economy, and the densities of several registers of firms."""
    headline = [choice.model_dump(mode="json") for choice in study.regressions.specifications if choice.headline]
    study = vary(study, {"regressions.inference": {"draws": 99}, "uncertainty.draws": 0})
    study = vary(study, {"regressions.specifications": headline})
    with open_engine(threads=1) as engine:
        clean = status_tables(engine, generate(1))
        clean["linkages"] = engine.scan(links(study, engine, clean)["linkages"], "linkages")
        ready = derive(study, engine, clean)
        panel = build_panel(study, engine, ready)
        names = unit_names(study, engine, ready, panel.values, {})
    registers = {seed: register(seed, FIRMS) for seed in range(1, REGISTERS + 1)}
    return Scaffold(study, panel, names, tuple(density(firms, recognise(seed, firms)) for seed, firms in registers.items()))


def interval_holds(common: Scaffold, seed: int, strength: str) -> bool:
    """Whether the intervals of table whatif hold score + true coefficient x change of density, in an economy of targets."""
    status = common.densities[seed % len(common.densities)]
    own, spillover = EFFECTS[strength]
    effect = effects(lagged(status), own_effect=own, spillover=spillover)
    target = targets(seed, lagged(status), effect)
    values = common.panel.values.copy()
    for leaf, leave_out in target.leave_out.items():
        everyone = leave_out + target.gap[leaf]
        values.loc[values["sample"] == "all", leaf] = everyone.ravel()
        values.loc[values["sample"] == "leave_out", leaf] = leave_out.ravel()
    densities = common.panel.density.assign(density=status.ravel(), density_lag=lagged(status).ravel())
    densities["density_lag"] = densities["density_lag"].mask(densities["year"] == YEARS[0])
    index = build_index(common.study, values, common.names)
    table = whatif(common.study, _whatif_frames(common, index, densities))[0].query("not refused")
    taus = {leaf: effect.own_effects.get(leaf, 0.0) + effect.spill.get(leaf, 0.0) for leaf in index.design.leaves}
    change = 100 * true_coefficient(common.study, index, taus) * (table["density_new"] - table["density"])
    return bool(((table["low"] <= table["score"] + change) & (table["score"] + change <= table["high"])).all())


def _whatif_frames(common: Scaffold, index: Index, densities: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables that the what-if reads, the headline estimated on these values alone."""
    study, choice = common.study, common.study.regressions.specifications[0]
    data = estimation_data(index.scores, index.indicators, densities, common.panel.controls, study)
    rows = with_scenario(estimation_sample(data, composite(index.weights), study, pd.DataFrame()), choice, pd.DataFrame())
    fit = fitted_estimate(rows, choice, study, is_headline=True)
    root = f"all:{index.design.tree.root}"
    term, column = fit.terms.index(fit.spec.density), fit.spec.outcomes.index(root)
    row = {"spec": choice.id, "sample": "all", "outcome": index.design.tree.root, "term": "density"}
    row |= {"estimate": fit.coefficient[term, column], "ci_low": fit.low[term, column], "ci_high": fit.high[term, column]}
    return {"regressions": pd.DataFrame([row]), "hypotheses": empty("hypotheses"), "density": densities,
            "scores": index.scores, "priority": empty("priority")}  # fmt: skip


def true_coefficient(study: Study, index: Index, taus: Mapping[str, float]) -> float:
    """sum_j w_j sign_j tau_j / (max_j - min_j) on the 0-1 scale."""
    weights = index.weights.set_index("node")["share_global"]
    cells = index.indicators.query("sample == 'all'").groupby("indicator")["raw"]
    spread = cells.max() - cells.min()
    signs = {leaf: float(study.indicators.indicators[leaf].direction) for leaf in taus}  # type: ignore[arg-type]
    return sum(weights[leaf] * signs[leaf] * tau / spread[leaf] for leaf, tau in taus.items())


@dataclass
class Sums:
    """All economies of a strength."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    economies: list[Recovered] = field(default_factory=list)
    refused: int = 0


def sums(study: Study, planting: Planting, seeds: range) -> Sums:
    """Every economy of a strength; one that the generator refuses is counted, never replaced."""
    total = Sums()
    for seed in seeds:
        try:
            demo = generate(seed, FIRMS, planting=planting)
        except ConfigError:
            total.refused += 1
            continue
        one = recovered(study, demo)
        total.economies.append(one)
        for state, tally in one.tallies.items():
            total.tallies.setdefault(state, Tally()).add(tally)
    return total


def report(strength: str, total: Sums, coverage: float, draws: int) -> bool:
    """Prints what was recovered; whether the goals are met."""
    print(f"{strength}: {len(total.economies)} economies of {FIRMS} firms, {total.refused} refused")
    good = True
    for state, tally in total.tallies.items():
        good &= min(tally.precision, tally.recall) >= SHARE_GOAL
        missed = "; ".join(f"{reason} {count}" for reason, count in tally.misses.most_common())
        print(f"  {state:<12} precision {tally.precision:.3f}  recall {tally.recall:.3f}  missed: {missed or 'none'}")
    rand, auc, skill = (
        float(np.mean([getattr(one, name) for one in total.economies])) for name in ("rand", "auc", "brier_skill")
    )
    expected, seen = (sum(getattr(one, name) for one in total.economies) for name in ("expected", "recognised"))
    leads = [lead for one in total.economies for lead in one.leads]
    early = np.mean([lead > 0 for lead in leads]) if leads else float("nan")
    print(f"  modes        adjusted Rand {rand:.3f}")
    print(f"  candidates   AUC {auc:.3f}  predicted {expected:.0f} recognised {seen:.0f}  Brier skill {skill:.3f}")
    mean_lead = np.mean(leads) if leads else np.nan
    print(f"  alarms       {mean_lead:.1f} years before the trough on average, {early:.0%} before it")
    print(f"  what-if      intervals hold the truth in {coverage:.1%} of {draws} economies")
    return good and auc >= AUC_GOAL and COVERAGE_GOAL[0] <= coverage <= COVERAGE_GOAL[1]


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else DRAWS
    study = load_study(ROOT / "configs").study
    common = scaffold(study)
    print(f"seeds 1 to {seeds} of each strength; what-if: seeds 1 to {draws}")
    met = {}
    for strength, planting in STRENGTHS.items():
        coverage = float(np.mean([interval_holds(common, seed, strength) for seed in range(1, draws + 1)]))
        met[strength] = report(strength, sums(study, planting, range(1, seeds + 1)), coverage, draws)
    print(f"state recovery: {'PASS' if met['strong'] else 'SHORT'} at the strongest; the weakest has no floor")
    return 0 if met["strong"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
