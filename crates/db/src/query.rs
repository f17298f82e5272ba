//! A statement, its values, and where it may run.

use sqlx::postgres::PgArguments;
use sqlx::query::Query as SqlxQuery;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Postgres, Sqlite};

use crate::database::InTransaction;
use crate::{Error, Reader, Result, Row, Transaction};

/// One SQL statement of the program, with its place in the source.
pub struct Statement {
    /// The text, the same for both databases.
    pub text: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

inventory::collect!(Statement);

/// Every statement that [`sql!`] made anywhere in the program.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    inventory::iter::<Statement>()
}

/// A query from SQL text that both databases understand, registered so that a test can prepare it on both.
///
/// ```ignore
/// let row = sql!("select name from workspace where id = $1").bind(id).one(&mut transaction).await?;
/// ```
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        const TEXT: &str = $text;
        $crate::inventory::submit! { $crate::Statement { text: TEXT, file: file!(), line: line!() } }
        $crate::Query::new(TEXT)
    }};
}

/// A value for a placeholder. `None` is SQL's null of that type.
#[derive(Clone)]
pub enum Value {
    /// Text, ids and JSON documents.
    Text(Option<String>),
    /// Whole numbers, times (milliseconds UTC) and claims (0 or 1).
    Integer(Option<i64>),
    /// Bytes, such as sealed values and hashes.
    Bytes(Option<Vec<u8>>),
}

macro_rules! values {
    ($($from:ty => $variant:ident, $make:expr;)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                let make: fn($from) -> _ = $make;
                Self::$variant(Some(make(value)))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                let make: fn($from) -> _ = $make;
                Self::$variant(value.map(make))
            }
        }
    )*};
}

values! {
    &str => Text, str::to_owned;
    String => Text, |text| text;
    &String => Text, Clone::clone;
    i64 => Integer, |number| number;
    i32 => Integer, i64::from;
    u32 => Integer, i64::from;
    bool => Integer, i64::from;
    Vec<u8> => Bytes, |bytes| bytes;
    &[u8] => Bytes, <[u8]>::to_vec;
}

/// A statement with the values bound so far.
pub struct Query {
    text: &'static str,
    values: Vec<Value>,
}

/// Where a query can run: a [`Transaction`] or a [`Reader`].
pub enum Place<'p> {
    /// Inside a transaction.
    Transaction(&'p mut Transaction),
    /// Outside one, for reading.
    Reader(Reader<'p>),
}

impl<'p> From<&'p mut Transaction> for Place<'p> {
    fn from(transaction: &'p mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

impl<'p> From<Reader<'p>> for Place<'p> {
    fn from(reader: Reader<'p>) -> Self {
        Self::Reader(reader)
    }
}

impl Query {
    #[doc(hidden)]
    pub fn new(text: &'static str) -> Self {
        Self { text, values: Vec::new() }
    }

    /// Gives the next placeholder its value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn all<'p>(self, place: impl Into<Place<'p>>) -> Result<Vec<Row>> {
        Ok(match place.into() {
            Place::Transaction(Transaction(InTransaction::Sqlite(connection))) => {
                self.sqlite().fetch_all(&mut **connection).await?.into_iter().map(Row::Sqlite).collect()
            }
            Place::Transaction(Transaction(InTransaction::Postgres(connection))) => {
                self.postgres().fetch_all(&mut **connection).await?.into_iter().map(Row::Postgres).collect()
            }
            Place::Reader(reader) => match (reader.sqlite(), reader.postgres()) {
                (Some(pool), _) => self.sqlite().fetch_all(pool).await?.into_iter().map(Row::Sqlite).collect(),
                (_, Some(pool)) => self.postgres().fetch_all(pool).await?.into_iter().map(Row::Postgres).collect(),
                (None, None) => Vec::new(),
            },
        })
    }

    /// The first row, or `None`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn optional<'p>(self, place: impl Into<Place<'p>>) -> Result<Option<Row>> {
        Ok(self.all(place).await?.into_iter().next())
    }

    /// The first row.
    ///
    /// # Errors
    ///
    /// [`Error::NoRow`] if there is none.
    pub async fn one<'p>(self, place: impl Into<Place<'p>>) -> Result<Row> {
        self.optional(place).await?.ok_or(Error::NoRow)
    }

    /// Runs it in a transaction and returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn execute(self, transaction: &mut Transaction) -> Result<u64> {
        Ok(match &mut transaction.0 {
            InTransaction::Sqlite(connection) => self.sqlite().execute(&mut **connection).await?.rows_affected(),
            InTransaction::Postgres(connection) => self.postgres().execute(&mut **connection).await?.rows_affected(),
        })
    }

    fn sqlite(self) -> SqlxQuery<'static, Sqlite, SqliteArguments> {
        self.values.into_iter().fold(sqlx::query(self.text), |query, value| match value {
            Value::Text(value) => query.bind(value),
            Value::Integer(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }

    fn postgres(self) -> SqlxQuery<'static, Postgres, PgArguments> {
        self.values.into_iter().fold(sqlx::query(self.text), |query, value| match value {
            Value::Text(value) => query.bind(value),
            Value::Integer(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
    }
}
