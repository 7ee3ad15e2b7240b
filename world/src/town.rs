//! A town for stories: the real server on SQLite or PostgreSQL, the fake providers, people with phones and staff
//! at their desks, all on one clock.
//!
//! ```no_run
//! # async fn story() {
//! let town = world::town::Town::open(world::town::Store::Sqlite).await;
//! let amina = town.whatsapp("Amina");
//! amina.texts("hola").await;
//! amina.sees("¿En qué idioma").await;
//! town.ends().await;
//! # }
//! ```
//! A town that is not ended cleans up too, but does not check that nothing was left undone.
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use openline::app::App;
use openline::boot::{self, Duty, Server};
use openline::config::Config;
use openline::store::{Ts, Value};

use crate::africas_talking::AfricasTalking;
use crate::browser::Browser;
use crate::clock::Clock;
use crate::line::{self, Ready};
use crate::meta::{Human, Meta};
use crate::person::{Device, Person, Quiet};
use crate::postgres::{self, Database};
use crate::process::{self, Process};
use crate::providers::Providers;
use crate::staff::Staff;
use crate::telegram::{self, Telegram};
use crate::thread::Thread;
use crate::twilio::Twilio;
use crate::viber::{self, Viber};

/// How long everything may take to come to rest, in real time.
const REST_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Everything counts as at rest after so many looks in a row found nothing to do: what is handed from one part
/// to the next may be seen by neither look.
const CALM_LOOKS: u32 = 3;

/// Which database a town's server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    /// See [`crate::postgres`].
    Postgres,
}

/// Where the server runs.
enum Running {
    Here(Server),
    /// In a process of its own, which can be killed; the app reads the same store.
    Apart {
        process: Process,
        app: App,
    },
    Stopped,
}

impl Running {
    fn app(&self) -> Option<App> {
        match self {
            Self::Here(server) => Some(server.app.clone()),
            Self::Apart { app, .. } => Some(app.clone()),
            Self::Stopped => None,
        }
    }
}

/// What must come to rest.
struct Rest {
    app: Mutex<Option<App>>,
    providers: Providers,
}

/// A town; see the module.
pub struct Town {
    running: Running,
    config: Config,
    program: Option<PathBuf>,
    line: Ready,
    clock: Clock,
    rest: Arc<Rest>,
    people: AtomicU32,
    database: Option<Database>,
    folder: tempfile::TempDir,
}

/// Time that runs fast, until this is dropped.
pub struct Hurry(tokio::task::JoinHandle<()>);

impl Drop for Hurry {
    fn drop(&mut self) {
        self.0.abort();
    }
}

const NO_SERVER: &str = "the town's server is stopped";

impl Town {
    /// A town with the sample line Casa and a server inside this process.
    ///
    /// # Panics
    /// When anything of it cannot be had, PostgreSQL for instance.
    pub async fn open(store: Store) -> Self {
        Self::build(store, None, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("the town cannot be opened: {error:#}"))
    }

    /// As [`open`](Self::open), with the server in a process of its own: `program serve <configuration>`, which
    /// must call [`process::serve`]. Its clock cannot be moved.
    ///
    /// # Panics
    /// When anything of it cannot be had.
    pub async fn open_apart(store: Store, program: PathBuf) -> Self {
        Self::open_apart_with(store, program, Vec::new()).await
    }

    /// As [`open_apart`](Self::open_apart), with variables of the environment for the server.
    ///
    /// # Panics
    /// When anything of it cannot be had.
    pub async fn open_apart_with(store: Store, program: PathBuf, variables: Vec<(String, String)>) -> Self {
        let built = Self::build(store, Some(program), variables).await;
        built.unwrap_or_else(|error| panic!("the town cannot be opened: {error:#}"))
    }

    async fn build(
        store: Store,
        program: Option<PathBuf>,
        variables: Vec<(String, String)>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("openline-town-").tempdir()?;
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(Database::create().await?),
        };
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, postgres::free_port()?));
        let mut config = Config::for_folder(folder.path().join("data"), listen, format!("http://{listen}"));
        config.allow_private_addresses = true;
        // What this machine has installed must not change what happens.
        config.ffmpeg = Some(PathBuf::new());
        config.heif_convert = Some(PathBuf::new());
        if let Some(database) = &database {
            config.database.clone_from(&database.url);
        }
        let clock = Clock::new();
        let providers = Providers::start(&clock).await?;
        let (running, line) = match &program {
            None => {
                let server = boot::start(config.clone()).await?;
                let line = line::set_up(&server.app, line::light_casa(), &providers).await?;
                (Running::Here(server), line)
            }
            Some(program) => {
                let (app, _) = boot::open(config.clone()).await?;
                let line = line::set_up(&app, line::light_casa(), &providers).await?;
                let path = folder.path().join("openline.toml");
                process::write_config(&path, &config)?;
                let process = Process::start_in(program, Duty::Everything, &path, listen, &variables).await?;
                (Running::Apart { process, app }, line)
            }
        };
        let rest = Arc::new(Rest { app: Mutex::new(running.app()), providers });
        Ok(Self { running, config, program, line, clock, rest, people: AtomicU32::new(1), database, folder })
    }

    /// The fake WhatsApp.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.rest.providers.meta
    }

    /// The fake Twilio.
    #[must_use]
    pub fn twilio(&self) -> &Twilio {
        &self.rest.providers.twilio
    }

    /// The fake Telegram.
    #[must_use]
    pub fn telegram_api(&self) -> &Telegram {
        &self.rest.providers.telegram
    }

    /// The fake Viber.
    #[must_use]
    pub fn viber_api(&self) -> &Viber {
        &self.rest.providers.viber
    }

    /// The fake Africa's Talking.
    #[must_use]
    pub fn africas_talking(&self) -> &AfricasTalking {
        &self.rest.providers.africas_talking
    }

    /// Gives the line a number for calls at Africa's Talking; the channel's id.
    ///
    /// # Panics
    /// When the channel cannot be made.
    pub async fn has_an_african_number(&self) -> uuid::Uuid {
        let provider = self.africas_talking();
        let made = line::african_telephone(&self.app(), self.line.id, provider, self.base_url()).await;
        made.unwrap_or_else(|error| panic!("the line gets no number: {error:#}"))
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> &Ready {
        &self.line
    }

    /// The root of the server's addresses.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.config.public_url
    }

    /// The server's configuration, data folder included.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The server's parts.
    ///
    /// # Panics
    /// While the server is stopped.
    #[must_use]
    pub fn app(&self) -> App {
        self.running.app().expect(NO_SERVER)
    }

    fn person(&self, name: &str, device: Device) -> Person {
        let quiet: Arc<dyn Quiet> = self.rest.clone();
        Person::new(name, device, quiet)
    }

    /// Somebody with a device that the town does not have itself.
    #[must_use]
    pub fn with(&self, name: &str, device: Device) -> Person {
        self.person(name, device)
    }

    /// The clock of everybody outside the server.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn next_number(&self) -> String {
        format!("59399{:07}", self.people.fetch_add(1, Ordering::SeqCst))
    }

    /// Somebody new on WhatsApp, with a phone number and a business-scoped user id.
    #[must_use]
    pub fn whatsapp(&self, name: &str) -> Person {
        let number = self.next_number();
        let user_id = Some(format!("EC.{number}"));
        self.on_whatsapp(Human { wa_id: Some(number), user_id, name: name.to_owned() })
    }

    /// Somebody new on WhatsApp whose phone number the line never learns.
    #[must_use]
    pub fn whatsapp_without_number(&self, name: &str) -> Person {
        let user_id = Some(format!("EC.x{}", self.next_number()));
        self.on_whatsapp(Human { wa_id: None, user_id, name: name.to_owned() })
    }

    /// Somebody on WhatsApp with these ids.
    #[must_use]
    pub fn on_whatsapp(&self, human: Human) -> Person {
        let name = human.name.clone();
        let phone = self.meta().phone(line::PHONE_NUMBER_ID, human, Thread::default());
        self.person(&name, Device::WhatsApp(phone))
    }

    /// Somebody new with a phone that has SMS only.
    #[must_use]
    pub fn sms(&self, name: &str) -> Person {
        self.on_sms(name, &format!("+{}", self.next_number()))
    }

    /// Somebody with this number (E.164) who writes SMS.
    #[must_use]
    pub fn on_sms(&self, name: &str, number: &str) -> Person {
        let phone = self.twilio().phone(line::ACCOUNT_SID, number, Thread::default());
        self.person(name, Device::Sms(phone))
    }

    /// Somebody new with a telephone, for calls.
    #[must_use]
    pub fn caller(&self, name: &str) -> Person {
        self.caller_with(name, &format!("+{}", self.next_number()))
    }

    /// Somebody with this number (E.164) and a telephone.
    #[must_use]
    pub fn caller_with(&self, name: &str, number: &str) -> Person {
        let phone = self.twilio().telephone(line::ACCOUNT_SID, number, Thread::default());
        self.person(name, Device::Telephone(phone))
    }

    /// Somebody with this number (E.164) who calls by Africa's Talking; the line has a number there.
    #[must_use]
    pub fn african_caller(&self, name: &str, number: &str) -> Person {
        let phone = self.africas_talking().telephone(number, Thread::default());
        self.person(name, Device::Telephone(phone))
    }

    /// Somebody new on Telegram.
    #[must_use]
    pub fn telegram(&self, name: &str) -> Person {
        let number = self.next_number();
        let id = number.parse().expect("a number has digits only");
        let human = telegram::Human { id, name: name.to_owned(), username: None, phone: Some(number) };
        let phone = self.telegram_api().phone(line::TELEGRAM_TOKEN, human, Thread::default());
        self.person(name, Device::Telegram(phone))
    }

    /// Somebody new on Viber.
    #[must_use]
    pub fn viber(&self, name: &str) -> Person {
        let human = viber::Human { id: format!("{}A=", self.next_number()), name: name.to_owned() };
        let phone = self.viber_api().phone(line::VIBER_TOKEN, human, Thread::default());
        self.person(name, Device::Viber(phone))
    }

    /// Somebody new who opens the public web chat in a browser without JavaScript.
    ///
    /// # Panics
    /// When the page cannot be opened.
    pub async fn web(&self, name: &str) -> Person {
        let browser = Browser::open(self.base_url(), &self.line.slug, self.clock.clone()).await;
        let browser = browser.unwrap_or_else(|error| panic!("{name} cannot open the web chat: {error:#}"));
        self.person(name, Device::Web(Box::new(browser)))
    }

    /// A member of the team, signed in; `name` is the part of her address before the @.
    ///
    /// # Panics
    /// When there is no such member, or she cannot sign in.
    pub async fn staff(&self, name: &str) -> Staff {
        let login = self.line.team.iter().find(|login| login.email.split('@').next() == Some(name));
        let login = login.unwrap_or_else(|| panic!("nobody of the team is called {name}"));
        Staff::sign_in(self.base_url(), &login.email, &login.password).await
    }

    /// Moves everybody's time ahead and waits until what became due is done.
    ///
    /// # Panics
    /// When the server runs apart: its clock cannot be moved.
    pub async fn advance(&self, by: SignedDuration) {
        let Running::Here(server) = &self.running else {
            panic!("{NO_SERVER}, or it has a clock of its own")
        };
        // What came in must be handled on its own day: its key does not live for ever.
        self.settle().await;
        self.clock.advance(by);
        server.app.clock.advance_seconds(by.as_secs());
        for wake in [&server.app.signals.jobs, &server.app.signals.outbound, &server.app.signals.inbound] {
            wake.notify_waiters();
        }
        self.settle().await;
    }

    /// From now on everybody's time runs so many times as fast as the real one, until what is given back is dropped: for
    /// stories in which a provider or a pause must be waited for.
    ///
    /// # Panics
    /// When the server runs apart: its clock cannot be moved.
    #[must_use]
    pub fn hurries(&self, times: u32) -> Hurry {
        let Running::Here(server) = &self.running else {
            panic!("{NO_SERVER}, or it has a clock of its own")
        };
        let (app, clock) = (server.app.clone(), self.clock.clone());
        Hurry(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1) / times.max(1)).await;
                clock.advance(SignedDuration::from_secs(1));
                app.clock.advance_seconds(1);
                app.signals.outbound.notify_waiters();
            }
        }))
    }

    /// Waits until everything has come to rest.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn settle(&self) {
        self.rest.settle().await;
    }

    /// A second server process beside the town's, on the same database with the same master key, in a data folder of
    /// its own. Webhooks go on reaching the first; the second handles its share of the people.
    ///
    /// # Panics
    /// When it cannot be started, or the town uses SQLite.
    pub async fn second(&self, program: &std::path::Path) -> Process {
        assert!(self.database.is_some(), "only PostgreSQL has room for two servers");
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, postgres::free_port().expect("a port is free")));
        let mut config = self.config.clone();
        config.listen = listen;
        config.data = self.folder.path().join(format!("second-{}", listen.port()));
        config.master_key_file = Some(self.config.data.join("master.key"));
        let path = self.folder.path().join(format!("second-{}.toml", listen.port()));
        process::write_config(&path, &config).expect("the second configuration can be written");
        let started = Process::start(program, &path, listen).await;
        started.unwrap_or_else(|error| panic!("the second server does not start: {error:#}"))
    }

    /// Names the program that unpacks HEIC, from the next start on.
    pub fn unpacks_heic_by(&mut self, program: PathBuf) {
        self.config.heif_convert = Some(program);
    }

    /// Names the program that converts sounds, from the next start on.
    pub fn converts_sounds_by(&mut self, program: PathBuf) {
        self.config.ffmpeg = Some(program);
    }

    /// From the next start on the server asks for nothing in private networks but what it was set up with, as it does
    /// outside of stories.
    pub fn reaches_public_addresses_only(&mut self) {
        self.config.allow_private_addresses = false;
    }

    /// Stops the server cleanly and starts it again on the same data.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn restarts(&mut self) {
        match std::mem::replace(&mut self.running, Running::Stopped) {
            Running::Here(server) => server.stop().await,
            Running::Apart { mut process, .. } => process.kill(),
            Running::Stopped => {}
        }
        self.start().await;
    }

    /// Kills the server's process (it must run apart) as a power cut would, and leaves it dead.
    ///
    /// # Panics
    /// When the server runs in this process.
    pub fn power_cut(&mut self) {
        let Running::Apart { process, .. } = &mut self.running else {
            panic!("only a process can be killed")
        };
        process.kill();
    }

    /// Starts the server again after [`power_cut`](Self::power_cut).
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start(&mut self) {
        let started = match (&self.program, std::mem::replace(&mut self.running, Running::Stopped)) {
            (None, _) => boot::start(self.config.clone()).await.map(Running::Here),
            (Some(program), before) => {
                let path = self.folder.path().join("openline.toml");
                let app = match before {
                    Running::Apart { app, .. } => Some(app),
                    _ => None,
                };
                self.start_apart(program, &path, app).await
            }
        };
        self.running = started.unwrap_or_else(|error| panic!("the server does not start: {error:#}"));
        *self.rest.app.lock().unwrap_or_else(PoisonError::into_inner) = self.running.app();
    }

    async fn start_apart(
        &self,
        program: &std::path::Path,
        path: &std::path::Path,
        app: Option<App>,
    ) -> anyhow::Result<Running> {
        let app = match app {
            Some(app) => app,
            None => boot::open(self.config.clone()).await?.0,
        };
        Ok(Running::Apart { process: Process::start(program, path, self.config.listen).await?, app })
    }

    /// The end of a story: everything comes to rest, and nothing was set aside or given up. Cleans up.
    ///
    /// # Panics
    /// When something was left undone.
    pub async fn ends(mut self) {
        self.settle().await;
        let left = self.set_aside().await;
        assert_eq!(left, 0, "things were set aside: events, raw requests or jobs");
        let untaken = self.rest.providers.undelivered();
        let untaken: Vec<_> = untaken.iter().map(|webhook| String::from_utf8_lossy(&webhook.body)).collect();
        assert!(untaken.is_empty(), "the server never took {untaken:#?}");
        match std::mem::replace(&mut self.running, Running::Stopped) {
            Running::Here(server) => server.stop().await,
            Running::Apart { mut process, .. } => process.kill(),
            Running::Stopped => {}
        }
        self.rest.app.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(database) = self.database.take() {
            database.remove().await.expect("the town's database can be removed");
        }
    }

    /// How many events, raw requests and jobs the server has set aside.
    ///
    /// # Panics
    /// When the store refuses.
    pub async fn set_aside(&self) -> i64 {
        let app = self.app();
        let counted = app.store.read(|tx| {
            tx.one(
                openline::sql!(
                    "SELECT (SELECT count(*) FROM inbound WHERE state = 2) + \
                     (SELECT count(*) FROM raw_request WHERE state = 0) + \
                     (SELECT count(*) FROM job WHERE set_aside = {true})"
                ),
                &[],
            )?
            .get::<i64>(0)
        });
        counted.await.expect("the store answers")
    }
}

/// What the server still has to do at this moment.
async fn undone(app: &App) -> i64 {
    let now = app.now();
    let counted = app.store.read(move |tx| {
        tx.one(
            openline::sql!(
                "SELECT (SELECT count(*) FROM inbound WHERE state = 0 AND retry_at <= $1) + \
                 (SELECT count(*) FROM message m JOIN channel c ON c.id = m.channel_id \
                  LEFT JOIN bulk b ON b.id = m.bulk_id \
                  WHERE m.state IN (1, 2) AND m.due_at <= $1 AND c.state = 0 \
                  AND (m.bulk_id IS NULL OR b.state = 0)) + \
                 (SELECT count(*) FROM message WHERE look_at <= $1) + \
                 (SELECT count(*) FROM bulk WHERE state = 0) + \
                 (SELECT count(*) FROM media WHERE state = 0 AND attempts = 0) + \
                 (SELECT count(*) FROM job WHERE set_aside = {false} AND due_at <= $1) + \
                 (SELECT count(*) FROM contact WHERE session_until <= $1) + \
                 (SELECT count(*) FROM conversation WHERE after_close_at <= $1)"
            ),
            &[Value::from(now)],
        )?
        .get::<i64>(0)
    });
    counted.await.expect("the store answers")
}

impl Quiet for Rest {
    fn settle(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let app = self.app.lock().unwrap_or_else(PoisonError::into_inner).clone().expect(NO_SERVER);
            let calm = async {
                let mut looks = 0;
                while looks < CALM_LOOKS {
                    self.providers.idle().await;
                    let busy = undone(&app).await > 0 || self.providers.busy();
                    looks = if busy { 0 } else { looks + 1 };
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            };
            if tokio::time::timeout(REST_WITHIN, calm).await.is_err() {
                panic!("{} things are still to be done after {REST_WITHIN:?}", undone(&app).await);
            }
        })
    }
}

/// Present time of the server, for tests that compare with stored times.
#[must_use]
pub fn now(town: &Town) -> Ts {
    town.app().now()
}

/// Makes two tests of one story: `stories!(a_person_is_helped);` runs `async fn a_person_is_helped(town: Town)` on
/// SQLite and on PostgreSQL.
#[macro_export]
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::town::Town::open($crate::town::Store::Sqlite).await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::town::Town::open($crate::town::Store::Postgres).await).await;
            })+
        }
    };
}
