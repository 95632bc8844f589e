//! How far a file is read, on standard error where that is a terminal.

use super::output;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::{Duration, Instant};

/// A bar, and rows a second.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    rows: u64,
}

impl Progress {
    /// For a file.
    ///
    /// # Errors
    /// If it is not there.
    pub fn new(path: &Path) -> anyhow::Result<Self> {
        let bar = ProgressBar::new(path.metadata()?.len());
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {wide_bar} {bytes}/{total_bytes} {msg} {eta}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
        Ok(Self { bar, started: Instant::now(), rows: 0 })
    }

    /// `bytes` of the file and `rows` more rows are read.
    pub fn read(&mut self, bytes: u64, rows: u64) {
        self.rows += rows;
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{} rows/s", rate(self.rows, self.started.elapsed())));
    }

    /// A notice, above the bar.
    pub fn notice(&self, text: &str) {
        self.bar.suspend(|| output::notice(text));
    }

    /// Takes the bar away; rows a second in the end.
    pub fn end(self) -> u64 {
        self.bar.finish_and_clear();
        rate(self.rows, self.started.elapsed())
    }
}

fn rate(rows: u64, time: Duration) -> u64 {
    (rows as f64 / time.as_secs_f64().max(0.001)).round() as u64
}
