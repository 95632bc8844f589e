//! Parquet, one page of each column at a time: memory does not grow with the file.
//!
//! Cells become the text that CSV would have: a date `2026-01-31`, a time that is a point in time RFC 3339, one that
//! is what a clock on a wall showed the same without an offset.

use super::reader::{FileDamaged, Item, Record};
use anyhow::{Context, bail};
use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::{Type, TypePtr};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a Parquet file begins and ends with.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// How a cell is written where its own type does not say all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// A time; whether it is a point in time, and whether its number counts nanoseconds.
    Time {
        point: bool,
        nanoseconds: bool,
    },
    Uuid,
}

/// The rows of `file` and the names of their columns: all of them, or `wanted`.
pub(super) fn rows(
    file: File,
    shown: &str,
    wanted: Option<&[&str]>,
    read: Arc<AtomicU64>,
) -> anyhow::Result<(Vec<Arc<str>>, impl Iterator<Item = Item> + Send + use<>)> {
    let size = file.metadata().with_context(|| shown.to_owned())?.len();
    // What is read here was written by somebody else's program; the library gives up on some damage by panicking.
    let opened = catch_unwind(|| SerializedFileReader::new(file));
    let reader = opened.map_err(|_| damaged())?.with_context(|| shown.to_owned())?;
    let about = reader.metadata().file_metadata();
    let total = u64::try_from(about.num_rows()).unwrap_or_default().max(1);
    let root = about.schema_descr().root_schema().clone();
    let mut fields: Vec<TypePtr> = root.get_fields().to_vec();
    if let Some(wanted) = wanted {
        for column in wanted {
            if !fields.iter().any(|field| field.name() == *column) {
                let there: Vec<&str> = fields.iter().map(|field| field.name()).collect();
                bail!("{shown} has no column `{column}`; it has {}", there.join(", "));
            }
        }
        fields.retain(|field| wanted.contains(&field.name()));
    }
    let names: Vec<Arc<str>> = fields.iter().map(|field| Arc::from(field.name())).collect();
    let forms = fields.iter().map(|field| form(field)).collect::<anyhow::Result<Vec<_>>>();
    let forms = forms.with_context(|| shown.to_owned())?;
    let projection = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    let mut rows = RowIter::from_file_into(Box::new(reader)).project(Some(projection))?;
    let (mut number, mut over) = (0, false);
    let columns = names.clone();
    let items = std::iter::from_fn(move || {
        if over {
            return None;
        }
        let next = catch_unwind(AssertUnwindSafe(|| rows.next()));
        number += 1;
        let row = match next {
            Ok(None) => return None,
            Ok(Some(Ok(row))) => row,
            Ok(Some(Err(error))) => {
                over = true;
                return Some((number, Err(anyhow::Error::from(error).context(FileDamaged))));
            }
            Err(_) => {
                over = true;
                return Some((number, Err(damaged())));
            }
        };
        read.store(
            u64::try_from(u128::from(size) * u128::from(number) / u128::from(total)).unwrap_or(size),
            Ordering::Relaxed,
        );
        let cells = columns.iter().zip(&forms).zip(row.into_columns());
        let record: anyhow::Result<Record> = cells
            .map(|((name, form), (_, field))| {
                let text = text(*form, field).with_context(|| format!("column `{name}`"))?;
                Ok((Arc::clone(name), text))
            })
            .collect();
        Some((number, record))
    });
    Ok((names, items))
}

fn damaged() -> anyhow::Error {
    anyhow::anyhow!("it is not sound Parquet").context(FileDamaged)
}

/// How the cells of a column are written, if they can be.
fn form(field: &Type) -> anyhow::Result<Form> {
    let name = field.name();
    let about = field.get_basic_info();
    if !field.is_primitive() || about.repetition() == Repetition::REPEATED {
        bail!("column `{name}` is nested: make a flat column of it first");
    }
    let logical = about.logical_type_ref();
    let timed = |nanoseconds| {
        let point = !matches!(logical, Some(LogicalType::Timestamp(time)) if !time.is_adjusted_to_u_t_c);
        Form::Time { point, nanoseconds }
    };
    use ConvertedType as Is;
    Ok(match (field.get_physical_type(), about.converted_type(), logical) {
        (Physical::INT64, Is::NONE, Some(LogicalType::Timestamp(time))) if time.unit == TimeUnit::NANOS => {
            timed(true)
        }
        (Physical::INT64, Is::TIMESTAMP_MILLIS | Is::TIMESTAMP_MICROS, _) | (Physical::INT96, ..) => {
            timed(false)
        }
        (Physical::FIXED_LEN_BYTE_ARRAY, Is::NONE, Some(LogicalType::Uuid)) => Form::Uuid,
        (_, Is::NONE, None)
        | (Physical::FIXED_LEN_BYTE_ARRAY, Is::NONE, Some(LogicalType::Float16))
        | (
            Physical::INT32,
            Is::INT_8 | Is::INT_16 | Is::INT_32 | Is::UINT_8 | Is::UINT_16 | Is::UINT_32 | Is::DATE,
            _,
        )
        | (Physical::INT64, Is::INT_64 | Is::UINT_64, _)
        | (Physical::BYTE_ARRAY, Is::UTF8 | Is::ENUM | Is::JSON, _)
        | (
            Physical::INT32 | Physical::INT64 | Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY,
            Is::DECIMAL,
            _,
        ) => Form::Plain,
        (physical, converted, logical) => {
            let logical = logical.map(|logical| format!(", {logical:?}")).unwrap_or_default();
            bail!("column `{name}` has a type that is not read: {physical} ({converted}{logical})")
        }
    })
}

/// A cell as text; empty if it is null.
fn text(form: Form, field: Field) -> anyhow::Result<String> {
    let time = |point: bool, since: SignedDuration| -> anyhow::Result<String> {
        let epoch = if point { None } else { Some(DateTime::from(date(1970, 1, 1))) };
        Ok(match epoch {
            None => Timestamp::from_duration(since)?.to_string(),
            Some(epoch) => epoch.checked_add(since)?.to_string(),
        })
    };
    Ok(match (form, field) {
        (_, Field::Null) => String::new(),
        (Form::Time { point, nanoseconds: true }, Field::Long(number)) => {
            time(point, SignedDuration::from_nanos(number))?
        }
        (Form::Time { point, .. }, Field::TimestampMillis(number)) => {
            time(point, SignedDuration::from_millis(number))?
        }
        (Form::Time { point, .. }, Field::TimestampMicros(number)) => {
            time(point, SignedDuration::from_micros(number))?
        }
        (_, Field::Date(days)) => date(1970, 1, 1).checked_add(i64::from(days).days())?.to_string(),
        (_, Field::Str(text)) => text,
        (Form::Uuid, Field::Bytes(bytes)) => {
            let bytes: [u8; 16] = bytes.data().try_into().context("a UUID of another length")?;
            attune_schema::id::EventId(u128::from_be_bytes(bytes)).to_string()
        }
        (_, Field::Bytes(bytes)) => {
            std::str::from_utf8(bytes.data()).context("bytes that are not text")?.to_owned()
        }
        // `12.30` is a number like any other.
        (_, decimal @ Field::Decimal(_)) => {
            let text = decimal.to_string();
            match text.split_once('.') {
                Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                None => text,
            }
        }
        (_, Field::Float(number)) => number.to_string(),
        (_, Field::Double(number)) => number.to_string(),
        (_, Field::Float16(number)) => number.to_string(),
        (_, other) => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::reader::{Records, Wanted};
    use parquet::data_type::{
        BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
        Int64Type,
    };
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    /// Two row groups of two rows; the second row of each is null throughout.
    fn file(schema: &str, compression: parquet::basic::Compression) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let kinds: Vec<(Physical, bool)> = schema
            .get_fields()
            .iter()
            .filter(|field| field.is_primitive())
            .map(|field| {
                (
                    field.get_physical_type(),
                    field.get_basic_info().logical_type_ref() == Some(&LogicalType::Uuid),
                )
            })
            .collect();
        let mut writer =
            SerializedFileWriter::new(file.reopen().unwrap(), schema, Arc::new(properties)).unwrap();
        for _ in 0..2 {
            let mut group = writer.next_row_group().unwrap();
            for (kind, _) in &kinds {
                let mut column = group.next_column().unwrap().unwrap();
                let levels: Option<&[i16]> = Some(&[1, 0]);
                match kind {
                    Physical::BOOLEAN => column.typed::<BoolType>().write_batch(&[true], levels, None),
                    Physical::INT32 => column.typed::<Int32Type>().write_batch(&[-1_230], levels, None),
                    Physical::INT64 => {
                        column.typed::<Int64Type>().write_batch(&[1_700_000_000_123], levels, None)
                    }
                    Physical::DOUBLE => column.typed::<DoubleType>().write_batch(&[0.1], levels, None),
                    Physical::BYTE_ARRAY => {
                        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("김 7")], levels, None)
                    }
                    _ => column.typed::<FixedLenByteArrayType>().write_batch(
                        &[FixedLenByteArray::from(vec![0x11; 16])],
                        levels,
                        None,
                    ),
                }
                .unwrap();
                column.close().unwrap();
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
        file
    }

    const FLAT: &str = "message m {
        optional boolean yes; optional int32 number; optional int32 day (DATE); optional int32 money (DECIMAL(9,2));
        optional int64 count; optional int64 ms (TIMESTAMP(MILLIS,true)); optional int64 us (TIMESTAMP(MICROS,true));
        optional int64 ns (TIMESTAMP(NANOS,true)); optional int64 wall (TIMESTAMP(MILLIS,false));
        optional double share; optional binary who (STRING); optional fixed_len_byte_array(16) id (UUID);
    }";

    #[test]
    fn every_type_becomes_the_text_that_csv_would_have() {
        for compression in [
            parquet::basic::Compression::UNCOMPRESSED,
            parquet::basic::Compression::SNAPPY,
            parquet::basic::Compression::GZIP(Default::default()),
            parquet::basic::Compression::ZSTD(Default::default()),
            parquet::basic::Compression::LZ4_RAW,
        ] {
            let file = file(FLAT, compression);
            let records = Records::open(file.path(), Wanted::All).unwrap();
            assert_eq!(records.columns().unwrap().len(), 12);
            let rows: Vec<(u64, Record)> = records.map(|(row, record)| (row, record.unwrap())).collect();
            assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 3, 4]);
            assert!(rows[1].1.values().all(String::is_empty) && rows[0].1 == rows[2].1);
            let cell = |name: &str| rows[0].1[name].as_str();
            assert_eq!(cell("yes"), "true");
            assert_eq!(cell("number"), "-1230");
            assert_eq!(cell("day"), "1966-08-20");
            assert_eq!(cell("money"), "-12.3");
            assert_eq!(cell("count"), "1700000000123");
            assert_eq!(cell("ms"), "2023-11-14T22:13:20.123Z");
            assert_eq!(cell("us"), "1970-01-20T16:13:20.000123Z");
            assert_eq!(cell("ns"), "1970-01-01T00:28:20.000000123Z");
            assert_eq!(cell("wall"), "2023-11-14T22:13:20.123");
            assert_eq!(cell("share"), "0.1");
            assert_eq!(cell("who"), "김 7");
            assert_eq!(cell("id"), "11111111-1111-1111-1111-111111111111");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        let plain = parquet::basic::Compression::UNCOMPRESSED;
        let flat = file(FLAT, plain);
        let why = |path: &std::path::Path, wanted: Wanted<'_>| {
            format!("{:#}", Records::open(path, wanted).err().unwrap())
        };
        assert!(
            why(flat.path(), Wanted::These(&["nobody"]))
                .contains("has no column `nobody`; it has yes, number")
        );
        assert_eq!(
            Records::open(flat.path(), Wanted::These(&["who"])).unwrap().next().unwrap().1.unwrap().len(),
            1
        );
        let time = file("message m { optional int32 clock (TIME(MILLIS,true)); }", plain);
        assert!(
            why(time.path(), Wanted::All)
                .contains("column `clock` has a type that is not read: INT32 (TIME_MILLIS")
        );
        let bytes = std::fs::read(flat.path()).unwrap();
        let cut = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(cut.path(), &bytes[..bytes.len() / 2]).unwrap();
        assert!(!why(cut.path(), Wanted::All).is_empty());

        let nested = "message m { optional int32 a; optional group b { optional int32 c; } }";
        let schema = parse_message_type(nested).unwrap();
        let said: Vec<String> = schema
            .get_fields()
            .iter()
            .filter_map(|field| form(field).err())
            .map(|error| error.to_string())
            .collect();
        assert_eq!(said, ["column `b` is nested: make a flat column of it first"]);
    }

    /// Files written by pyarrow 26, packed with Zstandard and Snappy.
    #[test]
    fn what_pyarrow_writes_is_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parquet");
        let rows = Records::open(&folder.join("pyarrow.parquet"), Wanted::All).unwrap();
        let rows: Vec<Record> = rows.map(|(_, record)| record.unwrap()).collect();
        let column = |name: &str| rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
        assert_eq!(column("customer"), ["cust_1", "cust_2", "김"]);
        assert_eq!(column("amount"), ["12.3", "", "-1.05"]);
        assert_eq!(column("count"), ["1", "", "3"]);
        assert_eq!(column("share"), ["0.5", "0.000000001", "3.25"]);
        assert_eq!(column("booked_at"), ["2026-01-05T00:00:00.000000001Z", "2026-01-05T00:00:00Z", ""]);
        assert_eq!(column("wall"), ["2026-01-05T09:00:00", "", ""]);
        assert_eq!(column("day"), ["2026-01-05", "", "1969-12-31"]);
        assert_eq!(column("vip"), ["true", "false", ""]);
        let nested = Records::open(&folder.join("nested.parquet"), Wanted::All);
        let why = format!("{:#}", nested.err().unwrap());
        assert!(why.contains("column `tags` is nested"), "{why}");
        let flat = Records::open(&folder.join("nested.parquet"), Wanted::These(&["id"]));
        assert_eq!(flat.unwrap().count(), 1);
    }

    #[test]
    fn damage_is_an_error_wherever_it_is() {
        let bytes = std::fs::read(file(FLAT, parquet::basic::Compression::SNAPPY).path()).unwrap();
        let damaged = tempfile::NamedTempFile::new().unwrap();
        for place in (4..bytes.len()).step_by(7) {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x55;
            std::fs::write(damaged.path(), &bytes).unwrap();
            // An error, or other text: never a panic, never endless.
            if let Ok(records) = Records::open(damaged.path(), Wanted::All) {
                assert!(records.take(1_000).count() < 1_000, "byte {place}");
            }
        }
    }
}
