"""Parameters of an address, read strictly by django-filter's forms.

An unreadable, unknown or repeated parameter is an error that names it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from copy import copy
from functools import cached_property, partial
from typing import Any, cast

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext

from stats.core import formatting
from stats.ingest import columns
from stats.models import APIUsageStats

# Of one parameter: an address has room for little more.
MOST_VALUES = 100
Schema = Mapping[str, Any]
Errors = dict[str, list[str]]
_WHOLE_NUMBER = re.compile("-?[0-9]+")
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


class ParametersError(Exception):
    """The errors of each parameter."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors)
        self.errors = errors


class ParsedField(forms.Field):
    """A value read by `parse`, whose `ValueError` is the message. An empty one is not given."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parse = parse

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return self.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ParsedListField(ParsedField):
    """The values of a repeated parameter."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> tuple[Any, ...]:
        if len(value or ()) > MOST_VALUES:
            raise ValidationError(
                gettext("At most %(most)s values are possible; these are %(given)s.")
                % {"most": MOST_VALUES, "given": len(value)}
            )
        parsed = (super(ParsedListField, self).to_python(one) for one in value or ())
        return tuple(one for one in parsed if one is not None)


class Parameter(django_filters.Filter):
    """A parameter: how it is read, and its place in the OpenAPI document.

    `parse` raises `ValueError` with a sentence. `schema` is that of one value; with `many`, the
    parameter may be repeated.
    """

    def __init__(
        self,
        parse: Callable[[str], Any] = str,
        schema: Schema | None = None,
        description: str = "",
        *,
        many: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(parse=parse, **options)
        self.field_class = ParsedListField if many else ParsedField
        self.one_schema = schema or {"type": "string", "minLength": 1}
        self.description = description
        self.many = many

    def __deepcopy__(self, _memo: object) -> "Parameter":
        # Each `FilterSet` copies its filters; nothing ever changes in a declaration.
        return copy(self)

    @property
    def schema(self) -> Schema:
        if not self.many:
            return self.one_schema
        return {"type": "array", "items": dict(self.one_schema), "maxItems": MOST_VALUES}

    def filter(self, calls: QuerySet[APIUsageStats], _value: object) -> QuerySet[APIUsageStats]:
        """All calls: a mere parameter is no filter."""
        return calls


class ParameterSet(django_filters.FilterSet):
    """The parameters of an address: those declared, and those in `also`.

    `refuses_empty` makes an empty value an error, since it is most likely a variable that was not
    set. The forms of pages send empty values.
    """

    data: QueryDict

    class Meta:
        model = APIUsageStats
        fields: tuple[str, ...] = ()

    def __init__(
        self,
        query: QueryDict,
        also: Mapping[str, Parameter] | None = None,
        *,
        refuses_empty: bool = False,
    ) -> None:
        super().__init__(query, APIUsageStats.objects.none())
        self.filters.update(also or {})
        self.refuses_empty = refuses_empty

    @classmethod
    def declared(cls) -> dict[str, Parameter]:
        """The parameters that the class declares."""
        return cast(dict[str, Parameter], cls.base_filters)

    @cached_property
    def errors(self) -> Errors:
        """The errors of each parameter, unknown and repeated ones included."""
        errors = {name: [str(error) for error in found] for name, found in self.form.errors.items()}
        known = cast(dict[str, Parameter], self.filters)
        for name in self.data:
            if name not in known:
                errors[name] = [gettext("There is no such parameter.")]
            elif len(self.data.getlist(name)) > 1 and not known[name].many:
                errors[name] = [gettext("This parameter may be given once only.")]
            elif self.refuses_empty and "" in self.data.getlist(name):
                errors[name] = [gettext("This may not be empty.")]
        return errors

    @property
    def values(self) -> dict[str, Any]:
        """The values by name, None if not given. Raises `ParametersError`."""
        if self.errors:
            raise ParametersError(self.errors)
        values: dict[str, Any] = self.form.cleaned_data
        return values


# ── how values are read ─────────────────────────────────────────────────────────────────────────


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """Reads one of these names."""

    def parse(text: str) -> str:
        for name in names:
            if name == text:
                return name
        raise ValueError(
            gettext("One of %(names)s is needed.") % {"names": formatting.listed(names)}
        )

    return parse


def choice(names: Collection[str], description: str = "", **schema: Any) -> Parameter:
    """A parameter that is one of these names."""
    return Parameter(one_of(names), {"type": "string", "enum": [*names], **schema}, description)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number between these."""

    def parse(text: str) -> int:
        if _DIGITS.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        message = gettext("A whole number from %(least)s to %(most)s is needed.")
        raise ValueError(message % {"least": least, "most": most})

    return parse


def known_identifier(value: object) -> int:
    """A possible id of a user or job; below 1 only if they are another application's."""
    if settings.ADOPTED and type(value) is int and -columns.BIGINT_MAX <= value < 1:
        return value
    return columns.identifier(value)


def identifier(text: str) -> int:
    # Python refuses to read a longer one, in words of its own.
    is_number = _WHOLE_NUMBER.fullmatch(text) and len(text) < 100
    return known_identifier(int(text) if is_number else text)


def boolean(text: str) -> bool:
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError("true or false is needed.") from None


def as_stored(check: Callable[[str], str], text: str) -> str:
    """The text as it is: what another application wrote may begin with blanks."""
    if not check(text):
        raise ValueError("This may not be empty.")
    return text


currency = partial(as_stored, columns.currency)
