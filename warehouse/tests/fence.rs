//! Users' SQL: what is refused, what works on the real engine, and that no soup of words gets past the fence.

#[path = "reference/world.rs"]
#[allow(dead_code, reason = "no dice are rolled here")]
mod world;

use attune_schema::api::PersonRow;
use attune_schema::bot::Class;
use attune_schema::question::{Cell, SqlQuestion};
use attune_schema::time::{DAY_MS, HOUR_MS, Timestamp};
use attune_schema::value::Value;
use attune_warehouse::fence::{Access, fence};
use attune_warehouse::imports::ImportRecord;
use attune_warehouse::{Error, Warehouse};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::cell::Cell as Counter;
use world::{NOON, row, run};

fn analyst() -> Access {
    Access {
        people: true,
        attributes: ["tier", "risk"].map(str::to_owned).into(),
        hidden: ["risk".to_owned()].into(),
    }
}

fn stranger() -> Access {
    Access { people: false, ..analyst() }
}

fn asked(statement: &str) -> SqlQuestion {
    SqlQuestion { statement: statement.to_owned(), ..SqlQuestion::default() }
}

/// Why a statement is refused before the store sees anything of it.
fn refusal(access: &Access, statement: &str) -> String {
    match fence(7.into(), access, &asked(statement)) {
        Err(Error::Question(message)) => message,
        Err(other) => panic!("{statement}: {other}"),
        Ok(fenced) => panic!("let through: {statement}\nas: {}", fenced.sql),
    }
}

/// A hostile statement, and what its refusal names.
const HOSTILE: &[(&str, &str)] = &[
    // Files, addresses, other servers.
    ("SELECT * FROM file('/etc/passwd', 'LineAsString')", "file"),
    ("SELECT * FROM url('http://127.0.0.1/', 'LineAsString')", "url"),
    ("SELECT * FROM s3('https://bucket/x', 'CSV')", "s3"),
    ("SELECT * FROM remote('127.0.0.1', attune.events)", "remote"),
    ("SELECT * FROM remoteSecure('127.0.0.1', 'attune', 'events')", "remoteSecure"),
    ("SELECT * FROM cluster('default', attune.events)", "cluster"),
    ("SELECT * FROM mysql('h:1', 'd', 't', 'u', 'p')", "mysql"),
    ("SELECT * FROM postgresql('h:1', 'd', 't', 'u', 'p')", "postgresql"),
    ("SELECT * FROM sqlite('/x.db', 't')", "sqlite"),
    ("SELECT * FROM executable('x.sh', TSV, 'a String')", "executable"),
    ("SELECT * FROM hdfs('hdfs://x', 'CSV')", "hdfs"),
    ("SELECT * FROM input('a String')", "input"),
    ("SELECT * FROM FiLe('/etc/passwd')", "FiLe"),
    ("SELECT file('/etc/passwd')", "file"),
    ("SELECT name FROM events WHERE url IN (SELECT * FROM url('http://x', 'CSV'))", "url"),
    ("SELECT name FROM events WHERE name IN file('/etc/passwd')", "file"),
    ("SELECT (SELECT count() FROM file('/etc/passwd', 'LineAsString'))", "file"),
    ("SELECT arrayMap(x -> file(x), ['/etc/passwd'])", "file"),
    ("WITH f AS (SELECT * FROM file('x')) SELECT * FROM f", "file"),
    ("SELECT 1 UNION ALL SELECT * FROM file('x')", "file"),
    ("SELECT * FROM events AS e JOIN url('http://x', 'CSV') AS u ON e.url = u.c1", "url"),
    ("SELECT count() FROM (SELECT * FROM (SELECT * FROM file('x')))", "file"),
    ("SELECT 1 WHERE EXISTS (SELECT * FROM file('x'))", "file"),
    ("SELECT 1 /* */ FROM /* file */ file/**/('x')", "file"),
    ("SELECT * FROM `file`('x')", "file"),
    ("SELECT \"file\"('x')", "file"),
    // Tables that are not the site's.
    ("SELECT * FROM system.tables", "system"),
    ("SELECT * FROM system.one", "system"),
    ("SELECT * FROM information_schema.columns", "information_schema"),
    ("SELECT * FROM INFORMATION_SCHEMA.TABLES", "INFORMATION_SCHEMA"),
    ("SELECT * FROM attune.events", "attune"),
    ("SELECT * FROM `attune`.`events`", "attune"),
    ("SELECT * FROM `attune.events`", "attune.events"),
    ("SELECT * FROM \"attune\".\"events\"", "attune"),
    ("SELECT * FROM steps", "steps"),
    ("SELECT * FROM links", "links"),
    ("SELECT * FROM raw", "raw"),
    ("SELECT * FROM persons", "persons"),
    ("SELECT * FROM default.x", "default"),
    ("SELECT * FROM merge('attune', '.*')", "merge"),
    ("SELECT * FROM merge(currentDatabase(), 'events')", "merge"),
    ("SELECT * FROM numbers(1000000000000)", "numbers"),
    ("SELECT * FROM zeros_mt(1000000000000)", "zeros_mt"),
    ("SELECT * FROM generateRandom('a String')", "generateRandom"),
    ("SELECT * FROM view(SELECT * FROM attune.events)", "read"),
    ("SELECT * FROM dictionary('d')", "dictionary"),
    ("SELECT * FROM events WHERE visitor IN persons", "persons"),
    ("SELECT * FROM events WHERE visitor IN (persons)", "persons"),
    ("SELECT * FROM events WHERE visitor IN attune.links", "links"),
    ("SELECT * FROM events WHERE visitor GLOBAL IN (SELECT 1)", "GLOBAL"),
    ("SELECT attune.events.user FROM events", "attune.events.user"),
    ("TABLE events", "TABLE"),
    ("VALUES (1)", "VALUES"),
    ("WITH persons AS (SELECT 1) SELECT * FROM (SELECT * FROM links)", "links"),
    ("SELECT * FROM (WITH raw AS (SELECT 1) SELECT * FROM raw) AS a, raw", "raw"),
    ("WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT * FROM t) SELECT * FROM t", "RECURSIVE"),
    // Functions that read, wait or tell of the server.
    ("SELECT sleep(3)", "sleep"),
    ("SELECT sleepEachRow(1) FROM events", "sleepEachRow"),
    ("SELECT getSetting('max_memory_usage')", "getSetting"),
    ("SELECT hostName()", "hostName"),
    ("SELECT hostName ( )", "hostName"),
    ("SELECT version()", "version"),
    ("SELECT currentUser()", "currentUser"),
    ("SELECT dictGet('d', 'a', 1)", "dictGet"),
    ("SELECT joinGet('attune.j', 'v', 1)", "joinGet"),
    ("SELECT hasColumnInTable('attune', 'events', 'user')", "hasColumnInTable"),
    ("SELECT uniqState(user) FROM events", "uniqState"),
    ("SELECT arrayReduce('groupArray', [1])", "arrayReduce"),
    ("SELECT initializeAggregation('uniqState', 1)", "initializeAggregation"),
    ("SELECT formatQuery('SELECT 1')", "formatQuery"),
    ("SELECT throwIf(1)", "throwIf"),
    ("SELECT addressToLine(1)", "addressToLine"),
    ("SELECT COLUMNS('.*') FROM events", "COLUMNS"),
    ("SELECT CAST(1 AS AggregateFunction(uniq, String))", "AggregateFunction"),
    ("SELECT 1::JSON", "JSON"),
    // Statements that do something.
    ("INSERT INTO events SELECT * FROM events", "INSERT"),
    ("INSERT INTO FUNCTION file('x') SELECT * FROM events", "INSERT"),
    ("CREATE TABLE t (a Int8) ENGINE = Memory", "CREATE"),
    ("CREATE VIEW v AS SELECT * FROM events", "CREATE"),
    ("DROP TABLE events", "DROP"),
    ("ALTER TABLE events DELETE WHERE 1", "ALTER"),
    ("TRUNCATE TABLE events", "TRUNCATE"),
    ("DELETE FROM events WHERE 1", "DELETE"),
    ("UPDATE events SET user = ''", "UPDATE"),
    ("EXPLAIN SELECT * FROM events", "EXPLAIN"),
    ("DESCRIBE TABLE events", "DESCRIBE"),
    ("SHOW TABLES", "SHOW"),
    ("SHOW CREATE TABLE events", "SHOW"),
    ("SET readonly = 0", "SET"),
    ("USE system", "USE"),
    ("KILL QUERY 1", "KILL"),
    ("OPTIMIZE TABLE events FINAL", "OPTIMIZE"),
    ("GRANT ALL ON *.* TO x", "GRANT"),
    ("SYSTEM SHUTDOWN", "read"),
    ("SELECT 1; SELECT 2", "2 statements"),
    ("SELECT 1; DROP TABLE events", "2 statements"),
    ("SELECT 1 -- \n; DROP TABLE events", "2 statements"),
    ("", "empty"),
    (";", "empty"),
    ("-- SELECT 1", "empty"),
    // Clauses that choose how, or where to.
    ("SELECT * FROM events SETTINGS readonly = 0", "SETTINGS"),
    ("SELECT * FROM events SETTINGS max_execution_time = 0, max_memory_usage = 0", "SETTINGS"),
    ("SELECT * FROM (SELECT name FROM events SETTINGS readonly = 0)", "SETTINGS"),
    ("SELECT * FROM events FORMAT Native", "FORMAT"),
    ("SELECT * INTO OUTFILE FROM events", "INTO"),
    ("SELECT * FROM events INTO OUTFILE '/tmp/x'", "read"),
    ("SELECT * FROM events INTO OUTFILE '/tmp/x' FORMAT CSV", "read"),
    ("SELECT name FROM events PREWHERE 1", "PREWHERE"),
    ("SELECT name FROM events ORDER BY at WITH FILL STEP 1", "WITH FILL"),
    ("SELECT name FROM events SAMPLE 0.1", "SAMPLE"),
    // Columns by other ways.
    ("SELECT address FROM events", "address"),
    ("SELECT e.user_agent FROM events AS e", "user_agent"),
    ("SELECT `address` FROM events", "address"),
    ("SELECT texts['risk'] FROM events", "risk"),
    ("SELECT risk FROM people", "risk"),
    ("SELECT p.`risk` FROM people AS p", "risk"),
    ("SELECT max(risk) FROM people GROUP BY tier", "risk"),
    ("SELECT tier FROM people ORDER BY risk", "risk"),
    ("SELECT tier FROM people WHERE risk = '9'", "risk"),
    ("SELECT a.tier FROM people AS a JOIN people AS b USING (risk)", "risk"),
    // Names that are not what they look like.
    ("SELECT * FROM ｅｖｅｎｔｓ", "read"),
    ("SELECT * FROM \u{202e}events", "read"),
    ("SELECT 1 AS `a\0b`", "U+0000"),
    ("SELECT 1 \0 SETTINGS readonly = 0", "U+0000"),
    ("SELECT '\u{1b}'", "U+001B"),
    ("SELECT $heredoc$a$heredoc$", "$heredoc$"),
    ("SELECT {x:Identifier} FROM events", "Identifier"),
    ("SELECT {x} FROM events", "parameter `x`"),
    ("SELECT * FROM {table:Identifier}", "read"),
    ("SELECT X'41'", "41"),
    ("SELECT ?", "?"),
    ("SELECT @@version", "@@"),
    // Too much of it.
    ("SELECT count() FROM events GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 WITH CUBE", "at most 8"),
    ("SELECT name, count() FROM events GROUP BY ALL WITH CUBE", "at most 8"),
    ("SELECT * FROM events NATURAL JOIN people", "NATURAL"),
    ("SELECT * FROM events JOIN people", "ON or USING"),
    ("SELECT * FROM events ARRAY JOIN texts", "arrayJoin"),
];

#[test]
fn hostile_statements_are_refused_and_told_what_of_them() {
    assert!(HOSTILE.len() >= 60);
    for (statement, named) in HOSTILE {
        let message = refusal(&analyst(), statement);
        assert!(message.contains(named), "{statement}\nis refused with: {message}");
    }
    for statement in [
        "SELECT visitor FROM events",
        "SELECT e.user FROM events AS e",
        "SELECT * FROM events",
        "SELECT groupUniqArray(session) FROM events",
        "SELECT * EXCEPT (visitor) FROM sessions",
        "SELECT s.* FROM sessions AS s",
        "SELECT uniq(visitor, user) FROM events",
        "SELECT uniqIf(visitor, visitor = toUUID('00000000-0000-0000-0000-000000000001')) FROM events",
        "SELECT name FROM events ORDER BY user",
        "SELECT count() FROM events GROUP BY visitor",
        "SELECT a.name FROM events AS a JOIN events AS b USING (visitor)",
        "SELECT any(toString(id)) FROM events",
        "SELECT max(user) FROM sessions",
        "SELECT arrayMap(user -> 1, [1])",
        "SELECT cityHash64(visitor) FROM events",
    ] {
        let message = refusal(&stranger(), statement);
        assert!(message.contains("who somebody is"), "{statement}: {message}");
    }
    for statement in [
        "SELECT uniq(visitor), count(DISTINCT user), uniqIf(session, name = 'a') FROM events",
        "SELECT * FROM (SELECT name, count() AS n FROM events GROUP BY name)",
        "SELECT count(*) FROM sessions",
    ] {
        fence(7.into(), &stranger(), &asked(statement)).unwrap();
    }
}

#[test]
fn statements_too_long_or_too_deep_are_refused_before_they_are_a_burden() {
    let chain = format!("SELECT {}1", "1+".repeat(1_200));
    fence(7.into(), &analyst(), &asked(&chain)).unwrap();
    let messages = [
        (format!("SELECT {}1", "1+".repeat(3_000)), "2500"),
        (format!("SELECT '{}'", "x".repeat(30_000)), "20000"),
        (format!("SELECT {}1{}", "(".repeat(300), ")".repeat(300)), ""),
        (format!("SELECT {}1", "NOT ".repeat(400)), ""),
        (format!("SELECT {}1", "- ".repeat(400)), ""),
        (format!("SELECT 1 WHERE a{}", "[1]".repeat(700)), ""),
        (format!("{}SELECT 1{}", "SELECT * FROM (".repeat(100), ")".repeat(100)), ""),
        (format!("SELECT {}1{}", "[".repeat(400), "]".repeat(400)), ""),
        (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(500)), "deeper"),
    ];
    for (statement, named) in messages {
        // What is harmless may pass: it must come back at all.
        match fence(7.into(), &analyst(), &asked(&statement)) {
            Err(Error::Question(message)) => assert!(message.contains(named), "{statement:.60}: {message}"),
            Err(other) => panic!("{other}"),
            Ok(_) => assert_eq!(named, "", "{statement:.60}"),
        }
    }
    let rows = SqlQuestion { rows: Some(10_001), ..asked("SELECT 1") };
    assert_eq!(
        fence(7.into(), &analyst(), &rows).unwrap_err().to_string(),
        "`rows` is 1 to 10000, not 10001"
    );
    let extra = SqlQuestion { parameters: [("a".to_owned(), true.into_value())].into(), ..asked("SELECT 1") };
    assert_eq!(
        fence(7.into(), &analyst(), &extra).unwrap_err().to_string(),
        "parameter `a` is not in the statement"
    );
}

/// A parser that tries each bracket in two ways tries forty of them for ever: `position(` was such a one.
#[test]
fn no_nesting_keeps_the_parser_busy() {
    let forms = [
        ("x IN (", "1", ")"),
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("[", "1", "]"),
        ("CASE WHEN x THEN ", "1", " END"),
        ("(SELECT ", "1", ")"),
        ("(x, ", "1", ")"),
        ("x IN ((", "1", "))"),
        ("lower((", "1", "))"),
        ("a -> (", "1", ")"),
        ("NOT EXISTS (SELECT ", "1", ")"),
        ("CAST(", "1", " AS String)"),
        ("x[", "1", "]"),
        ("x BETWEEN (", "1", ") AND 2"),
        ("extract(", "1", ")"),
        ("trim(", "1", ")"),
        ("position(", "1", ")"),
        ("(x -> ", "1", ")"),
        ("((x, y) -> ", "1", ")"),
        ("INTERVAL (", "1", ") DAY"),
        ("arrayMap((x, y) -> (", "1", "), z)"),
        ("count(DISTINCT ", "1", ")"),
        ("{'a': ", "1", "}"),
        ("FROM (", "events", ")"),
        ("substring(", "1", ")"),
        ("quantile(0.5)(", "1", ")"),
        ("x OVER (PARTITION BY ", "1", ")"),
        ("x::Array(", "String", ")"),
    ];
    let mut refused = 0;
    for (depth, a, b) in
        forms.iter().flat_map(|a| forms.iter().flat_map(move |b| [(20, a, b), (45, a, a), (1, a, b)]))
    {
        let (open, close) =
            (format!("{}{}", a.0, b.0).repeat(depth), format!("{}{}", b.2, a.2).repeat(depth));
        for statement in [
            format!("SELECT {open}1{close}"),
            format!("SELECT * FROM {open}x IN 1{close}"),
            format!("SELECT {open}"),
        ] {
            match fence(7.into(), &analyst(), &asked(&statement)) {
                Ok(fenced) => assert_eq!(escapes(&fenced.sql), None, "{statement}"),
                Err(Error::Question(_)) => refused += 1,
                Err(other) => panic!("{statement}: {other}"),
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

/// Words that statements, hostile ones above all, are made of.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "events",
    "sessions",
    "people",
    "system",
    ".",
    "tables",
    "attune",
    "links",
    "file",
    "url",
    "(",
    ")",
    "(",
    ")",
    ",",
    "'/etc/passwd'",
    "1",
    "*",
    "AS",
    "a",
    "WITH",
    "UNION",
    "ALL",
    "IN",
    "JOIN",
    "ON",
    "USING",
    "=",
    "AND",
    "visitor",
    "count",
    "uniq",
    "numbers",
    "[",
    "]",
    "->",
    "`",
    "\"",
    "'",
    "\\",
    ";",
    "--",
    "/*",
    "*/",
    "{",
    "}",
    ":",
    "String",
    "$a",
    "SETTINGS",
    "FORMAT",
    "INTO",
    "OUTFILE",
    "GROUP",
    "BY",
    "ORDER",
    "LIMIT",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "EXISTS",
    "NOT",
    "::",
    "merge",
    "remote",
    "x",
    "texts",
    "risk",
    "\u{0}",
    "é",
    "🙂",
];

/// Table functions and tables in what is run, outside of literals and quoted names.
fn escapes(sql: &str) -> Option<String> {
    let mut bare = String::new();
    let mut chars = sql.chars();
    while let Some(c) = chars.next() {
        if matches!(c, '\'' | '`') {
            loop {
                match chars.next() {
                    Some('\\') => drop(chars.next()),
                    Some(other) if other == c => break,
                    Some(_) => {}
                    None => return Some("an open quote".to_owned()),
                }
            }
            bare.push_str(" Q ");
        } else {
            bare.push(c);
        }
    }
    let lower = bare.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').collect();
    let ours =
        ["attune.events", "attune.attributes", "attune.imports", "attune.hashes", "said.key", "hashes.hash"];
    let foreign = |word: &&&str| {
        (word.contains('.') && word.chars().any(char::is_alphabetic) && !ours.contains(*word))
            || ["system", "outfile", "format", "links"].contains(*word)
    };
    let called: String = lower.split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "(");
    let functions = ["file(", "url(", "numbers(", "merge(", "remote("];
    if let Some(function) = functions.into_iter().find(|function| called.contains(function)) {
        return Some(function.to_owned());
    }
    let comments = ["--", "/*", "#", ";"].into_iter().find(|sign| bare.contains(sign)).map(str::to_owned);
    comments.or_else(|| words.iter().find(foreign).map(|word| (*word).to_owned()))
}

#[test]
fn no_soup_of_words_gets_past() {
    let passed = Counter::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) });
    let soups = (prop::collection::vec(prop::sample::select(WORDS), 1..24), any::<bool>());
    let outcome = runner.run(&soups, |(words, spaced)| {
        let soup = words.join(if spaced { " " } else { "" });
        for statement in [
            soup.clone(),
            format!("SELECT {soup}"),
            format!("SELECT * FROM events WHERE {soup}"),
            format!("SELECT {soup} FROM events"),
            format!("SELECT * FROM {soup}"),
        ] {
            let question = SqlQuestion {
                parameters: [("a".to_owned(), Value::Text("') OR 1 -- `".to_owned()))].into(),
                statement: format!("{statement} LIMIT length($a)"),
                ..SqlQuestion::default()
            };
            let plain = fence(7.into(), &analyst(), &asked(&statement));
            for fenced in [fence(7.into(), &analyst(), &question), plain].into_iter().flatten() {
                passed.set(passed.get() + 1);
                prop_assert_eq!(escapes(&fenced.sql), None, "{} became {}", statement, fenced.sql);
            }
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(passed.get() > 1_000, "only {} soups are statements", passed.get());
}

const SITE: u32 = 160;
const OTHER: u32 = 161;

async fn fill(warehouse: &Warehouse) {
    let mut rows = Vec::new();
    for visitor in 1..=6u128 {
        for n in 0..4u128 {
            let name = ["page_viewed", "cart", "purchased", "page_viewed"][n as usize];
            let mut event = row(
                SITE,
                visitor * 10 + n,
                visitor,
                name,
                NOON + (visitor as i64) * DAY_MS / 2 + (n as i64) * HOUR_MS,
            );
            event.sequence = n as u32;
            event.channel = ["search", "email"][visitor as usize % 2];
            event.url = format!("https://shop.test/{name}?q={visitor}");
            event.country = "KR".to_owned();
            event.address = "203.0.113.9".to_owned();
            event.user = if visitor <= 3 { format!("u{visitor}") } else { String::new() };
            event.properties = vec![
                ("amount".to_owned(), Value::Number(10.0 * visitor as f64)),
                (
                    "plan".to_owned(),
                    Value::Text(if visitor % 3 == 0 { "gold" } else { "it's \\ plain" }.to_owned()),
                ),
                ("risk".to_owned(), Value::Text("9".to_owned())),
                ("new".to_owned(), Value::Bool(visitor > 3)),
            ];
            if visitor == 6 {
                event.bot = Class::Bot;
            }
            rows.push(event);
        }
    }
    let mut secret = row(OTHER, 999, 99, "secret", NOON);
    secret.user = "somebody else's".to_owned();
    rows.push(secret);
    warehouse.insert("fence", 1, &rows).await.unwrap();
    for (import, at, rows) in [
        (
            1,
            1,
            json!([{"line":1,"key":"u1","attributes":{"tier":"gold","risk":"9"}},{"line":2,"key":"u2","attributes":{"tier":"basic"}}]),
        ),
        (
            2,
            2,
            json!([{"line":1,"key":"u2","attributes":{"tier":"silver"}},{"line":2,"key":"u1","removed":["risk"]}]),
        ),
    ] {
        let rows: Vec<PersonRow> = serde_json::from_value(rows).unwrap();
        warehouse.stage(SITE, import, None, Timestamp(NOON), &rows).await.unwrap();
        let record = ImportRecord {
            site: SITE,
            import,
            list: String::new(),
            content: String::new(),
            hashed: false,
            attributes: vec!["tier".to_owned()],
            people: 2,
            published_at: Timestamp(NOON + at),
            expires_at: Timestamp(0),
        };
        warehouse.publish(&record).await.unwrap();
    }
}

async fn rows(warehouse: &Warehouse, statement: &str) -> serde_json::Value {
    match warehouse.statement(SITE, &analyst(), &asked(statement)).await {
        Ok(answer) => serde_json::to_value(answer.rows).unwrap(),
        Err(error) => error.to_string().into(),
    }
}

#[test]
fn honest_statements_work_and_see_the_site_only() {
    run(async |warehouse| {
        fill(warehouse).await;
        let mut wrong = Vec::new();
        // Five visitors are people; each viewed twice, filled a cart and bought for ten times their number.
        for (statement, expected) in [
            ("SELECT count() FROM events", json!([[20]])),
            ("select COUNT(*) as n from events where name = 'purchased'", json!([[5]])),
            (
                "SELECT name, count() AS n FROM events GROUP BY name ORDER BY n DESC, name",
                json!([["page_viewed", 10], ["cart", 5], ["purchased", 5]]),
            ),
            ("SELECT uniq(visitor), uniqExact(session) FROM events", json!([[5, 5]])),
            ("SELECT count(DISTINCT user) FROM events WHERE user != ''", json!([[3]])),
            ("SELECT sum(numbers['amount']) FROM events WHERE name = 'purchased'", json!([[150]])),
            (
                "SELECT texts['plan'] AS plan, count() FROM events GROUP BY plan ORDER BY plan",
                json!([["gold", 4], ["it's \\ plain", 16]]),
            ),
            ("SELECT count() FROM events WHERE texts['plan'] = 'it\\'s \\\\ plain'", json!([[16]])),
            ("SELECT countIf(flags['new']) FROM events", json!([[8]])),
            (
                "SELECT toDate(at) AS d, count() FROM events GROUP BY d ORDER BY d LIMIT 1",
                json!([["2026-11-23", 8]]),
            ),
            (
                "SELECT channel, avg(numbers['amount']) FROM events GROUP BY channel ORDER BY 1",
                json!([["email", 30], ["search", 30]]),
            ),
            (
                "SELECT quantile(0.5)(numbers['amount']), quantiles(0.1, 0.9)(numbers['amount']) FROM events WHERE name = 'cart'",
                json!([[30, [14, 46]]]),
            ),
            (
                "SELECT windowFunnel(86400)(toDateTime(at), name = 'page_viewed', name = 'cart', name = 'purchased') AS level, visitor FROM events GROUP BY visitor ORDER BY visitor LIMIT 1",
                json!([[3, "00000000-0000-0000-0000-000000000001"]]),
            ),
            (
                "WITH buyers AS (SELECT DISTINCT visitor FROM events WHERE name = 'purchased') SELECT count() FROM buyers",
                json!([[5]]),
            ),
            ("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b", json!([[2]])),
            ("WITH events AS (SELECT 1 AS name) SELECT name FROM events", json!([[1]])),
            (
                "SELECT count() FROM events WHERE visitor IN (SELECT visitor FROM events WHERE numbers['amount'] > 30)",
                json!([[8]]),
            ),
            (
                "SELECT count() FROM events WHERE name IN ('cart', 'purchased') AND name NOT IN ('cart')",
                json!([[5]]),
            ),
            (
                "SELECT a.name, b.name FROM events a JOIN events b ON a.visitor = b.visitor AND a.sequence + 1 = b.sequence WHERE a.user = 'u1' ORDER BY a.sequence",
                json!([["page_viewed", "cart"], ["cart", "purchased"], ["purchased", "page_viewed"]]),
            ),
            (
                "SELECT count() FROM events AS e LEFT JOIN people AS p USING (user) WHERE p.tier = 'gold'",
                json!([[4]]),
            ),
            ("SELECT user, tier FROM people ORDER BY user", json!([["u1", "gold"], ["u2", "silver"]])),
            (
                "SELECT pages, events, seconds, entry FROM sessions ORDER BY visitor LIMIT 1",
                json!([[2, 4, 10800, "https://shop.test/page_viewed"]]),
            ),
            ("SELECT avg(events) FROM sessions", json!([[4]])),
            (
                "SELECT name, row_number() OVER (PARTITION BY visitor ORDER BY at) AS n FROM events WHERE user = 'u2' ORDER BY n LIMIT 2",
                json!([["page_viewed", 1], ["cart", 2]]),
            ),
            (
                "SELECT sum(c) OVER (ORDER BY name ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM (SELECT name, count() AS c FROM events GROUP BY name) ORDER BY s",
                json!([[5], [15], [20]]),
            ),
            (
                "SELECT CASE WHEN numbers['amount'] > 30 THEN 'high' ELSE 'low' END AS band, count() FROM events GROUP BY band ORDER BY band",
                json!([["high", 8], ["low", 12]]),
            ),
            (
                "SELECT multiIf(country = 'KR', 'Korea', 'other') AS c, count() FROM events GROUP BY ALL",
                json!([["Korea", 20]]),
            ),
            (
                "SELECT arrayMap(x -> x * 2, [1, 2]), arraySum((x, y) -> x * y, [1, 2], [3, 4])",
                json!([[[2, 4], 11]]),
            ),
            ("SELECT arrayJoin([3, 1]) AS n ORDER BY n", json!([[1], [3]])),
            (
                "SELECT 'x' || 'y', intDiv(7, 2), 7 % 4, -3, NOT true, 1 = 1 AND 2 > 1",
                json!([["xy", 3, 3, -3, false, 1]]),
            ),
            ("SELECT 2 - 3 - 4, 2 * (3 + 4), 8 / 4 / 2", json!([[-5, 14, 1]])),
            (
                "SELECT CAST('5' AS UInt8) + 1, '2026-01-01'::Date + INTERVAL 1 DAY, DATE '2026-02-03'",
                json!([[6, "2026-01-02", "2026-02-03"]]),
            ),
            ("SELECT extract(YEAR FROM at) AS y, count() FROM events GROUP BY y", json!([[2026, 20]])),
            (
                "SELECT substring('abcdef', 2, 3), position('abc', 'c'), trim('  a '), lower('A'), floor(1.5), round(2.34, 1)",
                json!([["bcd", 3, "a", "a", 1, 2.3]]),
            ),
            ("SELECT substring('값', 1, 1)", json!([["\u{fffd}"]])),
            ("SELECT name FROM events GROUP BY name HAVING count() > 5", json!([["page_viewed"]])),
            ("SELECT name FROM events WHERE url LIKE '%cart%' LIMIT 1", json!([["cart"]])),
            (
                "SELECT path(url) AS p, count() FROM events GROUP BY p ORDER BY p LIMIT 1 OFFSET 1",
                json!([["/page_viewed", 10]]),
            ),
            (
                "SELECT visitor, name FROM events ORDER BY visitor, at LIMIT 1 BY visitor",
                json!([
                    ["00000000-0000-0000-0000-000000000001", "page_viewed"],
                    ["00000000-0000-0000-0000-000000000002", "page_viewed"],
                    ["00000000-0000-0000-0000-000000000003", "page_viewed"],
                    ["00000000-0000-0000-0000-000000000004", "page_viewed"],
                    ["00000000-0000-0000-0000-000000000005", "page_viewed"]
                ]),
            ),
            ("SELECT 3 AS n UNION ALL SELECT 1 ORDER BY n", json!([[1], [3]])),
            ("SELECT 1 AS n UNION DISTINCT SELECT 1", json!([[1]])),
            ("(SELECT 1 AS n UNION ALL SELECT 2) EXCEPT SELECT 2", json!([[1]])),
            (
                "SELECT channel, name, count() FROM events WHERE name != 'page_viewed' GROUP BY channel, name WITH ROLLUP ORDER BY 3 DESC LIMIT 1",
                json!([["", "", 10]]),
            ),
            ("SELECT (SELECT max(numbers['amount']) FROM events) AS most", json!([[50]])),
            (
                "SELECT topK(1)(name), groupArray(2)(numbers['amount']) FROM (SELECT * FROM events ORDER BY at)",
                json!([[["page_viewed"], [10, 10]]]),
            ),
            ("SELECT 0 / 0, 1 / 0, NULL", json!([[null, null, null]])),
            (
                "SELECT toStartOfInterval(at, INTERVAL 1 WEEK) AS w, count() FROM events GROUP BY w",
                json!([["2026-11-23", 20]]),
            ),
            ("SELECT numbers FROM events WHERE user = 'u1' LIMIT 1", json!([[{"amount": 10}]])),
            ("SELECT texts FROM events WHERE user = 'u3' LIMIT 1", json!([[{"plan": "gold"}]])),
            ("SELECT count() FROM events WHERE mapContains(texts, 'risk')", json!([[0]])),
            ("SELECT DISTINCT bot FROM events", json!([["human"]])),
        ] {
            let found = rows(warehouse, statement).await;
            if found != expected {
                wrong.push(format!("{statement}\n  {found}, not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let everything = rows(warehouse, "SELECT * FROM events").await.to_string();
        assert!(
            !everything.contains("somebody else's") && !everything.contains("203.0.113.9"),
            "{everything}"
        );
        assert!(!everything.contains("risk"), "{everything}");
        let all = Access { hidden: Default::default(), ..analyst() };
        let risk = warehouse
            .statement(SITE, &all, &asked("SELECT user, risk FROM people ORDER BY user"))
            .await
            .unwrap();
        // The second file took it back.
        assert_eq!(risk.rows[0], [Cell::Text("u1".to_owned()), Cell::Text(String::new())]);
    });
}

#[test]
fn parameters_periods_and_limits_hold() {
    run(async |warehouse| {
        let site = 162;
        let events: Vec<_> =
            (0..300).map(|n| row(site, n + 1, n + 1, "a", NOON + n as i64 * HOUR_MS)).collect();
        warehouse.insert("limits", 1, &events).await.unwrap();
        let given: SqlQuestion = serde_json::from_value(json!({
            "statement": "SELECT count() FROM events WHERE at >= {from:DateTime} AND name = $name AND sequence < {most:UInt32}",
            "parameters": { "from": "2026-11-23 12:00:00", "name": "a", "most": 5 },
            "period": { "from": NOON, "to": NOON + 30 * HOUR_MS }
        }))
        .unwrap();
        let answer = warehouse.statement(site, &analyst(), &given).await.unwrap();
        // NOON is 22 November, 12:00: of thirty hours, six are left.
        assert_eq!(answer.rows, [[Cell::Count(6)]]);
        assert_eq!((answer.columns[0].kind.as_str(), answer.truncated), ("UInt64", false));
        assert!(answer.definition.contains("2026-11-22 12:00:00 UTC"), "{}", answer.definition);

        let hostile = SqlQuestion {
            parameters: [("x".to_owned(), Value::Text("') UNION ALL SELECT 'got in' -- \\".to_owned()))]
                .into(),
            ..asked("SELECT $x")
        };
        let answer = warehouse.statement(site, &analyst(), &hostile).await.unwrap();
        assert_eq!(answer.rows, [[Cell::Text("') UNION ALL SELECT 'got in' -- \\".to_owned())]]);

        let few = SqlQuestion { rows: Some(7), ..asked("SELECT visitor FROM events ORDER BY at DESC") };
        let answer = warehouse.statement(site, &analyst(), &few).await.unwrap();
        assert_eq!((answer.rows.len(), answer.truncated), (7, true));
        assert_eq!(answer.rows[0], [Cell::Text("00000000-0000-0000-0000-00000000012c".to_owned())]);

        for (statement, says) in [
            ("SELECT arrayMap(x -> range(1000000), range(1000000))", "ClickHouse refuses"),
            ("SELECT count() FROM events a, events b, events c, events d, events e", "longer than 1 s"),
            ("SELECT length(leftPad('x', 4000000000))", "ClickHouse refuses"),
            ("SELECT arraySort(x -> sipHash64(x), range(20000000))[1]", "ClickHouse refuses"),
            (
                "SELECT groupArray(x) FROM (SELECT arrayJoin(range(5000000)) AS x, arrayJoin(range(20)))",
                "memory",
            ),
            ("SELECT nothing FROM events", "nothing"),
            ("SELECT name + 1 FROM events", "ClickHouse refuses"),
        ] {
            let question = SqlQuestion { seconds: Some(1), ..asked(statement) };
            match warehouse.statement(site, &analyst(), &question).await {
                Err(Error::Question(message)) => {
                    let limits = message.contains("memory") || message.contains("longer than 1 s");
                    assert!(message.contains(says) || limits, "{statement}: {message}");
                }
                other => panic!("{statement}: {other:?}"),
            }
        }
        // The connection is as it was: settings of a statement end with it.
        warehouse.insert("after", 2, &[row(site, 900, 900, "b", NOON)]).await.unwrap();
        assert_eq!(warehouse.count(site).await.unwrap(), 301);
    });
}

#[test]
fn statements_wait_for_one_another_and_inserts_for_none() {
    run(async |warehouse| {
        let events: Vec<_> = (0..200).map(|n| row(163, n + 1, n + 1, "a", NOON)).collect();
        warehouse.insert("many", 1, &events).await.unwrap();
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let warehouse = warehouse.clone();
            running.spawn(async move {
                let slow = "SELECT count() FROM events a, events b, events c, events d, events e, events f";
                let question = SqlQuestion { seconds: Some(4), ..asked(slow) };
                warehouse.statement(163, &analyst(), &question).await
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        warehouse.insert("meanwhile", 2, &[row(163, 900, 900, "b", NOON)]).await.unwrap();
        assert_eq!(warehouse.count(163).await.unwrap(), 201);
        // With a connection for each, the insert would have had to wait for one of them.
        assert!(running.try_join_next().is_none());
        running.abort_all();
    });
}

#[test]
fn behind_the_fence_the_engine_refuses_too() {
    run(async |warehouse| {
        for statement in [
            "SELECT * FROM file('/etc/hostname', 'LineAsString') SETTINGS readonly = 1",
            "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString') SETTINGS readonly = 1",
        ] {
            let error = warehouse.run(statement).await.unwrap_err().to_string();
            assert!(error.contains("readonly") || error.contains("ACCESS_DENIED"), "{statement}: {error}");
        }
    });
}
