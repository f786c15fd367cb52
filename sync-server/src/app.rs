//! The only place that builds things: settings → database → site, routes, jobs; and ends them in good order.

use crate::blobs::{self, Blobs};
use crate::config::{Config, Mode, Refusals};
use crate::db::dump::DumpError;
use crate::db::{Database, Migrated, OpenError, Settings};
use crate::http::{Gate, HttpSettings, Site, health, listen, protect};
use crate::jobs::{Registry, Runner};
use crate::notify::plan::Channel;
use crate::{
    accounts, admin, audit, banners, billing, customers, demo, dispatch, expert_app, http, intake, knowledge, matching,
    me, notify, plans, replies, survey, sync, tickets, web, workforce,
};
use axum::Router;
use shared::chance::Chance;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Largest body unless a route says otherwise.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long a handler may take.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the server did not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings that would lose data or leak.
    #[error(transparent)]
    Unsafe(#[from] Refusals),
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its tables are older.
    #[error("the database lacks {0} migrations of this program: stop the other servers and run `sync-server migrate`")]
    Behind(usize),
    /// Its tables are newer.
    #[error("a newer program migrated the database: run that one")]
    Ahead,
    /// The address.
    #[error("cannot listen on {address}: {why}; another program may have it, SYSOPS_BIND or --port name another")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why not.
        why: std::io::Error,
    },
    /// The store of files; the sentence says what to do.
    #[error("{0}")]
    Files(String),
    /// A backup that was not made, or not restored.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A file or a signal.
    #[error("{what}: {why}")]
    Machine {
        /// What was tried.
        what: String,
        /// Why it failed.
        why: std::io::Error,
    },
}

impl From<crate::db::Error> for StartError {
    fn from(error: crate::db::Error) -> Self {
        Self::Open(error.into())
    }
}

/// The server, built and not yet running.
pub struct App {
    site: Site,
}

impl App {
    /// Opens the database and builds everything on it. Refuses a database of another version; `demo` has migrated its own.
    pub async fn open(config: Config, settings: Settings, chance: Arc<dyn Chance>) -> Result<Self, StartError> {
        let db = Database::open(settings).await?;
        if config.mode == Mode::Demo {
            db.migrate(&*chance).await?;
        }
        match db.is_migrated().await? {
            Migrated::Yes => {
                say_what_is_off(&config);
                let blobs = Blobs::open(&config.files).map_err(StartError::Files)?;
                Ok(Self { site: Site::new(config, db, blobs, chance) })
            }
            Migrated::Behind(n) => Err(StartError::Behind(n)),
            Migrated::Ahead => Err(StartError::Ahead),
        }
    }

    /// What handlers are given.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Every route, with the layers around.
    pub fn router(&self) -> Router {
        let config = &self.site.config;
        let settings = HttpSettings {
            public_origin: config.public_url.clone(),
            trusted_proxies: config.trusted_proxies,
            requests_per_second: config.requests_per_second,
            request_burst: config.request_burst,
            body_bytes_max: BODY_BYTES_MAX,
            handler_timeout: HANDLER_TIMEOUT,
        };
        let routes = match config.mode {
            Mode::Demo => routes().merge(demo::pages::routes()).merge(billing::sandbox::pages::routes()),
            Mode::Serve => routes(),
        };
        protect(routes.with_state(self.site.clone()), &Gate::new(settings, Arc::clone(&self.site.chance)))
    }

    /// Serves on a bound listener until `stop`, with background jobs beside unless another process does them.
    pub async fn serve(self, listener: TcpListener, with_worker: bool, stop: CancellationToken) {
        let router = self.router();
        let worker = with_worker.then(|| tokio::spawn(work(self.site.db.clone(), registry(&self.site), stop.clone())));
        let streams = self.site.stop.clone();
        let stopped = stop.clone();
        tokio::spawn(async move {
            stopped.cancelled().await;
            streams.cancel();
        });
        listen::serve(listener, router, stop).await;
        if let Some(worker) = worker
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the job runner ended badly");
        }
        self.site.db.close().await;
    }

    /// Runs background jobs alone until `stop`.
    pub async fn work(self, stop: CancellationToken) {
        work(self.site.db.clone(), registry(&self.site), stop).await;
        self.site.db.close().await;
    }
}

async fn work(db: Database, registry: Registry, stop: CancellationToken) {
    Runner::new(db, registry).run(stop).await;
}

/// What this server cannot do for want of a setting, said once at its start; the health page says it too.
fn say_what_is_off(config: &Config) {
    for channel in [Channel::Push, Channel::Sms, Channel::Email] {
        if let Some(how) = notify::outside::off_by_settings(config, channel) {
            tracing::warn!("{how}. Until then what goes this way fails.");
        }
    }
    if let Some(how) = billing::outside::off_by_settings(config) {
        tracing::warn!("{how} Until then what is due stays due.");
    }
}

/// The routes of every capability.
pub fn routes() -> Router<Site> {
    Router::new()
        .merge(health::routes())
        .merge(http::openapi::routes())
        .merge(web::pages::routes())
        .merge(accounts::api::routes())
        .merge(accounts::pages::routes())
        .merge(audit::api::routes())
        .merge(customers::api::routes())
        .merge(plans::api::routes())
        .merge(workforce::api::routes())
        .merge(banners::api::routes())
        .merge(banners::pages::routes())
        .merge(notify::webhook::routes())
        .merge(billing::webhook::routes())
        .merge(billing::api::routes())
        .merge(billing::pages::routes())
        .merge(matching::weights::api::routes())
        .merge(dispatch::api::routes())
        .merge(knowledge::api::routes())
        .merge(knowledge::pages::routes())
        .merge(tickets::api::routes())
        .merge(expert_app::pages::routes())
        .merge(survey::pages::routes())
        .merge(survey::api::routes())
        .merge(intake::api::routes())
        .merge(intake::pages::routes())
        .merge(intake::photos::api::routes())
        .merge(intake::photos::pages::routes())
        .merge(sync::api::routes())
        .merge(admin::callers::api::routes())
        .merge(admin::callers::pages::routes())
        .merge(me::api::routes())
        .merge(me::pages::routes())
        .merge(replies::webhook::routes())
        .merge(sync::files::api::routes())
        .merge(sync::lost::api::routes())
        .merge(sync::lost::pages::routes())
        .merge(admin::api::routes())
        .merge(admin::pages::routes())
        .merge(admin::keep::api::routes())
        .merge(admin::keep::pages::routes())
        .merge(admin::reports::api::routes())
        .merge(admin::reports::pages::routes())
        .merge(admin::health::api::routes())
        .merge(admin::health::pages::routes())
}

/// The jobs and sweeps of every capability.
pub fn registry(site: &Site) -> Registry {
    let config = &site.config;
    let bounds = sync::bounds(config);
    let outside = notify::Outside::new(site);
    let registry = Registry::new();
    let registry = accounts::jobs::register(registry);
    let registry = blobs::jobs::register(registry, &site.blobs);
    let registry = http::jobs::register(registry);
    let registry = plans::jobs::register(registry);
    let registry = workforce::jobs::register(registry);
    let registry = tickets::jobs::register(registry, &config.timing, &site.blobs);
    let registry = survey::jobs::register(registry, outside.pages.clone());
    let pages = outside.pages.clone();
    let registry = notify::jobs::register(registry, outside, &config.sending);
    let registry = billing::jobs::register(registry, billing::Outside::new(site));
    let registry = dispatch::jobs::register(registry, &bounds, &pages);
    let registry = me::jobs::register(registry);
    sync::jobs::register(registry, &bounds)
}

/// Listens, so that the port is ours before anything is promised.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|why| StartError::Bind { address, why })
}

/// A token that ends with the first SIGINT or SIGTERM.
pub fn stop_on_signal() -> Result<CancellationToken, StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = |kind| signal(kind).map_err(|why| StartError::Machine { what: "signals cannot be heard".into(), why });
    let (mut interrupt, mut terminate) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: what is under way may finish");
        told.cancel();
    });
    Ok(stop)
}

#[cfg(test)]
mod access;
#[cfg(test)]
mod audited;
#[cfg(test)]
mod audited_people;
#[cfg(test)]
mod others;
