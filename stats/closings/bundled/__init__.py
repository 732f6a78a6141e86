"""The files that every bundle has, byte by byte: they never change, a new form is a new number."""
