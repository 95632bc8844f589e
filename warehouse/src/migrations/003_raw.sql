-- Requests as they were received, for as long as they may be needed again: what was refused, and what was translated.
CREATE TABLE IF NOT EXISTS raw (
    site UInt32,
    id UUID,
    batch UInt64 CODEC(DoubleDelta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    expires_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    path String CODEC(ZSTD(1)),
    headers Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    body String CODEC(ZSTD(3)),
    refused Array(Tuple(UInt32, LowCardinality(String))) CODEC(ZSTD(1)),
    events Array(UUID) CODEC(ZSTD(1)),
    visitors Array(UUID) CODEC(ZSTD(1)),
    users Array(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (site, received_at, id)
TTL expires_at
SETTINGS non_replicated_deduplication_window = 10000;
