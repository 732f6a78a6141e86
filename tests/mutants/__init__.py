"""Faults planted into what people read, to see whether the tests find them: `make mutants`.

mutmut 3 changes the bodies of Python's functions alone and cosmic-ray Python alone, while most of
what is read here stands in templates and in declarations of columns; so the few operators that
matter are our own.
"""
