-- Which times to live the other tables were given: see `retention`.
CREATE TABLE IF NOT EXISTS retention (
    site UInt32,
    place String,
    expression String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY (site, place)
