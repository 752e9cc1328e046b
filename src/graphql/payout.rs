//! What hosts are paid, on the roof: the account, the payouts, and how an account is begun.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::{
    booking::Booking,
    context::{app, caller, loaders, signed_in},
    errors::{PayoutError, PayoutErrorCode as Code},
    faults::{settle, shared},
    loaders::{BookingById, LegsOfPayout, UserById},
    money::Money,
    scalars::{CountryCode, DateTime, Url},
    transport::{Rule, ruled},
    user::User,
};
use crate::payouts::{
    self, payout, payout_account, payout_leg, sandbox_onboard,
    start_onboarding::{self, Begun},
};

/// Where a host is paid.
pub struct PayoutAccount(pub payout_account::Model);

/// Where a host is paid: an account at the payment provider. Only for the host.
#[Object(directive = ruled::apply(Rule::Owner))]
impl PayoutAccount {
    /// Where the host's bank account is.
    async fn country(&self) -> CountryCode {
        CountryCode(self.0.country.clone())
    }

    /// Whether the host can be paid now.
    async fn can_receive(&self) -> bool {
        self.0.can_receive
    }

    /// Whether the host has been through the provider's form.
    async fn is_submitted(&self) -> bool {
        self.0.submitted
    }

    /// What the provider still wants to know, in its own words: `startPayoutOnboarding` leads there.
    async fn missing(&self) -> &[String] {
        &self.0.missing.0
    }

    /// Why the provider has closed or paused it, in its own word.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_reason.as_deref()
    }

    /// Until when nothing is sent to it, since it took the place of another one.
    async fn held_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.0.held_until.filter(|until| *until > app(ctx).clock.now()).map(DateTime)
    }

    /// When the host chose it.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Where a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "payout::Status")]
pub enum PayoutStatus {
    /// Its time has not come.
    Scheduled,
    /// Its time has come, and the host has no account that can receive it.
    WaitingForAccount,
    /// Something holds it: see `heldFor`.
    Held,
    /// On its way.
    Sending,
    /// The provider was asked and did not answer; it is asked again.
    Unknown,
    /// Done.
    Paid,
    /// The provider refused; it is tried again when the host's account has changed.
    Failed,
}

/// What a payout is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "payout::HeldFor")]
pub enum PayoutHold {
    /// The host is paid elsewhere since not long ago: see `PayoutAccount.heldUntil`.
    AccountChanged,
    /// A dispute about the booking is open: see `Booking.disputes`.
    Dispute,
    /// The guest's bank argues about the payment.
    Chargeback,
}

/// Where a part of a payout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_leg::Status")]
pub enum PayoutLegStatus {
    /// To be sent.
    Pending,
    /// The provider was asked and did not answer; it is asked again.
    Unknown,
    /// Done.
    Paid,
    /// The provider refused.
    Failed,
}

/// The part of a payout that comes out of one payment of the guest.
pub struct PayoutLeg {
    row: payout_leg::Model,
    payout: payout::Model,
}

/// The part of a payout that comes out of one payment of the guest.
#[Object(directive = ruled::apply(Rule::Owner))]
impl PayoutLeg {
    /// Where it is.
    async fn status(&self) -> PayoutLegStatus {
        self.row.status.into()
    }

    /// What is sent, in the currency that the guest paid in.
    async fn amount(&self) -> Money {
        Money::new(self.row.amount, self.row.currency)
    }

    /// What that is worth in the listing's currency, in which it was earned.
    async fn worth(&self) -> Money {
        Money::new(self.row.worth, self.payout.currency)
    }
}

/// What a host is paid for a booking.
pub struct Payout(pub payout::Model);

/// What a host is paid for a booking: a statement, in the listing's currency. Only for the host, and for admins.
#[Object(directive = ruled::apply(Rule::Owner))]
impl Payout {
    /// Names the payout.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// For which booking.
    async fn booking(&self, ctx: &Context<'_>) -> Result<Option<Booking>> {
        Ok(loaders(ctx).load_one(BookingById(self.0.booking_id)).await.map_err(shared)?.map(Booking))
    }

    /// Where it is.
    async fn status(&self) -> PayoutStatus {
        self.0.status.into()
    }

    /// What it is held for, while it is.
    async fn held_for(&self) -> Option<PayoutHold> {
        self.0.held_for.map(PayoutHold::from)
    }

    /// Whether it was awarded by a dispute; otherwise it is what the stay has earned.
    async fn is_award(&self) -> bool {
        self.0.number > 0
    }

    /// Names the booking, whoever may see it.
    async fn booking_id(&self) -> ID {
        self.0.booking_id.to_string().into()
    }

    /// Who is paid.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(loaders(ctx).load_one(UserById(self.0.host_id)).await.map_err(shared)?.map(User))
    }

    /// What the host keeps of what the guest paid: nights, extra guests, cleaning, pets.
    async fn gross(&self) -> Money {
        Money::new(self.0.gross, self.0.currency)
    }

    /// What of that the host pays to the marketplace.
    async fn host_fee(&self) -> Money {
        Money::new(self.0.host_fee, self.0.currency)
    }

    /// What the host has earned: the one less the other.
    async fn amount(&self) -> Money {
        Money::new(self.0.amount, self.0.currency)
    }

    /// What of that went to what the host owed.
    async fn netted(&self) -> Money {
        Money::new(self.0.netted, self.0.currency)
    }

    /// What is sent in the end.
    async fn sent(&self) -> Money {
        Money::new(self.0.amount - self.0.netted, self.0.currency)
    }

    /// What of that was taken back later, since money went back to the guest that the host bears.
    async fn taken_back(&self) -> Money {
        Money::new(self.0.taken_back, self.0.currency)
    }

    /// When its time comes: a day after the stay.
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// When it was done.
    async fn paid_at(&self) -> Option<DateTime> {
        self.0.paid_at.map(DateTime)
    }

    /// Its parts, one per payment of the guest; none before its time has come.
    async fn legs(&self, ctx: &Context<'_>) -> Result<Vec<PayoutLeg>> {
        let rows = loaders(ctx).load_one(LegsOfPayout(self.0.id)).await.map_err(shared)?;
        let leg = |row| PayoutLeg { row, payout: self.0.clone() };
        Ok(rows.into_iter().flatten().map(leg).collect())
    }
}

/// Where to be paid.
#[derive(InputObject)]
pub struct StartPayoutOnboardingInput {
    /// Where one's bank account is.
    country: CountryCode,
    /// One's password, once more.
    password: String,
    /// Whether to begin another account in the place of the one there is: nothing is sent to it for 72 hours.
    #[graphql(default)]
    replace: bool,
}

/// The way into the provider's form, or why there is none.
#[derive(SimpleObject)]
pub struct StartPayoutOnboardingPayload {
    /// Where the host is paid from now on.
    payout_account: Option<PayoutAccount>,
    /// Where to send the host next; good for one visit.
    url: Option<Url>,
    /// Until when that is good.
    expires_at: Option<DateTime>,
    /// Why there is none.
    errors: Vec<PayoutError>,
}

/// What was filled in, or why nothing was.
#[derive(SimpleObject)]
pub struct SandboxCompleteOnboardingPayload {
    /// The account as it was; it follows by webhook.
    payout_account: Option<PayoutAccount>,
    /// Why nothing was filled in.
    errors: Vec<PayoutError>,
}

/// Accounts are begun here.
#[derive(Default)]
pub struct PayoutMutation;

#[Object]
impl PayoutMutation {
    /// Begins a host's account at the payment provider, or goes on with it: the answer leads into the provider's form.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn start_payout_onboarding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to be paid.")] input: StartPayoutOnboardingInput,
    ) -> Result<StartPayoutOnboardingPayload> {
        let ask = start_onboarding::Ask {
            country: input.country.0,
            password: input.password,
            replace: input.replace,
            caller: caller(ctx),
        };
        let outcome = payouts::start_onboarding(app(ctx), signed_in(ctx)?, ask).await;
        let (begun, errors) = settle(outcome, |refusal| {
            use start_onboarding::Refusal::{
                CountryNotServed, NotNow, OtherCountry, RateLimited, WrongPassword,
            };
            let (field, code, retry_after_seconds) = match refusal {
                WrongPassword => ("password", Code::WrongPassword, None),
                RateLimited { retry_after_seconds } => {
                    ("password", Code::RateLimited, Some(retry_after_seconds))
                }
                CountryNotServed => ("country", Code::CountryNotServed, None),
                OtherCountry => ("country", Code::OtherCountry, None),
                NotNow => ("", Code::ProviderUnavailable, None),
            };
            vec![PayoutError { retry_after_seconds, ..PayoutError::new(code, field, refusal) }]
        })?;
        let (account, link) = begun.map(|Begun { account, link }| (account, link)).unzip();
        let (url, expires_at) = link.map(|link| (Url(link.url), DateTime(link.expires_at))).unzip();
        Ok(StartPayoutOnboardingPayload {
            payout_account: account.map(PayoutAccount),
            url,
            expires_at,
            errors,
        })
    }

    /// Fills in the provider's form in place of the host. Sandbox only.
    #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
    async fn sandbox_complete_onboarding(
        &self,
        ctx: &Context<'_>,
    ) -> Result<SandboxCompleteOnboardingPayload> {
        let outcome = payouts::sandbox_onboard(app(ctx), signed_in(ctx)?).await;
        let (account, errors) = settle(outcome, |refusal| {
            let code = match refusal {
                sandbox_onboard::Refusal::SandboxOnly => Code::SandboxOnly,
                sandbox_onboard::Refusal::NoAccount => Code::NoAccount,
            };
            vec![PayoutError::new(code, "", refusal)]
        })?;
        Ok(SandboxCompleteOnboardingPayload { payout_account: account.map(PayoutAccount), errors })
    }
}
