//! The rows that are asked about, and what they weigh.

use attune_warehouse::Warehouse;
use std::fmt::Write as _;

/// 1 November 2025: long enough ago that what tables forget with time is forgotten.
pub(crate) const BEGIN: i64 = 1_761_955_200_000;

/// Rows of one insert.
const BLOCK: u64 = 1_000_000;

/// Makes the rows: what happens is drawn from the number of the event. A visitor has twenty events in thirty days, in
/// two visits of a quarter of an hour; half of the events are steps of the funnel, as in the traffic that the design was
/// measured with. What surrounds them is as a shop's pages send it: ids that begin with their time, 8,000 pages of which
/// few are most, every fourth visit by a campaign with a click id in its address, 600 user agents, addresses without
/// their last number, requests every five seconds.
pub(crate) async fn fill(warehouse: &Warehouse, site: u32, events: u64) {
    for from in (0..events).step_by(BLOCK as usize) {
        let drawn = drawn(events, from, (events - from).min(BLOCK));
        for (table, columns) in [("events", EVENTS), ("steps", STEPS)] {
            let (names, values): (Vec<_>, Vec<_>) =
                columns.iter().map(|(name, value)| (*name, format!("{value} AS {name}"))).unzip();
            let sql = format!(
                "INSERT INTO attune.{table} (site, {}) SELECT {site}, {} FROM ({drawn}) SETTINGS prefer_column_name_to_alias = 1",
                names.join(", "),
                values.join(", ")
            );
            warehouse.run(&sql).await.expect("rows are made");
        }
        let keys = format!(
            "INSERT INTO attune.ids (site, key) SELECT {site}, bitShiftLeft(toUInt64(ms), 16) + 28672 + id_bits % 4096 \
             FROM ({drawn})"
        );
        warehouse.run(&keys).await.expect("ids are made");
    }
    for table in TABLES {
        warehouse.run(&format!("OPTIMIZE TABLE attune.{table} FINAL")).await.expect("parts are merged");
    }
}

const TABLES: [&str; 3] = ["events", "steps", "ids"];

type Columns = &'static [(&'static str, &'static str)];

const STEPS: Columns = &[
    ("visitor", "visitor"),
    ("at", "fromUnixTimestamp64Milli(ms, 'UTC')"),
    ("sequence", "sequence"),
    ("name", "name"),
    ("session", "session"),
    ("device", "device"),
];

const EVENTS: Columns = &[
    ("visitor", "visitor"),
    ("at", "fromUnixTimestamp64Milli(ms, 'UTC')"),
    ("sequence", "sequence"),
    ("name", "name"),
    ("session", "session"),
    ("user", "if(v % 10 = 0, concat('customer-', toString(v)), '')"),
    ("id_time_ms", "0"),
    ("id_middle", "28672 + id_bits % 4096"),
    ("id_low", "bitOr(bitShiftRight(cityHash64(number, 9), 2), bitShiftLeft(toUInt64(1), 63))"),
    ("received_after_ms", "received - ms"),
    ("batch", "cityHash64(intDiv(received, 1000))"),
    (
        "url",
        "concat('https://shop.example/', ['c', 'p', 'p', 'guide', 'help'][1 + page % 5], '/', toString(page), \
         if(tagged, concat('?utm_source=news&utm_medium=email&utm_campaign=c', toString(v % 7), '&gclid=', \
         hex(cityHash64(v, s, 21))), ''))",
    ),
    ("title", "concat('Item ', toString(page), ', with what it is called at length - Shop')"),
    (
        "referrer",
        "if(number % 10 = 0, ['https://www.google.com/', 'https://m.search.naver.com/', '', 'https://t.co/abc'] \
         [1 + cityHash64(v, s, 5) % 4], concat('https://shop.example/p/', toString(before)))",
    ),
    ("device", "device"),
    ("locale", "['ko-KR', 'en-GB', 'de-DE'][1 + v % 3]"),
    ("utm_source", "if(tagged, 'news', '')"),
    ("utm_medium", "if(tagged, 'email', '')"),
    ("utm_campaign", "if(tagged, concat('c', toString(v % 7)), '')"),
    ("library", "'attune-web 0.1.0'"),
    ("consent", "3"),
    (
        "texts",
        "multiIf(name IN ('view', 'detail', 'cart', 'buy'), map('item', concat('sku-', toString(page)), 'category', \
         ['travel', 'dining', 'fuel', 'home'][1 + page % 4]), name = 'click', map('element', concat( \
         'main>section.s', toString(r2 % 40), '>a')), CAST(map(), 'Map(String, String)'))",
    ),
    (
        "numbers",
        "multiIf(name IN ('view', 'detail', 'cart', 'buy'), map('price', toFloat64(page * 37 % 100)), name = 'scroll', \
         map('depth', toFloat64(25 * (1 + r2 % 4))), name = 'seen', map('engaged_ms', toFloat64(r2 % 60000)), \
         CAST(map(), 'Map(String, Float64)'))",
    ),
    ("skew_ms", "toInt64(cityHash64(v, s, 10) % 2000) - 1000"),
    (
        "user_agent",
        "concat('Mozilla/5.0 (', ['Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7', \
         'iPhone; CPU iPhone OS 19_1 like Mac OS X', 'Linux; Android 16; K'][1 + agent % 4], \
         ') AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', toString(agent % 150), '.0.0.0 Safari/537.36')",
    ),
    ("browser", "['Chrome', 'Safari', 'Firefox', 'Edge'][1 + agent % 4]"),
    ("browser_version", "concat(toString(agent % 150), '.0')"),
    ("os", "['Windows', 'Mac OS X', 'iOS', 'Android'][1 + agent % 4]"),
    ("os_version", "toString(agent % 7)"),
    ("device_brand", "['', 'Apple', 'Samsung'][1 + agent % 3]"),
    ("device_model", "['', 'iPhone', 'SM-G99'][1 + agent % 3]"),
    ("channel", "['search', 'direct', 'email', 'social', ''][1 + cityHash64(v, s, 4) % 5]"),
    ("source", "['Google', '', 'news', 'Naver', ''][1 + cityHash64(v, s, 4) % 5]"),
    ("country", "['KR', 'KR', 'KR', 'US', 'DE'][1 + v % 5]"),
    (
        "address",
        "concat(toString(1 + cityHash64(v, 30) % 223), '.', toString(cityHash64(v, 31) % 256), '.', \
         toString(cityHash64(v, 32) % 256), '.0')",
    ),
];

/// What the columns are made of, of `count` events from number `from` on.
fn drawn(events: u64, from: u64, count: u64) -> String {
    let visitors = (events / 20).max(1);
    // Of 8,192 pages the first few are most: as many views of 1 as of 2 and 3, as of 4 to 7, and so on.
    let page = |of: u32| format!("toUInt32(exp2(13 * (cityHash64(number, {of}) % 1000000) / 1000000))");
    let mut sql = String::from(
        "SELECT *, intDiv(ms, 5000) * 5000 + 5000 + cityHash64(v, s, intDiv(ms, 5000)) % 900 AS received FROM (",
    );
    let _infallible = write!(
        sql,
        "SELECT number, v, s, r2, cityHash64(number, 22) AS id_bits, {} AS page, {} AS before, \
         multiIf(p < 300, 'view', p < 440, 'detail', p < 490, 'cart', p < 515, 'checkout', p < 525, 'buy', \
         p < 700, 'scroll', p < 850, 'click', p < 990, 'seen', 'leave') AS name, \
         {BEGIN} + toInt64(cityHash64(v, s) % 2591000) * 1000 + toInt64(cityHash64(number, 6) % 900000) AS ms, \
         reinterpret(sipHash128(v, 2), 'UUID') AS visitor, reinterpret(sipHash128(v, s, 3), 'UUID') AS session, \
         toUInt32(number % 10) AS sequence, if(v % 3 = 0, 'mobile', 'desktop') AS device, \
         cityHash64(v, s, 20) % 4 = 0 AS tagged, cityHash64(v, 13) % 600 AS agent \
         FROM (SELECT number, cityHash64(number) % 1000 AS p, cityHash64(number, 7) AS r2, \
         cityHash64(number, 8) % {visitors} AS v, r2 % 2 AS s FROM numbers({from}, {count})))",
        page(11),
        page(12)
    );
    sql
}

/// Says what an event weighs in each table, and its dearest columns.
pub(crate) async fn weigh(warehouse: &Warehouse) {
    println!(
        "{:<10}{:>12}  dearest columns, bytes an event (compressed, with marks)",
        "table", "bytes/event"
    );
    let mut both = 0.0;
    for table in TABLES {
        let weight = warehouse.weight(table).await.expect("parts are known");
        let columns: Vec<String> =
            weight.columns.iter().take(12).map(|(name, bytes)| format!("{name} {bytes:.2}")).collect();
        println!("{table:<10}{:>12.1}  {}", weight.row_bytes, columns.join(", "));
        if table != "ids" {
            both += weight.row_bytes;
        }
    }
    println!("{:<10}{both:>12.1}  events and steps", "together");
}
