"""The words people write for a category or for yes and no."""

from __future__ import annotations

FLAGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "是", "有", "√"), "true"),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", "否", "无", "×"), "false"),
}
CATEGORY_NAMES = {
    "soe": ("国有", "国有企业", "国企"), "private": ("民营", "民营企业", "私营"),
    "foreign": ("外资", "外资企业", "外商投资"), "other": ("其他",), "consolidated": ("合并", "合并报表", "A",
    "合并财务报表", "1", "consolidated statements"),
    "parent": ("母公司", "母公司报表", "B", "2", "parent statements"), "publicised": ("公示",), "recognised": ("公告",
    "认定"),
    "passed_review": ("复核通过",), "failed_review": ("复核未通过", "复核不通过"), "revoked": ("撤销",),
    "renamed": ("更名",), "innovative": ("创新型", "创新型中小企业"), "provincial": ("省级", "专精特新中小企业",
    "省级专精特新", "省级专精特新中小企业", "省级专精特新企业"),
    "national": ("国家级", "小巨人", "专精特新小巨人", "国家级专精特新小巨人", "国家级专精特新小巨人企业",
    "专精特新小巨人企业", "国家级小巨人", "小巨人企业", "国家级专精特新\"小巨人\"企业", "专精特新\"小巨人\"企业",
    "专精特新“小巨人”企业", "国家级专精特新“小巨人”企业"), "key_national": ("重点小巨人", "重点小巨人企业",
    "国家级重点小巨人"),
    "single_champion": ("单项冠军", "制造业单项冠军"), "domestic": ("国内",), "imported": ("进口",),
    "intermediate": ("中间使用", "中间投入"), "final_cons": ("最终消费",), "gfcf": ("固定资本形成",),
    "export": ("出口",), "inventory": ("存货变动",), "registered": ("注册地",), "operating": ("经营地",),
    "supplier": ("供应商",), "customer": ("客户",), "invention": ("发明", "发明专利"), "utility": ("实用新型",),
    "design": ("外观设计",),
    "all": ("全部", "全部企业"), "above_scale": ("规模以上", "规上"), "large_medium": ("大中型", "大中型企业"),
}  # fmt: skip
