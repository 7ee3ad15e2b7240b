//! Lines, staff, keys: what is set up from the command line. A running server takes it up by itself.
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use openline::access::{self, Grant, Role};
use openline::app::App;
use openline::app::{Actor, Ctx};
use openline::config::Config;
use openline::lines;
use uuid::Uuid;

/// Arguments of `openline staff`.
#[derive(Args)]
pub struct StaffArguments {
    #[arg(long)]
    name: String,
    #[arg(long)]
    email: String,
    /// The line's slug; an administrator needs none.
    #[arg(long)]
    line: Option<String>,
    /// For instance `--role agent --role protection_focal_point`.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
}

async fn open(config: Config) -> anyhow::Result<App> {
    Ok(openline::boot::open(config).await?.0)
}

fn line_id(app: &App, slug: &str) -> anyhow::Result<Uuid> {
    let lines = app.lines();
    let line = lines.by_slug(slug).with_context(|| format!("there is no line {slug}; import it first"))?;
    Ok(line.id)
}

/// Imports a content folder.
pub async fn import(config: Config, folder: &Path) -> anyhow::Result<()> {
    let app = open(config).await?;
    let imported = lines::import_folder(&app, folder).await?;
    println!(
        "Line {}: {} flows, {} answers, {} files.",
        imported.slug, imported.flows, imported.answers, imported.files
    );
    Ok(())
}

/// Adds a member of staff.
pub async fn staff(config: Config, arguments: StaffArguments) -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).context("the password is read from standard input")?;
    let app = open(config).await?;
    let line = match &arguments.line {
        Some(slug) => Some(line_id(&app, slug)?),
        None => None,
    };
    let mut roles = Vec::new();
    for role in &arguments.roles {
        let role: Role = serde_json::from_value(serde_json::Value::String(role.clone()))
            .with_context(|| format!("{role} is no role"))?;
        anyhow::ensure!(
            role == Role::Administrator || arguments.line.is_some(),
            "--line says for which line"
        );
        roles.push(Grant { line: if role == Role::Administrator { None } else { line }, role });
    }
    let ctx = Ctx { actor: Actor::Operator, now: app.now() };
    let password = password.trim_end_matches('\n');
    access::create_staff(&app, ctx, &arguments.name, &arguments.email, password, &roles).await?;
    println!("{} can sign in.", arguments.name);
    Ok(())
}

/// Wraps keys anew.
pub async fn rotate(config: Config) -> anyhow::Result<()> {
    let app = open(config).await?;
    let vault = app.vault.clone();
    let count = tokio::task::spawn_blocking(move || vault.rotate()).await??;
    println!("{count} keys were wrapped anew. Former master keys can be destroyed.");
    Ok(())
}

/// Checks a receipt.
pub async fn receipt(config: Config, text: &str) -> anyhow::Result<ExitCode> {
    let app = open(config).await?;
    match openline::consent::receipt(&app, text).await? {
        Some(receipt) => {
            println!(
                "Receipt {} is good: erased on {}, {} messages, {} conversations, {} addresses.",
                receipt.receipt, receipt.at, receipt.messages, receipt.conversations, receipt.identities
            );
            Ok(ExitCode::SUCCESS)
        }
        None => {
            println!("There is no such receipt.");
            Ok(ExitCode::FAILURE)
        }
    }
}
