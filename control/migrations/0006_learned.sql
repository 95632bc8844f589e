-- What campaigns that try their offers have seen, as counted at that time.
CREATE TABLE learned (
    site BIGINT NOT NULL,
    campaign TEXT NOT NULL,
    counted_at BIGINT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (site, campaign)
);
