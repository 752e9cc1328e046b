//! Results that are kept for some seconds in the cache, for all servers that share it, and dropped by a change in their
//! area. What they are is `find`'s part; nothing here is the only copy.
//!
//! Each area has a token, and the key of a result holds the tokens of its areas, read before the database is. A change
//! takes its areas' tokens away after it is committed; who asks then makes new ones, and finds nothing that was kept
//! under the old. A result that was read before the commit is stored under a token that nobody has any more.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    area,
    ask::{Ask, Cursor, Refusal},
    facets::{self, Facets},
    find::{self, Hit},
    resolve::Spot,
};
use crate::{
    app::App,
    kernel::{Fault, Page, PageAsk},
    ports::Cache,
};

/// How long a token is remembered: longer than any result.
const TOKEN_FOR: Duration = Duration::from_secs(3_600);

/// Seconds of a quarter of an hour: all clocks of the world begin their hours with one.
const QUARTER: i64 = 900;

/// A page as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    rows: Vec<Hit>,
    has_next: bool,
    has_previous: bool,
}

/// [`find::find`], or what it found a moment ago.
pub async fn find(app: &App, ask: &Ask, page: &PageAsk<Cursor>) -> Result<Page<Hit>, Fault<Refusal>> {
    // A refusal needs no look into the cache, and is not kept.
    find::check(ask, page).map_err(Fault::Refused)?;
    let question = format!("page {page:?} {}", ask.totals);
    let spot = app.search.spot(&app.db, ask).await?;
    let kept = keep(app, ask, &spot, &question, async {
        let Page { rows, has_next, has_previous } =
            find::find(&app.db, &app.search, ask, &spot, page).await?;
        Ok::<_, Fault<Refusal>>(Kept { rows, has_next, has_previous })
    });
    let Kept { rows, has_next, has_previous } = kept.await?;
    Ok(Page { rows, has_next, has_previous })
}

/// [`find::count`], or what it counted a moment ago.
pub async fn count(app: &App, ask: &Ask) -> Result<u64, sea_orm::DbErr> {
    let spot = app.search.spot(&app.db, ask).await?;
    keep(app, ask, &spot, "count", find::count(&app.db, &app.search, ask, &spot)).await
}

/// [`facets::facets`], or what they were a moment ago.
pub async fn facets(app: &App, ask: &Ask, bars: u32) -> Result<Facets, sea_orm::DbErr> {
    let spot = app.search.spot(&app.db, ask).await?;
    let counted = facets::facets(&app.db, &app.search, ask, &spot, bars);
    keep(app, ask, &spot, &format!("facets {bars}"), counted).await
}

async fn keep<T, E>(
    app: &App,
    ask: &Ask,
    spot: &Spot,
    question: &str,
    load: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    T: Serialize + DeserializeOwned,
{
    let ttl = Duration::from_secs(app.settings.search.search_cache_seconds);
    if ttl.is_zero() {
        return load.await;
    }
    let areas = area::of_ask(ask, spot);
    let tokens = join_all(areas.iter().map(|area| token(&app.cache, area))).await.join(" ");
    // The domain's clock may be moved: what can be booked changes with the hours of the world's clocks.
    let quarter = ask.now.timestamp().div_euclid(QUARTER);
    let whole = format!("{} {spot:?} {quarter} {question} {tokens}", ask.identity());
    let key = format!("search:{}", hex::encode(Sha256::digest(whole)));
    app.cache.get_or_load(&key, ttl, load).await
}

/// The token of an area: what was there, or a new one.
async fn token(cache: &Cache, area: &str) -> String {
    let key = key_of(area);
    let found = cache.get(&key).await.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    match found {
        Some(token) => token,
        None => {
            let token = uuid::Uuid::now_v7().simple().to_string();
            cache.put(&key, token.clone().into(), TOKEN_FOR).await;
            token
        }
    }
}

/// Forgets what was kept in these areas.
pub(super) async fn drop(cache: &Cache, areas: &BTreeSet<String>) {
    join_all(areas.iter().map(|area| async move { cache.remove(&key_of(area)).await })).await;
}

fn key_of(area: &str) -> String {
    format!("search:area:{area}")
}
