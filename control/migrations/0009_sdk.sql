-- The SDK as pages got it, release by release, so that an earlier one can be delivered again. Files are named by their
-- content, and are in base 64.
CREATE TABLE sdk_releases (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    script TEXT NOT NULL,
    files TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE TABLE sdk_files (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
-- Loaders that pages pin, as they were when the line was printed, by their hash.
CREATE TABLE sdk_tags (
    hash TEXT PRIMARY KEY,
    release TEXT NOT NULL,
    body TEXT NOT NULL
);
-- Which release pages get that pin none: one row at most.
CREATE TABLE sdk_choice (
    one BIGINT PRIMARY KEY,
    release TEXT NOT NULL
);
