"""All tables: the mirror of the translator's, rollups, keys."""

from stats.models.access import APIKey, IdempotencyRecord
from stats.models.budgets import Budget, BudgetCrossing, BudgetTerms
from stats.models.calls import APIUsageStats
from stats.models.demo import DemoRows
from stats.models.imports import ImportedCall
from stats.models.job_columns import JOB_COLUMNS, JobColumn
from stats.models.refusals import RefusedPost
from stats.models.scheduled import ScheduledJob
from stats.models.sums import (
    UNDATED,
    CurrencyName,
    DayEndpoint,
    DayFailure,
    DayLatency,
    DayTotal,
    DayUser,
    DayUserEndpoint,
    DayUserOutcome,
    EndpointName,
    FailureKind,
    FoldedChunk,
    FoldState,
    HourEndpoint,
    MonthLatency,
    MonthUser,
    MonthUserEndpoint,
    MonthUserOutcome,
)
from stats.models.users_and_jobs import EndUser, TranslationJob

__all__ = [
    "JOB_COLUMNS",
    "UNDATED",
    "APIKey",
    "APIUsageStats",
    "Budget",
    "BudgetCrossing",
    "BudgetTerms",
    "CurrencyName",
    "DayEndpoint",
    "DayFailure",
    "DayLatency",
    "DayTotal",
    "DayUser",
    "DayUserEndpoint",
    "DayUserOutcome",
    "DemoRows",
    "EndUser",
    "EndpointName",
    "FailureKind",
    "FoldState",
    "FoldedChunk",
    "HourEndpoint",
    "IdempotencyRecord",
    "ImportedCall",
    "JobColumn",
    "MonthLatency",
    "MonthUser",
    "MonthUserEndpoint",
    "MonthUserOutcome",
    "RefusedPost",
    "ScheduledJob",
    "TranslationJob",
]
