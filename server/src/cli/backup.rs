//! `openline backup`: the data without the keys.
use std::path::Path;

use anyhow::Context as _;
use openline::config::Config;
use openline::store::Location;

/// Writes a consistent copy beside the running server.
pub fn run(config: &Config, file: &Path) -> anyhow::Result<()> {
    let Location::Sqlite(path) = config.data_location()? else {
        anyhow::bail!(
            "the data is on PostgreSQL: back it up with pg_dump --schema={} and keep the schema {}_keys apart",
            config.schema,
            config.schema
        );
    };
    anyhow::ensure!(!file.exists(), "{} is there already; a backup never overwrites", file.display());
    let connection = rusqlite::Connection::open_with_flags(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    let target = file.to_str().context("the file's name is not UTF-8")?;
    connection.execute("VACUUM INTO ?1", [target]).context("the copy failed")?;
    println!(
        "The data is in {}. It is worthless without the keys: keep keys.db and the master key elsewhere.",
        file.display()
    );
    Ok(())
}
