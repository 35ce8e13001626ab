"""Who is recognised when, what the reviews decide, and the density that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .planting import lottery
from .random_streams import Bools, Floats, Ints, Texts, stream
from .registry import PROVINCES, Registry, apportioned_counts, credit_codes, names
from .sectors import FIRST_YEAR, LAST_YEAR, SECTORS, YEARS

# batch -> (date announced, national count that gives the batches their proportions): domain facts, section 6
BATCHES = {
    1: ("2019-06-05", 248), 2: ("2020-11-13", 1584), 3: ("2021-07-19", 2930),
    4: ("2022-08-09", 4357), 5: ("2023-07-14", 3671), 6: ("2024-09-02", 3012),
}  # fmt: skip
REVIEW_PASS_SHARES = {1: 0.625, 2: 0.681, 3: 0.829}  # share of a batch that its review keeps
TERM = 3  # years that a recognition or a passed review lasts
LADDER = 0.7  # share of national firms first recognised by their province, one to three years earlier
LEAD = 1.5  # how far industries differ in when their firms are recognised, in sd of the firm's own chance
OUTSIDER_SHARE = 0.03  # recognised firms that are not in the panel, per recognised firm in it
NATIONAL, PROVINCIAL = '国家级专精特新"小巨人"企业', "省级专精特新中小企业"
RECOGNISED, PUBLICISED, PASS, FAIL, REVOKED = "认定", "公示", "复核通过", "复核未通过", "撤销"


@dataclass(frozen=True)
class Recognition:
    """National status of the firms: batch (0: never), in force at year-end, and how the review in year + 3 went."""

    batch: Ints
    valid: Bools
    review: Texts
    revoked: Ints


def recognise(seed: int, registry: Registry, merit: float = 1.0) -> Recognition:
    """Batches of proportionate size; industries differ in how early their firms come, not in how many.

    `merit` below 1: so much of the recognitions go to the firms that are meant, the others to firms drawn by lot.
    """
    rng = stream(seed, "recognition")
    recognised_firms = np.flatnonzero(registry.ever_recognised)
    recognition_order = LEAD * rng.standard_normal(len(SECTORS))[registry.industry[recognised_firms]] + rng.standard_normal(
        len(recognised_firms)
    )
    sizes = apportioned_counts(len(recognised_firms), np.array([float(batch_size) for _, batch_size in BATCHES.values()]))
    batch = np.zeros(len(registry.ever_recognised), dtype=np.int64)
    batch[recognised_firms[np.argsort(recognition_order)]] = np.repeat(list(BATCHES), sizes)
    review = _reviews(rng, batch)
    revocation_year = np.zeros_like(batch)
    revocation_year[rng.choice(np.flatnonzero(batch == 4), size=1)] = LAST_YEAR
    first_recognition = np.where(batch > 0, FIRST_YEAR + 6 + batch, LAST_YEAR + 99)[:, None]
    years = np.array(YEARS)
    term = np.where(review == PASS, 2 * TERM, TERM)[:, None]
    valid = (
        (years >= first_recognition)
        & (years < first_recognition + term)
        & ((revocation_year == 0)[:, None] | (years < revocation_year[:, None]))
    )
    recognised = Recognition(batch, valid & registry.is_alive, review, revocation_year)
    return recognised if merit == 1 else _by_lot(seed, registry, recognised, merit)


def _by_lot(seed: int, registry: Registry, recognised: Recognition, merit: float) -> Recognition:
    source = lottery(seed, registry, recognised.batch, merit)
    return Recognition(recognised.batch[source], recognised.valid[source], recognised.review[source], recognised.revoked[source])


def _reviews(rng: np.random.Generator, batch: Ints) -> Texts:
    """Outcome of the review due by 2024: passed, failed, or '' (no record, which ends the status like a failure)."""
    outcomes = np.full(len(batch), "", dtype=object)
    for number, share in REVIEW_PASS_SHARES.items():
        members = rng.permutation(np.flatnonzero(batch == number))
        pass_count = round(share * len(members))
        outcomes[members[:pass_count]] = PASS
        outcomes[members[pass_count:]] = np.where(rng.random(len(members) - pass_count) < 0.5, FAIL, "")
    return outcomes


def density(registry: Registry, recognition: Recognition) -> Floats:
    """Firms with national status in force per 1,000 firms of the panel: (industries, years)."""
    industries = np.flatnonzero(np.diff(registry.industry, prepend=-1))
    status = np.add.reduceat(recognition.valid.astype(float), industries, axis=0)
    return 1000 * status / np.add.reduceat(registry.is_alive.astype(float), industries, axis=0)


def lagged(yearly_values: Floats) -> Floats:
    """Each year's value of the year before; 0 in the first, when nothing was recognised yet."""
    return np.hstack([np.zeros((len(yearly_values), 1)), yearly_values[:, :-1]])


def srdi_list(seed: int, registry: Registry, recognition: Recognition) -> pd.DataFrame:
    """The recognition list as published: one row per recognition, review, revocation or publicised name.

    70% of the rows carry the credit code (all or none of a firm's rows of a year); those have the name with a slip in it,
    so that only the code finds the firm. The others have the name in full-width brackets. A few firms are on the list and
    not in the panel.
    """
    rng = stream(seed, "list")
    firm_rows = _records(rng, recognition, registry.ever_recognised)
    rows = pd.DataFrame(firm_rows, columns=["firm", "level", "batch", "announce_date", "status"])
    firm = rows["firm"].to_numpy()
    announcement_years = rows["announce_date"].str[:4].astype(int).to_numpy()
    has_code = rng.random((len(registry.name), LAST_YEAR + 1 - FIRST_YEAR))[firm, announcement_years - FIRST_YEAR] < 0.7
    rows["name"] = [
        _name_with_slip(n) if is_listed_with_code else n.replace("(", "（").replace(")", "）")
        for n, is_listed_with_code in zip(registry.name[firm], has_code)
    ]
    rows["uscc"] = np.where(has_code, registry.firm_id[firm], "")
    rows["province"] = [PROVINCES[p][2] for p in registry.province[firm]]
    rows["matched"] = True
    rows = pd.concat([rows.drop(columns="firm"), _outsider_rows(rng, rows, len(registry.name))], ignore_index=True)
    rows["doc_no"] = [
        f"合成公布〔{day[:4]}〕{level[:2]}第{1 + int(day[5:7])}号" for day, level in zip(rows["announce_date"], rows["level"])
    ]
    return rows.sort_values(["announce_date", "level", "status", "name"], ignore_index=True)


def _records(rng: np.random.Generator, recognition: Recognition, on_ladder: Bools) -> list[tuple[int, str, str, str, str]]:
    """(firm, level, batch, date, kind) of every record of firms in the panel; who is recognised by lot was on no ladder."""
    records = []
    for firm in np.flatnonzero(recognition.batch):
        batch = int(recognition.batch[firm])
        date, _ = BATCHES[batch]
        if rng.random() < LADDER and on_ladder[firm]:
            records.append((firm, PROVINCIAL, "", f"{int(date[:4]) - rng.integers(1, TERM + 1)}-10-20", RECOGNISED))
        if batch == 2:
            records.append((firm, NATIONAL, "2", "2020-10-16", PUBLICISED))
        records.append((firm, NATIONAL, str(batch), date, RECOGNISED))
        if recognition.review[firm]:
            records.append((firm, NATIONAL, str(batch), f"{int(date[:4]) + TERM}-12-08", recognition.review[firm]))
        if recognition.revoked[firm]:
            records.append((firm, NATIONAL, str(batch), f"{recognition.revoked[firm]}-11-29", REVOKED))
    publicised_only = rng.choice(np.flatnonzero(recognition.batch == 0), size=3, replace=False)
    return records + [(firm, NATIONAL, "2", "2020-10-16", PUBLICISED) for firm in publicised_only]


def _name_with_slip(firm_name: str) -> str:
    return firm_name.replace("有限公司", "有限责任公司") if "股份" not in firm_name else firm_name.replace("股份", "")


def _outsider_rows(rng: np.random.Generator, listed_rows: pd.DataFrame, panel: int) -> pd.DataFrame:
    """Recognised firms that the panel does not hold: with a code or a name that matches nothing."""
    national = listed_rows[(listed_rows["level"] == NATIONAL) & (listed_rows["status"] == RECOGNISED)]
    count = max(2, round(OUTSIDER_SHARE * len(national)))
    sampled_rows = national.iloc[rng.choice(len(national), size=count, replace=False)]
    industry = rng.integers(0, len(SECTORS), count)
    province = rng.integers(0, len(PROVINCES), count)
    has_code = np.arange(count) % 2 == 0
    return sampled_rows.drop(columns=["firm", "name", "uscc", "province", "matched"]).assign(
        name=names(rng, industry, province, skip=panel),
        uscc=np.where(has_code, credit_codes(rng, [PROVINCES[p][0] for p in province], is_in_panel=False), ""),
        province=[PROVINCES[p][2] for p in province],
        matched=False,
    )


def batch_counts(records: pd.DataFrame) -> pd.DataFrame:
    """batch, year, recognised, source: what the demo's own list of batch totals says."""
    national = records[(records["level"] == NATIONAL) & (records["status"] == RECOGNISED)]
    counts = national["batch"].value_counts()
    return pd.DataFrame(
        {
            "batch": list(BATCHES),
            "year": [int(date[:4]) for date, _ in BATCHES.values()],
            "recognised": [int(counts.get(str(batch), 0)) for batch in BATCHES],
            "source": "synthetic",
        }
    )
