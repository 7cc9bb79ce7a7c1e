"""How the database executes the queries of a route: the plan and the time of each query.

``python -m bench.query_plans --learners 10000 --only "^7 "``. Prints the SELECTs of every route whose name matches,
except those for session and user. Look for full scans (``SCAN``, ``Seq Scan``, ``ALL``) and large numbers of rows.
"""

import argparse
import re
import statistics
import sys
import time
from typing import Any

from bench.environment import database, install_services, set_up_django

_EXPLAIN = {
    "sqlite": "EXPLAIN QUERY PLAN ",
    "postgresql": "EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF) ",
    "mysql": "ANALYZE ",
}
_REPEATS = 7


def main(arguments: list[str] | None = None) -> int:
    """Print the plans. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.query_plans", description=__doc__.partition("\n")[0])
    parser.add_argument("--learners", type=int, default=10000, help="default: %(default)s")
    parser.add_argument("--exams", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--allowances", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--only", type=re.compile, default=re.compile("^(7|8|20)"), help="routes whose name matches")
    options = parser.parse_args(arguments)
    set_up_django(f"plans_{options.learners}")
    with database() as vendor:
        from django.db import connection

        connection.settings_dict["CONN_MAX_AGE"] = None
        install_services()
        from bench.course import fill
        from bench.routes import Routes, prepared

        for route in Routes(fill(options.learners, options.exams, options.allowances)).all():
            if not options.only.search(route.name):
                continue
            print(f"\n=== {route.name}")
            prepared(route.send, 0)()
            call = prepared(route.send, 0)
            statements: list[tuple[str, Any]] = []

            def record(execute: Any, sql: str, params: Any, many: bool, context: Any, into: Any = statements) -> Any:
                into.append((sql, params))
                return execute(sql, params, many, context)

            with connection.execute_wrapper(record):
                call()
            for sql, params in statements:
                if sql.startswith("SELECT") and "django_session" not in sql and not _is_user_of_session(sql):
                    _explain(vendor, sql, params)
    return 0


def _is_user_of_session(sql: str) -> bool:
    return "FROM" in sql and sql.count("auth_user") > 0 and "LIMIT 21" in sql


def _explain(vendor: str, sql: str, params: Any) -> None:
    from django.db import connection

    times = []
    with connection.cursor() as cursor:
        for _ in range(_REPEATS):
            began = time.perf_counter()
            cursor.execute(sql, params)
            rows = cursor.fetchall()
            times.append((time.perf_counter() - began) * 1000)
        print(f"\n--- {statistics.median(times):.2f} ms, {len(rows)} rows: {_short(sql)}")
        cursor.execute(_EXPLAIN[vendor] + sql, params)
        for row in cursor.fetchall():
            print("    " + (str(row[-1]) if vendor != "mysql" else " ".join(str(part) for part in row)))


def _short(sql: str) -> str:
    """Return the statement without its list of columns."""
    tail = re.sub(r"^SELECT .*? FROM ", "SELECT … FROM ", sql, count=1)
    return tail if len(tail) < 900 else tail[:900] + " …"


if __name__ == "__main__":
    sys.exit(main())
