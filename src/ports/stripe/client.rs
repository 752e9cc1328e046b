//! The one client of Stripe: every call has a time limit, and every call that changes something the caller's key.
//! No retries here (the caller's row decides), and no knowledge of what a payment is for.

use std::{collections::HashMap, fmt, time::Duration};

use stripe::{
    Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError as LibraryError, StripeRequest,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_core::{
    charge::RetrieveCharge,
    payment_intent::{
        CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
        CreatePaymentIntentAutomaticPaymentMethods, ListPaymentIntent, RetrievePaymentIntent,
    },
    refund::{CreateRefund, ListRefund, RetrieveRefund},
};
use url::Url;

use super::{
    types::{Charge, Intent, IntentAsk, Refund, StripeError},
    webhook::{self, BadNotice, Notice},
    wire,
};
use crate::{
    drill,
    kernel::{Money, clock::Instant},
};

/// How long a call may take before its outcome counts as unknown: the library itself would wait for ever.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What the door needs to open.
#[derive(Clone)]
pub struct StripeSettings {
    /// `sk_…` or `rk_…`
    pub secret_key: String,
    /// `None` is Stripe itself.
    pub api_url: Option<Url>,
    /// True when `api_url` is our own emulator: only then can 3-D Secure be answered by a call.
    pub on_emulator: bool,
    /// `pk_…`, handed to the guest's browser.
    pub publishable_key: String,
    /// `whsec_…`; two of them while one is being replaced.
    pub webhook_secrets: Vec<String>,
}

/// The client. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    settings: StripeSettings,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("api_url", &self.settings.api_url).finish_non_exhaustive()
    }
}

impl Stripe {
    /// Opens the door; nothing is sent yet. Fails on a key or an address that can't be sent at all.
    pub fn open(settings: &StripeSettings) -> anyhow::Result<Self> {
        Self::open_with_limit(settings, TIME_LIMIT)
    }

    /// The same with another time limit, so that a test of the limit needs not wait for the real one.
    pub(super) fn open_with_limit(settings: &StripeSettings, limit: Duration) -> anyhow::Result<Self> {
        let mut builder = ClientBuilder::new(&settings.secret_key).timeout(limit);
        if let Some(url) = &settings.api_url {
            // The library appends `v1/…` to the address as it stands.
            let slash = if url.as_str().ends_with('/') { "" } else { "/" };
            builder = builder.url(format!("{url}{slash}"));
        }
        Ok(Self { client: builder.build()?, settings: settings.clone() })
    }

    /// For a call, which may take its time.
    pub(super) fn client(&self) -> &Client {
        drill::outside("Stripe");
        &self.client
    }

    /// The key for the guest's browser.
    pub fn publishable_key(&self) -> &str {
        &self.settings.publishable_key
    }

    /// True when there is no Stripe behind this door but our emulator.
    pub fn on_emulator(&self) -> bool {
        self.settings.on_emulator
    }

    /// Checks a webhook with the secrets of this door; see [`webhook::verify`].
    pub fn verify(&self, raw: &[u8], signature_header: &str, now: Instant) -> Result<Notice, BadNotice> {
        webhook::verify(raw, signature_header, &self.settings.webhook_secrets, now)
    }

    /// Begins a payment. `key` is the caller's stable idempotency key (1 to 255 characters).
    pub async fn create_intent(&self, ask: &IntentAsk<'_>, key: &str) -> Result<Intent, StripeError> {
        use stripe_shared::PaymentIntentCaptureMethod::{Automatic, Manual};
        // Not `automatic_async`, Stripe's default: with it the fee is unknown for a while after success.
        let capture = if ask.manual_capture { Manual } else { Automatic };
        let mut request = CreatePaymentIntent::new(ask.amount.minor, wire::currency(ask.amount.currency))
            .capture_method(capture)
            .automatic_payment_methods(CreatePaymentIntentAutomaticPaymentMethods::new(true))
            .description(&ask.description)
            .metadata(metadata(&ask.metadata));
        if let Some(group) = &ask.transfer_group {
            request = request.transfer_group(group);
        }
        intent(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// The payment as it is now. `Refused` with `resource_missing` when there is none.
    pub async fn fetch_intent(&self, id: &str) -> Result<Intent, StripeError> {
        intent(RetrievePaymentIntent::new(id).customize().send(self.client()).await)
    }

    /// Ends a payment that is not paid; an authorisation is let go. `Refused` once it succeeded or was cancelled.
    pub async fn cancel_intent(&self, id: &str, key: &str) -> Result<Intent, StripeError> {
        let request = CancelPaymentIntent::new(id);
        intent(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// Takes `amount` of an authorisation; the rest is let go.
    pub async fn capture_intent(&self, id: &str, amount: Money, key: &str) -> Result<Intent, StripeError> {
        let request = CapturePaymentIntent::new(id).amount_to_capture(amount.minor);
        intent(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// Pays with a test card (`pm_card_…`), in place of the guest's browser: for the sandbox only.
    pub async fn confirm_intent(
        &self,
        id: &str,
        payment_method: &str,
        return_url: &Url,
        key: &str,
    ) -> Result<Intent, StripeError> {
        let request =
            ConfirmPaymentIntent::new(id).payment_method(payment_method).return_url(return_url.as_str());
        intent(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// Ends a 3-D Secure question in place of the guest. Only the emulator can do that; refused at Stripe itself.
    /// `Declined` when the card is declined after the authentication.
    pub async fn authenticate_3ds(
        &self,
        intent_id: &str,
        succeed: bool,
        key: &str,
    ) -> Result<Intent, StripeError> {
        if !self.settings.on_emulator {
            return Err(StripeError::Refused {
                status: 0,
                code: None,
                message: "only the guest's browser can answer 3-D Secure here".to_owned(),
            });
        }
        let path = format!("/test_helpers/payment_intents/{intent_id}/authenticate");
        let request = RequestBuilder::new(StripeMethod::Post, path)
            .form(&HashMap::from([("succeed", succeed)]))
            .customize();
        intent(request.request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// The payment that carries `value` under `name` in its metadata, begun at `since` or later (to the second): the
    /// look-up of an unknown outcome. Reads the list page by page, so `since` should be close.
    pub async fn find_intent(
        &self,
        name: &str,
        value: &str,
        since: Instant,
    ) -> Result<Option<Intent>, StripeError> {
        let mut after: Option<String> = None;
        loop {
            let mut request = ListPaymentIntent::new()
                .limit(100)
                .created(stripe_types::RangeQueryTs::gte(since.timestamp()));
            if let Some(last) = after {
                request = request.starting_after(last);
            }
            let page = request.customize().send(self.client()).await.map_err(wire::error)?;
            after = page.data.last().map(|last| last.id.as_str().to_owned());
            if let Some(found) =
                page.data.into_iter().find(|it| it.metadata.get(name).is_some_and(|v| v == value))
            {
                return intent(Ok(found)).map(Some);
            }
            if !page.has_more || after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Gives `amount` of a payment back. `Refused` with `charge_already_refunded` when nothing is left.
    pub async fn create_refund(
        &self,
        intent_id: &str,
        amount: Money,
        key: &str,
        metadata: &[(&str, String)],
    ) -> Result<Refund, StripeError> {
        let request = CreateRefund::new()
            .payment_intent(intent_id)
            .amount(amount.minor)
            .metadata(self::metadata(metadata));
        refund(request.customize().request_strategy(once_with(key)?).send(self.client()).await)
    }

    /// The refund as it is now.
    pub async fn fetch_refund(&self, id: &str) -> Result<Refund, StripeError> {
        refund(RetrieveRefund::new(id).customize().send(self.client()).await)
    }

    /// Every refund of a payment, newest first: the look-up of an unknown outcome. Stripe keeps few of them.
    pub async fn refunds_of(&self, intent_id: &str) -> Result<Vec<Refund>, StripeError> {
        let request = ListRefund::new().payment_intent(intent_id).limit(100);
        let page = request.customize().send(self.client()).await.map_err(wire::error)?;
        page.data.into_iter().map(|it| refund(Ok(it))).collect()
    }

    /// A charge with its settlement: Stripe's fee, once it is known.
    pub async fn fetch_charge(&self, id: &str) -> Result<Charge, StripeError> {
        let request = RetrieveCharge::new(id).expand(vec!["balance_transaction".to_owned()]);
        let theirs = request.customize().send(self.client()).await.map_err(wire::error)?;
        wire::charge(theirs).map_err(StripeError::Unknown)
    }
}

/// A call that changes something is sent once, with the caller's key in the `Idempotency-Key` header.
pub(super) fn once_with(key: &str) -> Result<RequestStrategy, StripeError> {
    match IdempotencyKey::new(key) {
        Ok(key) => Ok(RequestStrategy::Idempotent(key)),
        Err(cause) => Err(StripeError::Refused { status: 0, code: None, message: cause.to_string() }),
    }
}

/// An answer that came but can't be read leaves the outcome unknown, since the call did reach Stripe.
fn intent(answer: Result<stripe_shared::PaymentIntent, LibraryError>) -> Result<Intent, StripeError> {
    wire::intent(answer.map_err(wire::error)?).map_err(StripeError::Unknown)
}

fn refund(answer: Result<stripe_shared::Refund, LibraryError>) -> Result<Refund, StripeError> {
    wire::refund(answer.map_err(wire::error)?).map_err(StripeError::Unknown)
}

pub(super) fn metadata(pairs: &[(&str, String)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}
