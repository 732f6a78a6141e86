"""All tables: the mirror of the translator's, rollups, keys."""

from stats.models.access import APIKey as APIKey
from stats.models.access import IdempotencyRecord as IdempotencyRecord
from stats.models.calls import APIUsageStats as APIUsageStats
from stats.models.demo import DemoRows as DemoRows
from stats.models.imports import ImportedCall as ImportedCall
from stats.models.refusals import RefusedPost as RefusedPost
from stats.models.sums import UNDATED as UNDATED
from stats.models.sums import CurrencyName as CurrencyName
from stats.models.sums import DayEndpoint as DayEndpoint
from stats.models.sums import DayFailure as DayFailure
from stats.models.sums import DayLatency as DayLatency
from stats.models.sums import DayTotal as DayTotal
from stats.models.sums import DayUser as DayUser
from stats.models.sums import DayUserEndpoint as DayUserEndpoint
from stats.models.sums import DayUserOutcome as DayUserOutcome
from stats.models.sums import EndpointName as EndpointName
from stats.models.sums import FailureKind as FailureKind
from stats.models.sums import FoldedChunk as FoldedChunk
from stats.models.sums import FoldState as FoldState
from stats.models.sums import HourEndpoint as HourEndpoint
from stats.models.sums import MonthLatency as MonthLatency
from stats.models.sums import MonthUser as MonthUser
from stats.models.sums import MonthUserEndpoint as MonthUserEndpoint
from stats.models.sums import MonthUserOutcome as MonthUserOutcome
from stats.models.users_and_jobs import EndUser as EndUser
from stats.models.users_and_jobs import TranslationJob as TranslationJob
