"""What the models stage estimates, with its source and its known answer; and what it does not, with the command that does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimator:
    """An estimator: names, paper, and what its numbers are tested against."""

    zh: str
    en: str
    source: str
    known_answer: str


@dataclass(frozen=True)
class OmittedEstimator:
    """An estimator left out: names, why, and what has it in Stata and R; the lines are in methods/omitted_commands.yaml."""

    zh: str
    en: str
    reason_zh: str
    reason_en: str
    stata: str
    r: str


ESTIMATORS: dict[str, Estimator] = {
    "within": Estimator(
        "多维固定效应", "Multi-way fixed effects", "Correia 2015; exact Schur complement", "dummy regression; pyfixest"
    ),
    "cv1": Estimator(
        "聚类稳健方差 CV1", "Cluster-robust variance CV1", "reghdfe convention", "eight reference panels; statsmodels"
    ),
    "cv3": Estimator(
        "刀切法方差 CV3", "Jackknife variance CV3", "MacKinnon, Nielsen & Webb 2023", "eight reference panels; refits"
    ),
    "wild": Estimator(
        "约束 wild 聚类自助法",
        "Restricted wild cluster bootstrap",
        "Cameron, Gelbach & Miller 2008; MacKinnon & Webb 2017",
        "full enumeration up to 11 clusters; the same draws as the reference",
    ),
    "wald": Estimator(
        "跨方程 Wald 检验(wild 聚类自助法)",
        "Wald test over equations, wild cluster bootstrap",
        "MacKinnon, Nielsen & Webb 2023",
        "statsmodels; every sign vector written out",
    ),
    "randomisation": Estimator(
        "随机化推断", "Randomisation inference", "Fisher 1935; MacKinnon & Webb 2020", "refits on permuted paths"
    ),
    "driscoll_kraay": Estimator("Driscoll-Kraay 标准误", "Driscoll-Kraay errors", "Driscoll & Kraay 1998", "linearmodels"),
    "romano_wolf": Estimator("Romano-Wolf 校正", "Romano-Wolf step-down", "Romano & Wolf 2005", "worked by hand"),
    "holm": Estimator("Holm 校正", "Holm step-down", "Holm 1979", "worked by hand"),
    "iv": Estimator(
        "两阶段最小二乘",
        "Two-stage least squares",
        "Anderson & Rubin 1949; Montiel Olea & Pflueger 2013; Lee et al. 2022",
        "linearmodels; statsmodels; published tF values",
    ),
    "shift_share": Estimator(
        "份额移动工具变量",
        "Shift-share instrument",
        "Borusyak, Hull & Jaravel 2022; Adao, Kolesar & Morales 2019; Goldsmith-Pinkham et al. 2020",
        "shock-level equivalence; AKM equals clustering with one shock per unit",
    ),
    "long_difference": Estimator("长差分", "Long difference", "", "least squares on changes"),
    "twfe": Estimator("双向固定效应事件研究", "Two-way effects event study", "", "published mpdta figure; pyfixest"),
    "imputation": Estimator("插补估计", "Imputation", "Borusyak, Jaravel & Spiess 2024", "worked with dummies; simulated truth"),
    "did2s": Estimator("两阶段双重差分", "Two-stage differences", "Gardner 2022", "pyfixest; equals imputation"),
    "callaway_santanna": Estimator(
        "组-期平均处理效应", "Group-time effects", "Callaway & Sant'Anna 2021", "published mpdta figures"
    ),
    "sun_abraham": Estimator(
        "按队列交互加权", "Interaction-weighted cohorts", "Sun & Abraham 2021", "equals group-time effects on mpdta (published)"
    ),
    "bacon": Estimator(
        "Goodman-Bacon 分解", "Goodman-Bacon weights", "Goodman-Bacon 2021", "weights sum to 1 and give the two-way coefficient"
    ),
    "dcdh": Estimator(
        "可退出处理的即期效应",
        "Effect on switchers, treatment may end",
        "de Chaisemartin & D'Haultfoeuille 2020",
        "simulated truth with exits",
    ),
    "oster": Estimator("Oster delta", "Oster's delta", "Oster 2019", "recovers the selection that made the data, exactly"),
    "omitted_variable": Estimator("遗漏变量稳健值", "Robustness value", "Cinelli & Hazlett 2020", "published figures (Darfur)"),
    "policy": Estimator("政策模拟", "Policy simulation", "linear in the estimate", "worked by hand"),
    "oaxaca": Estimator(
        "Blinder-Oaxaca 分解(高低密度单位)",
        "Blinder-Oaxaca, dense against sparse units",
        "Neumark 1988; Jann 2008; Fortin 2008",
        "statsmodels; worked by hand; the parts add up to 1e-10",
    ),
    "gelbach": Estimator(
        "Gelbach 分解(指数之外的机制变量)",
        "Gelbach decomposition, mediators outside the index",
        "Gelbach 2016",
        "pyfixest; dummy regressions; the parts add up to 1e-10; simulated truth",
    ),
    "mechanism": Estimator("密度对机制变量的影响", "Density on a mediator", "Jiang Ting 2022", "simulated truth"),
    "slx": Estimator("投入产出外溢(SLX)", "Spillover through input-output links", "LeSage & Pace 2009", "simulated truth"),
    "moderation": Estimator("调节效应(交互项)", "Moderation by interaction", "", "simulated truth"),
    "pre_trend": Estimator("密度前趋势检验", "Pre-trend in the years without density", "", "simulated size"),
    "exposure_trend": Estimator(
        "扣除后来密度的趋势",
        "Estimate net of a trend by later density",
        "Wolfers 2006",
        "recovers the effect beside such a trend",
    ),
    "breakdown": Estimator("临界倍数", "Breakdown multiple of the pre-trend", "after Rambachan & Roth 2023", "worked by hand"),
    "equivalence": Estimator(
        "等价检验", "Equivalence by two one-sided tests", "Schuirmann 1987", "worked by hand; simulated size"
    ),
    "channels": Estimator("渠道精确分解", "Exact channel split", "linear in the composite", "identity to 1e-10"),
    "shapley": Estimator("R2 的 Shapley 分解", "Shapley shares of R2", "Lindeman, Merenda & Gold 1980", "worked by hand"),
    "composition": Estimator(
        "变动来源分解", "Sources of change", "Foster, Haltiwanger & Krizan 2001; Melitz & Polanec 2015", "worked by hand"
    ),
    "resilience": Estimator("冲击下的跌幅与恢复", "Falls and recovery in shocks", "", "worked by hand; simulated truth"),
    "named_instrument": Estimator(
        "自选工具变量(行业回归、企业 DID)",
        "Instrument named in the study, for density or for status",
        "Montiel Olea & Pflueger 2013; Anderson & Rubin 1949; Lee et al. 2022",
        "linearmodels; statsmodels; critical values of the effective F by the noncentral chi-squared",
    ),
    "entropy_balance": Estimator("熵平衡", "Entropy balancing", "Hainmueller 2012", "R package ebal; simulated truth"),
    "psm": Estimator(
        "倾向得分匹配 DID(PSM-DID)",
        "Matching on the propensity score, then differences (PSM-DID)",
        "Heckman, Ichimura & Todd 1997; Rosenbaum & Rubin 1985",
        "R glm and scikit-learn neighbours; simulated truth",
    ),
    "trend_bounds": Estimator(
        "平行趋势敏感性与临界值",
        "Honest bounds and breakdown values when trends are not parallel",
        "Rambachan & Roth 2023; Andrews, Roth & Pakes 2023; Armstrong & Kolesar 2018",
        "published tables of R's HonestDiD (Medicaid); simulated truth",
    ),
    "dcdh_dynamic": Estimator(
        "可退出处理的动态效应",
        "Dynamic effects of a treatment that may end",
        "de Chaisemartin & D'Haultfoeuille 2024",
        "the authors' R package DIDmultiplegtDYN 2.1.2; simulated truth",
    ),
    "threshold": Estimator(
        "门槛回归",
        "Threshold regression with bootstrap",
        "Hansen 1999",
        "R's pdR and least squares by dummies in R; simulated truth",
    ),
    "multiverse": Estimator(
        "设定曲线与联合检验",
        "Specification curve with joint test",
        "Simonsohn, Simmons & Nelson 2020",
        "one regression at a time",
    ),
}

UNTESTED_ZH, UNTESTED_EN = "尚无已知答案可核对", "no known answer to test it against here yet"

OMITTED_ESTIMATORS: dict[str, OmittedEstimator] = {
    "sdm": OmittedEstimator("空间杜宾模型", "Spatial Durbin model", "SLX 优先", "SLX comes first", "xsmle", "splm::spml"),
    "mmqr": OmittedEstimator("面板分位数(MM-QR)", "Panel quantiles (MM-QR)", UNTESTED_ZH, UNTESTED_EN, "mmqreg", ""),
    "u_test": OmittedEstimator("U 形检验", "Test of a U shape", UNTESTED_ZH, UNTESTED_EN, "utest", ""),
    "lewbel": OmittedEstimator(
        "Lewbel 异方差识别", "Lewbel heteroskedasticity", UNTESTED_ZH, UNTESTED_EN, "ivreg2h", "REndo::hetErrorsIV"
    ),
    "gmm": OmittedEstimator(
        "系统 GMM",
        "System GMM",
        "单位约 31 个,工具变量过多",
        "about 31 units: more instruments than they can bear",
        "xtabond2",
        "plm::pgmm",
    ),
    "dml": OmittedEstimator("双重机器学习", "Double machine learning", "样本太小", "too few units", "ddml", "DoubleML"),
    "mediation": OmittedEstimator(
        "三步法中介",
        "Three-step mediation",
        "因果上不成立,见机制一节",
        "no causal reading; see the section on mechanisms",
        "",
        "",
    ),
}
