//! Rates of exchange as a source tells them: the recorded table that is shipped, or an address that answers with JSON.
//! Whether they are believed is not decided here.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, anyhow, bail, ensure};
use chrono::NaiveDate;
use serde::Deserialize;
use url::Url;

/// The table that is shipped, in the form that an address answers in too.
const RECORDED: &str = include_str!("rates/recorded.json");

/// How much an address may say, and how long it may take to.
const LIMITS: Limits = Limits { bytes: 256 * 1024, time: Duration::from_secs(10) };

#[derive(Debug, Clone, Copy)]
struct Limits {
    bytes: usize,
    time: Duration,
}

/// What a source says, as it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The currency whose unit is worth so many of the others.
    pub base: String,
    /// Of which day the rates are; none for a recorded table, which is of no day.
    pub date: Option<NaiveDate>,
    /// By code, the numbers as they were written: nothing here has been a float that anybody reckons with.
    pub rates: BTreeMap<String, String>,
}

/// Where rates come from. Clones share it.
#[derive(Debug, Clone)]
pub struct RateSource {
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Recorded,
    Address { url: Url, http: reqwest::Client, limits: Limits },
}

/// The wire form, `{"base": "EUR", "date": "2026-06-30", "rates": {"USD": 1.16}}`: what most sources of rates answer.
#[derive(Deserialize)]
struct Wire {
    #[serde(default = "euro")]
    base: String,
    date: Option<NaiveDate>,
    rates: BTreeMap<String, serde_json::Value>,
}

fn euro() -> String {
    "EUR".to_owned()
}

impl RateSource {
    /// Opens `recorded:` (the table that is shipped), or an `https:` or `http:` address that answers with JSON.
    pub fn open(url: &str) -> anyhow::Result<Self> {
        Self::open_with(url, LIMITS)
    }

    fn open_with(url: &str, limits: Limits) -> anyhow::Result<Self> {
        let way = match super::scheme(url) {
            "recorded" if url == "recorded:" => Way::Recorded,
            "https" | "http" => {
                super::use_ring_for_tls();
                // Errors are without their cause, which could repeat a key that stands in the address.
                let url = Url::parse(url).map_err(|_| anyhow!("this is not the URL of a source of rates"))?;
                let http = reqwest::Client::builder()
                    .timeout(limits.time)
                    .redirect(reqwest::redirect::Policy::limited(3))
                    .build()?;
                Way::Address { url, http, limits }
            }
            other => bail!("there are no rates behind {other}:"),
        };
        Ok(Self { way })
    }

    /// What the source is called beside a rate: `recorded`, or the host of the address.
    pub fn name(&self) -> &str {
        match &self.way {
            Way::Recorded => "recorded",
            Way::Address { url, .. } => url.host_str().unwrap_or_default(),
        }
    }

    /// Asks the source.
    pub async fn fetch(&self) -> anyhow::Result<Told> {
        match &self.way {
            Way::Recorded => Ok(Told { date: None, ..read(RECORDED.as_bytes())? }),
            Way::Address { url, http, limits } => read(&body(http, url, limits.bytes).await?),
        }
    }
}

/// The answer's body, as long as it is no longer than it may be.
async fn body(http: &reqwest::Client, url: &Url, most: usize) -> anyhow::Result<Vec<u8>> {
    let answer = http.get(url.clone()).header("accept", "application/json").send().await;
    let mut answer = answer.map_err(reqwest::Error::without_url).context("the source cannot be reached")?;
    ensure!(answer.status().is_success(), "the source answered {}", answer.status());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        ensure!(body.len() + chunk.len() <= most, "the source says more than {most} bytes");
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn read(body: &[u8]) -> anyhow::Result<Told> {
    let wire: Wire = serde_json::from_slice(body).context("the source does not speak of rates")?;
    let written = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let rates = wire.rates.into_iter().map(|(code, value)| (code, written(value))).collect();
    Ok(Told { base: wire.base, date: wire.date, rates })
}
