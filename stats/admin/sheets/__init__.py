"""The tables of the report pages as their files hold them: all rows, every figure unrounded.

Headings are the API's names where the API has one. Where there are several currencies, each has
its column, `costs.USD`, as it has its place in the API's `costs`; they are not added up.
"""
