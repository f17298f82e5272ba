//! Takes the content encodings off a body, never beyond a limit: a few bytes can stand for terabytes.

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::error::SendError;

/// Bytes that are decoded before others get their turn.
const TURN: usize = 1024 * 1024;
/// Encodings on top of each other that are taken off.
const DEEPEST: usize = 4;

/// `body` without `encodings`, which are in the order in which they were put on. What is not known is left on.
pub(crate) async fn decode(host: &str, encodings: &[&str], body: Bytes, largest: u64) -> Result<Bytes, SendError> {
    let mut body = body;
    for encoding in encodings.iter().rev().take(DEEPEST) {
        if body.is_empty() {
            break;
        }
        let name = encoding.to_ascii_lowercase();
        let input = body.clone();
        let mut decoder: Box<dyn AsyncRead + Send + Unpin + '_> = match name.as_str() {
            "gzip" | "x-gzip" => {
                let mut decoder = GzipDecoder::new(&input[..]);
                decoder.multiple_members(true);
                Box::new(decoder)
            }
            "deflate" if is_zlib(&input) => Box::new(ZlibDecoder::new(&input[..])),
            // What the name should mean and what many send are two things.
            "deflate" => Box::new(DeflateDecoder::new(&input[..])),
            "br" => Box::new(BrotliDecoder::new(&input[..])),
            "zstd" => {
                let mut decoder = ZstdDecoder::new(&input[..]);
                decoder.multiple_members(true);
                Box::new(decoder)
            }
            "identity" | "" => continue,
            _ => break,
        };
        let mut decoded = Vec::new();
        loop {
            // The limit holds for what is in memory: never more than a piece beyond it.
            let before = decoded.len();
            let mut piece = (&mut decoder).take(TURN as u64);
            piece.read_to_end(&mut decoded).await.map_err(|error| SendError::Undecodable {
                host: host.to_owned(),
                encoding: name.clone(),
                why: crate::connection::said(&error),
            })?;
            if decoded.len() as u64 > largest {
                return Err(SendError::TooLarge { host: host.to_owned(), limit: largest, decompressed: true });
            }
            if decoded.len() - before < TURN {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(decoder);
        body = decoded.into();
    }
    Ok(body)
}

/// Whether the bytes begin as RFC 1950 says.
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [first, second, ..] => first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

    use super::*;

    async fn read(mut encoder: impl AsyncRead + Unpin) -> Bytes {
        let mut all = Vec::new();
        encoder.read_to_end(&mut all).await.unwrap();
        all.into()
    }

    #[tokio::test]
    async fn what_was_encoded_comes_back() {
        let text = "hello, hello, hello ".repeat(100_000);
        let bytes = text.as_bytes();
        for (encodings, body) in [
            (&["gzip"][..], read(GzipEncoder::new(bytes)).await),
            (&["X-GZIP"], read(GzipEncoder::new(bytes)).await),
            (&["deflate"], read(ZlibEncoder::new(bytes)).await),
            (&["deflate"], read(DeflateEncoder::new(bytes)).await),
            (&["br"], read(BrotliEncoder::new(bytes)).await),
            (&["zstd"], read(ZstdEncoder::new(bytes)).await),
            (&["identity"], Bytes::copy_from_slice(bytes)),
            (&["own-invention"], Bytes::copy_from_slice(bytes)),
            (&["gzip", "br"], read(BrotliEncoder::new(&read(GzipEncoder::new(bytes)).await[..])).await),
        ] {
            let decoded = decode("a.example", encodings, body, u64::MAX).await.unwrap();
            assert!(decoded == bytes, "{encodings:?}");
        }
    }

    #[tokio::test]
    async fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 50 * 1024 * 1024];
        let small = read(GzipEncoder::new(&zeros[..])).await;
        assert!(small.len() < 100 * 1024);
        let error = decode("a.example", &["gzip"], small, 10 * 1024 * 1024).await.unwrap_err();
        assert_eq!((error.code(), error.phase()), ("too_large", "decode"));
    }

    #[tokio::test]
    async fn what_is_cut_off_or_false_is_an_error() {
        let whole = read(GzipEncoder::new(&b"hello, hello, hello"[..])).await;
        for body in [whole.slice(..whole.len() - 9), Bytes::from_static(b"not gzip at all")] {
            let error = decode("a.example", &["gzip"], body, u64::MAX).await.unwrap_err();
            assert_eq!((error.code(), error.phase()), ("undecodable_body", "decode"));
        }
    }
}
