"""What the rest is made of: periods, zones, formatting, percentiles. Knows no ORM."""
