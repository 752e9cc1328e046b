//! How long a connection may keep us waiting: for the head of a request, and between requests. No protocol: it sees bytes
//! come in, and requests begin and end.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until},
};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing.
    Idle,
    /// Bytes have come in that are no whole request yet.
    Head,
    /// So many requests are being answered.
    Busy(usize),
}

/// Watches one connection. Clones watch the same.
#[derive(Debug, Clone)]
pub struct Patience {
    state: Arc<Mutex<State>>,
    head: Duration,
    idle: Duration,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Frames that are no request come in at any time, so only idleness says anything.
    is_http2: bool,
}

/// A request that is being answered; dropping it says that it was.
#[derive(Debug)]
pub struct Answering(Patience);

impl Patience {
    /// For a connection that was just opened: it must send a request as soon as if it had begun to.
    pub fn new(head: Duration, idle: Duration) -> Self {
        let state = State { phase: Phase::Head, since: Instant::now(), is_http2: false };
        Self { state: Arc::new(Mutex::new(state)), head, idle }
    }

    /// A request is here.
    pub fn begin(&self, is_http2: bool) -> Answering {
        let mut state = self.state();
        state.is_http2 = is_http2;
        state.phase = match state.phase {
            Phase::Busy(requests) => Phase::Busy(requests + 1),
            Phase::Idle | Phase::Head => Phase::Busy(1),
        };
        drop(state);
        Answering(self.clone())
    }

    /// Resolves when we have waited long enough.
    pub async fn ends(&self) {
        loop {
            let until = self.deadline();
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// When patience would end, if nothing happened until then; a busy connection is looked at again later.
    fn deadline(&self) -> Instant {
        let state = self.state();
        match state.phase {
            Phase::Idle => state.since + self.idle,
            Phase::Head => state.since + self.head,
            Phase::Busy(_) => Instant::now() + self.head.min(self.idle),
        }
    }

    fn came_in(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle && !state.is_http2 {
            *state = State { phase: Phase::Head, since: Instant::now(), is_http2: false };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answering {
    /// The connection becomes something else, which has limits of its own: it is busy for good.
    pub fn for_good(self) {
        let mut state = self.0.state();
        if let Phase::Busy(requests) = state.phase {
            state.phase = Phase::Busy(requests + 1);
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match state.phase {
            Phase::Busy(requests) if requests > 1 => state.phase = Phase::Busy(requests - 1),
            _ => {
                state.phase = Phase::Idle;
                state.since = Instant::now();
            }
        }
    }
}

/// A connection that says when bytes come in.
pub struct Watched<S> {
    /// The connection itself.
    pub stream: S,
    /// Who is told.
    pub patience: Patience,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.patience.came_in();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);
    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_opens_a_connection_must_ask_something() {
        Patience::new(SHORT, LONG).ends().await;
    }

    #[tokio::test]
    async fn an_answered_connection_may_idle_and_a_busy_one_may_take_its_time() {
        let patience = Patience::new(LONG, SHORT);
        let (first, second) = (patience.begin(false), patience.begin(false));
        drop(first);
        assert!(tokio::time::timeout(SHORT * 3, patience.ends()).await.is_err(), "one is being answered");
        drop(second);
        patience.ends().await;
    }

    #[tokio::test]
    async fn a_head_that_has_begun_must_end() {
        let patience = Patience::new(SHORT, LONG);
        drop(patience.begin(false));
        assert!(tokio::time::timeout(SHORT * 3, patience.ends()).await.is_err(), "it idles");
        patience.came_in();
        patience.ends().await;

        let http2 = Patience::new(SHORT, LONG);
        drop(http2.begin(true));
        http2.came_in();
        assert!(tokio::time::timeout(SHORT * 3, http2.ends()).await.is_err(), "a ping is no head");
    }
}
