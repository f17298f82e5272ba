//! What a query answered.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::{Error, Result};

/// One row of an answer. Columns are read by name.
pub enum Row {
    #[doc(hidden)]
    Sqlite(SqliteRow),
    #[doc(hidden)]
    Postgres(PgRow),
}

impl Row {
    /// A text column that is never null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there, null, or no text.
    pub fn text(&self, column: &str) -> Result<String> {
        self.read(column)
    }

    /// A text column that may be null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there or no text.
    pub fn text_or_null(&self, column: &str) -> Result<Option<String>> {
        self.read(column)
    }

    /// A whole number that is never null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there, null, or no whole number.
    pub fn integer(&self, column: &str) -> Result<i64> {
        self.read(column)
    }

    /// A whole number that may be null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there or no whole number.
    pub fn integer_or_null(&self, column: &str) -> Result<Option<i64>> {
        self.read(column)
    }

    /// A claim, stored as 0 or 1.
    ///
    /// # Errors
    ///
    /// As [`Row::integer`].
    pub fn claim(&self, column: &str) -> Result<bool> {
        Ok(self.integer(column)? != 0)
    }

    /// Bytes that are never null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there, null, or no bytes.
    pub fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.read(column)
    }

    /// Bytes that may be null.
    ///
    /// # Errors
    ///
    /// [`Error::Column`] if it is not there or no bytes.
    pub fn bytes_or_null(&self, column: &str) -> Result<Option<Vec<u8>>> {
        self.read(column)
    }

    fn read<T>(&self, column: &str) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| Error::Column { column: column.to_owned(), reason: error.to_string() })
    }
}
