"""The tables: the mirror of the translator's, and our own beside it."""

from stats.models.access import APIKey
from stats.models.calls import APIUsageStats
from stats.models.demo import DemoRows
from stats.models.people import EndUser, TranslationJob

__all__ = ["APIKey", "APIUsageStats", "DemoRows", "EndUser", "TranslationJob"]
