//! Writes scalars to a TensorBoard event file, so that a run's curves can be watched while it trains.
//!
//! An event file is a row of TFRecords: the payload's length, a checksum of the length, the payload, a checksum of the
//! payload. Each payload is a protocol buffer message `Event`. A scalar needs three small messages of it, so the few
//! fields are encoded here by hand; a protocol buffer library would take more lines to declare than it would save.
//!
//! ```text
//! Event          double wall_time = 1; int64 step = 2; string file_version = 3 or Summary summary = 5
//! Summary        repeated Summary.Value value = 1
//! Summary.Value  string tag = 1; float simple_value = 2
//! ```

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crc::{CRC_32_ISCSI, Crc};

/// The first record of every file says by this that the rest is in the format TensorBoard knows.
const FILE_VERSION: &str = "brain.Event:2";

/// CRC-32C, the checksum of TFRecords.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// An open event file: one curve per tag, one point per call of [`scalar`](Self::scalar).
///
/// Points are buffered. Call [`flush`](Self::flush) after each group of points, such as an epoch's, to let TensorBoard
/// see them; dropping the writer flushes too, but cannot report a full disk.
#[derive(Debug)]
pub struct EventWriter {
    file: BufWriter<File>,
    path: PathBuf,
}

impl EventWriter {
    /// Creates a new event file in `folder`, which is made if it is missing.
    ///
    /// The name holds the second at which the run started and a number, from 000, that keeps it apart from files that
    /// exist. TensorBoard reads a folder's files in the order of their names, so a resumed run's curves follow on.
    ///
    /// # Errors
    /// Any error from creating the folder or the file, or from writing the file's first record.
    pub fn create(folder: &Path, run_started: SystemTime) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let seconds = run_started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut number = 0;
        let (file, path) = loop {
            let path = folder.join(format!("events.out.tfevents.{seconds:010}.openloop.{number:03}"));
            match File::create_new(&path) {
                Ok(file) => break (file, path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        let mut writer = Self { file: BufWriter::new(file), path };
        write_record(&mut writer.file, &version_event(run_started))?;
        writer.flush()?;
        Ok(writer)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the point (`step`, `value`) to the curve `tag`; a `/` in a tag groups curves, as in `test/error`.
    ///
    /// `time` is when the value was measured. TensorBoard can draw curves over it in place of the step.
    ///
    /// # Errors
    /// Any error from writing the file.
    pub fn scalar(&mut self, tag: &str, step: i64, value: f32, time: SystemTime) -> io::Result<()> {
        write_record(&mut self.file, &scalar_event(tag, step, value, time))
    }

    /// Hands every point so far to the operating system, and with that to a TensorBoard that watches the folder.
    ///
    /// # Errors
    /// Any error from writing the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Frames one payload as a TFRecord.
fn write_record(to: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    let length = (payload.len() as u64).to_le_bytes();
    to.write_all(&length)?;
    to.write_all(&masked_checksum(&length).to_le_bytes())?;
    to.write_all(payload)?;
    to.write_all(&masked_checksum(payload).to_le_bytes())
}

/// The CRC-32C of `bytes`, rotated and offset as TFRecords want it (a checksum of data that holds checksums is weak).
fn masked_checksum(bytes: &[u8]) -> u32 {
    CRC32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The message `Event` that opens a file.
fn version_event(time: SystemTime) -> Vec<u8> {
    let mut event = Vec::new();
    put_double(&mut event, 1, seconds_since_epoch(time));
    put_bytes(&mut event, 3, FILE_VERSION.as_bytes());
    event
}

/// The message `Event` that holds one scalar.
fn scalar_event(tag: &str, step: i64, scalar: f32, time: SystemTime) -> Vec<u8> {
    let mut value = Vec::new();
    put_bytes(&mut value, 1, tag.as_bytes());
    put_float(&mut value, 2, scalar);

    let mut summary = Vec::new();
    put_bytes(&mut summary, 1, &value);

    let mut event = Vec::new();
    put_double(&mut event, 1, seconds_since_epoch(time));
    put_integer(&mut event, 2, step);
    put_bytes(&mut event, 5, &summary);
    event
}

/// Seconds since 1970, negative before.
fn seconds_since_epoch(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or_else(|error| -error.duration().as_secs_f64(), |since| since.as_secs_f64())
}

// Protocol buffers. A field is its number and wire type in one variable-length integer, then its value.

const VARIABLE_LENGTH: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FOUR_BYTES: u64 = 5;

/// Appends an integer, seven bits to a byte, the lowest first; all bytes but the last have their top bit set.
fn put_variable_length(message: &mut Vec<u8>, mut integer: u64) {
    while integer >= 0x80 {
        message.push(integer as u8 | 0x80);
        integer >>= 7;
    }
    message.push(integer as u8);
}

fn put_key(message: &mut Vec<u8>, field: u64, wire_type: u64) {
    put_variable_length(message, field << 3 | wire_type);
}

fn put_integer(message: &mut Vec<u8>, field: u64, integer: i64) {
    put_key(message, field, VARIABLE_LENGTH);
    put_variable_length(message, integer.cast_unsigned());
}

fn put_double(message: &mut Vec<u8>, field: u64, number: f64) {
    put_key(message, field, EIGHT_BYTES);
    message.extend_from_slice(&number.to_le_bytes());
}

fn put_float(message: &mut Vec<u8>, field: u64, number: f32) {
    put_key(message, field, FOUR_BYTES);
    message.extend_from_slice(&number.to_le_bytes());
}

/// Appends a string or a message within a message.
fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_key(message, field, LENGTH_DELIMITED);
    put_variable_length(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// One point as [`read_scalars`] finds it.
    #[derive(Debug, PartialEq)]
    struct Point {
        tag: String,
        step: i64,
        value: f32,
        seconds: f64,
    }

    /// The value of a protocol buffer field.
    #[derive(Debug)]
    enum Value<'a> {
        Integer(u64),
        Bytes(&'a [u8]),
    }

    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
        bytes.split_off(..count).expect("the bytes end early")
    }

    fn take_variable_length(bytes: &mut &[u8]) -> u64 {
        let mut integer = 0;
        for shift in (0..64).step_by(7) {
            let byte = take(bytes, 1)[0];
            integer |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return integer;
            }
        }
        panic!("an integer of more than ten bytes");
    }

    /// Splits a message into its fields: (number, value).
    fn fields(mut message: &[u8]) -> Vec<(u64, Value<'_>)> {
        let mut found = Vec::new();
        while !message.is_empty() {
            let key = take_variable_length(&mut message);
            let value = match key & 7 {
                0 => Value::Integer(take_variable_length(&mut message)),
                1 => Value::Bytes(take(&mut message, 8)),
                2 => {
                    let length = take_variable_length(&mut message) as usize;
                    Value::Bytes(take(&mut message, length))
                }
                5 => Value::Bytes(take(&mut message, 4)),
                other => panic!("wire type {other} is never written"),
            };
            found.push((key >> 3, value));
        }
        found
    }

    /// Splits a file into payloads, verifying each checksum.
    fn payloads(mut file: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        while !file.is_empty() {
            let length = take(&mut file, 8);
            assert_eq!(take(&mut file, 4), masked_checksum(length).to_le_bytes());
            let payload = take(&mut file, u64::from_le_bytes(length.try_into().unwrap()) as usize);
            assert_eq!(take(&mut file, 4), masked_checksum(payload).to_le_bytes());
            found.push(payload);
        }
        found
    }

    /// Reads a whole file: its version, then its points.
    fn read_scalars(file: &[u8]) -> (String, Vec<Point>) {
        let mut version = String::new();
        let mut points = Vec::new();
        for payload in payloads(file) {
            let mut point = Point { tag: String::new(), step: 0, value: 0.0, seconds: 0.0 };
            for field in fields(payload) {
                match field {
                    (1, Value::Bytes(bytes)) => point.seconds = f64::from_le_bytes(bytes.try_into().unwrap()),
                    (2, Value::Integer(integer)) => point.step = integer.cast_signed(),
                    (3, Value::Bytes(bytes)) => version = String::from_utf8(bytes.to_vec()).unwrap(),
                    (5, Value::Bytes(summary)) => {
                        let [(1, Value::Bytes(value))] = fields(summary)[..] else { panic!("not one value") };
                        let [(1, Value::Bytes(tag)), (2, Value::Bytes(scalar))] = fields(value)[..] else {
                            panic!("not a tag and a scalar")
                        };
                        point.tag = String::from_utf8(tag.to_vec()).unwrap();
                        point.value = f32::from_le_bytes(scalar.try_into().unwrap());
                    }
                    other => panic!("field {other:?} is never written"),
                }
            }
            if !point.tag.is_empty() {
                points.push(point);
            }
        }
        (version, points)
    }

    fn moment(seconds: f64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn checksum_agrees_with_published_vectors() {
        // The check value of the CRC catalogue, then three vectors of RFC 3720, appendix B.4.
        assert_eq!(CRC32C.checksum(b"123456789"), 0xe306_9283);
        assert_eq!(CRC32C.checksum(&[0x00; 32]), 0x8a91_36aa);
        assert_eq!(CRC32C.checksum(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(CRC32C.checksum(&std::array::from_fn::<u8, 32, _>(|index| index as u8)), 0x46dd_794e);
    }

    #[test]
    fn a_record_is_length_checksum_payload_checksum() {
        let mut record = Vec::new();
        write_record(&mut record, b"123456789").unwrap();
        assert_eq!(record.len(), 8 + 4 + 9 + 4);
        assert_eq!(record[..8], 9_u64.to_le_bytes());
        assert_eq!(record[12..21], *b"123456789");
        // 0xe3069283 rotated right by 15 bits is 0x2507c60d.
        assert_eq!(record[21..], 0x2507_c60d_u32.wrapping_add(0xa282_ead8).to_le_bytes());
    }

    #[test]
    fn records_equal_those_of_tensorboards_own_writer() {
        // Made with tensorboard 2.21.0: RecordWriter.write(Event(...).SerializeToString()).
        let mut opening = Vec::new();
        write_record(&mut opening, &version_event(moment(1_700_000_000.5))).unwrap();
        assert_eq!(opening, OPENING);

        let mut point = Vec::new();
        write_record(&mut point, &scalar_event("train/loss", 300, 0.375, moment(1_700_000_001.25))).unwrap();
        assert_eq!(point, POINT);
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let written = [
            ("train/loss", 0, 0.0, 1_700_000_000.0),
            ("train/loss", 1, f32::MIN_POSITIVE, 1_700_000_000.5),
            ("Fehler in µ%", i64::MAX, -1.5e30, 0.0),
            ("before zero", -1, f32::INFINITY, 1_700_000_002.25),
        ]
        .map(|(tag, step, value, seconds)| Point { tag: tag.to_owned(), step, value, seconds });

        let mut writer = EventWriter::create(folder.path(), moment(1_700_000_000.0)).unwrap();
        for point in &written {
            writer.scalar(&point.tag, point.step, point.value, moment(point.seconds)).unwrap();
        }
        writer.flush().unwrap();

        let (version, read) = read_scalars(&fs::read(writer.path()).unwrap());
        assert_eq!(version, FILE_VERSION);
        assert_eq!(read, written);
    }

    #[test]
    fn a_file_without_points_is_complete_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let writer = EventWriter::create(&folder.path().join("a/new/one"), moment(7.0)).unwrap();
        let (version, read) = read_scalars(&fs::read(writer.path()).unwrap());
        assert_eq!((version.as_str(), read.len()), (FILE_VERSION, 0));
    }

    #[test]
    fn runs_that_start_in_the_same_second_get_files_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let names = [0, 1].map(|_| {
            let writer = EventWriter::create(folder.path(), moment(1_700_000_000.9)).unwrap();
            writer.path().file_name().unwrap().to_owned()
        });
        assert_eq!(names[0], "events.out.tfevents.1700000000.openloop.000");
        assert_eq!(names[1], "events.out.tfevents.1700000000.openloop.001");
    }

    #[test]
    fn a_clock_before_1970_is_no_reason_to_fail() {
        let folder = tempfile::tempdir().unwrap();
        let early = UNIX_EPOCH - Duration::from_millis(1500);
        let mut writer = EventWriter::create(folder.path(), early).unwrap();
        writer.scalar("error", 1, 2.0, early).unwrap();
        writer.flush().unwrap();
        let (_, read) = read_scalars(&fs::read(writer.path()).unwrap());
        assert_eq!(read[0].seconds, -1.5);
    }

    const OPENING: &[u8] =
        b"\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7fK\x22\x09\x00\x00 @\xfcT\xd9A\x1a\x0dbrain.Event:2+51\x10";
    const POINT: &[u8] =
        b"!\x00\x00\x00\x00\x00\x00\x00\x01{\xec\xf6\x09\x00\x00P@\xfcT\xd9A\x10\xac\x02*\x13\x0a\x11\x0a\x0at\
        rain/loss\x15\x00\x00\xc0>\xa8_\x8b\x0e";
}
