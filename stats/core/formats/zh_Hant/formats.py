"""Django's zh_Hant formats name no thousands separator; Taiwan writes 1,234.5."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
