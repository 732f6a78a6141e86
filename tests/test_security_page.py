"""docs/security.md names tests that exist."""

import re

from tests.processes import PROJECT

NAMED = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(\w+))?(?:::(\w+))?`")


def test_the_tests_that_are_named_exist() -> None:
    named = NAMED.findall((PROJECT / "docs/security.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    for path, *names in named:
        source = (PROJECT / path).read_text(encoding="utf-8")
        defined = set(re.findall(r"^ *(?:def|class) (\w+)", source, re.MULTILINE))
        assert {name for name in names if name} <= defined, path
