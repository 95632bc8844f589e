-- What the first version wrote: an account with a session, and a site with a document of each kind. Never made anew.
INSERT INTO users (name, password, created_at) VALUES ('kim', '$argon2id$v=19$m=19456,t=2,p=1$qGZ8duUG0Ch9sUu/NgGZHA$0l1NgE/xE7OTUGqkPqE05zkaX8oGp/Ae1xu7by0rwsY', 1700000000000);
INSERT INTO sessions (token_hash, user_name, expires_at) VALUES ('veyCGlMx0yRXVOR3qxATUWcfuHZgNi4Bvtv8u-EEGJg', 'kim', 1701209600000);
UPDATE counters SET value = 3 WHERE name = 'site';
INSERT INTO sites (id, workspace, name, public_key, origins, created_at, paused, revision) VALUES (3, 1, 'bank', 'pk_T6NvcCSFwx9GsjbHtl6vvm', '["https://bank.test"]', 1700000000000, 1, 7);
INSERT INTO documents (site, kind, id, version, updated_at, updated_by, body) VALUES
    (3, 'site_settings', 'settings', 1, 1700000000000, 'kim', '{"enabled":true,"holdout_percent":12.5,"salt":"attune","measure_basis":"opt_in","personalise_basis":"opt_in","session_timeout":"30m","utc_offset_minutes":540,"affinity":{"half_life":"2w","weights":{"form_started":3.0,"item_viewed":2.0,"offer_clicked":2.0,"page_viewed":1.0}}}'),
    (3, 'placement', 'hero', 2, 1700000000001, 'lee', '{"id":"hero","name":"Hero","budget_ms":1500}'),
    (3, 'attribute', 'tier', 1, 1700000000000, 'kim', '{"id":"tier","label":"server-only"}'),
    (3, 'audience', 'travellers', 1, 1700000000000, 'kim', '{"id":"travellers","name":"Travellers","rule":{"all":[{"event":{"name":"page_viewed","where":{"category":"travel"},"within":"1w","at_least":2}},{"context":{"name":"device","is":"mobile"}},{"none":[{"attribute":{"name":"tier","one_of":["gold",1.0]}}]},{"affinity":{"category":"travel","at_least":1.5}}]}}'),
    (3, 'offer', 'sea', 1, 1700000000000, 'kim', '{"id":"sea","name":"Sea","category":"travel","weight":1.5,"valid_until":1800000000000,"content":{"en":{"title":"Off to the sea"},"ko":{"title":"바다로"}}}'),
    (3, 'campaign', 'summer', 1, 1700000000000, 'kim', '{"id":"summer","name":"","status":"running","placements":["hero"],"priority":0,"audience":{"audience":"travellers"},"holdout_percent":0.0,"offers":["sea"],"variants":[{"id":"a","weight":1.0,"offers":[],"control":false,"dropped":false},{"id":"b","weight":1.0,"offers":[],"control":true,"dropped":false}],"rank":{"weight":1.0,"affinity":0.0},"caps":[{"scope":"campaign","per":"day","max":3}],"dismissed_for":"2w","reason":{}}');
INSERT INTO document_history (site, kind, id, version, updated_at, updated_by, body) VALUES
    (3, 'placement', 'hero', 1, 1700000000000, 'kim', '{"id":"hero","name":"","budget_ms":500}'),
    (3, 'placement', 'hero', 2, 1700000000001, 'lee', '{"id":"hero","name":"Hero","budget_ms":1500}'),
    (3, 'placement', 'foot', 1, 1700000000000, 'kim', '{"id":"foot","name":"","budget_ms":500}'),
    (3, 'placement', 'foot', 2, 1700000000002, 'kim', '');
