-- What is found out about an event. Every column has a default: rows of before keep it, and a program of before,
-- which names its columns, goes on inserting and asking.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS skew_ms Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS clock_corrected Bool,
    ADD COLUMN IF NOT EXISTS user_agent String CODEC(ZSTD(3)),
    ADD COLUMN IF NOT EXISTS browser LowCardinality(String),
    ADD COLUMN IF NOT EXISTS browser_version LowCardinality(String),
    ADD COLUMN IF NOT EXISTS os LowCardinality(String),
    ADD COLUMN IF NOT EXISTS os_version LowCardinality(String),
    ADD COLUMN IF NOT EXISTS device_brand LowCardinality(String),
    ADD COLUMN IF NOT EXISTS device_model LowCardinality(String),
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String),
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS search_term String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS country LowCardinality(String),
    ADD COLUMN IF NOT EXISTS address String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS bot Enum8('human' = 0, 'likely' = 1, 'bot' = 2, 'monitoring' = 3),
    ADD COLUMN IF NOT EXISTS bot_reason LowCardinality(String);

ALTER TABLE steps
    ADD COLUMN IF NOT EXISTS bot Enum8('human' = 0, 'likely' = 1, 'bot' = 2, 'monitoring' = 3);
