//! Every size and count, once.

/// Largest request body accepted, in bytes, after decompression.
pub const BODY_BYTES: usize = 1 << 20;
/// Most events in one batch.
pub const BATCH_EVENTS: usize = 500;
/// Longest event name, in bytes.
pub const NAME_BYTES: usize = 64;
/// Most properties of one event.
pub const PROPERTIES: usize = 32;
/// Longest property name, in bytes.
pub const PROPERTY_NAME_BYTES: usize = 64;
/// Longest text value, in bytes.
pub const TEXT_BYTES: usize = 1_024;
/// Longest URL kept, in bytes.
pub const URL_BYTES: usize = 2_048;
/// Longest user agent kept, in bytes.
pub const AGENT_BYTES: usize = 512;
/// Most bot rules of one site.
pub const BOT_RULES: usize = 64;
/// Longest visitor, session, user or event id given as text, in bytes.
pub const ID_BYTES: usize = 128;

/// Oldest event time accepted, in days before it was received.
pub const EVENT_AGE_DAYS: i64 = 30;
/// How far in the future an event time may lie after clock correction, in milliseconds.
pub const EVENT_AHEAD_MS: i64 = 5 * 60 * 1_000;

/// Counters kept in a visitor's profile; the least recently used goes first.
pub const PROFILE_COUNTERS: usize = 256;
/// Times kept per counter: a windowed count saturates here.
pub const COUNTER_TIMES: usize = 32;
/// Attributes kept in a profile.
pub const PROFILE_ATTRIBUTES: usize = 64;
/// Categories whose affinity is kept.
pub const PROFILE_AFFINITIES: usize = 64;

/// Largest bundle, in bytes.
pub const BUNDLE_BYTES: usize = 256 << 10;
/// Most rules of a site about how much is captured, and most patterns.
pub const CAPTURE_RULES: usize = 200;
/// Longest path or selector of a capture rule, in bytes.
pub const SELECTOR_BYTES: usize = 256;
/// Deepest nesting of a condition.
pub const CONDITION_DEPTH: usize = 16;

/// Most rows of one import request.
pub const IMPORT_ROWS: usize = 10_000;
