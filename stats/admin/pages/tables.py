"""Pages of tables that have neither a period nor filters, and their files."""

from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from stats.admin.components.about_file import about_tables
from stats.admin.components.files import TABLE, file_menu, file_stem, refused_file
from stats.admin.components.links import Address
from stats.admin.pages.base import FilePage
from stats.closings.chain import ClosingError
from stats.closings.closing import month_of
from stats.db.errors import TooSlowError
from stats.db.limits import answering_within
from stats.query.engine import TooManyCallsError
from stats.query.parameters import one_of
from stats.query.request import Request


def month_or_404(text: str) -> date:
    """The month in an address, by its first day. Raises `Http404`."""
    try:
        return month_of(text)
    except ClosingError as error:
        raise Http404 from error


class TablesPage(FilePage):
    """A subclass declares its question (`ask`), the tables of its files (`sheets`), and `draw`."""

    def ask(self, now: datetime) -> Any:
        """The report. May raise `Http404`."""
        raise NotImplementedError

    def draw(self, found: Any, now: datetime) -> dict[str, Any]:
        """The report, ready to be drawn."""
        raise NotImplementedError

    @property
    def address(self) -> Address:
        """That of the page, with its parameters; files take the same."""
        return Address(self.request.path)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponseBase:
        now = timezone.now()
        try:
            with answering_within(settings.PAGE_SECONDS):
                found = self.ask(now)
        except TooSlowError:
            return self.refuse(_("This takes too long"))
        except TooManyCallsError:
            return self.refuse(_("Too many calls to read one by one"))
        if self.file_format:
            return self._file(found, now)
        files = file_menu(self.sheets, self.address, self._stem(now))
        return self.render({"title": self.heading, "files": files, **self.draw(found, now)})

    def refuse(self, sentence: str) -> HttpResponse:
        """The page or file with a sentence instead of figures, for now."""
        if self.file_format:
            return refused_file([sentence], status=503)
        context = {"title": self.heading, "sentence": sentence}
        return self.render(context, status=503, template_name="admin/reports/unavailable.html")

    def _file(self, found: Any, now: datetime) -> HttpResponseBase:
        name = None if self.has_all_tables else self.request.GET.get(TABLE)
        try:
            if name is not None:
                one_of([sheet.name for sheet in self.sheets])(name)
        except ValueError as error:
            return refused_file([f"{TABLE}: {error}"])
        about = partial(about_tables, self.heading, now, self.request.user.get_username())
        return self.write(found, name, about, self._stem(now))

    def _stem(self, now: datetime) -> str:
        return file_stem(self.file_subject, Request(now=now), None)
