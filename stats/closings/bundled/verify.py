"""Checks the bundle of a closed month against its form, closing.md.

    python3 verify.py [FILE.zip] [--head HASH-OF-AN-ENTRY-THAT-YOU-WERE-TOLD]

Without a file it checks its own folder. It needs Python 3.10 alone, and exits with 0 if all fits.
"""

import argparse
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

NAMES = ["chain.json", "closing.md", "lines.csv", "manifest.json", "verify.py"]
FIELDS = ["place", "kind", "month", "made_at", "made_by", "account_id", "refers_to", "reason"]
FIELDS += ["zone", "versions", "highest_id", "line_count", "lines_sha256"]
FIGURES = ["calls", "failures", "prompt_tokens", "completion_tokens", "total_tokens", "cost"]
FIGURES += ["unpriced_calls", "rounded_away_calls", "no_usage_calls"]
COLUMNS = ["user_id", "user_name", "group", "endpoint", "currency", *FIGURES]
Entry = dict[str, Any]
BEFORE_THE_FIRST = "0" * 64
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def hash_of(entry: Entry) -> str:
    """The hash of an entry of chain.json."""

    def field(value: Any) -> str:
        return r"\N" if value is None else str(value).translate(ESCAPES)

    totals = [[one[name] for name in ["currency", *FIGURES]] for one in entry["totals"]]
    rows = ["form 1", *(f"{name} {field(entry[name])}" for name in FIELDS)]
    rows += ["\t".join(["total", *map(field, total)]) for total in totals]
    rows += [f"previous_hash {field(entry['previous_hash'])}"]
    return sha256("".join(f"{row}\n" for row in rows).encode("utf-8"))


def as_json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def units(texts: Iterable[Any]) -> list[int]:
    """Figures as whole numbers, costs in ten-thousandths."""
    return [int(str(text).replace(".", "", 1)) for text in texts]


def may_be(entry: Entry, closed: dict[str, int], before: Entry | None) -> bool:
    """Whether an entry may stand here: which months are `closed` by then, and what it refers to."""
    holds = closed.get(entry["month"])
    if entry["kind"] == "closing":
        return holds is None
    if entry["kind"] != "reopening":
        return holds is not None and bool(holds == entry["refers_to"])
    if before is None or (before["kind"], before["month"]) != ("request", entry["month"]):
        return False
    are_two = before["account_id"] != entry["account_id"] and before["made_by"] != entry["made_by"]
    return are_two and bool(before["refers_to"] == holds)


def chain_faults(entries: Iterable[Entry], head: str | None = None) -> Iterator[str]:
    """What does not fit in a whole chain, as sentences."""
    previous, closed, places = BEFORE_THE_FIRST, dict[str, int](), dict[int, Entry]()
    for number, entry in enumerate(entries, 1):
        kind, month = entry["kind"], entry["month"]
        if (entry["place"], entry["previous_hash"]) != (number, previous):
            yield f"Entry {number}: it does not follow the entry before it."
        if entry["hash"] != hash_of(entry):
            yield f"Entry {number}: its hash is not that of its content."
        if not may_be(entry, closed, places.get(entry["refers_to"])):
            yield f"Entry {number}: there can be no {kind} of {month} here."
        if kind == "closing":
            closed[month] = number
        elif kind == "reopening":
            closed.pop(month, None)
        previous, places[number] = entry["hash"], entry
    if head is not None and head not in [entry["hash"] for entry in entries]:
        yield f"The chain has no entry {head}: it is an older copy, or another chain."


def lines_faults(entry: Entry, content: bytes) -> Iterator[str]:
    """What does not fit between an entry and its lines.csv."""
    if sha256(content) != entry["lines_sha256"]:
        yield f"Entry {entry['place']}: its lines are not those that were hashed."
    heading, *lines = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    keys = [(int(line[0]), *line[2:5]) for line in lines]
    if heading != COLUMNS or len(lines) != entry["line_count"] or keys != sorted(set(keys)):
        yield f"Entry {entry['place']}: it has other columns, another number of lines, or order."
    sums: dict[str, list[int]] = {}
    for line in lines:
        before = sums.get(line[4], [0] * len(FIGURES))
        sums[line[4]] = [a + b for a, b in zip(before, units(line[5:]), strict=True)]
    if sums != {one["currency"]: units(one[name] for name in FIGURES) for one in entry["totals"]}:
        yield f"Entry {entry['place']}: the lines do not add up to its totals."


def manifest_of(closing: Entry, files: dict[str, bytes]) -> bytes:
    """The content of manifest.json."""
    about = {name: closing[name] for name in ("month", "place", "hash")}
    hashes = {name: sha256(files[name]) for name in NAMES if name != "manifest.json"}
    return as_json({"form": 1, **about, "files": hashes})


def zipped(files: dict[str, bytes]) -> bytes:
    """The bytes of a bundle, always the same."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as bundle:
        for name in NAMES:
            about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            about.create_system, about.external_attr = 3, 0o644 << 16
            bundle.writestr(about, files[name])
    return made.getvalue()


def bundle_faults(path: Path, head: str | None = None) -> Iterator[str]:
    """What does not fit in a bundle, or in the folder where one was unpacked."""
    try:
        root = path if path.is_dir() else zipfile.Path(path)
        files = {name: (root / name).read_bytes() for name in NAMES}
        if root is not path and path.read_bytes() != zipped(files):
            yield "The file is not packed as the form says."
        entries = json.loads(files["chain.json"])["entries"]
        if files["chain.json"] != as_json({"form": 1, "entries": entries}):
            yield "chain.json is not written as the form says."
        yield from chain_faults(entries, head)
        yield from lines_faults(entries[-1], files["lines.csv"])
        manifest = manifest_of(entries[-1], files) if entries[-1]["kind"] == "closing" else b""
        if files["manifest.json"] != manifest:
            yield "manifest.json is not that of these files."
    except Exception as error:
        yield f"The bundle cannot be read: {type(error).__name__} {error}."


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--head")
    given = parser.parse_args()
    found = list(bundle_faults(given.path, given.head))
    root = given.path if found or given.path.is_dir() else zipfile.Path(given.path)
    about = {} if found else json.loads((root / "manifest.json").read_bytes())
    print("\n".join(found) or "All fits: {month}, entry {place}, {hash}.".format(**about))
    raise SystemExit(bool(found))
