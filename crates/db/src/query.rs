//! A statement, its values, and where it may run.

use sqlx::postgres::PgArguments;
use sqlx::query::Query as SqlxQuery;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use crate::database::Connected;
use crate::{Error, Reader, Result, Row, Transaction};

/// Rows that one statement of [`Query::execute_rows`] holds; both databases allow many more placeholders than that.
const ROWS: usize = 100;

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

impl Place<'_> {
    /// The same place once more, for a function that runs several queries.
    pub fn again(&mut self) -> Place<'_> {
        match self {
            Self::Transaction(transaction) => Place::Transaction(transaction),
            Self::Reader(reader) => Place::Reader(*reader),
        }
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
            Place::Transaction(transaction) => match transaction.0.connection()? {
                Connected::Sqlite(connection) => {
                    self.sqlite().fetch_all(connection).await?.into_iter().map(Row::Sqlite).collect()
                }
                Connected::Postgres(connection) => {
                    self.postgres().fetch_all(connection).await?.into_iter().map(Row::Postgres).collect()
                }
            },
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
        Ok(match transaction.0.connection()? {
            Connected::Sqlite(connection) => self.sqlite().execute(connection).await?.rows_affected(),
            Connected::Postgres(connection) => self.postgres().execute(connection).await?.rows_affected(),
        })
    }

    /// Runs an `insert into t (...) values (...)` for many rows, a hundred in one statement.
    ///
    /// The placeholders of the text must be `$1` to the last in order, as the values of each row are.
    ///
    /// # Errors
    ///
    /// What the database says, or [`Error::Database`] if the text has no such form.
    pub async fn execute_rows(
        self,
        transaction: &mut Transaction,
        rows: impl IntoIterator<Item = Vec<Value>>,
    ) -> Result<u64> {
        let no_form = || Error::Database(format!("no `values (...)` at the end of: {}", self.text));
        let (head, tuple) = self.text.rsplit_once(" values (").ok_or_else(no_form)?;
        let columns = tuple.matches('$').count();
        if !tuple.ends_with(')') || columns == 0 {
            return Err(no_form());
        }
        let text = |rows: usize| {
            let tuple = |row: usize| {
                let places: Vec<_> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
                format!("({})", places.join(", "))
            };
            format!("{head} values {}", (0..rows).map(tuple).collect::<Vec<_>>().join(", "))
        };
        let whole = text(ROWS);
        let mut done = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Vec<Value>> = rows.by_ref().take(ROWS).collect();
            if chunk.iter().any(|row| row.len() != columns) {
                return Err(Error::Database(format!("a row has another number of values than: {}", self.text)));
            }
            let text = if chunk.len() == ROWS { whole.clone() } else { text(chunk.len()) };
            let values = chunk.into_iter().flatten();
            done += match transaction.0.connection()? {
                Connected::Sqlite(connection) => {
                    bound_sqlite(sqlx::query(AssertSqlSafe(text)), values).execute(connection).await?.rows_affected()
                }
                Connected::Postgres(connection) => {
                    bound_postgres(sqlx::query(AssertSqlSafe(text)), values).execute(connection).await?.rows_affected()
                }
            };
        }
        Ok(done)
    }

    fn sqlite(self) -> SqlxQuery<'static, Sqlite, SqliteArguments> {
        bound_sqlite(sqlx::query(self.text), self.values)
    }

    fn postgres(self) -> SqlxQuery<'static, Postgres, PgArguments> {
        bound_postgres(sqlx::query(self.text), self.values)
    }
}

fn bound_sqlite(
    query: SqlxQuery<'static, Sqlite, SqliteArguments>,
    values: impl IntoIterator<Item = Value>,
) -> SqlxQuery<'static, Sqlite, SqliteArguments> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(value) => query.bind(value),
        Value::Integer(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}

fn bound_postgres(
    query: SqlxQuery<'static, Postgres, PgArguments>,
    values: impl IntoIterator<Item = Value>,
) -> SqlxQuery<'static, Postgres, PgArguments> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(value) => query.bind(value),
        Value::Integer(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
    })
}
