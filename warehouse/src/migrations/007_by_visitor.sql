-- The wide table anew, sorted by visitor instead of by name: most of what is said of an event is the same in all of a
-- visit, and packs to nothing where a visit's events lie side by side. `migrate` copies the rows and exchanges the
-- tables, and this is what `events` is made of from then on.
--
-- What can be calculated is not stored: an id of our SDK begins with its event's time, and receipt follows the event by
-- seconds. `id_time_ms` is the time in the id minus `at` (nothing, mostly, for our ids, and some number for those of others).
-- `batch` tells a range that is shipped again from one that was shipped before, and is forgotten after a week.
CREATE TABLE IF NOT EXISTS events_by_visitor (
    site UInt32,
    day Date MATERIALIZED toDate(at, 'UTC'),
    visitor UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    sequence UInt32 CODEC(T64, ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    session UUID CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    id UUID ALIAS reinterpret(bitOr(bitShiftLeft(toUInt128(id_low), 64), toUInt128(bitOr(
        bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at) + id_time_ms), 16), toUInt64(id_middle)))), 'UUID'),
    id_time_ms Int64 CODEC(T64, ZSTD(1)),
    id_middle UInt16 CODEC(T64('bit')),
    id_low UInt64 CODEC(NONE),
    received_at DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(at) + received_after_ms, 'UTC'),
    received_after_ms Int64 CODEC(T64, ZSTD(1)),
    batch UInt64 CODEC(ZSTD(1)) TTL toDateTime(at, 'UTC') + toIntervalSecond(intDiv(received_after_ms, 1000)) + toIntervalDay(7),
    url String CODEC(ZSTD(3)),
    title LowCardinality(String) CODEC(ZSTD(1)),
    referrer LowCardinality(String) CODEC(ZSTD(1)),
    device LowCardinality(String) CODEC(ZSTD(1)),
    locale LowCardinality(String) CODEC(ZSTD(1)),
    utm_source LowCardinality(String) CODEC(ZSTD(1)),
    utm_medium LowCardinality(String) CODEC(ZSTD(1)),
    utm_campaign LowCardinality(String) CODEC(ZSTD(1)),
    library LowCardinality(String) CODEC(ZSTD(1)),
    consent UInt8 CODEC(ZSTD(1)),
    texts Map(LowCardinality(String), String) CODEC(ZSTD(3)),
    numbers Map(LowCardinality(String), Float64) CODEC(ZSTD(3)),
    flags Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
    skew_ms Int64 CODEC(ZSTD(1)),
    clock_corrected Bool CODEC(ZSTD(1)),
    user_agent LowCardinality(String) CODEC(ZSTD(1)),
    browser LowCardinality(String) CODEC(ZSTD(1)),
    browser_version LowCardinality(String) CODEC(ZSTD(1)),
    os LowCardinality(String) CODEC(ZSTD(1)),
    os_version LowCardinality(String) CODEC(ZSTD(1)),
    device_brand LowCardinality(String) CODEC(ZSTD(1)),
    device_model LowCardinality(String) CODEC(ZSTD(1)),
    channel LowCardinality(String) CODEC(ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    search_term String CODEC(ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    address String CODEC(ZSTD(3)),
    bot Enum8('human' = 0, 'likely' = 1, 'bot' = 2, 'monitoring' = 3) CODEC(ZSTD(1)),
    bot_reason LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (site, day, visitor, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- Parts of before keep how they are packed until they are merged.
ALTER TABLE steps
    MODIFY COLUMN at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN name LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN device LowCardinality(String) CODEC(ZSTD(1)),
    MODIFY COLUMN bot Enum8('human' = 0, 'likely' = 1, 'bot' = 2, 'monitoring' = 3) CODEC(ZSTD(1))
