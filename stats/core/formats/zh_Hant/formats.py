"""Taiwan writes 1,234.5; Django's zh_Hant formats have no thousands separator."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
