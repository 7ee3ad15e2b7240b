//! Starting and stopping the server.
use std::sync::{Arc, RwLock};

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, Clock, Ids, Inner, Signals};
use crate::config::Config;
use crate::inbound::{self, Intake, leases};
use crate::store::{Dialect, Part, Store, Ts};
use crate::vault::Vault;
use crate::{api, bulk, calls, console, jobs, lines, media, outbound, smpp, webchat, webhook};

/// Workers that handle messages: one on SQLite (there is one writer), several on PostgreSQL.
const POSTGRES_WORKERS: i64 = 4;

/// A running server.
pub struct Server {
    pub app: App,
    /// Where it listens.
    pub address: std::net::SocketAddr,
    loops: Vec<JoinHandle<()>>,
    serving: JoinHandle<()>,
    /// Held as long as the server runs.
    lock: std::fs::File,
}

/// Opens the stores and loads the lines, without listening: what the command line works with.
///
/// # Errors
/// When something of it fails, in words for whoever runs the server.
pub async fn open(config: Config) -> anyhow::Result<(App, flume::Receiver<inbound::accept::Rows>)> {
    use anyhow::Context as _;
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("the data folder {} cannot be made", config.data.display()))?;
    // Only the first caller installs it; a second server in the same process finds it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (data, keys) = (config.data_location()?, config.keys_location()?);
    let masters = config.master_keys()?;
    let stores = tokio::task::spawn_blocking(move || -> anyhow::Result<(Store, Vault)> {
        let store = Store::open(&data, Part::Data).context("the data cannot be opened")?;
        let keys = Store::open(&keys, Part::Keys).context("the key store cannot be opened")?;
        let vault = Vault::open(keys, masters).context("the key store cannot be used")?;
        vault.make_ready()?;
        Ok((store, vault))
    });
    let (store, vault) = stores.await??;
    let loaded = lines::load(&store, &vault).await.context("the lines cannot be loaded")?;
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("openline")
        .build()
        .context("the HTTP client cannot be made")?;
    let web = webhook::client(config.allow_private_addresses).context("the HTTP client cannot be made")?;
    let (intake, waiting) = Intake::new();
    let (clock, ids) = (Clock::default(), Ids::default());
    let process = process_id(&config.data, &ids, clock.now())?;
    let forge = media::Forge::new(&config);
    let app = App::new(Inner {
        config,
        store,
        vault,
        clock,
        ids,
        lines: RwLock::new(Arc::new(loaded)),
        signals: Signals::default(),
        intake,
        leases: leases::Leases::default(),
        pace: outbound::Pace::default(),
        tokens: outbound::Tokens::default(),
        smpp: smpp::Hub::default(),
        forge,
        http,
        web,
        process,
    });
    Ok((app, waiting))
}

/// All routes of the server.
pub fn router(app: &App) -> Router {
    Router::new()
        .merge(inbound::router(app.clone()))
        .merge(api::router(app.clone()))
        .merge(webchat::router(app.clone()))
        .merge(console::router(app.clone()))
}

/// What a server does beside listening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Everything,
    /// It makes durable what comes in and leaves it there: for measuring that alone.
    AcceptOnly,
}

/// Starts everything; returns once the server answers.
///
/// # Errors
/// When the stores, the lines or the address cannot be had.
pub async fn start(config: Config) -> anyhow::Result<Server> {
    start_with(config, Duty::Everything).await
}

/// As [`start`], with a part of a server's duty.
///
/// # Errors
/// As there.
pub async fn start_with(config: Config, duty: Duty) -> anyhow::Result<Server> {
    let lock = lock_folder(&config.data)?;
    let (app, waiting) = open(config).await?;
    leases::reclaim(&app).await?;
    let listener = TcpListener::bind(app.config.listen)
        .await
        .map_err(|error| anyhow::anyhow!("listen: {} cannot be listened on: {error}", app.config.listen))?;
    let address = listener.local_addr()?;
    leases::renew(&app).await?;
    let mut loops = vec![tokio::spawn(inbound::accept::run(app.clone(), waiting))];
    if duty == Duty::Everything {
        loops.extend(loops_beside_intake(&app));
    }
    let router = router(&app).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let mut stopping = app.signals.stopping.subscribe();
    let serving = tokio::spawn(async move {
        let stop = async move {
            drop(stopping.wait_for(|stop| *stop).await);
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "the server stopped listening");
        }
    });
    Ok(Server { app, address, loops, serving, lock })
}

fn loops_beside_intake(app: &App) -> Vec<JoinHandle<()>> {
    let mut loops = vec![
        tokio::spawn(renew_loop(app.clone())),
        tokio::spawn(outbound::run_loop(app.clone())),
        tokio::spawn(outbound::look_loop(app.clone())),
        tokio::spawn(smpp::run_loop(app.clone())),
        tokio::spawn(bulk::run_loop(app.clone())),
        tokio::spawn(calls::run_loop(app.clone())),
        tokio::spawn(jobs::run_loop(app.clone())),
        tokio::spawn(jobs::housekeeping_loop(app.clone())),
        tokio::spawn(keys_loop(app.clone())),
        tokio::spawn(lines_loop(app.clone())),
        tokio::spawn(lines::said::ask_loop(app.clone())),
    ];
    let workers = if app.store.dialect() == Dialect::Postgres { POSTGRES_WORKERS } else { 1 };
    for worker in 0..workers {
        loops.push(tokio::spawn(inbound::run_worker(app.clone(), worker, workers)));
    }
    loops
}

/// The name under which this installation's processes hold leases. It is kept in the data folder, so that a
/// server that was killed takes its own people up again at once instead of waiting for its former leases to end.
fn process_id(data: &std::path::Path, ids: &Ids, now: Ts) -> anyhow::Result<uuid::Uuid> {
    let path = data.join("process.id");
    if let Ok(text) = std::fs::read_to_string(&path)
        && let Ok(id) = text.trim().parse()
    {
        return Ok(id);
    }
    let id = ids.next(now);
    std::fs::write(&path, id.to_string()).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    Ok(id)
}

/// Two servers in one data folder would handle the same people at once.
fn lock_folder(data: &std::path::Path) -> anyhow::Result<std::fs::File> {
    std::fs::create_dir_all(data).map_err(|error| anyhow::anyhow!("{}: {error}", data.display()))?;
    let path = data.join("openline.lock");
    let file =
        std::fs::File::create(&path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    file.try_lock().map_err(|_| {
        anyhow::anyhow!(
            "data: {} is in use by another server; each needs a folder of its own",
            data.display()
        )
    })?;
    Ok(file)
}

impl Server {
    /// Stops cleanly: no new calls, what is on its way is settled, leases are given back.
    pub async fn stop(self) {
        let Self { app, loops, serving, lock, .. } = self;
        app.signals.stopping.send_replace(true);
        app.signals.touch_live();
        // Event streams of open consoles end by themselves; whoever holds on longer is cut.
        if tokio::time::timeout(STOP_PATIENCE, serving).await.is_err() {
            tracing::warn!("some connections were cut");
        }
        for (index, handle) in loops.into_iter().enumerate() {
            if index == 0 {
                // The intake ends when its last sender goes, which is the app itself.
                handle.abort();
            } else {
                drop(tokio::time::timeout(STOP_PATIENCE, handle).await);
            }
        }
        if let Err(error) = leases::give_back(&app).await {
            tracing::warn!(%error, "leases could not be given back; they end by themselves");
        }
        drop(lock);
    }
}

/// How long a clean stop waits for connections and loops.
const STOP_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

async fn renew_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    let mut last = Ts(0);
    loop {
        // The server's own clock decides, so that a test that moves it does not lose its leases.
        if app.now().seconds_since(last) >= leases::RENEW_SECONDS {
            match leases::renew(&app).await {
                Ok(()) => last = app.now(),
                Err(error) => tracing::error!(%error, "leases could not be renewed"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Keeps keys for new persons ready.
async fn keys_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        let vault = app.vault.clone();
        match tokio::task::spawn_blocking(move || vault.make_ready()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "keys for new persons could not be made ready"),
            Err(error) => tracing::error!(%error, "keys for new persons could not be made ready"),
        }
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// How often the server looks whether its lines were changed by another process.
const LINES_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// Takes up what the command line or another server has imported, and at once what was changed here in passing.
async fn lines_loop(app: App) {
    let mut stopping = app.signals.stopping.subscribe();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LINES_EVERY) => {}
            () = app.signals.lines.notified() => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = lines::refresh(&app).await {
            tracing::error!(%error, "changed lines could not be loaded; the former ones stay");
        }
    }
}
