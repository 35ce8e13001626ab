"""What stops when a sector or its imports do: hypothetical extraction, imports made at home, bounds of a supply shock.

Arrays of changes are (n, n): row r is what sector r gains or loses by the case of column j, in the unit of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .chain_names import Names, with_names
from .iotable import Array, IoTable
from .network import coefficients, ghosh, leontief

Words = tuple[str, str]


@dataclass(frozen=True)
class Inverses:
    """A table with both inverses, each computed once."""

    io_table: IoTable

    @cached_property
    def leontief(self) -> Array:
        return leontief(self.io_table)

    @cached_property
    def ghosh(self) -> Array:
        return ghosh(self.io_table)

    @cached_property
    def value_added(self) -> Array:
        """Value added per unit of output (n,)."""
        flows = self.io_table.domestic + self.io_table.imported_flows
        return np.asarray(1 - coefficients(flows, self.io_table.output).sum(axis=0))


def extracted(inverses: Inverses, size: float) -> Array:
    """-size l_rj x_j / l_jj: sales that fall away when j makes `size` less and its users buy abroad (Temurshoev 2010).

    With size 1 the total extraction of Miller & Blair (2009, 12.2.6): row and column j of A and its final demand at zero.
    """
    inverse = inverses.leontief
    return np.asarray(-size * inverse * (inverses.io_table.output / np.diag(inverse))[None, :])


def withheld(inverses: Inverses, size: float) -> Array:
    """-size x_j g_jr / g_jj: output that falls away where j's users do not replace what they miss (Ghosh 1958)."""
    inverse = inverses.ghosh
    return np.asarray(-size * (inverse * (inverses.io_table.output / np.diag(inverse))[:, None]).T)


def imports_withheld(inverses: Inverses, size: float) -> Array:
    """-size m_j G: output that falls away where users of imported product j do not replace it, m_j its intermediate uses."""
    return np.asarray(-size * (inverses.io_table.imported_flows @ inverses.ghosh).T)


def imports_at_home(inverses: Inverses, size: float) -> Array:
    """size l_rj m_j / (1 - (A_m L)_jj): output that making the imports of j at home asks for, all rounds.

    A_m L holds the imports of product i behind a unit of final demand for j; the denominator counts the imports of j that
    making j itself would ask for.
    """
    inverse, io_table = inverses.leontief, inverses.io_table
    imported = coefficients(io_table.imported_flows, io_table.output) @ inverse
    return np.asarray(size * inverse * (io_table.imports / (1 - np.diag(imported)))[None, :])


@dataclass(frozen=True)
class Case:
    """A case: its name, its size (None: the study's shock), the changes, and the assumption that they rest on."""

    name: Words
    size: float | None
    changes: Callable[[Inverses, float], Array]
    assumption: Words


CASES: dict[str, Case] = {
    "extraction": Case(
        ("假设抽取该部门", "hypothetical extraction"), 1.0, extracted,
        ("用户改买进口品,只有该部门的供应商失去订单", "users buy abroad instead; only the sector's suppliers lose"),
    ),
    "imports_home": Case(
        ("进口全部改为国产", "imports made at home"), 1.0, imports_at_home,
        ("国内生产同一产品的投入结构不变,产能没有限制", "made at home with the inputs of today and no limit of capacity"),
    ),
    "shock_leontief": Case(
        ("国内供给减少:下界(里昂惕夫)", "less home supply: lower bound (Leontief)"), None, extracted,
        ("用户全部另找货源,只有供应商受损", "users replace all they miss; only suppliers lose"),
    ),
    "shock_ghosh": Case(
        ("国内供给减少:对用户的影响(高斯)", "less home supply: users' part (Ghosh)"), None, withheld,
        ("用户不能另找货源,按成本份额减产;上界为本行与下界之和,唯一来源的小额关键件仍可能超出",
         "users replace nothing and fall by cost share; the upper bound adds the lower; a sole source may stop more"),
    ),
    "import_shock": Case(
        ("进口减少:上界(高斯),下界为 0", "less imports: upper bound (Ghosh), lower 0"), None, imports_withheld,
        ("用户不能另找货源,按成本份额减产;能另找货源则无损失",
         "users replace nothing and fall by cost share; where they replace all, nothing is lost"),
    ),
}  # fmt: skip


def extraction(io_table: IoTable, shock: float, names: Names) -> pd.DataFrame:
    """A row for each sector and case: what it does to the sector itself, to all others, to GDP, and to whom most.

    `own_share` is in terms of the sector's output, `others_share` of that of all others, `value_added_share` of GDP,
    `most_affected_share` of the output of the sector that changes most, relative to its output.
    """
    inverses = Inverses(io_table)
    blocks = [_rows_of_case(inverses, id, case, case.size or shock) for id, case in CASES.items()]
    rows = pd.concat(blocks, ignore_index=True)
    return with_names(with_names(rows, "sector", names), "most_affected", names)


def _rows_of_case(inverses: Inverses, id: str, case: Case, size: float) -> pd.DataFrame:
    io_table = inverses.io_table
    output, changes = io_table.output, case.changes(inverses, size)
    direct = np.diag(changes)
    spread = changes.sum(axis=0) - direct
    gdp = float(inverses.value_added @ output)
    relative = np.divide(changes, output[:, None], out=np.zeros_like(changes), where=output[:, None] > 0)
    np.fill_diagonal(relative, 0.0)
    peak = np.abs(relative).argmax(axis=0)
    shares = relative[peak, np.arange(len(peak))]
    reached = shares != 0
    codes = np.array(io_table.codes, dtype=object)
    return pd.DataFrame(
        {
            "sector": codes,
            "year": io_table.year,
            "case": id,
            "case_zh": case.name[0],
            "case_en": case.name[1],
            "size": size,
            "own": direct,
            "own_share": np.divide(direct, output, out=np.full_like(direct, np.nan), where=output > 0),
            "others": spread,
            "others_share": spread / (output.sum() - output),
            "value_added_share": inverses.value_added @ changes / gdp,
            "most_affected": np.where(reached, codes[peak], None),
            "most_affected_share": np.where(reached, shares, np.nan),
            "assumption_zh": case.assumption[0],
            "assumption_en": case.assumption[1],
        }
    )
