-- The upper half of every event's id, sorted: whether an id may be there is read from a few kilobytes, however many
-- events there are. Ids of our SDK begin with their time, so that those of one range lie together. Small granules
-- and blocks, because others' ids are spread over all of it.
CREATE TABLE IF NOT EXISTS ids (
    site UInt32,
    key UInt64 CODEC(NONE)
)
ENGINE = MergeTree
ORDER BY (site, key)
SETTINGS index_granularity = 256, min_compress_block_size = 4096, max_compress_block_size = 65536,
    non_replicated_deduplication_window = 10000;

INSERT INTO ids (site, key)
SELECT site, reinterpretAsUInt64(reverse(substring(UUIDToNum(id), 1, 8))) FROM events;
