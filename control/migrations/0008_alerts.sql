-- Rules of watched figures that came true, each once a row of intervals; until_at is 0 while it lasts.
CREATE TABLE alerts (
    site BIGINT NOT NULL,
    watch TEXT NOT NULL,
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    since_at BIGINT NOT NULL,
    came_true_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (site, watch, rule, value, since_at)
);
