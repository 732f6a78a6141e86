"""The endpoints, by subject: each parses, asks one recorder or report, and answers."""
