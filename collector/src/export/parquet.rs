//! Apache Parquet: a row group a page, so that nothing but the index of groups is kept.

use super::{COLUMNS, Encoder, texts};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use attune_warehouse::export::ExportRow;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// What was written and not yet taken.
#[derive(Clone, Default)]
struct Pending(Arc<Mutex<Vec<u8>>>);

impl Pending {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct Parquet {
    pending: Pending,
    writer: SerializedFileWriter<Pending>,
}

impl Parquet {
    pub(super) fn new() -> io::Result<Self> {
        let columns: Vec<String> = COLUMNS
            .iter()
            .map(|name| match *name {
                "at" | "received_at" => format!("REQUIRED INT64 {name} (TIMESTAMP(MILLIS, true));"),
                "sequence" => format!("REQUIRED INT32 {name} (INTEGER(32, false));"),
                _ => format!("REQUIRED BYTE_ARRAY {name} (UTF8);"),
            })
            .collect();
        let schema =
            parse_message_type(&format!("message event {{ {} }}", columns.concat())).map_err(other)?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let pending = Pending::default();
        let writer = SerializedFileWriter::new(pending.clone(), Arc::new(schema), Arc::new(properties));
        Ok(Self { pending, writer: writer.map_err(other)? })
    }

    fn group(&mut self, rows: &[ExportRow]) -> Result<(), ParquetError> {
        let mut columns: Vec<Vec<ByteArray>> = Vec::new();
        for row in rows {
            let texts = texts(row);
            columns.resize_with(texts.len(), || Vec::with_capacity(rows.len()));
            for (column, text) in columns.iter_mut().zip(texts) {
                column.push(text.into_bytes().into());
            }
        }
        let mut columns = columns.into_iter();
        let mut group = self.writer.next_row_group()?;
        for name in COLUMNS {
            let Some(mut column) = group.next_column()? else { break };
            let time = |of: fn(&ExportRow) -> i64| rows.iter().map(of).collect::<Vec<i64>>();
            match name {
                "at" => {
                    column.typed::<Int64Type>().write_batch(&time(|row| row.at), None, None)?;
                }
                "received_at" => {
                    column.typed::<Int64Type>().write_batch(&time(|row| row.received_at), None, None)?;
                }
                "sequence" => {
                    // Unsigned, as the schema says: the same bits.
                    let numbers: Vec<i32> = rows.iter().map(|row| row.sequence.cast_signed()).collect();
                    column.typed::<Int32Type>().write_batch(&numbers, None, None)?;
                }
                _ => {
                    let texts = columns.next().unwrap_or_default();
                    column.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn other(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

impl Encoder for Parquet {
    fn rows(&mut self, rows: &[ExportRow]) -> io::Result<Vec<u8>> {
        if !rows.is_empty() {
            self.group(rows).map_err(other)?;
        }
        Ok(self.pending.take())
    }

    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        let Self { pending, writer } = *self;
        writer.close().map_err(other)?;
        Ok(pending.take())
    }
}
