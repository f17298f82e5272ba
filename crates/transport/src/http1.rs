//! HTTP/1.1 on a connection: a request is written as it was asked for, an answer is read with care.
//!
//! Names of headers keep their case and order both ways. Nothing that a peer says is believed beyond what it sends.

use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::Body;
#[cfg(any(test, feature = "fuzzing"))]
use crate::Streaming;
use crate::connection::{Io, broken};
use crate::error::{Phase, SendError};
use crate::exchange::{
    Again, Answer, ENDLESS, Failure, HEAD, HEADERS, Head, Headers, INTERIM, Live, PIECE, Reading, in_time, side_by_side,
};
use crate::progress::Progress;

/// Longest line with the length of a chunk, and longest trailer.
const LINE: usize = 16 * 1024;
/// A body up to this length goes out in one piece with its head.
const TOGETHER: usize = 64 * 1024;

/// A connection that speaks HTTP/1.1.
pub(crate) struct Http1 {
    io: Io,
    /// What was read beyond the last answer.
    buffer: BytesMut,
}

impl Http1 {
    pub fn new(io: Io) -> Self {
        Self { io, buffer: BytesMut::new() }
    }

    /// Whether the peer has neither closed it nor said anything since the last answer.
    pub fn is_quiet(&mut self) -> bool {
        let mut byte = [0; 1];
        let mut room = ReadBuf::new(&mut byte);
        let poll = Pin::new(&mut self.io).poll_read(&mut Context::from_waker(Waker::noop()), &mut room);
        self.buffer.is_empty() && matches!(poll, Poll::Pending)
    }
}

/// Reads `answer` from a peer that says it and hangs up.
#[cfg(feature = "fuzzing")]
pub(crate) async fn read_answer(answer: Vec<u8>, lenient: bool) {
    let connection = Http1::new(Box::new(tokio::io::join(std::io::Cursor::new(answer), tokio::io::sink())));
    let streaming = Streaming::default();
    let reading =
        Reading { host: "peer", headless: false, chunked: false, lenient, largest: 1 << 20, streaming: &streaming };
    let head = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    let _ = exchange(connection, head, &Body::Empty, &reading, &Progress::default()).await;
}

fn keeps_alive(head: &Head) -> bool {
    if head.version == http::Version::HTTP_10 {
        head.says("connection", "keep-alive")
    } else {
        !head.says("connection", "close")
    }
}

/// Sends a request and reads its answer. Returns the connection too if it can be used again.
pub(crate) async fn exchange(
    connection: Http1,
    head: Vec<u8>,
    body: &Body,
    reading: &Reading<'_>,
    progress: &Progress,
) -> Result<(Answer, Option<Http1>), Failure> {
    let Http1 { io, buffer } = connection;
    let heard = OnceLock::new();
    let (reader, mut writer) = tokio::io::split(io);
    let mut source = Source { io: reader, buffer, heard: &heard };
    let write = write(&mut writer, head, body, reading.chunked, reading.host);
    let read = read(&mut source, reading, progress);
    let (Received { head, body, ends_alone, cut }, sent, times) = side_by_side(write, read, &heard, progress)
        .await
        .map_err(|error| Failure { error, silent: heard.get().is_none(), again: Again::Unsaid })?;
    let reusable =
        sent.is_some() && !ends_alone && keeps_alive(&head) && source.buffer.is_empty() && head.status != 101;
    let connection = reusable.then(|| Http1 { io: source.io.unsplit(writer), buffer: source.buffer });
    Ok((Answer { head, body, cut, sent_body: sent.unwrap_or_default(), times }, connection))
}

/// Writes head and body. Returns how many bytes the body had.
async fn write(
    io: &mut (impl AsyncWrite + Unpin),
    mut head: Vec<u8>,
    body: &Body,
    chunked: bool,
    host: &str,
) -> Result<u64, SendError> {
    let failed = |error: std::io::Error| broken(host, Phase::Send, &error);
    let mut pieces = body.pieces();
    match body {
        Body::Empty if chunked => head.extend_from_slice(b"0\r\n\r\n"),
        Body::Bytes(bytes) if !chunked && bytes.len() <= TOGETHER => {
            if let Some(piece) = pieces.next().await? {
                head.extend_from_slice(&piece);
            }
        }
        _ => {}
    }
    io.write_all(&head).await.map_err(failed)?;
    while let Some(piece) = pieces.next().await? {
        if chunked {
            io.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.map_err(failed)?;
        }
        io.write_all(&piece).await.map_err(failed)?;
        if chunked {
            io.write_all(b"\r\n").await.map_err(failed)?;
        }
    }
    if chunked && !matches!(body, Body::Empty) {
        io.write_all(b"0\r\n\r\n").await.map_err(failed)?;
    }
    io.flush().await.map_err(failed)?;
    Ok(pieces.sent)
}

/// Where bytes come from.
struct Source<'h, R> {
    io: R,
    buffer: BytesMut,
    /// When the first byte of the answer came.
    heard: &'h OnceLock<Instant>,
}

impl<R: AsyncRead + Unpin> Source<'_, R> {
    /// Reads more. Returns whether there was any.
    async fn more(&mut self) -> std::io::Result<bool> {
        self.buffer.reserve(if self.buffer.is_empty() { 8 * 1024 } else { PIECE });
        let count = self.io.read_buf(&mut self.buffer).await?;
        if count > 0 {
            self.heard.get_or_init(Instant::now);
        }
        Ok(count > 0)
    }
}

/// An answer.
struct Received {
    head: Head,
    body: Bytes,
    /// Whether the end of the connection is the end of the body.
    ends_alone: bool,
    cut: bool,
}

/// Reads an answer.
async fn read<R: AsyncRead + Unpin>(
    source: &mut Source<'_, R>,
    reading: &Reading<'_>,
    progress: &Progress,
) -> Result<Received, SendError> {
    let host = reading.host;
    let mut interim = 0;
    let head = loop {
        let head = read_head(source, reading, progress).await?;
        // 101 is the last word in HTTP; the others announce the answer that is to come.
        if !(100..200).contains(&head.status) || head.status == 101 {
            break head;
        }
        interim += 1;
        if interim > INTERIM {
            return Err(reading.malformed(Phase::Head, ENDLESS));
        }
    };
    progress.enter(Phase::Body);
    let framing = framing(&head, reading).map_err(|what| reading.malformed(Phase::Head, what))?;
    let closed = |received: usize, expected| SendError::Closed {
        host: host.to_owned(),
        phase: Phase::Body,
        received: received as u64,
        expected,
    };
    let broke = |error: std::io::Error, received: usize, expected| match broken(host, Phase::Body, &error) {
        SendError::Closed { .. } => closed(received, expected),
        error => error,
    };
    let mut live = Live::of(&head, reading.streaming);
    let mut chunks = Chunks::new(reading.lenient);
    let mut body = BytesMut::new();
    let expected = match framing {
        Framing::None => Some(0),
        Framing::Length(length) => Some(length),
        Framing::Chunked | Framing::Close => None,
    };
    if expected.is_some_and(|length| length > reading.largest) {
        return Err(reading.too_large());
    }
    // Without chunks what comes is the body as it is, and stays where it was read to.
    let (ends_alone, cut) = loop {
        let (come, done) = match framing {
            Framing::None => (&[][..], true),
            Framing::Length(length) => {
                let come = usize::try_from(length).unwrap_or(usize::MAX).min(source.buffer.len());
                (&source.buffer[..come], come as u64 == length)
            }
            Framing::Close => (&source.buffer[..], false),
            Framing::Chunked => {
                let done =
                    chunks.read(&mut source.buffer, &mut body).map_err(|what| reading.malformed(Phase::Body, what))?;
                (&body[..], done)
            }
        };
        if come.len() as u64 > reading.largest {
            return Err(reading.too_large());
        }
        if let Some(live) = &mut live {
            live.show(come);
        }
        if done {
            break (false, false);
        }
        let received = come.len();
        match in_time(live.as_ref(), source.more()).await {
            None => break (true, true),
            Some(Ok(true)) => {}
            Some(Ok(false)) if framing == Framing::Close => break (true, false),
            // Many peers end TLS without saying goodbye. Whether the body is whole cannot be known.
            Some(Err(error)) if framing == Framing::Close && error.kind() == std::io::ErrorKind::UnexpectedEof => {
                break (true, false);
            }
            Some(Ok(false)) => return Err(closed(received, expected)),
            Some(Err(error)) => return Err(broke(error, received, expected)),
        }
    };
    let body = match framing {
        Framing::None => Bytes::new(),
        Framing::Chunked => body.freeze(),
        Framing::Close => source.buffer.split().freeze(),
        Framing::Length(length) => {
            let come = usize::try_from(length).unwrap_or(usize::MAX).min(source.buffer.len());
            source.buffer.split_to(come).freeze()
        }
    };
    Ok(Received { head, body, ends_alone, cut })
}

async fn read_head<R: AsyncRead + Unpin>(
    source: &mut Source<'_, R>,
    reading: &Reading<'_>,
    progress: &Progress,
) -> Result<Head, SendError> {
    let host = reading.host;
    let mut looked_at = 0;
    loop {
        if !source.buffer.is_empty() {
            progress.enter(Phase::Head);
        }
        // A head that comes in drops is looked at again only when it may have ended.
        if source.buffer.len() > looked_at {
            let fresh = &source.buffer[looked_at.saturating_sub(3)..];
            if looked_at < 64 || fresh.windows(2).any(|pair| pair == b"\n\n" || pair == b"\n\r") {
                match parse_head(&source.buffer, reading.lenient) {
                    Ok(Some(head)) if head.length <= HEAD => {
                        source.buffer.advance(head.length);
                        return Ok(head);
                    }
                    Ok(_) => {}
                    Err(what) => return Err(reading.malformed(Phase::Head, what)),
                }
            }
            looked_at = source.buffer.len();
        }
        if source.buffer.len() > HEAD {
            return Err(SendError::HeadTooLarge { host: host.to_owned(), limit: HEAD });
        }
        let phase = if source.buffer.is_empty() { Phase::Wait } else { Phase::Head };
        match source.more().await {
            Ok(true) => {}
            Ok(false) => {
                return Err(SendError::Closed { host: host.to_owned(), phase, received: 0, expected: None });
            }
            Err(error) => return Err(broken(host, phase, &error)),
        }
    }
}

/// Reads the head of an answer; `None` if it is not there as a whole.
pub(crate) fn parse_head(bytes: &[u8], lenient: bool) -> Result<Option<Head>, String> {
    match bytes {
        [0x15 | 0x16, 3, 0..=4, ..] => return Err("it is TLS; ask for https".to_owned()),
        [0, 0, _, 4, _, 0, 0, 0, 0, ..] => return Err("it is HTTP/2, for which it was not asked".to_owned()),
        _ => {}
    }
    let mut slots = vec![httparse::EMPTY_HEADER; 64];
    loop {
        let mut response = httparse::Response::new(&mut slots);
        let mut config = httparse::ParserConfig::default();
        config
            .allow_multiple_spaces_in_response_status_delimiters(lenient)
            .allow_obsolete_multiline_headers_in_responses(lenient)
            .allow_spaces_after_header_name_in_responses(lenient);
        match config.parse_response(&mut response, bytes) {
            Ok(httparse::Status::Partial) => return Ok(None),
            Ok(httparse::Status::Complete(length)) => {
                let headers = response.headers.iter().map(|header| (header.name.to_owned(), text(header.value)));
                return Ok(Some(Head {
                    status: response.code.unwrap_or_default(),
                    reason: response.reason.unwrap_or_default().to_owned(),
                    version: version(response.version.unwrap_or(1)),
                    headers: headers.collect(),
                    length,
                }));
            }
            Err(httparse::Error::TooManyHeaders) if slots.len() < HEADERS => {
                let more = slots.len() * 4;
                slots = vec![httparse::EMPTY_HEADER; more];
            }
            Err(httparse::Error::TooManyHeaders) => return Err(format!("it has over {HEADERS} headers")),
            Err(httparse::Error::Version) => return Err("it does not begin with HTTP/1".to_owned()),
            Err(httparse::Error::Status) => return Err("its status is not a number, or its reason no text".to_owned()),
            Err(error) if lenient => return lenient_head(bytes).ok_or_else(|| error.to_string()),
            Err(httparse::Error::HeaderName) => return Err("Invalid header token".to_owned()),
            Err(httparse::Error::HeaderValue) => return Err("Invalid header value char".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Reads a head whose headers have characters that they may not have; `Some(None)` if it is not there as a whole.
fn lenient_head(bytes: &[u8]) -> Option<Option<Head>> {
    let mut length = 0;
    let mut lines = Vec::new();
    loop {
        let rest = &bytes[length..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Some(None) };
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        length += end + 1;
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let mut first = std::str::from_utf8(lines.next()?).ok()?.splitn(3, ' ');
    let version = match first.next()? {
        "HTTP/1.0" => version(0),
        "HTTP/1.1" => version(1),
        _ => return None,
    };
    let status = first.next()?.parse().ok()?;
    let reason = first.next().unwrap_or_default().to_owned();
    let mut headers = Headers::new();
    for line in lines {
        let folded = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if let (true, Some((_, value))) = (folded, headers.last_mut()) {
            value.push(' ');
            value.push_str(text(line).trim());
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        headers.push((text(&line[..colon]).trim().to_owned(), text(&line[colon + 1..]).trim().to_owned()));
    }
    (headers.len() <= HEADERS).then_some(Some(Head { status, reason, version, headers, length }))
}

/// HTTP/1 with this number after the dot.
fn version(minor: u8) -> http::Version {
    if minor == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 }
}

/// Bytes as UTF-8 if they are that, as Latin-1 if not.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// How the end of a body is told.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    None,
    Length(u64),
    Chunked,
    Close,
}

/// RFC 9112, 6.3. Two lengths that differ, or a length beside chunks, are how one answer is passed off as two.
fn framing(head: &Head, reading: &Reading<'_>) -> Result<Framing, &'static str> {
    if reading.headless || matches!(head.status, 100..=199 | 204 | 304) {
        return Ok(Framing::None);
    }
    let encodings: Vec<&str> =
        head.values("transfer-encoding").flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut lengths = head.values("content-length").flat_map(|value| value.split(',')).map(str::trim);
    if !encodings.is_empty() {
        if lengths.next().is_some() && !reading.lenient {
            return Err("it has both Content-Length and Transfer-Encoding");
        }
        let (last, before) = encodings.split_last().map_or(("", &[][..]), |(last, before)| (*last, before));
        if !before.is_empty() || !(last.eq_ignore_ascii_case("chunked") || last.eq_ignore_ascii_case("identity")) {
            return Err("its transfer encoding is not chunked");
        }
        return Ok(if last.eq_ignore_ascii_case("chunked") { Framing::Chunked } else { Framing::Close });
    }
    let Some(first) = lengths.next() else { return Ok(Framing::Close) };
    if first.is_empty() || !first.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("its Content-Length is not a number");
    }
    if lengths.any(|other| other != first) && !reading.lenient {
        return Err("it has two lengths that differ");
    }
    first.parse().map(Framing::Length).map_err(|_| "its Content-Length is too large a number")
}

/// Takes the frames off a chunked body, piece by piece (RFC 9112, 7.1).
pub(crate) struct Chunks {
    state: ChunkState,
    lenient: bool,
    trailers: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ChunkState {
    Length,
    Bytes(u64),
    AfterBytes,
    Trailers,
    Done,
}

impl Chunks {
    pub fn new(lenient: bool) -> Self {
        Self { state: ChunkState::Length, lenient, trailers: 0 }
    }

    /// Moves what can be understood of `from` to `to`. Returns whether the body is whole.
    pub fn read(&mut self, from: &mut BytesMut, to: &mut BytesMut) -> Result<bool, &'static str> {
        loop {
            match self.state {
                ChunkState::Length => {
                    let Some(line) = self.line(from, "the line with the length of a chunk does not end")? else {
                        return Ok(false);
                    };
                    self.state = match length(&line).ok_or("the length of a chunk is not a number")? {
                        0 => ChunkState::Trailers,
                        length => ChunkState::Bytes(length),
                    };
                }
                ChunkState::Bytes(left) => {
                    if from.is_empty() {
                        return Ok(false);
                    }
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(from.len());
                    to.extend_from_slice(&from[..count]);
                    from.advance(count);
                    self.state = match left - count as u64 {
                        0 => ChunkState::AfterBytes,
                        left => ChunkState::Bytes(left),
                    };
                }
                ChunkState::AfterBytes => match &from[..] {
                    [b'\r', b'\n', ..] => {
                        from.advance(2);
                        self.state = ChunkState::Length;
                    }
                    [b'\n', ..] if self.lenient => {
                        from.advance(1);
                        self.state = ChunkState::Length;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err("a chunk is longer than it says"),
                },
                ChunkState::Trailers => {
                    let Some(line) = self.line(from, "a trailer does not end")? else { return Ok(false) };
                    self.trailers += line.len();
                    if self.trailers > LINE {
                        return Err("its trailers do not end");
                    }
                    if line.is_empty() {
                        self.state = ChunkState::Done;
                    }
                }
                ChunkState::Done => return Ok(true),
            }
        }
    }

    /// The next line without its end, if it is there as a whole.
    fn line(&self, from: &mut BytesMut, endless: &'static str) -> Result<Option<BytesMut>, &'static str> {
        let Some(end) = from.iter().take(LINE).position(|byte| *byte == b'\n') else {
            return if from.len() >= LINE { Err(endless) } else { Ok(None) };
        };
        let mut line = from.split_to(end + 1);
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        } else if !self.lenient {
            return Err("a line of its chunks does not end as it should");
        }
        Ok(Some(line))
    }
}

fn length(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: Streaming = Streaming { longest: None, tap: None };

    fn reading(lenient: bool) -> Reading<'static> {
        Reading { host: "a.example", headless: false, chunked: false, lenient, largest: u64::MAX, streaming: &WHOLE }
    }

    fn framed(headers: &str, lenient: bool) -> Result<Framing, &'static str> {
        let head = parse_head(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes(), lenient).unwrap().unwrap();
        framing(&head, &reading(lenient))
    }

    fn unframed(pieces: &[&[u8]], lenient: bool) -> Result<(bool, Vec<u8>, usize), &'static str> {
        let mut chunks = Chunks::new(lenient);
        let (mut from, mut to) = (BytesMut::new(), BytesMut::new());
        let mut done = false;
        for piece in pieces {
            from.extend_from_slice(piece);
            done = chunks.read(&mut from, &mut to)?;
        }
        Ok((done, to.to_vec(), from.len()))
    }

    #[test]
    fn headers_keep_their_case_and_order() {
        let head =
            parse_head(b"HTTP/1.1 200 Very OK\r\nX-b: 2\r\nx-A:1 \r\nX-b: \xe9\r\n\r\nrest", false).unwrap().unwrap();
        let pairs: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("X-b", "2"), ("x-A", "1"), ("X-b", "é")]);
        assert_eq!((head.status, head.reason.as_str(), head.length), (200, "Very OK", 48));
    }

    #[test]
    fn a_head_that_is_none_says_why() {
        for (bytes, why) in [
            (&b"\x15\x03\x01\0\x02"[..], "TLS"),
            (b"\0\0\x12\x04\0\0\0\0\0", "HTTP/2"),
            (b"SSH-2.0-x\r\n", "HTTP/1"),
            (b"HTTP/1.1 abc OK\r\n", "status"),
            (b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n", "Invalid header token"),
            (b"HTTP/1.1 200 OK\r\na: \x01\r\n\r\n", "Invalid header value char"),
        ] {
            let error = parse_head(bytes, false).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(HEADERS + 1));
        assert!(parse_head(many.as_bytes(), false).unwrap_err().contains("headers"));
        let head = parse_head(b"HTTP/1.1 200 OK\r\na b: c\x01\r\n d\r\n\r\n", true).unwrap().unwrap();
        assert_eq!(head.headers, [("a b".to_owned(), "c\u{1} d".to_owned())]);
    }

    #[test]
    fn a_body_ends_where_it_is_said_to_end() {
        for (headers, strict, lenient) in [
            ("", Ok(Framing::Close), Ok(Framing::Close)),
            ("Content-Length: 5\r\n", Ok(Framing::Length(5)), Ok(Framing::Length(5))),
            ("Content-Length: 5, 5\r\n", Ok(Framing::Length(5)), Ok(Framing::Length(5))),
            (
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                Err("it has two lengths that differ"),
                Ok(Framing::Length(5)),
            ),
            (
                "Content-Length: +5\r\n",
                Err("its Content-Length is not a number"),
                Err("its Content-Length is not a number"),
            ),
            ("Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked), Ok(Framing::Chunked)),
            (
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                Err("it has both Content-Length and Transfer-Encoding"),
                Ok(Framing::Chunked),
            ),
            (
                "Transfer-Encoding: gzip, chunked\r\n",
                Err("its transfer encoding is not chunked"),
                Err("its transfer encoding is not chunked"),
            ),
        ] {
            assert_eq!(framed(headers, false), strict, "{headers}");
            assert_eq!(framed(headers, true), lenient, "{headers}");
        }
    }

    #[test]
    fn chunks_that_lie_are_refused() {
        for (body, lenient, expected) in [
            (&b"3\r\nabc\r\n0\r\n\r\n"[..], false, Ok((true, 3))),
            (b"3;name=\"value\"\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", false, Ok((true, 3))),
            (b"3\r\nabc\r\n", false, Ok((false, 3))),
            (b"3\nabc\n0\n\n", true, Ok((true, 3))),
            (b"3\nabc\n0\n\n", false, Err(())),
            (b"2\r\nabc\r\n0\r\n\r\n", false, Err(())),
            (b"-1\r\n", false, Err(())),
            (b"0x3\r\nabc\r\n", false, Err(())),
            (b"\r\n", false, Err(())),
            (b"fffffffffffffffff\r\n", false, Err(())),
        ] {
            let found = unframed(&[body], lenient).map(|(done, body, _)| (done, body.len())).map_err(|_| ());
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(body));
        }
        assert!(unframed(&[&[b'1'; LINE]], false).is_err());
    }

    proptest! {
        #[test]
        fn chunks_are_the_same_however_they_come(
            body in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8),
            cuts in proptest::collection::vec(1usize..9, 1..200),
            rest in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut wire = Vec::new();
            for chunk in &body {
                wire.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            wire.extend_from_slice(&rest);
            let mut pieces = Vec::new();
            let mut left = &wire[..];
            for cut in cuts.iter().cycle() {
                if left.is_empty() { break }
                let (piece, more) = left.split_at((*cut).min(left.len()));
                pieces.push(piece);
                left = more;
            }
            let found = unframed(&pieces, false).unwrap();
            prop_assert_eq!(found, (true, body.concat(), rest.len()));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200), lenient: bool) {
            let _ = parse_head(&bytes, lenient);
            let _ = unframed(&[&bytes], lenient);
            let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
            head.extend_from_slice(&bytes);
            if let Ok(Some(head)) = parse_head(&head, lenient) {
                let _ = framing(&head, &reading(lenient));
            }
        }

        #[test]
        fn a_written_head_comes_back(
            status in 200u16..600,
            headers in proptest::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[!-~]{0,20}"), 0..90),
        ) {
            let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head = parse_head(format!("HTTP/1.1 {status} X\r\n{lines}\r\n").as_bytes(), false).unwrap().unwrap();
            prop_assert_eq!(head.status, status);
            prop_assert_eq!(head.headers, headers);
        }
    }
}
