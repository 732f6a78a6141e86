"""What somebody watches: budgets, and days out of the ordinary."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.budgets.spending import Spending
from stats.core import formatting
from stats.letters import pages, wording
from stats.letters.contents import Contents
from stats.letters.letter import Piece, Row, Section, Sentence, sentence
from stats.models import UnusualDay
from stats.models.unusual import Measure
from stats.reports.unusual_kept import made_by, subject_name

# Of each list, and of those who made a day; the pages have all.
MOST, MOST_DAYS, MOST_MAKERS = 5, 3, 3


def budgets(found: Contents) -> Section:
    if not found.budgets:
        return Section(_("Budgets"), (sentence(_("No budget is set.")),))
    over = sum(one.left < 0 for one in found.budgets)
    text = ngettext("%(count)s budget is exceeded.", "%(count)s budgets are exceeded.", over)
    first = (
        sentence(text, count=wording.number(over, pages.budgets()))
        if over
        else sentence(_("No budget is exceeded."))
    )
    named = found.budgets[:MOST]
    places = formatting.places_of(
        amount for one in named for amount in (one.spent, one.terms.amount)
    )
    return Section(_("Budgets"), (first,), tuple(_budget(one, places) for one in named))


def _budget(one: Spending, places: int) -> Row:
    path = pages.budget(one.budget.pk)
    about = sentence(
        _("%(spent)s of %(amount)s spent since %(day)s, %(percent)s"),
        spent=wording.money(one.budget.currency, one.spent, path, places),
        amount=wording.money(one.budget.currency, one.terms.amount, path, places),
        day=formatting.day(one.period.first),
        percent=Piece(formatting.percent(float(one.percent)), path),
    )
    return Row(Piece(one.budget.name, path), about)


def unusual(found: Contents) -> Section:
    title, days, count = _("Days out of the ordinary"), found.unusual, len(found.unusual.rows)
    unexamined = (sentence(days.unexamined),) if days.unexamined else ()
    if not count:
        nothing = (sentence(_("No day stood out.")),) if days.is_examined else ()
        return Section(title, (*nothing, *unexamined))
    named = days.rows[:MOST_DAYS]
    text = (
        ngettext("%(count)s thing stood out:", "%(count)s things stood out:", count)
        if len(named) == count
        else _("%(count)s things stood out; the most striking:")
    )
    how_many = sentence(
        text, count=wording.number(count, pages.page("reports_unusual", found.scope))
    )
    places = formatting.places_of(
        cost for one in named if one.measure == Measure.COST for cost in (one.observed, one.usual)
    )
    rows = tuple(_day(found, one, places) for one in named)
    return Section(title, (*unexamined, how_many), rows)


def _day(found: Contents, one: UnusualDay, places: int) -> Row:
    path = pages.page_of_days("reports_unusual", found.scope, one.day, one.day)
    texts = {
        Measure.COST: _("%(observed)s, usually %(usual)s"),
        Measure.CALLS: _("%(observed)s calls, usually %(usual)s"),
        Measure.FAILURES: _("%(observed)s failures, usually %(usual)s"),
    }

    def amount(value: Decimal) -> Piece:
        if one.measure == Measure.COST:
            return wording.money(one.currency, value, path, places)
        return wording.number(round(value), path)

    name = _("%(day)s, %(subject)s") % {
        "day": formatting.weekday(one.day),
        "subject": subject_name(one, found.people),
    }
    about = sentence(
        texts[Measure(one.measure)], observed=amount(one.observed), usual=amount(one.usual)
    )
    makers = formatting.listed(found.maker(one, maker.key) for maker in made_by(one)[:MOST_MAKERS])
    mainly = sentence(_("; mainly %(makers)s"), makers=makers).pieces if makers else ()
    return Row(Piece(name, path), Sentence((*about.pieces, *mainly)))
