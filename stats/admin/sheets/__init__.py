"""The tables of the report pages as their files hold them: all rows, every figure unrounded.

Headings are the API's names where the API has one. With several currencies, each has a column of
its own, `costs.USD`; they are never added up.
"""
