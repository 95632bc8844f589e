-- Who took events out, which, and how many; kept for good.
CREATE TABLE exports (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    begun_by TEXT NOT NULL,
    asked TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    rows_sent BIGINT NOT NULL,
    whole BIGINT NOT NULL
);
