//! What the log survives.

use super::segment::HEADER_BYTES;
use super::*;
use std::path::Path;

fn tally(accepted: u64) -> Tally {
    Tally { received: accepted + 1, accepted, duplicates: 1, ..Tally::default() }
}

fn open(dir: &Path) -> SegmentLog {
    SegmentLog::open(dir, 2_000, 42).unwrap()
}

/// Appends and commits records `from..to`, each of two events and 100 bytes.
fn fill(log: &mut SegmentLog, from: u64, to: u64) {
    for number in from..to {
        assert_eq!(log.append(&tally(2), &body(number)).unwrap(), number);
        log.commit().unwrap();
    }
}

fn body(number: u64) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(100, 0xa5);
    body
}

/// Sequence numbers read and events lost, from the start.
fn read(log: &SegmentLog) -> (Vec<u64>, u64) {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    let mut reader = log.read_from(log.start()).after(0);
    while let Some(item) = reader.next(&log.durable()).unwrap() {
        match item {
            Item::Record(record) => {
                assert_eq!(record.body, body(record.sequence));
                numbers.push(record.sequence);
            }
            Item::Lost { events } => lost += events,
        }
    }
    assert_eq!(reader.position(), log.durable().end);
    (numbers, lost)
}

fn segments(dir: &Path) -> Vec<u64> {
    segment::list(dir).unwrap()
}

fn edit(dir: &Path, first: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let path = segment::path(dir, first);
    let mut bytes = std::fs::read(&path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn survives_reopening_with_its_totals() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 40);
    let durable = log.durable();
    drop(log);
    assert!(segments(dir.path()).len() > 2, "several segments");
    let mut log = open(dir.path());
    assert_eq!(log.durable(), durable);
    assert_eq!(durable.totals.accepted, 78);
    assert_eq!(durable.totals.received, 117);
    fill(&mut log, 40, 50);
    assert_eq!(read(&log), ((1..50).collect(), 0));
}

#[test]
fn zeros_are_written_ahead_and_are_in_no_sealed_segment() {
    let dir = tempfile::tempdir().unwrap();
    let size = |first: u64| segment::path(dir.path(), first).metadata().unwrap().len();
    let mut log = SegmentLog::open(dir.path(), 50_000, 42).unwrap();
    fill(&mut log, 1, 3);
    let end = log.durable().end.offset;
    assert_eq!(size(1), 50_000);
    let bytes = std::fs::read(segment::path(dir.path(), 1)).unwrap();
    assert!(bytes[end as usize..].iter().all(|byte| *byte == 0));
    drop(log);

    let mut log = SegmentLog::open(dir.path(), 50_000, 42).unwrap();
    assert_eq!((log.durable().end.offset, size(1)), (end, end), "nothing but zeros was cut");
    fill(&mut log, 3, 5);
    assert_eq!(size(1), 50_000);
    let sealed = log.durable().end.offset;
    log.seal_now().unwrap();
    assert_eq!(size(1), sealed);
    fill(&mut log, 5, 7);
    assert_eq!(read(&log), ((1..7).collect(), 0));

    // A crash before the file was cut, and after the next one was made, is not possible: the cut is synced before. What
    // is more is damage.
    edit(dir.path(), 1, |file| file.resize(file.len() + 10, 0));
    assert_eq!(read(&log), ((1..7).collect(), 0), "it is set aside, and nothing is lost");
}

#[test]
fn a_torn_tail_costs_only_the_torn_record() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 4);
    let whole = log.durable().end.offset;
    fill(&mut log, 4, 5);
    let longer = log.durable().end.offset;
    drop(log);
    let bytes = std::fs::read(segment::path(dir.path(), 1)).unwrap();
    for cut in whole..longer {
        edit(dir.path(), 1, |file| *file = bytes[..cut as usize].to_vec());
        let mut log = open(dir.path());
        assert_eq!(log.durable().end, Position { segment: 1, offset: whole, sequence: 4 }, "cut at {cut}");
        assert_eq!(log.durable().totals.accepted, 6);
        fill(&mut log, 4, 6);
        assert_eq!(read(&log), ((1..6).collect(), 0), "cut at {cut}");
    }
}

#[test]
fn a_header_torn_while_a_segment_was_made_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 30);
    drop(log);
    for length in [0, 1, 100, HEADER_BYTES as usize - 1] {
        let torn = segment::path(dir.path(), 30);
        std::fs::write(&torn, vec![0u8; length]).unwrap();
        let mut log = open(dir.path());
        assert_eq!(log.durable().end.sequence, 30, "length {length}");
        assert_eq!(read(&log), ((1..30).collect(), 0));
        // The same number may be taken by a whole segment again.
        fill(&mut log, 30, 31);
        assert_eq!(read(&log).0.last(), Some(&30));
        drop(log);
        let last = *segments(dir.path()).last().unwrap();
        if last == 30 {
            std::fs::remove_file(segment::path(dir.path(), 30)).unwrap();
        } else {
            return;
        }
    }
}

#[test]
fn a_flipped_byte_in_a_sealed_segment_costs_one_record_and_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 40);
    drop(log);
    let second = segments(dir.path())[1];
    let whole = std::fs::read(segment::path(dir.path(), second)).unwrap();
    for byte in (0..whole.len()).step_by(7) {
        edit(dir.path(), second, |file| file[byte] ^= 0x20);
        let log = open(dir.path());
        assert_eq!(log.durable().totals.accepted, 78);
        let (numbers, lost) = read(&log);
        assert_eq!(numbers.len() as u64 * 2 + lost, 78, "byte {byte}");
        assert!(lost == 2 || byte < HEADER_BYTES as usize, "byte {byte}: lost {lost}");
        let kept = segment::path(&dir.path().join("quarantine"), second);
        assert!(kept.exists(), "byte {byte}: kept aside");
        std::fs::remove_file(kept).unwrap();
        edit(dir.path(), second, |file| *file = whole.clone());
    }
}

#[test]
fn damage_before_the_tail_of_the_last_segment_does_not_cut_what_follows() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 8);
    drop(log);
    edit(dir.path(), 1, |file| file[HEADER_BYTES as usize + 30] ^= 1);
    let mut log = open(dir.path());
    assert_eq!(log.durable().end.sequence, 8);
    fill(&mut log, 8, 10);
    assert_eq!(read(&log), ((2..10).collect(), 2));
}

#[test]
fn a_sealed_segment_that_is_gone_or_cut_is_counted() {
    for cut in [0, 10, HEADER_BYTES as usize + 300] {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open(dir.path());
        fill(&mut log, 1, 40);
        drop(log);
        let second = segments(dir.path())[1];
        if cut == 0 {
            std::fs::remove_file(segment::path(dir.path(), second)).unwrap();
        } else {
            edit(dir.path(), second, |file| file.truncate(cut));
        }
        let (numbers, lost) = read(&open(dir.path()));
        assert!(lost > 0);
        assert_eq!(numbers.len() as u64 * 2 + lost, 78);
    }
}

#[test]
fn only_what_was_shipped_whole_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 40);
    let firsts = segments(dir.path());
    log.ack_up_to(firsts[2] - 1).unwrap();
    assert_eq!(segments(dir.path()), firsts[1..], "the second still holds a record");
    log.ack_up_to(firsts[2]).unwrap();
    assert_eq!(segments(dir.path()), firsts[2..]);
    log.ack_up_to(40).unwrap();
    assert_eq!(segments(dir.path()), firsts[firsts.len() - 1..], "the last one stays");
    assert_eq!(log.durable().totals.accepted, 78);
    let bytes: u64 = firsts[firsts.len() - 1..]
        .iter()
        .map(|first| segment::path(dir.path(), *first).metadata().unwrap().len())
        .sum();
    assert_eq!(log.durable().bytes, bytes);
}

#[test]
fn garbage_in_a_segment_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 40);
    drop(log);
    let first = segments(dir.path())[1];
    let mut noise = 0x9e37_79b9_7f4a_7c15u64;
    edit(dir.path(), first, |file| {
        for byte in file.iter_mut() {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (noise >> 56) as u8;
        }
    });
    let (numbers, lost) = read(&open(dir.path()));
    assert_eq!(numbers.len() as u64 * 2 + lost, 78);
}

#[test]
fn a_log_that_ends_before_what_was_shipped_uses_no_number_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = open(dir.path());
    fill(&mut log, 1, 4);
    log.skip_to(3, 4).unwrap();
    assert_eq!(log.durable().end.sequence, 4, "nothing to skip");
    log.skip_to(9, 20).unwrap();
    fill(&mut log, 9, 11);
    drop(log);
    let log = open(dir.path());
    assert_eq!(log.durable().end.sequence, 11);
    assert_eq!(log.durable().totals.accepted, 24);
    assert_eq!(read(&log), (vec![1, 2, 3, 9, 10], 14));
}
