//! `startPayoutOnboarding`: a host says where to be paid. The account is made at Stripe, and the host is sent into
//! Stripe's form. The password is asked for again: this is where a thief would change something.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};
use url::Url;

use super::{
    find, follow_account,
    payout_account::{self, Missing},
    rules,
};
use crate::{
    accounts::{self, Caller, Viewer, prove_again},
    app::App,
    drill,
    event::Event,
    kernel::{Fault, PayoutAccountId, clock::Instant, country},
    payments::{
        asking,
        rules::{AfterError, after},
    },
    ports::stripe::{AccountAsk, AccountLink, StripeError},
};

/// Where a host wants to be paid.
#[derive(Debug, Clone)]
pub struct Ask {
    /// ISO 3166-1 alpha-2: where the host's bank account is.
    pub country: String,
    /// The host's password, once more.
    pub password: String,
    /// Whether to begin another account in the place of the one there is.
    pub replace: bool,
    /// Where the call comes from.
    pub caller: Caller,
}

/// The account, and the way into Stripe's form.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Where the host is paid from now on.
    pub account: payout_account::Model,
    /// Where the host goes next.
    pub link: AccountLink,
}

/// Why nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This is not the password.
    #[error("this is not your password")]
    WrongPassword,
    /// Too many wrong passwords, or the server is busy with passwords.
    #[error("too many tries: wait {retry_after_seconds} s")]
    RateLimited {
        /// When to come again.
        retry_after_seconds: u32,
    },
    /// Hosts of this country can't be paid from here.
    #[error("hosts in this country cannot be paid by this marketplace: payouts stay within its region")]
    CountryNotServed,
    /// The account there is belongs to another country, which can't be changed.
    #[error("your account is in another country: say `replace` to begin another one")]
    OtherCountry,
    /// Stripe doesn't answer.
    #[error("the payment provider does not answer: try again in a while")]
    NotNow,
}

/// Begins or goes on with a host's account. Another account in the place of a ready one is paid only after 72 hours, and
/// the host is told.
pub async fn start_onboarding(app: &App, host: &Viewer, ask: Ask) -> Result<Begun, Fault<Refusal>> {
    host.may_host()?;
    let is_served =
        country::is_code(&ask.country) && rules::is_served(&app.settings.stripe.stripe_country, &ask.country);
    if !is_served {
        return Err(Fault::Refused(Refusal::CountryNotServed));
    }
    let email = prove_again::prove_again(app, host, &ask.password, &ask.caller).await.map_err(|fault| {
        fault.map(|refusal| match refusal {
            prove_again::Refusal::WrongPassword => Refusal::WrongPassword,
            prove_again::Refusal::RateLimited { retry_after_seconds } => {
                Refusal::RateLimited { retry_after_seconds }
            }
        })
    })?;

    let account = choose(app, host, &ask).await?;
    drill::point("payouts.onboard.chosen");
    let account = match &account.provider_id {
        Some(_) => account,
        None => make(app, account, email.as_str()).await?,
    };
    let provider_id = account.provider_id.clone().ok_or(Fault::Refused(Refusal::NotNow))?;
    let link = app.stripe.create_account_link(&provider_id, &back(app, "done")?, &back(app, "again")?).await;
    let link = link.map_err(not_now)?;
    Ok(Begun { account, link })
}

/// The account that is to be used: the one there is, or a new row for another one.
async fn choose(app: &App, host: &Viewer, ask: &Ask) -> Result<payout_account::Model, Fault<Refusal>> {
    let now = app.clock.now();
    app.db
        .write(|tx| async move {
            accounts::lock(&tx, host.user).await?;
            let current = find::account_of(&*tx, host.user).await?;
            if let Some(current) = &current {
                let same = current.country == ask.country;
                // One that nobody has filled in is no loss, and a second click makes no second one.
                if same && (!ask.replace || !current.submitted) {
                    return Ok(current.clone());
                }
                if !same && !ask.replace && current.submitted {
                    return Err(Fault::Refused(Refusal::OtherCountry));
                }
            }
            let was_ready = current.as_ref().is_some_and(|current| current.submitted);
            let held_before = current.as_ref().and_then(|current| current.held_until);
            let held_until = if was_ready { Some(now + rules::HELD_FOR) } else { held_before };
            let row = payout_account::ActiveModel {
                id: Set(PayoutAccountId::new()),
                host_id: Set(host.user),
                number: Set(current.map_or(0, |current| current.number) + 1),
                country: Set(ask.country.clone()),
                provider_id: Set(None),
                can_receive: Set(false),
                submitted: Set(false),
                missing: Set(Missing::default()),
                disabled_reason: Set(None),
                held_until: Set(held_until),
                asked_at: Set(None),
                created_at: Set(now),
                updated_at: Set(now),
            };
            let account = row.insert(&*tx).await?;
            if was_ready {
                Event::PayoutAccountChanged { account: account.id }.emit(&tx, now).await?;
            }
            Ok(account)
        })
        .await
}

/// Makes the account at Stripe, and writes it down. Should Stripe have forgotten our key after a day, it is a second one,
/// which nobody has filled in and nothing is ever sent to.
async fn make(
    app: &App,
    account: payout_account::Model,
    email: &str,
) -> Result<payout_account::Model, Fault<Refusal>> {
    let (id, host, now) = (account.id, account.host_id.to_string(), app.clock.now());
    let (key, country) = (id.to_string(), account.country.clone());
    let ask = AccountAsk { country: &country, email, host: &host, payout_account: &key };
    let made = app.stripe.create_account(&ask, &key);
    let answer = asking::ask(app, "payouts.onboard", about_to(&account, now), made).await;
    let seen = match answer.map_err(Fault::widen)?.ok_or(Fault::Missing)? {
        Ok(seen) => seen,
        Err(error) if error.code() == Some("country_unsupported") => {
            return Err(Fault::Refused(Refusal::CountryNotServed));
        }
        Err(error) => return Err(not_now(error)),
    };
    follow_account::record(app, account, &seen).await.map_err(Fault::widen)?;
    find::account(app.db.read(), id).await
}

/// How it is written down that Stripe is about to be asked for the account.
fn about_to(account: &payout_account::Model, now: Instant) -> UpdateMany<payout_account::Entity> {
    let change = payout_account::ActiveModel {
        asked_at: Set(account.asked_at.or(Some(now))),
        updated_at: Set(now),
        ..Default::default()
    };
    payout_account::Entity::update_many().set(change).filter(payout_account::Column::Id.eq(account.id))
}

/// What the host can try again is told; what is ours to repair is a failure.
fn not_now(error: StripeError) -> Fault<Refusal> {
    match after(&error) {
        AfterError::GiveUp => Fault::Broken(error.into()),
        AfterError::AskAgain | AfterError::LookUp | AfterError::TryLater => {
            tracing::warn!(%error, "an account could not be begun now");
            Fault::Refused(Refusal::NotNow)
        }
    }
}

/// Where Stripe sends the host afterwards.
fn back(app: &App, how: &str) -> Result<Url, Fault<Refusal>> {
    let mut url = Url::parse(&app.settings.public_url()).map_err(|e| Fault::Broken(e.into()))?;
    url.query_pairs_mut().append_pair("payouts", how);
    Ok(url)
}
