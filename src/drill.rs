//! Drills, which only a debug build knows: a server that was told so dies at a named point, as by `kill -9`; and whoever
//! asks something of the outside while a transaction is open is stopped at once. Nothing here is of use in business.

/// A point between a write and a call, or between a call and its write. A process that was started with
/// `SOJOURN_DIE_AT=name` dies here; with `name#3`, the third time.
#[inline]
pub fn point(name: &str) {
    point_of(name, "");
}

pub use kind::{outside, point_of, writing};

#[cfg(debug_assertions)]
mod kind {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };

    /// Where this process is to die, if anywhere.
    struct End {
        /// `name`, or `name:kind`.
        at: String,
        /// How often it may still pass there.
        left: AtomicU32,
    }

    static END: LazyLock<Option<End>> = LazyLock::new(|| {
        #[allow(clippy::disallowed_methods, reason = "no setting of a server: a drill of its tests")]
        let named = std::env::var("SOJOURN_DIE_AT").ok()?;
        let (at, nth) = named.split_once('#').unwrap_or((&named, "1"));
        let left = nth.parse::<u32>().ok()?.saturating_sub(1);
        Some(End { at: at.to_owned(), left: AtomicU32::new(left) })
    });

    tokio::task_local! {
        /// There while a transaction is open.
        static WRITING: ();
    }

    /// The same for one of several kinds of work that pass here: `SOJOURN_DIE_AT=name:kind`.
    pub fn point_of(name: &str, kind: &str) {
        let Some(end) = &*END else { return };
        let is_here = match end.at.split_once(':') {
            Some((at, of)) => at == name && of == kind,
            None => end.at == name && kind.is_empty(),
        };
        let passes = |left: u32| left.checked_sub(1);
        if is_here && end.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, passes).is_err() {
            // Nothing is tidied up: no destructor runs, no transaction is rolled back.
            std::process::abort();
        }
    }

    /// Runs the work of a transaction.
    pub fn writing<F: Future>(work: F) -> impl Future<Output = F::Output> {
        WRITING.scope((), work)
    }

    /// Something outside is about to be asked, which may take its time: not while a transaction is open.
    #[track_caller]
    pub fn outside(whom: &str) {
        assert!(WRITING.try_with(|()| ()).is_err(), "{whom} is asked while a transaction is open");
    }
}

#[cfg(not(debug_assertions))]
mod kind {
    /// Nobody dies here.
    #[inline]
    pub const fn point_of(_name: &str, _kind: &str) {}

    /// Runs the work of a transaction.
    #[inline]
    pub fn writing<F: Future>(work: F) -> F {
        work
    }

    /// Nobody looks.
    #[inline]
    pub const fn outside(_whom: &str) {}
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;
    use crate::{
        db::{Db, DbSettings, STATEMENT_TIME},
        kernel::{Fault, Never},
        ports::stripe::{Stripe, StripeSettings},
    };

    #[tokio::test]
    async fn nobody_asks_stripe_while_a_transaction_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let settings = DbSettings { url, connections: 1, schema: None, statement_time: STATEMENT_TIME };
        let db = Db::open(&settings).await.unwrap();
        crate::ports::use_ring_for_tls();
        let stripe = Stripe::open(&StripeSettings {
            secret_key: "sk_test_nobody".to_owned(),
            api_url: Some("http://127.0.0.1:1/".parse().unwrap()),
            on_emulator: false,
            publishable_key: String::new(),
            webhook_secrets: Vec::new(),
        })
        .unwrap();
        assert!(stripe.fetch_intent("pi_1").await.is_err(), "nobody is there");
        let asked = tokio::spawn(async move {
            let stripe = &stripe;
            let written = db.write(|_tx| async move {
                stripe.fetch_intent("pi_1").await.ok();
                Ok::<_, Fault<Never>>(())
            });
            written.await.unwrap();
        });
        let panicked = asked.await.unwrap_err().into_panic();
        let said = panicked.downcast_ref::<String>().unwrap();
        assert_eq!(said, "Stripe is asked while a transaction is open");
    }

    #[tokio::test]
    async fn before_and_after_a_transaction_the_outside_may_be_asked() {
        outside("somebody");
        writing(async {}).await;
        outside("somebody");
    }
}
