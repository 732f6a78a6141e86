"""MySQL, where it differs from MariaDB."""

from collections.abc import Iterable

from stats.db.dialects.mariadb import MariaDB, execute


class MySQL(MariaDB):
    oldest_version = (8, 0, 11)
    shortest_lock_wait = 1
    wanting_keys = "sql_require_primary_key"

    def limited(self, select: str, seconds: float) -> str:
        hint = f"SELECT /*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000))}) */"
        return select.replace("SELECT", hint, 1)

    def wants_keys(self, in_memory: bool) -> bool:
        return super().wants_keys(in_memory=False)

    def share_of_ids(self, table: str) -> float:
        self.read_fresh_statistics()
        return super().share_of_ids(table)

    def read_fresh_statistics(self) -> None:
        execute("SET SESSION information_schema_stats_expiry = 0")

    def keep_index(self, table: str, name: str, columns: Iterable[str]) -> str:
        quoted = ", ".join(f"`{column}`" for column in columns)
        return (
            f"ALTER TABLE `{table}` DROP INDEX `{name}`, ADD INDEX `{name}` ({quoted}), "
            "ALGORITHM=INPLACE, LOCK=NONE"
        )
