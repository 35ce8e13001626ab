"""How a step that Spark would refuse, or compute otherwise, is reported when its plan is made."""

from __future__ import annotations

from ...errors import PlanError


def plan_error(en: str, zh: str) -> PlanError:
    """The fault of a plan that holds what has no equal on Spark."""
    return PlanError(
        f"engine: spark has no equal for {en}; run this study with engine: duckdb, or write the rule or formula without it",
        zh=f"engine: spark 中没有与{zh}等价的写法;请改用 engine: duckdb,或改写该规则或公式",
        location="engine: spark",
    )
