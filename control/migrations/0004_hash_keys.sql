-- The secret of a site with which files' keys of people are hashed. It has to be known to hash what the site knows.
CREATE TABLE hash_keys (
    site BIGINT PRIMARY KEY,
    secret TEXT NOT NULL
);
