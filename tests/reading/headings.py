"""Which column of the API a heading of a page is, in each language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

ENGLISH, CHINESE = LANGUAGES = ("en", "zh-hant")
# Between names, in each of them.
COMMAS = (", ", "、")


@dataclass(frozen=True)
class Heading:
    """A column of a table, and the currency that its heading names."""

    column: str
    currency: str = ""


# Per heading the column it stands for, in English and in Traditional Chinese.
_HEADINGS = {
    "rank": ("Rank", "排名"),
    "rank_before": ("Change of rank", "排名變動"),
    "user": ("User", "使用者"),
    "endpoint": ("Endpoint", "端點"),
    "job": ("Job", "任務"),
    "date": ("Day", "日期"),
    "month": ("Month", "月"),
    "name": ("Name", "名稱"),
    "error_message": ("Message", "錯誤訊息"),
    "group": ("Group", "群組"),
    "share": ("Share", "占比"),
    "total_calls": ("Calls", "呼叫次數"),
    "failed_calls": ("Failures", "失敗"),
    "success_rate": ("Succeeded", "成功率"),
    "total_tokens": ("Tokens", "Token 數"),
    "prompt_tokens": ("Tokens in", "輸入 Token"),
    "completion_tokens": ("Tokens out", "輸出 Token"),
    "avg_response_time": ("Average", "平均"),
    "total_cost": ("Cost", "成本"),
    "currency": ("Currency", "幣別"),
    "cost_before": ("Before", "前期"),
    "cost_difference": ("Difference", "差額"),
    "cost_change": ("in percent", "百分比"),
    "share_of_difference": ("of difference", "占差額"),
    "first_at": ("First seen", "首次出現"),
    "last_at": ("Last seen", "最近出現"),
    "created_at": ("Time", "時間"),
    "id": ("Call", "編號"),
    "response_time_ms": ("Took", "耗時"),
    "success": ("Result", "結果"),
    "p50": ("p50", "p50"),
    "p95": ("p95", "p95"),
    "p99": ("p99", "p99"),
}
_PLAIN = {"success_rate": ("Success rate", "成功率"), "successful_calls": ("Succeeded", "成功")}
# Where a table calls another column by the same word, or the same by another.
_OF_TABLE = {
    # A day's own page counts those that succeeded; elsewhere that is a rate.
    "days": {
        "successful_calls": ("Succeeded", "成功"),
        "calls_four_weeks_earlier": ("Four weeks earlier", "四週前"),
    },
    "months": _PLAIN,
    "compared": _PLAIN,
    "users": {"group": ("Group today", "目前群組")},
    "groups": {"group": ("Group today", "目前群組"), "users": ("Users", "使用者")},
    "cost": {"cost": ("Cost", "成本"), "cost_before": ("Four weeks earlier", "四週前")},
    "calls": {"cost": ("Cost", "成本")},
    # A table of its declaration alone.
    "*": _PLAIN,
}
_IN_CURRENCY = re.compile(r"(.*?)(?:(?:, |（)(.+?)）?)?")
_CHANGE = re.compile(r"Change since (.+)|與 (.+) 相比")


def heading(
    text: str,
    table: str,
    language: str,
    days: Mapping[str, str],
    only_here: Mapping[str, tuple[str, str]],
) -> Heading:
    """The column that a heading stands for; `days` are ranges of days that head columns of costs,
    `only_here` headings of this table.

    Cost is in one currency where the heading names one: `Cost, USD`.
    """
    place = LANGUAGES.index(language)
    of_table = {**_OF_TABLE.get(table, {}), **only_here}
    own = {words[place]: name for name, words in of_table.items()}
    common = {words[place]: name for name, words in _HEADINGS.items()}
    word, currency = _IN_CURRENCY.fullmatch(text).groups()  # type: ignore[union-attr]
    found = _CHANGE.fullmatch(text)
    if found:
        assert (found[1] or found[2]) == days["cost_before"], f"{text!r}, not {days}"
        return Heading("change")
    for name, range in days.items():
        if text == range:
            return Heading(name)
    if table == "*" and text.startswith("costs."):
        return Heading("total_cost", text.removeprefix("costs."))
    name = own.get(word) or common.get(word, "")
    assert name, f"{text!r} ({language}): say in tests/reading/headings.py which column it heads"
    return Heading(name, currency or "")
