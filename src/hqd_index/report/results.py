"""What every writer of this package sees: the study, its tree, the published tables and the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ..study.indicator_tree import Tree, tree_of
from ..study.records import Study
from ..study.varied_study import vary
from ..tables import TABLES, empty
from .bilingual import Bilingual, visible_text
from .wording import wording

BASE = "base"
ROUNDING = 1e-6  # of a score on 0-100


@dataclass(frozen=True)
class Results:
    """One finished run, read only."""

    study: Study
    tables: Mapping[str, pd.DataFrame]
    manifest: Mapping[str, Any]

    @cached_property
    def tree(self) -> Tree:
        return tree_of(self.study.indicators)

    @property
    def language(self) -> str:
        return self.study.study.language

    @cached_property
    def title(self) -> Bilingual:
        """The study's label; of a run of a scenario with the scenario's."""
        label, scenario = self.study.study.label, self.manifest.get("scenario")
        study = Bilingual(label.zh, label.en)
        return wording("readme.title", study=study, scenario=Bilingual(scenario["zh"], scenario["en"])) if scenario else study

    def table(self, table_name: str) -> pd.DataFrame:
        """The rows of a table; its bare header where it was not made."""
        frame = self.tables.get(table_name)
        if frame is not None:
            return frame
        if table_name not in self._headers:
            self._headers[table_name] = empty(table_name) if table_name in TABLES else pd.DataFrame()
        return self._headers[table_name]

    @cached_property
    def _headers(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def estimated_specs(self) -> frozenset[str]:
        """The specifications with rows in `regressions`."""
        rows = self.table("regressions")
        return frozenset(rows["spec"]) if len(rows) else frozenset()

    @cached_property
    def finding_counts(self) -> pd.DataFrame:
        """Findings and rows by rule and severity, of which `quarantine` may hold the first warnings alone."""
        counts = self.tables.get("finding_counts")
        return counts_by_rule(self.table("quarantine")) if counts is None else counts.set_index(["rule", "severity"])

    def has(self, *table_names: str) -> bool:
        return all(len(self.table(table_name)) > 0 for table_name in table_names)

    def absence_reason(self, table_name: str) -> Bilingual:
        """Why a table is absent or empty, as its stage put it."""
        rows = self.table("not_made")
        rows = rows[rows["table"] == table_name] if len(rows) else rows
        if len(rows):
            reason_row = rows.iloc[0].fillna("")
            sentences = [
                [sentence for sentence in (reason_row[f"reason_{language}"], reason_row[f"mend_{language}"]) if sentence]
                for language in ("zh", "en")
            ]
            return Bilingual("；".join(sentences[0]), "; ".join(sentences[1]))
        table = TABLES.get(table_name)
        title = Bilingual(table.zh, table.en) if table else Bilingual(table_name, table_name)
        return wording("estimates.no_rows", title=title, table=table_name)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of all firms (sample `all`)."""
        rows = self.table("scores")
        rows = rows[rows["sample"] == "all"]
        return rows.assign(unit_zh=rows["unit_zh"].map(visible_text), unit_en=rows["unit_en"].map(visible_text))

    @cached_property
    def score_scale(self) -> Bilingual:
        """The scale of the scores: 0-100, or that they leave it (ranks, Borda points, z-scores, base years)."""
        scores = self.scores["score"]
        is_inside = scores.dropna().between(-ROUNDING, 100 + ROUNDING).all()
        return Bilingual("0–100", "0-100") if is_inside else wording("estimates.unbounded_scale")

    @cached_property
    def years(self) -> list[int]:
        """Years in which at least one unit has an index."""
        rows = self.scores[self.scores["node"] == self.tree.root].dropna(subset=["score"])
        return sorted(int(year) for year in rows["year"].unique())

    @cached_property
    def units(self) -> pd.DataFrame:
        """unit, unit_zh, unit_en in code order."""
        rows = self.scores[["unit", "unit_zh", "unit_en"]].drop_duplicates("unit")
        return rows.sort_values("unit", ignore_index=True)

    @cached_property
    def inner(self) -> list[str]:
        """Nodes above the leaves, parents first."""
        return [node for node in self.tree.order if self.tree.children(node)]

    @cached_property
    def dimensions(self) -> list[str]:
        """The nodes below the root that have a score of their own; none in a flat tree."""
        return [node for node in self.tree.children(self.tree.root) if self.tree.children(node)]

    @cached_property
    def parts(self) -> list[str]:
        """What a score is stacked from: the lowest nodes that have a score of their own, or the leaves of a flat tree."""
        lowest_inner_nodes = [
            n for n in self.inner if n != self.tree.root and not any(self.tree.children(child) for child in self.tree.children(n))
        ]
        return lowest_inner_nodes or list(self.tree.leaves(self.tree.root))

    @cached_property
    def leaves(self) -> list[str]:
        return list(self.tree.leaves(self.tree.root))

    def name(self, node: str) -> Bilingual:
        """The node's name in both languages; its id where it has none."""
        if node == "splittable":
            return wording("estimates.splittable")
        label = self.study.indicators.nodes.get(node)
        if label is None and node in self.study.indicators.indicators:
            label = self.study.indicators.indicators[node].label
        return Bilingual(label.zh, label.en) if label else Bilingual(node, node)

    def unit_name(self, unit: str) -> Bilingual:
        return self._unit_names.get(unit, Bilingual(unit, unit))

    def product_name(self, hs6: str) -> Bilingual:
        """A product by its HS code, and by its name where table chain_nodes gives one."""
        name = self._chain_names.get(hs6)
        return Bilingual(f"{hs6} {name.zh}", f"{hs6} {name.en}") if name else Bilingual(hs6, hs6)

    @cached_property
    def _chain_names(self) -> dict[str, Bilingual]:
        rows = self.table("chain_names")
        return {} if rows.empty else {n: Bilingual(zh, en) for n, zh, en in zip(rows["node"], rows["name_zh"], rows["name_en"])}

    @cached_property
    def _unit_names(self) -> dict[str, Bilingual]:
        return {unit: Bilingual(zh, en) for unit, zh, en in zip(self.units["unit"], self.units["unit_zh"], self.units["unit_en"])}

    @cached_property
    def base_weights(self) -> pd.DataFrame:
        rows = self.table("weights")
        return rows[rows["scenario"] == BASE]

    @cached_property
    def latest_weights(self) -> pd.DataFrame:
        """Base weights that hold in the last year they are given for."""
        rows = self.base_weights
        return rows[rows["year"].isna() | (rows["year"] == rows["year"].max())]

    @cached_property
    def scenario_studies(self) -> dict[str, Study]:
        """Scenario -> the study with its changes."""
        return {id: vary(self.study, scenario.changes) for id, scenario in self.study.scenarios.items()}

    @cached_property
    def index_scenarios(self) -> pd.DataFrame:
        """Rows of `scenarios` about the whole index (a scenario's tree may have another root)."""
        rows = self.table("scenarios")
        if rows.empty:
            return rows
        roots = {id: tree_of(study.indicators).root for id, study in self.scenario_studies.items()}
        return rows[rows["node"] == rows["scenario"].map(roots).fillna(self.tree.root)]

    def shares(self, year: int, column: str = "share_global") -> dict[str, float]:
        """Node -> share in the whole (or in its parent, `share_local`) that holds in a year."""
        rows = self.base_weights
        rows = rows[rows["year"].isna() | (rows["year"] == year)]
        return dict(zip(rows["node"], rows[column].astype(float)))

    @cached_property
    def additive(self) -> bool:
        """Whether every score above the parts is a weighted mean of its children."""
        weighting = self.study.weighting
        upper = [node for node in self.inner if node not in self.parts]
        methods = [self._aggregation_method(node) for node in upper]
        return weighting is not None and all(method == "arithmetic" for method in methods)

    def _aggregation_method(self, node: str) -> str:
        branch = self.study.weighting.branches.get(node)
        if branch is not None and branch.aggregate is not None:
            return str(branch.aggregate.method)
        choice = self.study.weighting.aggregate.get(self.tree.level(self.tree.children(node)[0]))
        return str(choice.method) if choice else "arithmetic"

    @cached_property
    def _rankings(self) -> dict[int, pd.DataFrame]:
        return {}

    def ranking(self, year: int) -> pd.DataFrame:
        """The ranking of a year; see `_ranking`."""
        if year not in self._rankings:
            self._rankings[year] = self._ranking(year)
        return self._rankings[year]

    def _ranking(self, year: int) -> pd.DataFrame:
        """unit, unit_zh, unit_en, score, rank, coverage, flag, one score column per part and dimension; the best first."""
        rows = self.scores[self.scores["year"] == year]
        index_rows = rows[rows["node"] == self.tree.root]
        by_node = rows.pivot(index="unit", columns="node", values="score")
        columns = [node for node in self.tree.order if node in by_node.columns and node != self.tree.root]
        table = index_rows[["unit", "unit_zh", "unit_en", "score", "rank", "coverage", "flag"]].merge(
            by_node[columns].reset_index(), on="unit", validate="one_to_one"
        )
        return table.sort_values(["rank", "unit"], na_position="last", ignore_index=True)

    def stacked_parts(self, year: int) -> pd.DataFrame:
        """unit, node, part: points each part adds to the score; they sum to it (scaled to do so where joining is not a mean)."""
        ranking, shares = self.ranking(year), self.shares(year)
        node_names = [node for node in self.parts if node in ranking.columns]
        part_points = ranking[node_names].mul([shares.get(node, 0.0) for node in node_names], axis=1)
        if not self.additive:
            part_points = part_points.mul(ranking["score"] / part_points.sum(axis=1), axis=0)
        part_points.insert(0, "unit", ranking["unit"])
        return part_points.melt("unit", var_name="node", value_name="part").dropna()

    def change(self, year: int, base_year: int) -> pd.Series:
        """Places won since an earlier year, by unit (positive: better)."""
        later_ranks, earlier_ranks = (
            self.ranking(ranking_year).set_index("unit")["rank"].astype(float) for ranking_year in (year, base_year)
        )
        return (earlier_ranks - later_ranks).reindex(later_ranks.index)


def counts_by_rule(quarantine: pd.DataFrame) -> pd.DataFrame:
    """Findings and rows by rule and severity of a list that is whole."""
    rows = quarantine[["rule", "severity", "file", "sheet", "row"]].drop_duplicates()
    sizes = {"findings": quarantine.groupby(["rule", "severity"]).size(), "rows": rows.groupby(["rule", "severity"]).size()}
    return pd.DataFrame(sizes)
