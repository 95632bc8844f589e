//! The compact form: variable-length integers, length-prefixed text, little-endian numbers.
//!
//! Canonical: one value has one encoding, so that bytes can be hashed, compared and signed.

use crate::value::Value;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Bytes that do not decode: truncated, over-long, or with an unknown tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl core::fmt::Display for Malformed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("malformed bytes")
    }
}

impl core::error::Error for Malformed {}

/// Appends values to a byte string.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// What was written, while writing goes on.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// LEB128, 1 to 10 bytes.
    pub fn uint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value as u8) | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Zigzag, then [`Writer::uint`].
    pub fn int(&mut self, value: i64) {
        self.uint(((value << 1) ^ (value >> 63)) as u64);
    }

    /// IEEE 754 bits, 8 bytes.
    pub fn f64(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// 16 bytes, big-endian.
    pub fn u128(&mut self, value: u128) {
        // By halves: a whole one moved at once is five times the Wasm.
        for half in [(value >> 64) as u64, value as u64] {
            self.bytes.extend_from_slice(&half.to_be_bytes());
        }
    }

    /// Length and UTF-8.
    pub fn text(&mut self, text: &str) {
        self.uint(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Length of a list; the items follow.
    pub fn len(&mut self, len: usize) {
        self.uint(len as u64);
    }

    /// Raw bytes without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A tag and the value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(false) => self.u8(0),
            Value::Bool(true) => self.u8(1),
            Value::Number(number) => {
                self.u8(2);
                self.f64(*number);
            }
            Value::Text(text) => {
                self.u8(3);
                self.text(text);
            }
        }
    }

    /// 0, or 1 and the value.
    pub fn option<T>(&mut self, option: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match option {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
            }
        }
    }
}

/// Drops `value`; in a page, where this happens to few things and the page ends soon, leaves it where it is,
/// because taking a bundle apart is 2 kB of code.
pub fn let_go<T>(value: T) {
    #[cfg(target_arch = "wasm32")]
    core::mem::forget(value);
    #[cfg(not(target_arch = "wasm32"))]
    drop(value);
}

/// Reads values from a byte string; never panics, never allocates more than the input is long.
///
/// A failure is remembered instead of returned at every step: after one, every value is empty or zero, every list
/// ends, and [`Reader::finish`] says so. Half the code of the other form, which the SDK would have to carry.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    failed: bool,
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, failed: false }
    }

    /// Reads from the start of `bytes`, which must begin with `magic`.
    #[must_use]
    pub fn after(magic: &[u8], bytes: &'a [u8]) -> Self {
        match bytes.strip_prefix(magic) {
            Some(bytes) => Self { bytes, failed: false },
            None => Self { bytes: &[], failed: true },
        }
    }

    /// Remembers a failure; nothing more is read.
    pub fn fail(&mut self) {
        self.failed = true;
        self.bytes = &[];
    }

    /// Whether everything was read, and well.
    ///
    /// # Errors
    /// If a value was not what it should be, or something is left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.bytes.is_empty() { self.check() } else { Err(Malformed) }
    }

    /// Whether everything so far was well; what follows is somebody else's.
    ///
    /// # Errors
    /// If a value was not what it should be.
    pub fn check(&self) -> Result<(), Malformed> {
        if self.failed { Err(Malformed) } else { Ok(()) }
    }

    /// `len` bytes as they are, or none.
    pub fn raw(&mut self, len: usize) -> &'a [u8] {
        match self.bytes.split_at_checked(len) {
            Some((head, tail)) => {
                self.bytes = tail;
                head
            }
            None => {
                self.fail();
                &[]
            }
        }
    }

    /// One byte.
    pub fn u8(&mut self) -> u8 {
        self.raw(1).first().copied().unwrap_or(0)
    }

    /// A byte that is 0 or 1.
    pub fn bool(&mut self) -> bool {
        match self.u8() {
            0 => false,
            1 => true,
            _ => {
                self.fail();
                false
            }
        }
    }

    /// LEB128 in its shortest form.
    pub fn uint(&mut self) -> u64 {
        let mut value = 0u64;
        let mut shift = 0;
        loop {
            let byte = self.u8();
            if shift > 63 || (shift == 63 && byte > 1) || (byte == 0 && shift > 0) {
                self.fail();
                return 0;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value;
            }
            shift += 7;
        }
    }

    /// Zigzag.
    pub fn int(&mut self) -> i64 {
        let value = self.uint();
        ((value >> 1) as i64) ^ -((value & 1) as i64)
    }

    /// A number that fits 32 bits.
    pub fn u32(&mut self) -> u32 {
        u32::try_from(self.uint()).unwrap_or_else(|_| {
            self.fail();
            0
        })
    }

    /// An index below `bound`.
    pub fn index(&mut self, bound: usize) -> usize {
        let index = self.uint();
        if index >= bound as u64 {
            self.fail();
        }
        index as usize
    }

    /// 8 bytes, little-endian.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.raw(8).try_into().unwrap_or_default())
    }

    /// A finite number.
    pub fn f64(&mut self) -> f64 {
        let value = f64::from_bits(self.u64());
        if !value.is_finite() {
            self.fail();
            return 0.0;
        }
        value
    }

    /// 16 bytes, big-endian.
    pub fn u128(&mut self) -> u128 {
        self.raw(16).iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
    }

    /// Length and UTF-8.
    pub fn text(&mut self) -> &'a str {
        let len = self.length();
        core::str::from_utf8(self.raw(len)).unwrap_or_else(|_| {
            self.fail();
            ""
        })
    }

    /// [`Reader::text`], owned.
    pub fn owned(&mut self) -> String {
        self.text().to_owned()
    }

    /// Length of a list; never more than bytes remain, so that it is safe to reserve.
    pub fn length(&mut self) -> usize {
        let len = self.uint();
        if len > self.bytes.len() as u64 {
            self.fail();
            return 0;
        }
        len as usize
    }

    /// A list of items.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut list = Vec::new();
        for _ in 0..self.length() {
            if self.failed {
                break;
            }
            list.push(item(self));
        }
        list
    }

    /// A tag and the value; texts are read by `text`.
    pub fn value(&mut self, text: impl FnOnce(&mut Self) -> String) -> Value {
        match self.u8() {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            2 => Value::Number(self.f64()),
            3 => Value::Text(text(self)),
            _ => {
                self.fail();
                Value::Bool(false)
            }
        }
    }

    /// 0, or 1 and the value.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| read(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> T) -> Result<T, Malformed> {
        let mut reader = Reader::new(bytes);
        let value = read(&mut reader);
        reader.check().map(|()| value)
    }

    proptest! {
        #[test]
        fn integers_round_trip(unsigned: u64, signed: i64) {
            let mut writer = Writer::new();
            writer.uint(unsigned);
            writer.int(signed);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.uint(), unsigned);
            prop_assert_eq!(reader.int(), signed);
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let list = read(&bytes, |r| r.list(|r| r.value(Reader::owned)));
            prop_assert!(list.is_err() || list.unwrap().len() < bytes.len());
            let mut reader = Reader::new(&bytes);
            // Each value takes at least one byte, so this ends.
            while reader.check().is_ok() {
                reader.value(Reader::owned);
            }
        }
    }

    #[test]
    fn a_number_has_one_encoding() {
        assert_eq!(read(&[0x80, 0x00], Reader::uint), Err(Malformed));
        assert_eq!(read(&[0xff; 10], Reader::uint), Err(Malformed));
        assert_eq!(read(&f64::NAN.to_le_bytes(), Reader::f64), Err(Malformed));
    }

    #[test]
    fn a_list_never_reserves_more_than_was_sent() {
        assert_eq!(read(&[0xff, 0xff, 0xff, 0x7f, 1], Reader::length), Err(Malformed));
    }

    #[test]
    fn after_a_failure_nothing_is_read() {
        let mut reader = Reader::new(&[2, 1, 1]);
        assert!(!reader.bool());
        assert_eq!((reader.u8(), reader.text(), reader.list(Reader::u8)), (0, "", vec![]));
        assert_eq!(reader.finish(), Err(Malformed));
    }
}
