"""Mutation tests of what people read: `make mutants`.

Most of it is in templates and declarations of columns. mutmut 3 only changes function bodies, and
cosmic-ray only Python, so the few operators needed are written here.
"""
