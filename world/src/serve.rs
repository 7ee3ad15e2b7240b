//! A small HTTP server for the fakes, which can also do what a well-behaved one never does: take a request and
//! close the connection without an answer.
use std::io;
use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Put into a response's extensions: the connection closes and the answer is lost.
#[derive(Clone, Copy)]
pub struct LostAnswer;

/// The answer that never arrives.
#[must_use]
pub fn lost_answer() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(LostAnswer);
    response
}

/// A running server; it stops, connections and all, when this is dropped.
pub struct Serving {
    /// Where it listens.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `router` on `addr`; port 0 takes a free one.
///
/// # Errors
/// When the address cannot be listened on, for instance because the port is in use.
pub async fn serve(addr: SocketAddr, router: Router) -> anyhow::Result<Serving> {
    let listener = TcpListener::bind(addr).await.with_context(|| format!("cannot listen on {addr}"))?;
    let addr = listener.local_addr()?;
    let task = tokio::spawn(accept(listener, router));
    Ok(Serving { addr, task })
}

async fn accept(listener: TcpListener, router: Router) {
    // Dropped together with this task, which aborts every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                // Out of file handles, for instance: wait for some to come back.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let answer = router.call(request);
        async move {
            let response = answer.await.unwrap_or_else(|never| match never {});
            if response.extensions().get::<LostAnswer>().is_some() {
                return Err(io::Error::other("the answer is lost on purpose"));
            }
            Ok(response)
        }
    });
    // An error here is a client that went away, or an answer lost on purpose.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
