"""What pages are put together of: each prepares data, its template only draws."""
