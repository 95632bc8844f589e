-- Which users a visitor was identified as, and when first and last.
CREATE TABLE IF NOT EXISTS links (
    site UInt32,
    visitor UUID CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (site, visitor, user)
SETTINGS non_replicated_deduplication_window = 10000;

-- User ids that mean the same person: all name the smallest of them, whatever the order in which that was learnt.
CREATE TABLE IF NOT EXISTS persons (
    site UInt32,
    user String CODEC(ZSTD(1)),
    person SimpleAggregateFunction(min, String)
)
ENGINE = AggregatingMergeTree
ORDER BY (site, user);

-- What was there before.
INSERT INTO links (site, visitor, user, first_at, last_at)
SELECT site, visitor, user, min(at), max(at) FROM events WHERE user != '' GROUP BY site, visitor, user;
