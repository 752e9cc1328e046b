//! The one way to ask Stripe for something that costs money: written down, committed, asked without a transaction. What is
//! asked, and what is written down afterwards, is the caller's.

use sea_orm::{EntityTrait, UpdateMany};

use crate::{
    app::App,
    drill,
    kernel::{Fault, Never},
    ports::stripe::StripeError,
};

/// Writes down that Stripe is about to be asked, so that a crash leaves a trace, and asks. `about_to` changes the one row
/// that this is about, as long as it is as it was read. `None`, and nothing is asked: somebody else has begun to since.
pub async fn ask<E: EntityTrait, T>(
    app: &App,
    what: &'static str,
    about_to: UpdateMany<E>,
    call: impl Future<Output = Result<T, StripeError>>,
) -> Result<Option<Result<T, StripeError>>, Fault<Never>> {
    let about_to = &about_to;
    let written = app.db.write(|tx| async move { Ok(about_to.clone().exec(&*tx).await?.rows_affected) });
    if written.await? == 0 {
        return Ok(None);
    }
    drill::point_of("stripe.asked", what);
    let answer = call.await;
    drill::point_of("stripe.answered", what);
    Ok(Some(answer))
}
