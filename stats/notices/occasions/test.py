"""A test, which an administrator sends."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats.notices.fact import Facts
from stats.notices.occasion import Line, Message, Occasion


def _tell(facts: Facts) -> Message:
    page = reverse("admin:reports_notices")
    return Message(
        _("A test of the Usage Ledger"), (Line(_("Asked for by"), facts["asked_by"], page),)
    )


OCCASION = Occasion("test", gettext_lazy("A test"), _tell)
