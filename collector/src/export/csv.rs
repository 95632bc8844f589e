//! Comma-separated values, as RFC 4180 has them: a head, quotes where they are needed, times in UTC.

use super::{COLUMNS, Encoder, texts};
use attune_warehouse::export::ExportRow;
use std::io;

pub(super) struct Csv {
    has_head: bool,
}

impl Csv {
    pub(super) fn new() -> Self {
        Self { has_head: false }
    }
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.3}"))
}

impl Encoder for Csv {
    fn rows(&mut self, rows: &[ExportRow]) -> io::Result<Vec<u8>> {
        let mut writer = ::csv::WriterBuilder::new()
            .terminator(::csv::Terminator::CRLF)
            .from_writer(Vec::with_capacity(rows.len() * 256));
        if !std::mem::replace(&mut self.has_head, true) {
            writer.write_record(COLUMNS)?;
        }
        for row in rows {
            let [id, name, rest @ ..] = texts(row);
            let [visitor, user, session, others @ ..] = &rest;
            let (at, received_at, sequence) = (time(row.at), time(row.received_at), row.sequence.to_string());
            let first = [&id, &name, &at, &received_at, visitor, user, session, &sequence];
            writer.write_record(first.into_iter().chain(others))?;
        }
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }
}
