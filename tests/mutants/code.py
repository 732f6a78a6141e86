"""Faults in Python code."""

import ast
from collections.abc import Callable, Iterator

from tests.mutants.mutant import Mutant
from tests.mutants.siblings import SIBLINGS

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
}
_OPERATIONS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}


class _Source:
    """The text of a file, with the positions of syntax nodes."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line.encode()))
        self.bytes = text.encode()

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        return len(self.bytes[:start].decode()), len(self.bytes[:end].decode())

    def code(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def mutant(self, operator: str, start: int, old: str, new: str) -> Mutant:
        return Mutant(self.file, operator, start, old, new)

    def instead(self, operator: str, node: ast.expr, new: str) -> Mutant:
        return self.mutant(operator, self.span(node)[0], self.code(node), new)

    def between(
        self, one: ast.expr, two: ast.expr, signs: tuple[str, str], operator: str
    ) -> Iterator[Mutant]:
        """Another operator between two operands."""
        old, new = signs
        end, start = self.span(one)[1], self.span(two)[0]
        place = self.text[end:start].find(old)
        if place >= 0:
            yield self.mutant(operator, end + place, old, new)


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """All faults for a module that leave valid Python."""
    source, tree = _Source(file, text), ast.parse(text)
    types = _of_types(tree)
    for node in ast.walk(tree):
        if id(node) in types:
            continue
        for kind, operator in _OPERATORS.items():
            if isinstance(node, kind):
                yield from filter(_is_readable(text), operator(source, node))


def _of_types(tree: ast.Module) -> set[int]:
    """Nodes of annotations, which have no effect."""
    found: set[int] = set()
    for node in ast.walk(tree):
        annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for one in filter(None, annotations):
            found |= {id(inner) for inner in ast.walk(one)}
    return found


def _is_readable(text: str) -> Callable[[Mutant], bool]:
    def is_readable(mutant: Mutant) -> bool:
        try:
            ast.parse(mutant.applied(text))
        except SyntaxError:
            return False
        return True

    return is_readable


def _compare(source: _Source, node: ast.Compare) -> Iterator[Mutant]:
    signs = _COMPARISONS.get(type(node.ops[0]))
    if signs and len(node.ops) == 1:
        yield from source.between(node.left, node.comparators[0], signs, "invert a comparison")


def _operation(source: _Source, node: ast.BinOp) -> Iterator[Mutant]:
    signs = _OPERATIONS.get(type(node.op))
    if signs and not _is_text(node.left) and not _is_text(node.right):
        yield from source.between(node.left, node.right, signs, "another operation")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _attribute(source: _Source, node: ast.Attribute) -> Iterator[Mutant]:
    if node.attr in SIBLINGS:
        new = f"{source.code(node.value)}.{SIBLINGS[node.attr]}"
        yield source.instead("a sibling's field", node, new)


def _alternative(source: _Source, node: ast.IfExp) -> Iterator[Mutant]:
    new = f"{source.code(node.orelse)} if {source.code(node.test)} else {source.code(node.body)}"
    yield source.instead("swap alternatives", node, new)


def _negation(source: _Source, node: ast.UnaryOp) -> Iterator[Mutant]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield source.instead("drop a negation", node, source.code(node.operand))


def _call(source: _Source, node: ast.Call) -> Iterator[Mutant]:
    """Swap the first two arguments if both would be accepted."""
    if len(node.args) < 2:
        return
    one, two = node.args[:2]
    if type(one) is type(two) and isinstance(one, ast.Name | ast.Attribute):
        start, end = source.span(one)[0], source.span(two)[1]
        old = source.text[start:end]
        between = source.text[source.span(one)[1] : source.span(two)[0]]
        new = f"{source.code(two)}{between}{source.code(one)}"
        yield source.mutant("swap arguments", start, old, new)


def _constant(source: _Source, node: ast.Constant) -> Iterator[Mutant]:
    if type(node.value) is int and node.value in (1, 2, 4, 10, 100, 1000):
        yield source.instead("another number", node, str(node.value * 2))


_OPERATORS: dict[type[ast.AST], Callable[..., Iterator[Mutant]]] = {
    ast.Compare: _compare,
    ast.BinOp: _operation,
    ast.Attribute: _attribute,
    ast.IfExp: _alternative,
    ast.UnaryOp: _negation,
    ast.Call: _call,
    ast.Constant: _constant,
}
