-- Files of people that were imported to the end. Rows of a file that is not named here are nobody's to see.
CREATE TABLE IF NOT EXISTS imports (
    site UInt32,
    import UUID,
    list String,
    content String,
    hashed Bool,
    attributes Array(String),
    people UInt64,
    published_at DateTime64(3, 'UTC'),
    expires_at DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (site, list, import);

-- What a file says of a person: an attribute has the value of the last file that speaks of it.
CREATE TABLE IF NOT EXISTS attributes (
    site UInt32,
    user String CODEC(ZSTD(1)),
    import UUID CODEC(ZSTD(1)),
    staged_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    texts Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    numbers Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    flags Map(LowCardinality(String), Bool) CODEC(ZSTD(1)),
    removed Array(LowCardinality(String)) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(staged_at)
ORDER BY (site, user, import);

-- Who is on a list, as the last file of it says.
CREATE TABLE IF NOT EXISTS lists (
    site UInt32,
    list LowCardinality(String),
    import UUID CODEC(ZSTD(1)),
    user String CODEC(ZSTD(1)),
    staged_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    expires_at DateTime('UTC') CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(staged_at)
ORDER BY (site, list, import, user)
TTL expires_at;

-- Keyed hashes of the user ids that the site knows, by which files name them.
CREATE TABLE IF NOT EXISTS hashes (
    site UInt32,
    user String CODEC(ZSTD(1)),
    hash String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (site, user);
