//! PostgreSQL: writer and reader threads, each with one connection and a runtime of its own that polls only
//! while a statement is waited for, so that no thread hops lie between a closure and the server.
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::poll_fn;
use tokio::runtime::Runtime;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, Kind as PgKind, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::sql::{Dialect, Many, Sql, translate};
use super::target::Target;
use super::tx::Inner;
use super::value::{Row, Value};
use super::{MAX_RERUNS, MAX_WAITING_CLOSURES, Part, Result, Store, StoreError, Tx, Work, migrate};

/// How long a lost connection is tried again before the waiting closures fail.
const RECONNECT_TRIES: u32 = 20;
/// Pause between two tries to connect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(250);
/// How many statements may travel together before they are waited for.
const MAX_PIPELINED: usize = 2_048;

/// One connection, its prepared statements, and what waits to travel with the next round trip.
pub struct Connection {
    runtime: Runtime,
    client: Client,
    target: Target,
    read_only: bool,
    statements: HashMap<&'static str, Statement>,
    many: HashMap<&'static str, Statement>,
    begun: bool,
    pending: Vec<Pending>,
}

/// What waits to travel.
enum Pending {
    Statement(Sql, Vec<Value>),
    Rows(&'static Many, Vec<Vec<Value>>),
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Self::Int(v) => v.to_sql(ty, out),
            Self::Bool(v) => v.to_sql(ty, out),
            Self::Text(v) => v.as_str().to_sql(ty, out),
            Self::Bytes(v) => v.as_slice().to_sql(ty, out),
            Self::Uuid(v) => v.to_sql(ty, out),
            Self::Uuids(v) => v.to_sql(ty, out),
            Self::Ints(v) => v.to_sql(ty, out),
            Self::Column(v) => match ty.kind() {
                PgKind::Array(_) => v.to_sql(ty, out),
                _ => Err("a column needs an array".into()),
            },
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

pub(super) fn refused(error: &tokio_postgres::Error) -> StoreError {
    // The detail of a server's error quotes values; the message alone does not.
    match error.as_db_error() {
        Some(db) => {
            let text = format!("{} ({})", db.message(), db.code().code());
            if *db.code() == SqlState::T_R_SERIALIZATION_FAILURE
                || *db.code() == SqlState::T_R_DEADLOCK_DETECTED
            {
                StoreError::Again(text)
            } else {
                StoreError::Database(text)
            }
        }
        None => StoreError::Database(error.to_string()),
    }
}

type Step<'a> =
    Pin<Box<dyn Future<Output = std::result::Result<Vec<tokio_postgres::Row>, tokio_postgres::Error>> + 'a>>;

/// Polls all steps in order until each is done; requests leave in that order on the first poll, so all of them
/// share one round trip. Answers the last step's rows, or the first error.
async fn together(mut steps: Vec<Step<'_>>) -> Result<Vec<tokio_postgres::Row>> {
    let mut done: Vec<Option<Vec<tokio_postgres::Row>>> = steps.iter().map(|_| None).collect();
    let mut first_error: Option<StoreError> = None;
    let mut finished = vec![false; steps.len()];
    poll_fn(|context| {
        let mut all = true;
        for (index, step) in steps.iter_mut().enumerate() {
            if finished[index] {
                continue;
            }
            match step.as_mut().poll(context) {
                Poll::Ready(Ok(rows)) => {
                    finished[index] = true;
                    done[index] = Some(rows);
                }
                Poll::Ready(Err(error)) => {
                    finished[index] = true;
                    // Later steps fail with "transaction is aborted": only the first reason tells anything.
                    first_error.get_or_insert_with(|| refused(&error));
                }
                Poll::Pending => all = false,
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    match first_error {
        Some(error) => Err(error),
        None => Ok(done.pop().flatten().unwrap_or_default()),
    }
}

fn simple<'a>(client: &'a Client, text: &'a str) -> Step<'a> {
    Box::pin(async move { client.batch_execute(text).await.map(|()| Vec::new()) })
}

fn execute<'a>(client: &'a Client, statement: &'a Statement, args: &'a [Value]) -> Step<'a> {
    Box::pin(async move {
        let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        client.execute(statement, &args).await.map(|_| Vec::new())
    })
}

fn query<'a>(client: &'a Client, statement: &'a Statement, args: &'a [Value]) -> Step<'a> {
    Box::pin(async move {
        let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        client.query(statement, &args).await
    })
}

impl Connection {
    pub(super) fn open(target: Target, read_only: bool) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Database(error.to_string()))?;
        let client = target.connect(&runtime, read_only)?;
        Ok(Self {
            runtime,
            client,
            target,
            read_only,
            statements: HashMap::new(),
            many: HashMap::new(),
            begun: false,
            pending: Vec::new(),
        })
    }

    /// Makes sure that the connection lives, with bounded tries.
    fn revive(&mut self) -> Result<()> {
        self.begun = false;
        self.pending.clear();
        if !self.client.is_closed() {
            return Ok(());
        }
        self.statements.clear();
        self.many.clear();
        let mut last = StoreError::Closed;
        for _ in 0..RECONNECT_TRIES {
            match self.target.connect(&self.runtime, self.read_only) {
                Ok(client) => {
                    self.client = client;
                    return Ok(());
                }
                Err(error) => last = error,
            }
            std::thread::sleep(RECONNECT_PAUSE);
        }
        Err(last)
    }

    fn prepare(&mut self, sql: Sql) -> Result<()> {
        if self.statements.contains_key(sql.0) {
            return Ok(());
        }
        let text = translate(sql.0, Dialect::Postgres)?;
        let statement = self.runtime.block_on(self.client.prepare(&text)).map_err(|e| refused(&e))?;
        self.statements.insert(sql.0, statement);
        Ok(())
    }

    /// BEGIN when it has not been said, and everything that waited, as the first steps of a round trip.
    fn lead<'a>(
        begun: bool,
        read_only: bool,
        client: &'a Client,
        pending: &'a [(Statement, Vec<Value>)],
    ) -> Vec<Step<'a>> {
        let mut steps = Vec::with_capacity(pending.len() + 2);
        if !begun {
            steps.push(simple(
                client,
                if read_only { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" },
            ));
        }
        steps.extend(pending.iter().map(|(statement, args)| execute(client, statement, args)));
        steps
    }

    pub fn rows(&mut self, sql: Sql, args: &[Value]) -> Result<Vec<Row>> {
        self.prepare(sql)?;
        let pending = self.take_pending();
        let statement = &self.statements[sql.0];
        let mut steps = Self::lead(self.begun, self.read_only, &self.client, &pending);
        steps.push(query(&self.client, statement, args));
        let rows = self.runtime.block_on(together(steps));
        self.begun = true;
        rows?.iter().map(read_row).collect()
    }

    pub fn run(&mut self, sql: Sql, args: &[Value]) -> Result<u64> {
        self.prepare(sql)?;
        let pending = self.take_pending();
        let statement = &self.statements[sql.0];
        let changed = std::cell::Cell::new(0);
        let mut steps = Self::lead(self.begun, self.read_only, &self.client, &pending);
        let (client, count) = (&self.client, &changed);
        steps.push(Box::pin(async move {
            let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
            count.set(client.execute(statement, &args).await?);
            Ok(Vec::new())
        }));
        let outcome = self.runtime.block_on(together(steps));
        self.begun = true;
        outcome?;
        Ok(changed.get())
    }

    pub fn later(&mut self, sql: Sql, args: &[Value]) -> Result<()> {
        self.prepare(sql)?;
        self.pending.push(Pending::Statement(sql, args.to_vec()));
        if self.pending.len() >= MAX_PIPELINED { self.flush() } else { Ok(()) }
    }

    /// Rows join those that wait for the same table already, past statements that have nothing to do with it.
    pub fn insert_later(&mut self, many: &'static Many, row: Vec<Value>) -> Result<()> {
        self.prepare_many(many)?;
        for pending in self.pending.iter_mut().rev() {
            match pending {
                Pending::Rows(other, rows) if other.table == many.table => {
                    rows.push(row);
                    return Ok(());
                }
                Pending::Statement(sql, _) if sql.0.contains(many.table) => break,
                Pending::Rows(..) | Pending::Statement(..) => {}
            }
        }
        self.pending.push(Pending::Rows(many, vec![row]));
        if self.pending.len() >= MAX_PIPELINED { self.flush() } else { Ok(()) }
    }

    /// What waits, ready to travel.
    fn take_pending(&mut self) -> Vec<(Statement, Vec<Value>)> {
        let ready = self.pending.drain(..).map(|pending| match pending {
            Pending::Statement(sql, args) => (self.statements[sql.0].clone(), args),
            Pending::Rows(many, rows) => (self.many[many.table].clone(), columns(many, rows)),
        });
        ready.collect()
    }

    fn flush(&mut self) -> Result<()> {
        let pending = self.take_pending();
        let steps = Self::lead(self.begun, self.read_only, &self.client, &pending);
        let outcome = self.runtime.block_on(together(steps));
        self.begun = true;
        outcome.map(drop)
    }

    fn prepare_many(&mut self, many: &'static Many) -> Result<()> {
        if !self.many.contains_key(many.table) {
            let text = many.text(Dialect::Postgres);
            let statement = self.runtime.block_on(self.client.prepare(&text)).map_err(|e| refused(&e))?;
            self.many.insert(many.table, statement);
        }
        Ok(())
    }

    pub fn insert_many(&mut self, many: &'static Many, rows: Vec<Vec<Value>>) -> Result<u64> {
        self.prepare_many(many)?;
        let args = columns(many, rows);
        let pending = self.take_pending();
        let statement = &self.many[many.table];
        let changed = std::cell::Cell::new(0);
        let mut steps = Self::lead(self.begun, self.read_only, &self.client, &pending);
        let (client, count, args) = (&self.client, &changed, &args);
        steps.push(Box::pin(async move {
            let args: Vec<&(dyn ToSql + Sync)> = args.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
            count.set(client.execute(statement, &args).await?);
            Ok(Vec::new())
        }));
        let outcome = self.runtime.block_on(together(steps));
        self.begun = true;
        outcome?;
        Ok(changed.get())
    }

    pub fn script(&mut self, text: &str) -> Result<()> {
        if !self.begun {
            self.flush()?;
        }
        self.runtime.block_on(self.client.batch_execute(text)).map_err(|e| refused(&e))
    }

    pub fn prepare_only(&mut self, text: &str) -> Result<()> {
        self.runtime.block_on(self.client.prepare(text)).map(drop).map_err(|e| refused(&e))
    }

    /// COMMIT travels with whatever still waits.
    fn commit(&mut self) -> Result<()> {
        if !self.begun && self.pending.is_empty() {
            return Ok(());
        }
        let pending = self.take_pending();
        let mut steps = Self::lead(self.begun, self.read_only, &self.client, &pending);
        steps.push(simple(&self.client, "COMMIT"));
        let outcome = self.runtime.block_on(together(steps));
        self.begun = false;
        outcome.map(drop)
    }

    fn rollback(&mut self) {
        self.pending.clear();
        if self.begun {
            self.begun = false;
            // A connection that cannot roll back is dead, and `revive` makes a new one.
            drop(self.runtime.block_on(self.client.batch_execute("ROLLBACK")));
        }
    }
}

/// Rows as the columns of an `unnest`.
fn columns(many: &Many, rows: Vec<Vec<Value>>) -> Vec<Value> {
    let mut columns: Vec<Vec<Value>> =
        (0..many.columns.len()).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns.into_iter().map(Value::Column).collect()
}

fn read_row(row: &tokio_postgres::Row) -> Result<Row> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::BOOL => row.try_get::<_, Option<bool>>(index).map(Value::from),
            Type::INT2 => row.try_get::<_, Option<i16>>(index).map(|v| Value::from(v.map(i64::from))),
            Type::INT4 => row.try_get::<_, Option<i32>>(index).map(Value::from),
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
            Type::UUID => row.try_get::<_, Option<uuid::Uuid>>(index).map(Value::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(Value::from),
            Type::TEXT | Type::VARCHAR | Type::NAME => {
                row.try_get::<_, Option<String>>(index).map(Value::from)
            }
            ref other => return Err(StoreError::Shape(format!("a column of type {other} is read nowhere"))),
        };
        values.push(value.map_err(|e| refused(&e))?);
    }
    Ok(Row(values))
}

pub fn open(target: &Target, part: Part, writers: usize, readers: usize) -> Result<Store> {
    let mut first = Connection::open(target.clone(), false)?;
    first
        .runtime
        .block_on(first.client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", target.schema())))
        .map_err(|e| refused(&e))?;
    migrate::run(&mut Tx(Inner::Postgres(&mut first)), Dialect::Postgres, part)?;
    first.commit()?;
    drop(first);
    let (writes, written) = flume::bounded::<Box<dyn Work>>(MAX_WAITING_CLOSURES);
    let (reads, read) = flume::bounded::<Box<dyn Work>>(MAX_WAITING_CLOSURES);
    let mut handles = Vec::new();
    for index in 0..writers.max(1) + readers.max(1) {
        let read_only = index >= writers.max(1);
        let mut connection = Connection::open(target.clone(), read_only)?;
        let queue = if read_only { read.clone() } else { written.clone() };
        let handle = std::thread::Builder::new()
            .name(if read_only { "store-reader" } else { "store-writer" }.to_owned())
            .spawn(move || work_loop(&mut connection, &queue))
            .map_err(|error| StoreError::Database(error.to_string()))?;
        handles.push(handle);
    }
    Ok(Store::assemble(writes, reads, Dialect::Postgres, handles))
}

/// One transaction a closure; one that the server gave up is run again, with a limit.
fn work_loop(connection: &mut Connection, queue: &flume::Receiver<Box<dyn Work>>) {
    while let Ok(mut work) = queue.recv() {
        let mut outcome = Err(StoreError::Closed);
        for _ in 0..=MAX_RERUNS {
            outcome = connection
                .revive()
                .and_then(|()| work.run(&mut Tx(Inner::Postgres(connection))))
                .and_then(|()| connection.commit());
            if outcome.is_err() {
                connection.rollback();
            }
            if !matches!(outcome, Err(StoreError::Again(_))) {
                break;
            }
        }
        work.deliver(outcome);
    }
}
