"""The fold or the verification of the rollups is in trouble."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.core import formatting
from stats.core.periods import local_day
from stats.core.zones import reading_zone
from stats.models import ScheduledJob
from stats.models.scheduled import Upkeep
from stats.notices.fact import Fact, Facts
from stats.notices.occasion import Line, Message, Occasion


def _find(_now: datetime) -> Iterator[Fact]:
    for job in ScheduledJob.objects.filter(name__in=Upkeep.values, has_failed=True):
        if job.ended_at is not None:
            # Once a day, however often it is tried.
            day = local_day(job.ended_at, reading_zone())
            facts = {"job": job.name, "ended_at": job.ended_at.isoformat()}
            yield Fact(f"{job.name} {day}", facts)


def _tell(facts: Facts) -> Message:
    page = reverse("admin:reports_scheduled")
    ended = datetime.fromisoformat(facts["ended_at"])
    words = {
        "job": Upkeep(facts["job"]).label,
        "day": formatting.day(local_day(ended, reading_zone())),
    }
    return Message(
        _("The job “%(job)s” failed on %(day)s") % words,
        (Line(_("Last run"), formatting.exact_moment(ended), page),),
    )


OCCASION = Occasion("job.failed", gettext_lazy("The fold or the verification fails"), _tell, _find)
