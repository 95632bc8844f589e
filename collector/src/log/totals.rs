//! Counts that every record carries.

use attune_schema::outcome::Reason;
use attune_schema::wire::{Malformed, Reader, Writer};

/// What one request came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events in it.
    pub received: u64,
    /// Events stored in the log.
    pub accepted: u64,
    /// Events whose id was there already.
    pub duplicates: u64,
    /// Events refused, by position in [`Reason::ALL`].
    pub refused: [u64; Reason::ALL.len()],
    /// What the client says it dropped before.
    pub client_dropped: u64,
}

impl Tally {
    /// Counts events that were turned away unjudged.
    pub fn turn_away(&mut self, events: u64) {
        self.received += events;
        if let Some(limited) = Reason::ALL.iter().position(|known| *known == Reason::Limited) {
            self.refused[limited] += events;
        }
    }

    /// Counts one refusal.
    pub fn refuse(&mut self, reason: Reason) {
        if let Some(index) = Reason::ALL.iter().position(|known| *known == reason) {
            self.refused[index] += 1;
        }
    }
}

/// Sums since the log began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Events in answered requests.
    pub received: u64,
    /// Events in the log.
    pub accepted: u64,
    /// Repeated ids seen at the door.
    pub duplicates: u64,
    /// Refused, by position in [`Reason::ALL`].
    pub refused: [u64; Reason::ALL.len()],
    /// Dropped by clients.
    pub client_dropped: u64,
}

impl Totals {
    /// Adds one request.
    pub fn add(&mut self, tally: &Tally) {
        self.received += tally.received;
        self.accepted += tally.accepted;
        self.duplicates += tally.duplicates;
        self.client_dropped = self.client_dropped.saturating_add(tally.client_dropped);
        for (sum, more) in self.refused.iter_mut().zip(tally.refused) {
            *sum += more;
        }
    }

    /// Appends the numbers.
    pub fn write(&self, writer: &mut Writer) {
        for number in [self.received, self.accepted, self.duplicates, self.client_dropped] {
            writer.uint(number);
        }
        writer.len(self.refused.len());
        for number in self.refused {
            writer.uint(number);
        }
    }

    /// Reads the numbers.
    ///
    /// # Errors
    /// If the bytes are not totals.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut totals = Self {
            received: reader.uint(),
            accepted: reader.uint(),
            duplicates: reader.uint(),
            client_dropped: reader.uint(),
            refused: Default::default(),
        };
        for index in 0..reader.length() {
            // Reasons of a later version are counted as the first, so that the sum stays right.
            let known = if index < totals.refused.len() { index } else { 0 };
            totals.refused[known] = totals.refused[known].saturating_add(reader.uint());
        }
        reader.check().map(|()| totals)
    }
}
