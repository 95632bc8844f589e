//! Counters, with their names as an enum, and the log's format.

use attune_redact::{Counts, Kind};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $help:literal;)*) => {
        /// What is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric {
            $(#[doc = $help] $name,)*
        }

        impl Metric {
            const ALL: &'static [(Self, &'static str, &'static str)] = &[$((Self::$name, $code, $help),)*];
        }
    };
}

metrics! {
    Batches = "attune_batches_total", "Batches answered with 200.";
    Decisions = "attune_decisions_total", "Placements decided by the server.";
    DecisionsKept = "attune_decisions_kept_total", "Decisions kept with their inputs.";
    DecisionsNotKept = "attune_decisions_not_kept_total", "Decisions to be kept for which there was no room.";
    DecisionsDiffer = "attune_decisions_differ_total", "Decisions that came out otherwise when they were made again.";
    PageDecisionsSame = "attune_page_decisions_same_total", "Decisions of pages that came out the same when they were made again.";
    PageDecisionsDiffer = "attune_page_decisions_differ_total", "Decisions of pages that came out otherwise by the same bundle and engine.";
    PageDecisionsUnknown = "attune_page_decisions_unknown_total", "Decisions of pages that could not be made again: an older bundle or engine, not of the sample, unreadable.";
    BatchesRefused = "attune_batches_refused_total", "Batches refused whole (4xx).";
    BatchesPushedBack = "attune_batches_pushed_back_total", "Batches answered with 429 or 503.";
    RequestsLimited = "attune_requests_limited_total", "Requests of addresses that ask too often: answered 429.";
    ConnectionsRefused = "attune_connections_refused_total", "Connections closed because their address has too many.";
    IngestBytes = "attune_ingest_bytes_total", "Bytes of batches, as received.";
    EventsShipped = "attune_events_shipped_total", "Events inserted into the warehouse by this process.";
    ShipFailures = "attune_ship_failures_total", "Failed attempts to ship.";
    SignIns = "attune_sign_ins_total", "Successful sign-ins.";
    SignInsRefused = "attune_sign_ins_refused_total", "Refused sign-ins.";
    BundlesServed = "attune_bundles_served_total", "Bundles delivered.";
    RedactedCard = "attune_redacted_card_total", "Card numbers taken out of events at the door.";
    RedactedNationalId = "attune_redacted_national_id_total", "National ids taken out of events at the door.";
    RedactedAccount = "attune_redacted_account_total", "Bank accounts taken out of events at the door.";
    RedactedPhone = "attune_redacted_phone_total", "Telephone numbers taken out of events at the door.";
    RedactedEmail = "attune_redacted_email_total", "E-mail addresses taken out of events at the door.";
    RedactedToken = "attune_redacted_token_total", "Secrets taken out of events at the door.";
    LiveSkipped = "attune_live_skipped_total", "Live events skipped for slow readers.";
}

/// Values of all counters.
#[derive(Debug, Default)]
pub struct Metrics {
    values: [AtomicU64; Metric::ALL.len()],
}

impl Metrics {
    /// Adds to a counter.
    pub fn add(&self, metric: Metric, more: u64) {
        self.values[metric as usize].fetch_add(more, Ordering::Relaxed);
    }

    /// Adds what was taken out of events.
    pub fn redacted(&self, counts: &Counts) {
        for (kind, count) in counts.iter() {
            let metric = match kind {
                Kind::Card => Metric::RedactedCard,
                Kind::NationalId => Metric::RedactedNationalId,
                Kind::Account => Metric::RedactedAccount,
                Kind::Phone => Metric::RedactedPhone,
                Kind::Email => Metric::RedactedEmail,
                Kind::Token => Metric::RedactedToken,
            };
            self.add(metric, count.into());
        }
    }

    /// Counters and gauges in the Prometheus text format.
    #[must_use]
    pub fn render(&self, gauges: &[(Gauge, u64)]) -> String {
        let mut text = String::new();
        for ((_, name, help), value) in Metric::ALL.iter().zip(&self.values) {
            let value = value.load(Ordering::Relaxed);
            // Writing to a text cannot fail.
            let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
        }
        for (gauge, value) in gauges {
            let (name, help) = gauge.code();
            let _infallible = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
        text
    }
}

macro_rules! gauges {
    ($($name:ident = $code:literal, $help:literal;)*) => {
        /// What is measured when somebody asks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Gauge {
            $(#[doc = $help] $name,)*
        }

        impl Gauge {
            /// Name and explanation.
            const fn code(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => ($code, $help),)*
                }
            }
        }
    };
}

gauges! {
    LagMs = "attune_ship_lag_ms", "Age of the oldest event not yet shipped, in milliseconds.";
    LogBytes = "attune_log_bytes", "Bytes in the log.";
    LogFull = "attune_log_full", "1 while events are refused for want of room.";
    EventsReceived = "attune_events_received", "Events in requests that were read, since the log began: the sum of those that follow.";
    EventsStored = "attune_events_stored", "Written to the warehouse, whatever was taken out of it later.";
    EventsDuplicate = "attune_events_duplicate", "Repeated ids.";
    EventsFiltered = "attune_events_filtered", "Left out by policy.";
    EventsInvalid = "attune_events_invalid", "Not events.";
    EventsExpired = "attune_events_expired", "Too old.";
    EventsLimited = "attune_events_limited", "Turned away by a limit.";
    EventsWaiting = "attune_events_waiting", "Events in the log, not yet in the warehouse.";
    EventsQuarantined = "attune_events_quarantined", "Events in damaged segments.";
}

/// Sends the log to stderr: `ATTUNE_LOG` filters it (`info` by default). Nothing happens the second time.
pub fn init() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ATTUNE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,attune_collector=info"));
    let _already = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
