"""A small study on disk whose six sub-indices have one trap each: firms, a yearbook, a recognition list and its configs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hqd_index.demo.fixtures import autoregressive
from hqd_index.demo.registry import credit_codes

Array = NDArray[np.float64]
FIRST, YEARS, FIRMS = 2013, 12, 40
LAST = FIRST + YEARS - 1
RECOGNISED = range(2019, 2025)
SUBS = ("innovation", "brand", "upgrading", "completeness", "advantage", "smoothness")

STUDY = """version: 1
name: traps
label: {{zh: 六个陷阱, en: six traps}}
unit: {{by: [industry_code], names: code}}
years: [{first}, {last}]
language: en
seed: 7
"""
SOURCES = """version: 1
sources:
  firms: {path: firms.csv, table: firms, constants: {industry_version: "2017"}}
  industry: {path: industry.csv, table: industry, constants: {industry_version: "2017"}}
"""
LIST = """  srdi_list: {path: list.csv, table: srdi_list}
srdi_list: {assume_review: pass}
"""
TABLES = """tables:
  industry:
    key: [industry_code, year]
    columns:
"""
INDICATORS = """version: 1
levels: [indicators, subdimensions, dimensions]
tree:
  hqd:
    quality: {innovation: [rd], brand: [brand1], upgrading: [upgrading1]}
    safety: {completeness: [completeness1], advantage: [advantage1], smoothness: [smoothness1]}
indicators:
  rd: {table: firms, formula: 100 * sum(rd_exp) / sum(revenue), label: {zh: 研发强度, en: R&D intensity}, source: made up}
"""
LEAF = "  {s}1: {{table: industry, formula: sum({s}), label: {{zh: {s}, en: {s}}}, source: made up}}\n"
WEIGHTING = """version: 1
normalise: {method: minmax}
weight: {indicators: {method: equal}, subdimensions: {method: equal}, dimensions: {method: equal}}
aggregate:
  indicators: {method: arithmetic}
  subdimensions: {method: arithmetic}
  dimensions: {method: arithmetic}
coverage: {min_children: 1}
"""
REGRESSIONS = """version: 1
controls:
  size: {table: industry, formula: sum(size), label: {zh: 规模, en: size}}
  size_twice: {table: industry, formula: 2 * sum(size), label: {zh: 两倍规模, en: twice the size}}
specifications:
  - {id: twfe, label: {zh: 双向固定效应, en: two-way effects}, controls: all, headline: true}
inference: {draws: 499}
hypotheses: {sesoi: 0.20, alpha: 0.05}
"""


@dataclass(frozen=True)
class World:
    """Recognised firms in force by industry and year, and the columns of the yearbook, (industries, years) each."""

    codes: list[str]
    recognised: NDArray[np.int64]
    columns: dict[str, Array]
    rng: np.random.Generator = field(repr=False)

    @property
    def density(self) -> Array:
        """Lagged, per 1,000 firms."""
        count = 1000 * self.recognised / FIRMS
        return np.concatenate([np.zeros((len(count), 1)), count[:, :-1]], axis=1)


def world(seed: int, *, units: int = 31, steady: bool = False) -> World:
    """Density from 2020 on; each sub-index is noise of its own and:

    innovation  recognised firms' own R&D alone rises (composition)
    brand       falls with density (opposite sign)
    upgrading   white noise (negligible)
    completeness  a random walk (inconclusive)
    advantage   rises with density in the four industries that have most of it (fragile)
    smoothness  rises before 2019 with the density to come (upward pre-trend)
    `steady`: every industry has the same firms recognised in every year after the first batch.
    """
    rng = np.random.default_rng(seed)
    pace = np.full(units, 6) if steady else rng.integers(0, 5, units)
    late = np.maximum(0, np.arange(FIRST, FIRST + YEARS) - 2018)
    stock = np.outer(pace, late > 0) if steady else np.minimum(np.outer(pace, late) + (late > 0), 24)
    made = World([f"C{13 + i}" for i in range(units)], stock, {}, rng)
    x = made.density / max(float(made.density.std()), 1e-9)
    noise = {s: rng.normal(size=(units, YEARS)) for s in SUBS}
    lead = x[:, -1:] * np.minimum(np.arange(FIRST, FIRST + YEARS) - 2019, 0)
    most = np.argsort(-stock[:, -1], kind="stable")[:4]
    top = np.isin(np.arange(units), most)[:, None]
    made.columns["brand"] = 50 + noise["brand"] - 1.5 * x
    made.columns["upgrading"] = 50 + noise["upgrading"]
    made.columns["completeness"] = 50 + 3 * autoregressive(rng, units, YEARS, 0.995)
    made.columns["advantage"] = 50 + noise["advantage"] + 1.0 * x * top
    made.columns["smoothness"] = 50 + noise["smoothness"] + 0.5 * lead
    made.columns["size"] = 10 + rng.normal(size=(units, YEARS))
    return made


def firm_years(made: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Firm-years whose R&D ratio rises by 2 points once recognised, and the recognition list."""
    rng, units = made.rng, len(made.codes)
    firm = credit_codes(rng, ["110000"] * (units * FIRMS))
    place = np.tile(np.arange(FIRMS), units)  # the first of an industry are recognised first
    stock = np.repeat(made.recognised, FIRMS, axis=0)
    valid = place[:, None] < stock
    industry = 0.15 * np.repeat(rng.normal(size=(units, YEARS)), FIRMS, axis=0)
    ratio = 4 + industry + 0.3 * rng.normal(size=valid.shape) + 2.0 * valid
    keys = {"firm_id": np.repeat(firm, YEARS), "year": np.tile(np.arange(FIRST, FIRST + YEARS), len(firm))}
    code = np.repeat(np.repeat(made.codes, FIRMS), YEARS)
    rows = pd.DataFrame(keys | {"industry_code": code, "revenue": 1000.0, "rd_exp": np.round(10 * ratio.ravel(), 4)})
    ever = valid.any(axis=1)
    start = FIRST + valid.argmax(axis=1)[ever]
    listed = pd.DataFrame({"name": firm[ever], "uscc": firm[ever], "announce_date": [f"{y}-06-30" for y in start]})
    return rows, listed.assign(level="national", status="recognised", batch=start - 2018)


def write(
    folder: Path, made: World, *, years: tuple[int, int] = (FIRST, LAST), listed: bool = True, flat: str | None = None
) -> tuple[Path, Path]:
    """Configs and raw files; without the list when not `listed`, `flat` is a sub-index that keeps its first value."""
    configs, raw = folder / "configs", folder / "raw"
    configs.mkdir(parents=True)
    raw.mkdir()
    rows, records = firm_years(made)
    rows.to_csv(raw / "firms.csv", index=False)
    values = {name: np.repeat(v[:, :1], YEARS, axis=1) if name == flat else v for name, v in made.columns.items()}
    keys = {"industry_code": np.repeat(made.codes, YEARS), "year": np.tile(np.arange(FIRST, FIRST + YEARS), len(made.codes))}
    pd.DataFrame(keys | {name: np.round(v.ravel(), 6) for name, v in values.items()}).to_csv(raw / "industry.csv", index=False)
    records.to_csv(raw / "list.csv", index=False)
    batches = records.groupby("batch").size().rename("recognised").reset_index().assign(source="made up")
    batches.assign(year=batches["batch"] + 2018).to_csv(configs / "srdi_batches.csv", index=False)
    own = "".join(f"      {name}: {{label: {{zh: {name}, en: {name}}}}}\n" for name in made.columns)
    texts = {
        "study": STUDY.format(first=years[0], last=years[1]),
        "sources": SOURCES + (LIST if listed else "") + TABLES + own,
        "indicators": INDICATORS + "".join(LEAF.format(s=s) for s in SUBS[1:]),
        "weighting": WEIGHTING,
        "uncertainty": "version: 1\ndraws: 0\n",
        "regressions": REGRESSIONS,
    }
    for name, text in texts.items():
        (configs / f"{name}.yaml").write_text(text, "utf-8")
    return configs, raw
