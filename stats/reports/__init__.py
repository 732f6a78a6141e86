"""One file a report: every figure of a page, an export or the API's statistics."""
