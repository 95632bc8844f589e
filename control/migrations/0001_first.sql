-- Portable between SQLite and PostgreSQL: TEXT and BIGINT only; times are milliseconds since the epoch.
CREATE TABLE workspaces (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL
);
INSERT INTO workspaces (id, name) VALUES (1, 'demo');

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_name TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_name);

CREATE TABLE sites (
    id BIGINT PRIMARY KEY,
    workspace BIGINT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL UNIQUE,
    origins TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

-- The last number given out, kept apart so that a number is never used again.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('site', 0);

CREATE TABLE documents (
    site BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (site, kind, id)
);

-- Every version that ever was; an empty body says that this version deleted the document.
CREATE TABLE document_history (
    site BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (site, kind, id, version)
);
