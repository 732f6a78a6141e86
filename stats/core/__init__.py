"""Periods, zones, money, formatting, percentiles. Imports no ORM."""
