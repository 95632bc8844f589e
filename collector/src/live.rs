//! Events as they come in, to whoever watches.

use crate::pipeline::EventDraft;
use attune_schema::api::LiveEvent;
use attune_schema::time::Timestamp;
use tokio::sync::broadcast;

/// Events kept for a slow reader; beyond that it skips, and is told how many.
const BUFFER: usize = 1_024;

/// The bounded broadcast.
#[derive(Debug, Clone)]
pub struct Live {
    events: broadcast::Sender<(u32, LiveEvent)>,
}

impl Default for Live {
    fn default() -> Self {
        Self { events: broadcast::channel(BUFFER).0 }
    }
}

impl Live {
    /// Shows the durable events of a batch; costs nothing when nobody watches.
    pub fn show(
        &self,
        site: u32,
        events: &[EventDraft<'_>],
        duplicates: &[usize],
        device: &str,
        received_at: Timestamp,
    ) {
        if self.events.receiver_count() == 0 {
            return;
        }
        for (index, event) in events.iter().enumerate() {
            if duplicates.binary_search(&index).is_ok() {
                continue;
            }
            let page = event.page.as_ref();
            let shown = LiveEvent {
                id: event.id,
                name: event.name.clone().into_owned(),
                at: event.at,
                received_at,
                visitor: event.visitor,
                session: event.session,
                url: page.map(|page| page.url.clone().into_owned()).unwrap_or_default(),
                title: page.map(|page| page.title.clone().into_owned()).unwrap_or_default(),
                device: device.to_owned(),
                properties: event
                    .properties
                    .iter()
                    .map(|(name, value)| (name.clone().into_owned(), value.to_value()))
                    .collect(),
            };
            // The last watcher may just have left.
            let _nobody = self.events.send((site, shown));
        }
    }

    /// Watches all sites from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<(u32, LiveEvent)> {
        self.events.subscribe()
    }
}
