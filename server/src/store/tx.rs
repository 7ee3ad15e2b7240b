//! The one way to the data: a transaction on either database.
use super::sql::{Many, Sql};
use super::value::{Row, Value};
use super::{Result, StoreError, postgres, sqlite};

/// A transaction. Slices add their statements as `impl Tx<'_>` in their `sql.rs`.
pub struct Tx<'a>(pub(super) Inner<'a>);

pub(super) enum Inner<'a> {
    Sqlite(&'a mut sqlite::Connection),
    Postgres(&'a mut postgres::Connection),
}

impl Tx<'_> {
    /// All rows of a statement.
    ///
    /// # Errors
    /// When the database refuses the statement.
    pub fn rows(&mut self, sql: Sql, args: &[Value]) -> Result<Vec<Row>> {
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.rows(sql, args),
            Inner::Postgres(connection) => connection.rows(sql, args),
        }
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// When the database refuses the statement.
    pub fn row(&mut self, sql: Sql, args: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(sql, args)?.into_iter().next())
    }

    /// The only row of a statement that always has one, such as a count.
    ///
    /// # Errors
    /// When there is no row, or the database refuses the statement.
    pub fn one(&mut self, sql: Sql, args: &[Value]) -> Result<Row> {
        self.row(sql, args)?.ok_or_else(|| StoreError::Shape("a row was expected and none came".to_owned()))
    }

    /// Runs a statement now; how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses the statement.
    pub fn run(&mut self, sql: Sql, args: &[Value]) -> Result<u64> {
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.run(sql, args),
            Inner::Postgres(connection) => connection.run(sql, args),
        }
    }

    /// Runs a statement whose outcome nobody asks for: on PostgreSQL it travels with the next statement that
    /// is waited for, or with the commit. A refusal fails the transaction all the same.
    ///
    /// # Errors
    /// When the database refuses the statement (on SQLite at once, on PostgreSQL at the latest at the commit).
    pub fn later(&mut self, sql: Sql, args: &[Value]) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.run(sql, args).map(drop),
            Inner::Postgres(connection) => connection.later(sql, args),
        }
    }

    /// As [`later`](Self::later), for a row of a table that many rows are added to: on PostgreSQL the rows of several
    /// calls travel as one statement.
    ///
    /// # Errors
    /// As [`insert_many`](Self::insert_many), on PostgreSQL at the latest at the commit.
    pub fn insert_later(&mut self, many: &'static Many, row: Vec<Value>) -> Result<()> {
        if row.len() != many.columns.len() {
            return Err(StoreError::Shape(format!("a row for {} has a wrong number of values", many.table)));
        }
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.insert_many(many, &[row]).map(drop),
            Inner::Postgres(connection) => connection.insert_later(many, row),
        }
    }

    /// Inserts many rows in one statement; how many were new.
    ///
    /// # Errors
    /// When the database refuses the statement, or a row has another number of values than there are columns.
    pub fn insert_many(&mut self, many: &'static Many, rows: Vec<Vec<Value>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        if rows.iter().any(|row| row.len() != many.columns.len()) {
            return Err(StoreError::Shape(format!("a row for {} has a wrong number of values", many.table)));
        }
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.insert_many(many, &rows),
            Inner::Postgres(connection) => connection.insert_many(many, rows),
        }
    }

    /// Runs several statements without parameters; for migrations only.
    pub(super) fn script(&mut self, text: &str) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.script(text),
            Inner::Postgres(connection) => connection.script(text),
        }
    }

    /// Asks the database to read a statement without running it; for the test that tries them all.
    #[doc(hidden)]
    pub fn prepare_only(&mut self, text: &str) -> Result<()> {
        match &mut self.0 {
            Inner::Sqlite(connection) => connection.prepare_only(text),
            Inner::Postgres(connection) => connection.prepare_only(text),
        }
    }
}
