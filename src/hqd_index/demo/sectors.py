"""The 31 divisions of the demo economy: what is fixed about them before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_YEAR, LAST_YEAR = 2012, 2024
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))


@dataclass(frozen=True)
class Sector:
    """A division: `rd` is R&D intensity (%), `size` its weight in the number of firms, the rest positions in [0, 1]."""

    code: str
    zh: str
    word: str
    size: float
    rd: float
    tech: float
    energy: float
    openness: float


# rd: R&D communique 2021 where domain facts give it (C13-C28, C37, C40); the others, and all other columns, are plausible only.
SECTORS = (
    Sector("C13", "农副食品加工业", "粮油", 1.2, 0.63, 0.10, 0.06, 0.15),
    Sector("C14", "食品制造业", "食品", 1.0, 0.72, 0.15, 0.08, 0.12),
    Sector("C15", "酒、饮料和精制茶制造业", "饮品", 0.9, 0.40, 0.08, 0.08, 0.05),
    Sector("C16", "烟草制品业", "烟草", 0.8, 0.21, 0.05, 0.02, 0.02),
    Sector("C17", "纺织业", "纺织", 1.1, 0.87, 0.20, 0.20, 0.55),
    Sector("C18", "纺织服装、服饰业", "服饰", 1.0, 0.75, 0.12, 0.04, 0.70),
    Sector("C19", "皮革、毛皮、羽毛及其制品和制鞋业", "鞋业", 0.9, 0.91, 0.12, 0.04, 0.72),
    Sector("C20", "木材加工和木、竹、藤、棕、草制品业", "木业", 0.9, 0.88, 0.10, 0.12, 0.30),
    Sector("C21", "家具制造业", "家居", 0.9, 1.23, 0.18, 0.05, 0.65),
    Sector("C22", "造纸和纸制品业", "纸业", 0.9, 0.90, 0.22, 0.45, 0.15),
    Sector("C23", "印刷和记录媒介复制业", "印务", 0.8, 1.24, 0.25, 0.08, 0.20),
    Sector("C24", "文教、工美、体育和娱乐用品制造业", "文体", 0.9, 0.73, 0.15, 0.04, 0.75),
    Sector("C25", "石油、煤炭及其他燃料加工业", "能源", 0.8, 0.34, 0.20, 0.85, 0.08),
    Sector("C26", "化学原料和化学制品制造业", "化工", 1.4, 1.03, 0.50, 0.75, 0.30),
    Sector("C27", "医药制造业", "医药", 1.1, 3.19, 0.90, 0.12, 0.30),
    Sector("C28", "化学纤维制造业", "化纤", 0.8, 1.64, 0.45, 0.40, 0.30),
    Sector("C29", "橡胶和塑料制品业", "橡塑", 1.1, 1.30, 0.40, 0.18, 0.45),
    Sector("C30", "非金属矿物制品业", "建材", 1.2, 1.00, 0.30, 0.95, 0.12),
    Sector("C31", "黑色金属冶炼和压延加工业", "特钢", 0.9, 1.00, 0.35, 1.00, 0.12),
    Sector("C32", "有色金属冶炼和压延加工业", "有色", 0.9, 0.80, 0.35, 0.70, 0.15),
    Sector("C33", "金属制品业", "五金", 1.2, 1.30, 0.35, 0.15, 0.45),
    Sector("C34", "通用设备制造业", "机械", 1.4, 2.30, 0.70, 0.06, 0.45),
    Sector("C35", "专用设备制造业", "装备", 1.4, 2.80, 0.80, 0.05, 0.45),
    Sector("C36", "汽车制造业", "汽车部件", 1.1, 1.70, 0.70, 0.06, 0.30),
    Sector("C37", "铁路、船舶、航空航天和其他运输设备制造业", "轨道装备", 0.9, 3.35, 0.85, 0.06, 0.50),
    Sector("C38", "电气机械和器材制造业", "电气", 1.4, 2.10, 0.75, 0.05, 0.55),
    Sector("C39", "计算机、通信和其他电子设备制造业", "电子", 1.4, 2.40, 0.95, 0.05, 0.90),
    Sector("C40", "仪器仪表制造业", "仪表", 1.0, 3.21, 0.95, 0.03, 0.55),
    Sector("C41", "其他制造业", "工贸", 0.8, 1.20, 0.20, 0.08, 0.60),
    Sector("C42", "废弃资源综合利用业", "再生资源", 0.8, 0.50, 0.15, 0.10, 0.05),
    Sector("C43", "金属制品、机械和设备修理业", "检修", 0.8, 1.10, 0.45, 0.05, 0.25),
)
CODES = tuple(sector.code for sector in SECTORS)
