-- The wide table: every event, the source of truth. Every query bounds `site`, and `day` prunes.
CREATE TABLE IF NOT EXISTS events (
    site UInt32,
    day Date MATERIALIZED toDate(at, 'UTC'),
    id UUID,
    batch UInt64 CODEC(DoubleDelta, ZSTD(1)),
    name LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    visitor UUID CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    session UUID CODEC(ZSTD(1)),
    sequence UInt32 CODEC(T64, ZSTD(1)),
    url String CODEC(ZSTD(1)),
    title String CODEC(ZSTD(1)),
    referrer String CODEC(ZSTD(1)),
    device LowCardinality(String),
    locale LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    library LowCardinality(String),
    consent UInt8,
    texts Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    numbers Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    flags Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
    INDEX id_bloom id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (site, day, name, visitor, at)
SETTINGS non_replicated_deduplication_window = 10000;

-- The narrow table: what funnels walk, sorted as they walk it.
CREATE TABLE IF NOT EXISTS steps (
    site UInt32,
    visitor UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    sequence UInt32 CODEC(T64, ZSTD(1)),
    name LowCardinality(String),
    session UUID CODEC(ZSTD(1)),
    device LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (site, visitor, at)
SETTINGS non_replicated_deduplication_window = 10000;
