//! Serving: the listener, HTTPS, the echo service of the samples, and an end that lets open requests finish.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, GRACE, router};
use crate::config::{Config, Tls};
use crate::error::{Error, Result};
use crate::mail::Sender;
use crate::runs::LAST_WORDS;
use crate::{api_keys, audit, identity, instance, notifications, trash, workspaces};

/// Serves an instance on `listener` until `shutdown` completes, then lets open requests finish.
///
/// # Errors
///
/// If the database, the keys, the certificate or the listener cannot be used. Nothing is served then.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    Server::open(config, listener).await?.run(shutdown).await
}

/// An instance that is ready to serve.
pub struct Server {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    echo: Option<TcpListener>,
    sender: Sender,
}

impl Server {
    /// Opens everything that serving needs: what is wrong is found here, before anybody is answered.
    ///
    /// # Errors
    ///
    /// If the database, the keys, the certificate or a listener cannot be used.
    pub async fn open(config: Config, listener: TcpListener) -> Result<Self> {
        instance::start_counting()?;
        let mut app = App::open(config).await?;
        let tls = match &app.config.tls {
            Some(files) => Some(tls(files).await?),
            None => None,
        };
        let echo = match app.config.echo.clone() {
            Some(place) => {
                let refused = |error| Error::unexpected(format!("the echo service cannot listen on {place}: {error}"));
                let echo = TcpListener::bind(&place).await.map_err(refused)?;
                app = app.with_echo(format!("http://{}", echo.local_addr().map_err(refused)?));
                Some(echo)
            }
            None => None,
        };
        let address = listener.local_addr().map_err(Error::unexpected)?;
        let app = app.listening_at(&url(tls.is_some(), address))?;
        let (database, vault) = (app.door.database.clone(), app.door.vault.clone());
        let sender = Sender::new(database, vault, app.post.clone())?;
        Ok(Self { app, listener, address, tls, echo, sender })
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        url(self.tls.is_some(), self.address)
    }

    /// Is the first account still to be made?
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn setup_is_open(&self) -> Result<bool> {
        identity::setup_is_open(self.app.door.reader()).await
    }

    /// Serves until `shutdown` completes, then lets open requests finish, and closes the database.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let (stop_echo, echo_stopped) = tokio::sync::oneshot::channel::<()>();
        let echo = self.echo.map(|echo| {
            tokio::spawn(bulla_echo::serve(echo, async {
                let _ = echo_stopped.await;
            }))
        });
        let database = self.app.door.database().clone();
        let runs = self.app.runs.clone();
        let (sweeper, door) = (runs.clone(), self.app.door.clone());
        tokio::spawn(async move { sweeper.sweep(&door).await });
        let stop_mail = CancellationToken::new();
        let mail = tokio::spawn(self.sender.run(stop_mail.clone()));
        let ledger = CancellationToken::new();
        let keepers = TaskTracker::new();
        keepers.spawn(audit::ledger::keep_signing(self.app.door.clone(), ledger.clone()));
        keepers.spawn(audit::retention::keep_removing(self.app.door.clone(), ledger.clone()));
        let outlets = self.app.outlets.clone();
        keepers.spawn(audit::stream::keep_streaming(self.app.door.clone(), outlets, ledger.clone()));
        keepers.spawn(api_keys::keep_warning(self.app.door.clone(), ledger.clone()));
        keepers.spawn(notifications::keep_forgetting(self.app.door.clone(), ledger.clone()));
        keepers.spawn(trash::keep_emptying(self.app.door.clone(), ledger.clone()));
        keepers.spawn(workspaces::requests::keep_ending(self.app.door.clone(), ledger.clone()));
        keepers.close();
        let patience = self.app.config.patience;
        let service = router(self.app).into_make_service_with_connect_info::<SocketAddr>();
        let handle = Handle::new();
        tokio::spawn({
            let (handle, runs) = (handle.clone(), runs.clone());
            async move {
                shutdown.await;
                tracing::info!("stopping: open requests may finish");
                handle.graceful_shutdown(Some(GRACE));
                // Before their connections are cut, so that each can tell its listener how it ended.
                tokio::time::sleep(GRACE.saturating_sub(LAST_WORDS)).await;
                runs.end().await;
            }
        });
        let listener = self.listener.into_std().map_err(Error::unexpected)?;
        let served = match self.tls {
            Some(tls) => match axum_server::from_tcp_rustls(listener, tls) {
                Ok(server) => {
                    let mut server = server.map(|tls| tls.acceptor(NoDelayAcceptor::new()));
                    server.http_builder().http1().header_read_timeout(patience);
                    server.handle(handle).serve(service).await
                }
                Err(error) => Err(error),
            },
            None => match axum_server::from_tcp(listener) {
                Ok(server) => {
                    // An event is to be there at once, not when the last packet was acknowledged.
                    let mut server = server.acceptor(NoDelayAcceptor::new());
                    server.http_builder().http1().header_read_timeout(patience);
                    server.handle(handle).serve(service).await
                }
                Err(error) => Err(error),
            },
        };
        runs.end().await;
        drop(stop_echo);
        if let Some(echo) = echo {
            let _ = echo.await;
        }
        // A mail that is on its way may arrive.
        stop_mail.cancel();
        let _ = mail.await;
        ledger.cancel();
        keepers.wait().await;
        database.close().await;
        tracing::info!("stopped");
        served.map_err(Error::unexpected)
    }
}

fn url(tls: bool, address: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

async fn tls(files: &Tls) -> Result<RustlsConfig> {
    let refused = |error: &dyn std::fmt::Display| {
        Error::unexpected(format!("{} with {}: {error}", files.certificate.display(), files.key.display()))
    };
    let (certificate, key) = (
        tokio::fs::read(&files.certificate).await.map_err(|error| refused(&error))?,
        tokio::fs::read(&files.key).await.map_err(|error| refused(&error))?,
    );
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Another part of the process may have chosen the same provider before.
    let _ = rustls::crypto::CryptoProvider::install_default((*provider).clone());
    RustlsConfig::from_pem(certificate, key).await.map_err(|error| refused(&error))
}
