"""The same questions, asked of DuckDB about the same rows: `cargo xtask bench query` runs this after our own.

Arguments: the rows (Parquet), what was measured (JSON). Exits with 1 if an answer differs."""

import json
import sys
import time

import duckdb

rows, report = sys.argv[1:]
measured = {case["name"]: case for case in json.load(open(report))}
db = duckdb.connect()
db.execute("SET threads = 2")
db.execute(
    f"""CREATE TABLE events AS SELECT visitor::UUID AS visitor, session::UUID AS session, "at" AS ms, sequence, name, device,
        channel, price FROM '{rows}' ORDER BY visitor, ms"""
)

STEPS = ["view", "detail", "cart", "checkout", "buy"]
DAY = 86_400_000
BEGIN = 1_761_955_200_000


def funnel():
    """Of every step the latest first step that leads to it; equal times count in either order."""
    names = ", ".join(f"'{step}'" for step in STEPS)
    sql = f"WITH p0 AS (SELECT visitor, ms, name, CASE WHEN name = 'view' THEN ms END AS s1 FROM events WHERE name IN ({names}))"
    for number in range(2, len(STEPS) + 1):
        before = f"""max(s{number - 1}) OVER (PARTITION BY visitor ORDER BY ms
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"""
        sql += f""", q{number} AS (SELECT *, {before} AS start FROM p{number - 2}),
            p{number - 1} AS (SELECT * EXCLUDE (start), CASE WHEN name = '{STEPS[number - 1]}' AND ms - start <= {DAY}
            THEN start END AS s{number} FROM q{number})"""
    counts = ", ".join(f"count(DISTINCT visitor) FILTER (s{number} IS NOT NULL)" for number in range(1, len(STEPS) + 1))
    return list(db.execute(f"{sql} SELECT {counts} FROM p{len(STEPS) - 1}").fetchone())


def retention():
    week = "date_trunc('week', make_timestamp(ms * 1000))"
    cells = db.execute(
        f"""WITH weeks AS (SELECT visitor, {week} AS week, min(ms) AS first FROM events GROUP BY ALL),
            firsts AS (SELECT visitor, min(week) AS cohort FROM weeks GROUP BY visitor)
            SELECT cohort, date_diff('week', cohort, week) AS later, count(*) FROM weeks JOIN firsts USING (visitor)
            GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    # Up to the week in which it is asked, which has just begun and may have nobody yet.
    asked = db.execute(f"SELECT date_trunc('week', make_timestamp({BEGIN + 30 * DAY} * 1000))").fetchone()[0]
    cohorts = {}
    for cohort, later, count in cells:
        cohorts.setdefault(cohort, [0] * ((asked - cohort).days // 7 + 1))[later] = count
    return list(cohorts.values())


def paths():
    sessions = db.execute("SELECT count(DISTINCT session) FROM events").fetchone()[0]
    # What is of one time and sequence goes by how frequent it is.
    db.execute(
        """CREATE OR REPLACE TABLE places AS SELECT name, row_number() OVER (ORDER BY count(*) DESC, name) AS place
           FROM events GROUP BY name"""
    )
    # The tree of five, which is most of the work; its counts are compared by what our answer also has.
    db.execute(
        """SELECT path, count(*) FROM (SELECT list(name ORDER BY ms, sequence, place)[:6] AS path FROM events JOIN places USING (name) GROUP BY session)
           GROUP BY path"""
    ).fetchall()
    steps = db.execute(
        """SELECT count(*) AS n FROM (SELECT name AS later, lag(name) OVER (PARTITION BY session ORDER BY ms, sequence, place)
           AS before FROM events JOIN places USING (name)) WHERE before IS NOT NULL GROUP BY before, later"""
    ).fetchall()
    counts = [count for (count,) in steps]
    return [sessions, sum(counts), max(counts)]


def rfm():
    fifth = "5 - (5 * (rank() OVER (ORDER BY {}) - 1)) // count(*) OVER ()"
    scores = db.execute(
        f"""SELECT recency, count(*) FROM (SELECT {fifth.format("days")} AS recency, {fifth.format("times DESC")} AS f,
            {fifth.format("amount DESC")} AS m FROM (SELECT ({BEGIN + 30 * DAY} - max(ms)) // {DAY} AS days,
            count(*) AS times, sum(price) AS amount FROM events WHERE name = 'buy' GROUP BY visitor))
            GROUP BY recency ORDER BY recency DESC"""
    )
    return [count for (_, count) in scores.fetchall()]


def trend():
    return db.execute(
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM events GROUP BY date_trunc('day', make_timestamp(ms * 1000)))"
    ).fetchone()[0]


def visitors():
    return db.execute(
        """SELECT sum(n) FROM (SELECT count(DISTINCT visitor) AS n FROM events
           GROUP BY date_trunc('day', make_timestamp(ms * 1000)))"""
    ).fetchone()[0]


CASES = {
    "funnel": funnel,
    "retention, weeks": retention,
    "paths, sessions": paths,
    "rfm": rfm,
    "trend, events by day": trend,
    "trend, visitors by day": visitors,
}

print(f"{'question':<38}{'ours ms':>10}{'DuckDB ms':>12}{'DuckDB / ours':>15}")
wrong = 0
for name, ask in CASES.items():
    least = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        answer = ask()
        least = min(least, (time.perf_counter() - started) * 1000)
    ours = measured[name]
    same = answer == ours["answer"]
    wrong += not same
    print(f"{name:<38}{ours['ms']:>10.0f}{least:>12.0f}{least / ours['ms']:>15.1f}", end="")
    print("" if same else f"   DIFFERS: ours {ours['answer']}, DuckDB {answer}")
print(f"DuckDB {duckdb.__version__}, two threads, rows sorted by visitor and time")
sys.exit(min(wrong, 1))
