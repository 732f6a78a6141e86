"""python -m tests.closings.adopted: a closed month of an adopted ledger with groups, in JSON."""

import json

import django


def main() -> None:
    """A user moves, calls come late, and one goes."""
    from stats.closings.bundling import table_faults
    from stats.models import ClosedLine, ClosingEntry
    from tests.closings.ledgers import call, close, execute, verified
    from tests.ledger import write

    def in_department(user: int, name: str | None) -> None:
        execute("UPDATE dt_users SET department = %s WHERE id = %s", name, user)

    def lines(place: int) -> list[tuple[int, str | None, int]]:
        found = ClosedLine.objects.filter(entry_id=place).order_by("number")
        return list(found.values_list("user_id", "group", "cost_units"))

    write(call("1", user_id=1), call("2", user_id=2), call("4", user_id=3))
    in_department(1, "Law")
    in_department(2, "")
    verified()
    close()
    in_department(1, "Tax")
    in_department(3, "Tax")
    verified()
    after_a_move = ClosingEntry.objects.count()
    write(call("8", user_id=1), call("16", user_id=4))
    in_department(4, "Tax")
    execute("DELETE FROM dt_api_usage_stats WHERE user_id = 3")
    verified()
    told = {
        "closed": lines(1),
        "after_a_move": after_a_move,
        "adjusted": lines(2),
        "faults": list(table_faults()),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    django.setup()
    main()
