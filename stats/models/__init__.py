"""All tables: the mirror of the translator's, rollups, keys."""

from stats.models.access import APIKey, IdempotencyRecord
from stats.models.budgets import Budget, BudgetCrossing, BudgetTerms
from stats.models.calls import APIUsageStats
from stats.models.closings import ChainHead, ClosedLine, ClosedTotal, ClosingEntry
from stats.models.demo import DemoRows
from stats.models.imports import ImportedCall
from stats.models.invoices import InvoiceDay, ProviderInvoice
from stats.models.job_columns import JOB_COLUMNS, JobColumn
from stats.models.notices import Notice, Recipient
from stats.models.refusals import RefusedPost
from stats.models.scheduled import ScheduledJob
from stats.models.sums import (
    UNDATED,
    CurrencyName,
    DayEndpoint,
    DayFailure,
    DayJob,
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
from stats.models.unusual import ExaminedDays, UnusualDay
from stats.models.users_and_jobs import (
    GROUPS_ARE_DATED,
    HAS_GROUPS,
    EndUser,
    Membership,
    TranslationJob,
)
