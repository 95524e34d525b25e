"""The audit on many machines: the same SQL, by Apache Spark, over files that Spark can reach.

- `master` is Spark's own (`local[4]`, `spark://host:7077`, `yarn`, `k8s://…`) or a Spark Connect server (`sc://…`).
- What is unusual about a contact is read by `solely.contact` on the executors: `solely` must be installed there.
- The extra `solely[spark]` brings PySpark; a Spark on this machine needs Java 17 or 21, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from solely.answer.audit import cells
from solely.answer.audit.dialect import SPARK, SPARK_FUNCTIONS, Dialect
from solely.answer.audit.engine import Tell
from solely.answer.audit.files import header
from solely.answer.audit.layout import Column, Columns, Layout, Moments, choose
from solely.answer.audit.place import Files, Place, Postgres
from solely.answer.audit.report import AuditReport, Question
from solely.answer.audit.run import Tables, ask
from solely.errors import BadInput, Unavailable

__all__ = ["Spark", "audit_by_spark", "spark"]

_BATCH = 50_000
_BROKEN = "_broken_line"
_LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
          "spark.sql.shuffle.partitions": "8"}  # fmt: skip


def audit_by_spark(
    tables: Tables, question: Question, *, master: str, subjects: Path | None = None, tell: Tell
) -> AuditReport:
    """Who was affected, by advertiser, with Spark. Raises BadInput and Unavailable."""
    with spark(master, tell) as engine:
        return ask(engine, tables, question, subjects)


@contextmanager
def spark(master: str, tell: Tell) -> Iterator[Spark]:
    """A session of its own, ended with the block. Raises Unavailable where Spark is not there."""
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra
    except ImportError:
        raise Unavailable("PySpark is not installed", where="--spark", cure="pip install 'solely[spark]'") from None
    builder: Any = SparkSession.builder.appName("solely audit")
    builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    for name, value in _LOCAL.items() if master.startswith("local") else ():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception:  # noqa: BLE001 - of py4j, gRPC and Java, each its own
        cure = "check the URL, and that the server runs; Spark on this machine needs Java 17 or 21"
        raise Unavailable("Spark does not answer", where=master, cure=cure) from None
    try:
        yield Spark(session, tell)
    except PySparkException:  # its message may show cells
        raise Unavailable("Spark failed", where=master, cure="its own log says why") from None
    finally:
        session.stop()


class Spark:
    """An engine; see `Engine`."""

    def __init__(self, session: Any, tell: Tell) -> None:
        self._session, self._tell = session, tell
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.udf.register("read_domain", cells.read_domain, "string")
        session.udf.register("read_slowly", cells.read_slowly, "string")
        for function in SPARK_FUNCTIONS:
            session.sql(function)

    @property
    def dialect(self) -> Dialect:
        return SPARK

    def load(self, layout: Layout, place: Place, columns: Mapping[str, str], moments: Moments) -> Mapping[str, int]:
        frame, broken = self._frame(place)
        frame.createOrReplaceTempView("arriving")
        chosen = choose(layout, _columns(frame), columns, place.name)
        select = layout.select(chosen, SPARK, moments)
        self.keep(
            f"{layout.table}_loaded", cells.loaded(layout, select, "arriving", SPARK), f"reading the {layout.table}"
        )
        for name, ours in layout.moments.items():
            bad = f"SELECT count(*) FROM {layout.table}_loaded WHERE {ours} IS NULL AND lane <> '!blank'"  # noqa: S608 - our own names
            if self.rows(bad)[0][0]:
                where = f"{place.name}, column {columns.get(name, name)}"
                raise BadInput(
                    "not a date and time", where=where, cure="write 2020-01-31T23:59:59Z; see --days and --epoch"
                )
        return {"malformed": broken} if broken else {}

    def loaded(self) -> None:
        """Spark reads when it is asked: nothing can be closed here. What a cell holds is never part of its SQL."""

    def keep(self, name: str, sql: str, words: str) -> None:
        self._tell(words, None)
        self._session.sql(sql).cache().createOrReplaceTempView(name)

    def view(self, name: str, sql: str) -> None:
        self._session.sql(sql).createOrReplaceTempView(name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        frame = self._session.sql(sql)
        rows: list[Any] = []
        for row in frame.toLocalIterator():
            rows.append(row.asDict())
            if len(rows) == _BATCH:
                yield pa.RecordBatch.from_pylist(rows)
                rows.clear()
        if rows:
            yield pa.RecordBatch.from_pylist(rows)

    def _frame(self, place: Place) -> tuple[Any, int]:
        """A data frame, and how many lines became no row of it."""
        if isinstance(place, Postgres):
            raise BadInput("Spark reads files", where=place.name, cure="export the table as Parquet")
        paths = [str(path.absolute()) for path in place.paths] if isinstance(place, Files) else [place.url]
        if place.parquet:
            return self._session.read.option("mergeSchema", "true").parquet(*paths), 0
        delimiter = header(place.paths[0])[1] if isinstance(place, Files) else ","
        reader = self._session.read.option("header", "true").option("sep", delimiter).option("escape", '"')
        names = reader.csv(paths).columns
        schema = ", ".join(f"{SPARK.name(name)} STRING" for name in (*names, _BROKEN))
        reader = reader.option("columnNameOfCorruptRecord", _BROKEN).option("multiLine", "true").schema(schema)
        frame = reader.csv(paths).cache()  # Spark asks for that: the column of broken lines is not of the file
        broken = frame.where(f"{_BROKEN} IS NOT NULL").count()
        return frame.where(f"{_BROKEN} IS NULL").drop(_BROKEN), broken


def _columns(frame: Any) -> Columns:
    kinds: dict[str, Any] = {"timestamp": "moment", "timestamp_ntz": "moment", "date": "day", "binary": "bytes"}
    return {name.strip(): Column(SPARK.name(name), kinds.get(kind, "text")) for name, kind in frame.dtypes}
