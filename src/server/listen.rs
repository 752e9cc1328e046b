//! The accept loop: connections with time limits, and an end in good order. `axum::serve` has neither.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request},
    http::{Response, StatusCode, Version},
};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::patience::{Answering, Patience, Watched};
use crate::config::LimitSettings;

/// How long open requests may take to end once the server stops.
pub const DRAIN: Duration = Duration::from_secs(25);

/// Serves until `stop`, then lets open requests come to their end. With `tls`, connections speak it and nothing else.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: LimitSettings,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // Patience is ours: hyper's own counts idling as reading a head, and begins only once it knows the protocol.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30));
    let builder = Arc::new(builder);
    let (head, idle) = (Duration::from_secs(limits.header_seconds), Duration::from_secs(limits.idle_seconds));
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: others may end while we wait.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        stream.set_nodelay(true).ok();
        let visit = Visit {
            builder: builder.clone(),
            router: router.clone(),
            peer,
            head,
            idle,
            watcher: graceful.watcher(),
        };
        let (tls, stop) = (tls.clone(), stop.clone());
        tokio::spawn(async move {
            match tls {
                None => visit.talk(stream).await,
                Some(tls) => {
                    if let Some(stream) = shake_hands(&tls, stream, head, &stop).await {
                        visit.talk(stream).await;
                    }
                }
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// Begins TLS, which may take as long as the head of a request; `None` where it fails. Nobody waits for it but the client.
async fn shake_hands(
    tls: &TlsAcceptor,
    stream: TcpStream,
    limit: Duration,
    stop: &CancellationToken,
) -> Option<TlsStream<TcpStream>> {
    let shaken = tokio::select! {
        () = stop.cancelled() => return None,
        shaken = tokio::time::timeout(limit, tls.accept(stream)) => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection speaks no TLS of ours");
            None
        }
        Err(_late) => {
            tracing::debug!("a handshake kept us waiting");
            None
        }
    }
}

/// A connection, and what it takes to answer on it.
struct Visit {
    builder: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    peer: SocketAddr,
    head: Duration,
    idle: Duration,
    watcher: Watcher,
}

impl Visit {
    /// Answers until the client goes, keeps us waiting, or the server stops.
    async fn talk(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let patience = Patience::new(self.head, self.idle);
        let service = TowerToHyperService::new(of_peer(self.router, self.peer, patience.clone()));
        let io = TokioIo::new(Watched { stream, patience: patience.clone() });
        let connection = self.builder.serve_connection_with_upgrades(io, service).into_owned();
        let connection = self.watcher.watch(connection);
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended badly");
            },
            () = patience.ends() => tracing::debug!("a connection kept us waiting"),
        }
    }
}

/// The router, told who is at the other end.
fn of_peer(
    router: Router,
    peer: SocketAddr,
    patience: Patience,
) -> impl Service<hyper::Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone
{
    tower::service_fn(move |request: hyper::Request<Incoming>| {
        let answering = patience.begin(request.version() == Version::HTTP_2);
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async move {
            let response = answer.await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                answering.for_good();
                return Ok(response);
            }
            Ok(response.map(|body| Body::new(Answer { body, _answering: answering })))
        }
    })
}

/// A body that is being sent.
struct Answer {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Answer {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
