"""One user: totals, trend, endpoints, jobs, errors."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.admin.components import tables, tiles, wording
from stats.admin.components.links import Address
from stats.admin.components.tiles import Piece, Tile
from stats.admin.pages.subject import SubjectPage
from stats.admin.sheets import rankings
from stats.admin.sheets.pages import USER
from stats.budgets import spending
from stats.budgets.spending import Spending
from stats.core import formatting
from stats.models import EndUser
from stats.query import names
from stats.query.request import ReportRequest
from stats.reports.user import UserReport, user_report
from stats.tables.html import DrawnTable


class UserPage(SubjectPage):
    path = "reports/users/<id:user_id>/"
    name = "reports_user"
    title = gettext_lazy("User")
    template_name = "admin/reports/user.html"
    fixed_filters = ("user_id",)
    sheets = USER

    def record(self, pk: int) -> EndUser:
        return names.users([pk])[pk]

    def ask_about(self, pk: int, request: ReportRequest) -> UserReport:
        return user_report(pk, request)

    def about(self, record: EndUser) -> str:
        number = _("user %(id)s") % {"id": record.pk}
        group: str = getattr(record, "group", "")
        return _("%(name)s, %(about)s") % {"name": group, "about": number} if group else number

    def rank(self, found: UserReport) -> Piece | None:
        if found.place is None or found.place.share is None:
            return None
        text = _("Rank %(rank)s of %(count)s by cost, %(share)s of all") % {
            "rank": found.place.rank,
            "count": formatting.number(found.active_users),
            "share": formatting.percent(found.place.share),
        }
        return Piece(text)

    def tile(self, found: UserReport, own: Address) -> Tile | None:
        if found.jobs is None:
            return None
        of_jobs = {row.key: row.sums.calls for row in found.jobs.present if row.key is not None}
        calls = Piece(wording.calls(sum(of_jobs.values())))
        return tiles.count_tile(_("Jobs"), len(of_jobs), details=(calls,))

    def budgets(self, now: datetime) -> list[Spending]:
        return spending.current(spending.in_force_of_user(self.pk), now)

    def ranking(self, found: UserReport, calls: Address) -> dict[str, DrawnTable | None]:
        if found.jobs is None:
            return {"jobs": None}
        jobs = rankings.jobs(found.jobs, found.summary.currency, calls)
        return {"jobs": jobs.drawn(tables.TOP)}
