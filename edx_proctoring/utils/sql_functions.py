"""Database functions that Django does not have."""

from typing import Any

from django.db.models import DateTimeField, Func, IntegerField

__all__ = ["AddMinutes", "SecondsBetween"]


class AddMinutes(Func):
    """``AddMinutes(moment, minutes)``: a moment so many minutes later, for conditions and orderings.

    Django multiplies a field by a timedelta on PostgreSQL and SQLite only.
    """

    arity = 2
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQLite's form."""
        template = "strftime('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', %(expressions)s || ' minutes')"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", ", **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the form of MySQL and MariaDB, which want the unit first and the moment last."""
        moment, minutes = self.source_expressions
        swapped = self.copy()
        swapped.set_source_expressions([minutes, moment])
        return swapped.as_sql(compiler, connection, template="TIMESTAMPADD(MINUTE, %(expressions)s)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return PostgreSQL's form."""
        template = "(%(expressions)s)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" + interval '1 minute' * ", **context)


class SecondsBetween(Func):
    """``SecondsBetween(earlier, later)``: whole seconds from one moment to another, for conditions and groups.

    Django subtracts two fields to an interval on PostgreSQL, and to microseconds elsewhere.
    """

    arity = 2
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQLite's form."""
        earlier, later = self.source_expressions
        swapped = self.copy()
        swapped.set_source_expressions([later, earlier])
        template = "(strftime('%%%%s', %(expressions)s))"
        return swapped.as_sql(compiler, connection, template=template, arg_joiner=") - strftime('%%s', ", **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the form of MySQL and MariaDB."""
        return self.as_sql(compiler, connection, template="TIMESTAMPDIFF(SECOND, %(expressions)s)", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return PostgreSQL's form."""
        earlier, later = self.source_expressions
        swapped = self.copy()
        swapped.set_source_expressions([later, earlier])
        template = "CAST(FLOOR(EXTRACT(EPOCH FROM (%(expressions)s))) AS integer)"
        return swapped.as_sql(compiler, connection, template=template, arg_joiner=" - ", **context)
