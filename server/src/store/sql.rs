//! One SQL text for both databases: PostgreSQL's, with a few tokens in braces that are translated once.
//!
//! | token | PostgreSQL | SQLite |
//! |---|---|---|
//! | `{uuid}` `{bytes}` `{bool}` `{int}` `{ts}` `{text}` | column types | column types of STRICT tables |
//! | `{table_end}` | nothing | `STRICT, WITHOUT ROWID` |
//! | `{skip_locked}` `{for_update}` | row locks | nothing: one writer |
//! | `{in_uuids:$n}` `{in_ints:$n}` | `= ANY($n)` | `IN (SELECT … FROM json_each(?n))` |
//! | `{as_bool:x}` | `x` | `x` (0 and 1 read as boolean) |
use super::StoreError;

/// A statement's text. It can only be made by [`sql!`](crate::sql), so that a test finds every statement in
/// the source and prepares it on both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sql(pub(crate) &'static str);

impl Sql {
    /// Only for the macro [`sql!`](crate::sql).
    #[doc(hidden)]
    #[must_use]
    pub const fn from_macro(text: &'static str) -> Self {
        Self(text)
    }
}

/// Marks a statement's text.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {
        $crate::store::Sql::from_macro($text)
    };
}

/// Which database a text is translated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Translates a text with tokens into one database's own.
///
/// # Errors
/// When a token is unknown or a brace is not closed: a mistake in our own text, named in the error.
pub fn translate(text: &str, dialect: Dialect) -> Result<String, StoreError> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        push_plain(&mut out, &rest[..open], dialect);
        let close =
            rest[open..].find('}').ok_or_else(|| StoreError::Shape(format!("unclosed token in: {text}")))?
                + open;
        out.push_str(&token(&rest[open + 1..close], dialect)?);
        rest = &rest[close + 1..];
    }
    push_plain(&mut out, rest, dialect);
    Ok(out)
}

/// In SQLite `$1` is a *named* parameter numbered by first appearance, so it must become `?1`.
fn push_plain(out: &mut String, text: &str, dialect: Dialect) {
    match dialect {
        Dialect::Postgres => out.push_str(text),
        Dialect::Sqlite => out.push_str(&text.replace('$', "?")),
    }
}

fn token(token: &str, dialect: Dialect) -> Result<String, StoreError> {
    let pick = |postgres: &str, sqlite: &str| {
        Ok(match dialect {
            Dialect::Postgres => postgres.to_owned(),
            Dialect::Sqlite => sqlite.to_owned(),
        })
    };
    if let Some(parameter) = token.strip_prefix("in_uuids:$") {
        return pick(
            &format!("= ANY(${parameter})"),
            &format!("IN (SELECT unhex(value) FROM json_each(?{parameter}))"),
        );
    }
    if let Some(parameter) = token.strip_prefix("in_ints:$") {
        return pick(
            &format!("= ANY(${parameter})"),
            &format!("IN (SELECT value FROM json_each(?{parameter}))"),
        );
    }
    if let Some(parameter) = token.strip_prefix("in_bytes:$") {
        return pick(
            &format!("= ANY(${parameter})"),
            &format!("IN (SELECT unhex(value) FROM json_each(?{parameter}))"),
        );
    }
    if let Some(statement) = token.strip_prefix("on_postgres:") {
        return pick(statement, "");
    }
    match token {
        "uuid" => pick("UUID", "BLOB"),
        "bytes" => pick("BYTEA", "BLOB"),
        "bool" => pick("BOOLEAN", "INTEGER"),
        "int" | "ts" => pick("BIGINT", "INTEGER"),
        "text" => pick("TEXT", "TEXT"),
        "true" => pick("TRUE", "1"),
        "false" => pick("FALSE", "0"),
        "table_end" => pick("", "STRICT, WITHOUT ROWID"),
        "for_update" => pick("FOR UPDATE", ""),
        "skip_locked" => pick("FOR UPDATE SKIP LOCKED", ""),
        other => Err(StoreError::Shape(format!("unknown token {{{other}}}"))),
    }
}

/// The type of a column in a batch insert; PostgreSQL must be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Int,
    Bool,
    Text,
    Bytes,
}

/// An insert of many rows in one statement: on PostgreSQL one `unnest` over whole columns, on SQLite one
/// prepared insert a row.
#[derive(Debug, Clone, Copy)]
pub struct Many {
    pub table: &'static str,
    pub columns: &'static [(&'static str, Kind)],
    /// What follows the rows, such as `ON CONFLICT (a, b) DO NOTHING`.
    pub tail: &'static str,
}

impl Many {
    /// The statement's text for one database.
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> String {
        let names = self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let list = self.columns.iter().enumerate();
        match dialect {
            Dialect::Sqlite => {
                let marks = list.map(|(i, _)| format!("?{}", i + 1)).collect::<Vec<_>>().join(", ");
                format!("INSERT INTO {} ({names}) VALUES ({marks}) {}", self.table, self.tail)
            }
            Dialect::Postgres => {
                let arrays = list
                    .map(|(i, (_, kind))| {
                        let kind = match kind {
                            Kind::Uuid => "uuid",
                            Kind::Int => "bigint",
                            Kind::Bool => "boolean",
                            Kind::Text => "text",
                            Kind::Bytes => "bytea",
                        };
                        format!("${}::{kind}[]", i + 1)
                    })
                    .collect::<Vec<_>>()
                    .join(", ");
                format!("INSERT INTO {} ({names}) SELECT * FROM unnest({arrays}) {}", self.table, self.tail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_translated_for_each_database() {
        let text = "SELECT a FROM t WHERE id {in_uuids:$1} AND done = {false} AND at < $2 {skip_locked}";
        assert_eq!(
            translate(text, Dialect::Postgres).unwrap(),
            "SELECT a FROM t WHERE id = ANY($1) AND done = FALSE AND at < $2 FOR UPDATE SKIP LOCKED"
        );
        assert_eq!(
            translate(text, Dialect::Sqlite).unwrap(),
            "SELECT a FROM t WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND done = 0 AND at < ?2 "
        );
    }

    #[test]
    fn a_wrong_token_is_named() {
        for (text, named) in [("SELECT {nope}", "nope"), ("SELECT {uuid", "unclosed")] {
            let error = translate(text, Dialect::Sqlite).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
