"""What the demo's HS6 products are called: industry and kind of good, so that no list shows a bare code; nothing is drawn."""

from __future__ import annotations

import pandas as pd

from .sectors import SECTORS
from .world_trade import products

KINDS = (
    ("中间品", "intermediate good"),
    ("资本品", "capital good"),
    ("消费品", "consumer good"),
    ("关键投入品", "critical input"),
)
"""Names of world_trade.GOODS_KINDS in their order; the last is the product that is bought from few."""
ENGLISH_WORDS = {
    "C13": "grain and oils", "C14": "food", "C15": "drinks", "C16": "tobacco", "C17": "textiles", "C18": "clothing",
    "C19": "footwear", "C20": "wood", "C21": "furniture", "C22": "paper", "C23": "printing", "C24": "sports and crafts",
    "C25": "fuels", "C26": "chemicals", "C27": "medicines", "C28": "chemical fibres", "C29": "rubber and plastics",
    "C30": "building materials", "C31": "special steel", "C32": "non-ferrous metals", "C33": "hardware", "C34": "machinery",
    "C35": "special equipment", "C36": "car parts", "C37": "rail equipment", "C38": "electrical", "C39": "electronics",
    "C40": "instruments", "C41": "general goods", "C42": "recycled materials", "C43": "repair",
}  # fmt: skip


def product_names() -> pd.DataFrame:
    """node, name_zh, name_en of every product."""
    rows = [
        (code, f"{sector.word}{zh}", f"{ENGLISH_WORDS[sector.code]}, {en}")
        for sector, codes in zip(SECTORS, products())
        for code, (zh, en) in zip(codes, KINDS)
    ]
    return pd.DataFrame(rows, columns=["node", "name_zh", "name_en"])
