-- Who was erased: digests, so that what arrives late is left out and nobody is named; and the proof, row counts by table.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    requested_by TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    digests TEXT NOT NULL,
    proof TEXT NOT NULL
);
