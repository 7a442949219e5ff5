//! Messages that are too large are cut as their bytes arrive, so that none ends the connection and memory stays bounded.
//!
//! An MQTT client that refuses a large packet has to end the connection, and a broker that keeps the message sends it again at once:
//! one such message would stop a stream for ever. Here the packet keeps its topic, its identifier and the beginning of its payload,
//! and the rest is read and thrown away. The source knows a cut message by its payload, which is still longer than the limit, and
//! acknowledges it as any other.
//!
//! ```text
//! packet    byte of type and flags | length of the rest, 7 bits a byte, lowest first | the rest
//! PUBLISH   the rest is: length of the topic, 2 bytes | topic | identifier, 2 bytes, unless at most once | payload
//! ```

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The type of a message from the broker.
const PUBLISH: u8 = 3;
/// A broker's answer to a ping.
const PING_RESPONSE: [u8; 2] = [0xd0, 0];
/// A packet's first bytes: type, and a length of at most four bytes.
const LONGEST_HEADER: usize = 5;
/// More than a topic and an identifier take.
const LONGEST_TOPIC: usize = (1 << 16) + 8;
/// While a packet is thrown away, the broker counts as alive this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// Bytes that are read at once.
const CHUNK: usize = 1 << 14;

/// Cuts the packets in a stream of bytes.
#[derive(Debug)]
struct PacketCutter {
    /// Bytes after the header that are kept.
    limit: usize,
    /// Of the packet that begins.
    header: Vec<u8>,
    /// Bytes of the packet that still pass.
    passing: usize,
    /// Bytes of it that are thrown away after that.
    dropping: usize,
    alive_at: Instant,
}

impl PacketCutter {
    /// For payloads of up to `limit` bytes.
    fn new(limit: usize) -> Self {
        PacketCutter {
            limit: limit + LONGEST_TOPIC,
            header: Vec::with_capacity(LONGEST_HEADER),
            passing: 0,
            dropping: 0,
            alive_at: Instant::now(),
        }
    }

    /// Appends what is kept of `bytes` to `out`.
    fn cut(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some(&first) = bytes.first() {
            let taken = if self.passing > 0 {
                let count = self.passing.min(bytes.len());
                out.extend_from_slice(&bytes[..count]);
                self.passing -= count;
                count
            } else if self.dropping > 0 {
                let count = self.dropping.min(bytes.len());
                self.dropping -= count;
                self.show_life(out);
                count
            } else {
                self.begin(first, out);
                1
            };
            bytes = &bytes[taken..];
        }
    }

    /// Takes a byte of a packet's header.
    fn begin(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.header.push(byte);
        let goes_on = byte & 0x80 != 0;
        if self.header.len() == 1 || (goes_on && self.header.len() < LONGEST_HEADER) {
            return;
        }
        let length = self.header[1..].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
        if goes_on {
            // no length of MQTT: the client says so when it reads it
            self.passing = usize::MAX;
            out.append(&mut self.header);
        } else if self.header[0] >> 4 == PUBLISH && length > self.limit {
            (self.passing, self.dropping) = (self.limit, length - self.limit);
            self.alive_at = Instant::now();
            out.push(self.header[0]);
            push_length(self.limit, out);
        } else {
            self.passing = length;
            out.extend_from_slice(&self.header);
        }
        self.header.clear();
    }

    /// The broker's answers to pings wait behind the bytes that are thrown away; the client would take it for dead.
    fn show_life(&mut self, out: &mut Vec<u8>) {
        if self.alive_at.elapsed() >= SIGN_OF_LIFE {
            self.alive_at = Instant::now();
            out.extend_from_slice(&PING_RESPONSE);
        }
    }
}

/// Appends a packet's length.
fn push_length(mut length: usize, out: &mut Vec<u8>) {
    while length > 0x7f {
        out.push(length as u8 & 0x7f | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// A connection whose incoming messages are cut.
pub struct CutMessages<S> {
    connection: S,
    cutter: PacketCutter,
    chunk: Vec<u8>,
    /// What is kept and was not read yet, from `read` on.
    kept: Vec<u8>,
    read: usize,
}

impl<S> CutMessages<S> {
    /// Leaves payloads of up to `limit` bytes whole.
    pub fn new(connection: S, limit: usize) -> Self {
        let chunk = vec![0; CHUNK];
        CutMessages { connection, cutter: PacketCutter::new(limit), chunk, kept: Vec::new(), read: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CutMessages<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.read == this.kept.len() {
            (this.read, _) = (0, this.kept.clear());
            let mut chunk = ReadBuf::new(&mut this.chunk);
            match Pin::new(&mut this.connection).poll_read(context, &mut chunk) {
                Poll::Ready(Ok(())) if chunk.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => this.cutter.cut(chunk.filled(), &mut this.kept),
                other => return other,
            }
        }
        let count = buffer.remaining().min(this.kept.len() - this.read);
        buffer.put_slice(&this.kept[this.read..][..count]);
        this.read += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CutMessages<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().connection).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A packet of that type and flags, whose rest is `length` bytes.
    fn packet(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        push_length(length, &mut bytes);
        bytes.extend((0..length).map(|k| k as u8));
        bytes
    }

    fn cut(bytes: &[u8], piece: usize, limit: usize) -> Vec<u8> {
        let mut cutter = PacketCutter { limit, ..PacketCutter::new(0) };
        let mut out = Vec::new();
        bytes.chunks(piece).for_each(|piece| cutter.cut(piece, &mut out));
        out
    }

    #[test]
    fn a_large_message_is_cut_and_everything_round_it_is_left_alone() {
        let [before, large, after] = [packet(0x20, 2), packet(0x32, 100_000), packet(0x30, 10)];
        let whole = [&before[..], &large, &after].concat();
        let expected = [&before[..], &[0x32, 0xac, 0x02], &large[4..][..300], &after].concat();
        for piece in [1, 7, 4096, whole.len()] {
            assert_eq!(cut(&whole, piece, 300), expected, "pieces of {piece}");
        }
        assert_eq!(cut(&whole, 100, 100_000), whole, "the limit itself is no message too large");
    }

    #[test]
    fn a_length_that_is_none_reaches_the_client_as_it_is() {
        let bytes = [0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3];
        assert_eq!(cut(&bytes, 2, 300), bytes);
    }

    #[test]
    fn a_broker_whose_message_is_thrown_away_counts_as_alive() {
        let mut cutter = PacketCutter { limit: 10, ..PacketCutter::new(0) };
        let (large, mut out) = (packet(0x30, 1000), Vec::new());
        cutter.cut(&large[..500], &mut out);
        assert_eq!(out.len(), 12);
        cutter.alive_at -= SIGN_OF_LIFE;
        cutter.cut(&large[500..600], &mut out);
        cutter.cut(&large[600..], &mut out);
        assert_eq!(out[12..], PING_RESPONSE);
    }

    proptest! {
        #[test]
        fn small_packets_pass_in_whatever_pieces_they_come(lengths in proptest::collection::vec(0usize..400, 1..20), piece in 1usize..50) {
            let whole: Vec<u8> = lengths.iter().flat_map(|length| packet(0x30, *length)).collect();
            prop_assert_eq!(cut(&whole, piece, 400), whole);
        }
    }
}
