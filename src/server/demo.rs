//! What makes a sandbox welcoming: a market in an empty database, logins that are said at start, and GraphiQL filled in.

use std::sync::Arc;

use chrono::Days;
use sea_orm::EntityTrait;

use super::{
    Explorer, Server,
    graphiql::{self, Occasion},
    open::POINT_SECRET,
};
use crate::{
    accounts::{self, sign_in, user},
    app::App,
    kernel::{PageAsk, Stay},
    search, seed,
};

/// Fills an empty database with a small market.
pub async fn fill_if_empty(app: &App) -> anyhow::Result<()> {
    app.db.alone(|_| fill(app)).await
}

async fn fill(app: &App) -> anyhow::Result<()> {
    if user::Entity::find().one(app.db.read()).await?.is_some() {
        return Ok(());
    }
    tracing::info!("the database is empty: filling it with a small market");
    let secret = app.keys.derive(POINT_SECRET, b"");
    let ask = seed::Ask { listings: 60, seed: 1 };
    let report = seed::seed(&app.db, &app.files, ask, &app.settings.fees, app.clock.now(), &secret).await?;
    if let Some(emulator) = &app.emulator {
        seed::accounts::tell(&app.db, emulator).await?;
    }
    tracing::info!("{report}");
    Ok(())
}

/// Fills in GraphiQL: in a sandbox with the demo guest's token and a stay that can be booked.
pub fn explorer(app: App) -> Explorer {
    Arc::new(move || {
        let app = app.clone();
        Box::pin(async move {
            let examples = graphiql::examples(&occasion(&app).await);
            graphiql::Settings { token: token(&app).await, examples }
        })
    })
}

/// A fresh access token of the demo guest; none where there is no such person.
async fn token(app: &App) -> Option<String> {
    if !app.settings.sandbox() {
        return None;
    }
    let ask = sign_in::Ask {
        email: seed::GUEST.to_owned(),
        password: seed::PASSWORD.to_owned(),
        caller: accounts::Caller::new(None, "GraphiQL"),
    };
    sign_in::sign_in(app, ask).await.ok().map(|signed_in| signed_in.access_token)
}

/// Three nights in two months, and a listing that is free then and asks nobody first: paying confirms.
async fn occasion(app: &App) -> Occasion {
    let now = app.clock.now();
    let check_in = now.date_naive() + Days::new(60);
    let check_out = check_in + Days::new(3);
    let ask = search::Ask {
        stay: Stay::new(check_in, check_out).ok(),
        guests: Some(2),
        instant_book: true,
        now,
        ..Default::default()
    };
    let found = search::find(&app.db, &app.search, &ask, &search::Spot::default(), &PageAsk::first(1)).await;
    let listing =
        found.ok().and_then(|page| Some(page.rows.first()?.card.id.to_string())).unwrap_or_default();
    Occasion { listing, check_in, check_out, now }
}

/// Says where everything is.
#[allow(clippy::print_stdout, reason = "this is what a person at the terminal looks for")]
pub fn announce(server: &Server) {
    let url = server.app.settings.public_url();
    tracing::info!(address = %server.address, "ready");
    if !server.app.settings.sandbox() {
        return;
    }
    println!(
        "\n  Sojourn is ready.\n\n  {url}/            all doors\n  {url}/graphiql    explore the API\n  {url}/graphql     the API\n  \
         {url}/dev/mail    what was mailed\n\n  Logins: {}, {}, {}\n  Password of all three: {}\n",
        seed::GUEST,
        seed::HOST,
        seed::ADMIN,
        seed::PASSWORD
    );
}
