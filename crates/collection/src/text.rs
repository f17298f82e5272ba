//! From bytes to text: byte order marks, UTF-8 and UTF-16.

use encoding_rs::{UTF_16BE, UTF_16LE};

use crate::ReadError;

/// The text in `bytes`: UTF-8 with or without a byte order mark, or UTF-16 with one.
///
/// # Errors
///
/// If the bytes are no text in these encodings, with the offset of the first wrong byte.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    let (encoding, rest) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (None, rest),
        [0xFF, 0xFE, rest @ ..] => (Some(UTF_16LE), rest),
        [0xFE, 0xFF, rest @ ..] => (Some(UTF_16BE), rest),
        // JSON begins with an ASCII sign: a zero byte beside it is UTF-16 without its mark.
        [first, 0, ..] if *first != 0 => (Some(UTF_16LE), bytes),
        [0, second, ..] if *second != 0 => (Some(UTF_16BE), bytes),
        _ => (None, bytes),
    };
    let Some(encoding) = encoding else {
        return match std::str::from_utf8(rest) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(ReadError::InvalidText {
                encoding: "UTF-8",
                offset: error.valid_up_to() + (bytes.len() - rest.len()),
            }),
        };
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(rest)
        .map(std::borrow::Cow::into_owned)
        .ok_or(ReadError::InvalidText { encoding: "UTF-16", offset: bytes.len() - rest.len() })
}
