//! The body of a request, piece by piece, whatever it is made of.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::error::SendError;
use crate::exchange::PIECE;
use crate::{Body, BodyPart};

impl Body {
    /// In bytes; `None` if it is not known before it is sent.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(Bytes::len(bytes) as u64),
            Self::Stream { length, .. } => *length,
        }
    }

    /// Its pieces.
    pub(crate) fn pieces(&self) -> Pieces<'_> {
        let (whole, parts, left) = match self {
            Self::Empty => (None, &[][..], None),
            Self::Bytes(bytes) => (Some(bytes), &[][..], None),
            Self::Stream { length, parts } => (None, parts.as_slice(), *length),
        };
        Pieces { whole, parts, file: None, path: Path::new(""), left, sent: 0 }
    }
}

/// What is left of a body. What is in memory comes as it is, a file in pieces.
pub(crate) struct Pieces<'b> {
    whole: Option<&'b Bytes>,
    parts: &'b [BodyPart],
    file: Option<File>,
    /// Of the file that was opened last.
    path: &'b Path,
    /// How much of what was announced is still to come.
    left: Option<u64>,
    /// How many bytes were given out.
    pub sent: u64,
}

impl Pieces<'_> {
    /// The next piece, which is never empty, and no more than was announced.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SendError> {
        while self.left != Some(0) {
            let Some(mut piece) = self.part().await? else { break };
            if let Some(left) = &mut self.left {
                piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece.len() as u64;
            }
            if !piece.is_empty() {
                self.sent += piece.len() as u64;
                return Ok(Some(piece));
            }
        }
        match self.left {
            Some(1..) => Err(SendError::Unreadable {
                path: self.path.to_owned(),
                why: "it became shorter while it was sent".to_owned(),
            }),
            _ => Ok(None),
        }
    }

    async fn part(&mut self) -> Result<Option<Bytes>, SendError> {
        if let Some(whole) = self.whole.take() {
            return Ok(Some(whole.clone()));
        }
        loop {
            if let Some(file) = &mut self.file {
                let mut piece = BytesMut::with_capacity(PIECE);
                if file.read_buf(&mut piece).await.map_err(|error| unreadable(self.path, &error))? > 0 {
                    return Ok(Some(piece.freeze()));
                }
                self.file = None;
            }
            let Some((part, rest)) = self.parts.split_first() else { return Ok(None) };
            self.parts = rest;
            match part {
                BodyPart::Bytes(bytes) => return Ok(Some(bytes.clone())),
                BodyPart::File(path) => {
                    self.path = path;
                    self.file = Some(File::open(path).await.map_err(|error| unreadable(path, &error))?);
                }
            }
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> SendError {
    SendError::Unreadable { path: path.to_owned(), why: crate::connection::said(error) }
}
