-- Whether an account may see who people are. Those of before could.
ALTER TABLE users ADD COLUMN people BIGINT NOT NULL DEFAULT 1;

-- For how long a site keeps what it stores, as JSON.
ALTER TABLE sites ADD COLUMN retention TEXT NOT NULL DEFAULT '{}';
