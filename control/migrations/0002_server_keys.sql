-- Keys with which a company's servers sign what they send. The secret has to be known to check a signature.
CREATE TABLE server_keys (
    id TEXT PRIMARY KEY,
    site BIGINT NOT NULL,
    label TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
