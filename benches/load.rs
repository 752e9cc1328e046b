//! How fast a running server answers: search, the listing page and "my trips", with varying arguments.
//!
//! `cargo bench --bench load -- URL [connections] [seconds] [names]` against a seeded sandbox (`sojourn seed`) that was
//! started with `RATE_LIMIT_PERSON=0 RATE_LIMIT_ADDRESS=0`: one address asks for more than a whole town. The names are
//! some of `search,total,listing,trips`, all if none is given; `total` is the same search with a limit on the total of
//! the stay, which each result shows. With `SEARCH_CACHE_SECONDS=0` nothing is kept: each search looks. It measures
//! requests per second, how long they take, and how much CPU the processes named `sojourn` and `postgres` used for
//! each. The client speaks HTTP by hand, so that little of the machine goes to it.

#![allow(clippy::unwrap_used, reason = "a measurement that can't go on must stop")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const SEARCH: &str = "query Search($filter: SearchFilterInput, $stay: StayInput) {
  searchListings(filter: $filter, stay: $stay, first: 20) {
    nodes { id slug title city nightlyPrice { amount currencyCode } ratingHundredths reviewCount coverPhoto { url blurhash } }
    pageInfo { hasNextPage endCursor } } }";

const TOTAL: &str = "query Total($filter: SearchFilterInput, $stay: StayInput) {
  searchListings(filter: $filter, stay: $stay, first: 20) {
    edges { totalPrice { amount currencyCode } node { id slug title city nightlyPrice { amount currencyCode } ratingHundredths reviewCount coverPhoto { url blurhash } } }
    pageInfo { hasNextPage endCursor } } }";

const LISTING: &str = "query Listing($id: ID!, $stay: StayInput!) {
  listing(by: { id: $id }) {
    id title description city bedrooms beds maxGuests amenities { code label } ratingHundredths reviewCount
    photos { url blurhash caption } host { id displayName memberSince }
    reviews(first: 6) { nodes { overall text author { displayName } } }
    quote(stay: $stay, party: { adults: 2 }) { total { amount currencyCode } lines { kind amount { amount } } }
    availability(stay: $stay, party: { adults: 2 }) { isAvailable violations { code } } } }";

const TRIPS: &str = "query Trips { viewer { bookings(first: 10) { nodes {
  id code status checkIn checkOut total { amount currencyCode } listing { title city coverPhoto { url } } host { displayName } } } } }";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let Some(url) = arguments.first().and_then(|url| url.strip_prefix("http://")) else {
        println!(
            "usage: cargo bench --bench load -- http://127.0.0.1:8080 [connections] [seconds] [search,total,listing,trips]"
        );
        return;
    };
    let connections = arguments.get(1).map_or(16, |n| n.parse().unwrap());
    let seconds = arguments.get(2).map_or(10, |n| n.parse().unwrap());
    let mut first = Connection::open(url, None).await;
    let token = demo_token(&mut first).await;
    let stock = Arc::new(stock(&mut first).await);
    println!(
        "{} listings in {} cities known; {connections} connections, {seconds} s each",
        stock.ids.len(),
        stock.cities.len()
    );
    let makers: [(&str, Maker, bool); 4] = [
        ("search", search, false),
        ("total", total, false),
        ("listing", listing, false),
        ("trips", trips, true),
    ];
    let wanted = |name: &str| arguments.get(3).is_none_or(|names| names.split(',').any(|one| one == name));
    for (name, make, signed) in makers.into_iter().filter(|(name, ..)| wanted(name)) {
        let token = signed.then(|| token.clone()).flatten();
        if signed && token.is_none() {
            println!("{name:>8}: left out, the demo guest can't sign in here");
            continue;
        }
        run(name, url, token, make, &stock, connections, Duration::from_secs(seconds)).await;
    }
}

type Maker = fn(&Stock, u64) -> String;

/// What requests are made of.
struct Stock {
    ids: Vec<String>,
    cities: Vec<String>,
}

fn body(query: &str, variables: &Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

fn stay(n: u64) -> Value {
    let today =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let date = |days: u64| chrono::NaiveDate::from_epoch_days((today + days) as i32).unwrap().to_string();
    let from = 5 + n * 7 % 200;
    json!({ "checkIn": date(from), "checkOut": date(from + 2 + n % 4) })
}

fn search(stock: &Stock, n: u64) -> String {
    let city = &stock.cities[n as usize % stock.cities.len()];
    let pairs = [["WIFI", "KITCHEN"], ["WIFI", "HEATING"], ["KITCHEN", "WASHING_MACHINE"]];
    let price = json!({ "amount": (80 + n * 13 % 300).to_string(), "currencyCode": "EUR" });
    let filter =
        json!({ "place": city, "guests": 1 + n % 4, "priceMax": price, "amenities": pairs[n as usize % 3] });
    body(SEARCH, &json!({ "filter": filter, "stay": stay(n) }))
}

/// The same searches, by what the whole stay may cost instead of a night.
fn total(stock: &Stock, n: u64) -> String {
    let city = &stock.cities[n as usize % stock.cities.len()];
    let pairs = [["WIFI", "KITCHEN"], ["WIFI", "HEATING"], ["KITCHEN", "WASHING_MACHINE"]];
    let limit = (80 + n * 13 % 300) * (2 + n % 4) * 5 / 4;
    let limit = json!({ "amount": limit.to_string(), "currencyCode": "EUR" });
    let filter =
        json!({ "place": city, "guests": 1 + n % 4, "totalMax": limit, "amenities": pairs[n as usize % 3] });
    body(TOTAL, &json!({ "filter": filter, "stay": stay(n) }))
}

fn listing(stock: &Stock, n: u64) -> String {
    let id = &stock.ids[(n * 7919) as usize % stock.ids.len()];
    body(LISTING, &json!({ "id": id, "stay": stay(n) }))
}

fn trips(_: &Stock, _: u64) -> String {
    body(TRIPS, &json!({}))
}

async fn run(
    name: &str,
    url: &str,
    token: Option<String>,
    make: Maker,
    stock: &Arc<Stock>,
    connections: u64,
    time: Duration,
) {
    let counter = Arc::new(AtomicU64::new(0));
    let ([server, database], begin) = (cpu(), Instant::now());
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (url, token, stock, counter) =
                (url.to_owned(), token.clone(), stock.clone(), counter.clone());
            tokio::spawn(async move {
                let mut connection = Connection::open(&url, token).await;
                let mut times = Vec::new();
                while begin.elapsed() < time {
                    let request = make(&stock, counter.fetch_add(1, Ordering::Relaxed));
                    let sent = Instant::now();
                    let answer = connection.post(&request).await;
                    times.push(sent.elapsed());
                    let failed = answer.windows(9).any(|w| w == b"\"errors\":");
                    assert!(!failed, "{}", String::from_utf8_lossy(&answer));
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let (seconds, count) = (begin.elapsed().as_secs_f64(), times.len());
    let used = cpu();
    times.sort_unstable();
    let at = |share: f64| times[((count - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{name:>8}: {:7.0} requests/s   p50 {:6.2} ms   p99 {:6.2} ms   CPU per request: server {:.3} ms, database {:.3} ms",
        count as f64 / seconds,
        at(0.5),
        at(0.99),
        (used[0] - server) * 1000.0 / count as f64,
        (used[1] - database) * 1000.0 / count as f64,
    );
}

/// Seconds of CPU that the servers and the databases on this machine have used so far.
fn cpu() -> [f64; 2] {
    let ticks = |pid: &std::path::Path| -> Option<(String, f64)> {
        let stat = std::fs::read_to_string(pid.join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let used: f64 = fields[11].parse::<f64>().ok()? + fields[12].parse::<f64>().ok()?;
        Some((name.to_owned(), used))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let used: Vec<_> = processes.filter_map(|process| ticks(&process.path())).collect();
    ["sojourn", "postgres"]
        .map(|name| used.iter().filter(|(of, _)| of == name).map(|(_, ticks)| ticks).sum::<f64>() / 100.0)
}

async fn demo_token(connection: &mut Connection) -> Option<String> {
    let query = "mutation($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }";
    let input = json!({ "email": "guest@demo.sojourn.test", "password": "sojourn-demo-2026" });
    let answer = connection.post(&body(query, &json!({ "input": input }))).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["data"]["signIn"]["tokens"]["accessToken"].as_str().map(str::to_owned)
}

/// Walks some pages of all listings, to have something to ask for.
async fn stock(connection: &mut Connection) -> Stock {
    let query =
        "query($after: String, $sort: SearchSort!) { searchListings(sort: $sort, first: 100, after: $after) {
        nodes { id city } pageInfo { endCursor hasNextPage } } }";
    let (mut ids, mut cities) = (Vec::new(), Vec::new());
    for sort in ["NEWEST", "PRICE_LOW", "RATING"] {
        let mut after = Value::Null;
        for _ in 0..30 {
            let answer = connection.post(&body(query, &json!({ "after": after, "sort": sort }))).await;
            let page = serde_json::from_slice::<Value>(&answer).unwrap()["data"]["searchListings"].take();
            for node in page["nodes"].as_array().unwrap() {
                ids.push(node["id"].as_str().unwrap().to_owned());
                cities.push(node["city"].as_str().unwrap().to_owned());
            }
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    cities.sort_unstable();
    cities.dedup();
    Stock { ids, cities }
}

/// A kept-alive HTTP/1.1 connection that sends one kind of request.
struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Connection {
    async fn open(address: &str, token: Option<String>) -> Self {
        let stream = TcpStream::connect(address.trim_end_matches('/')).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let signed = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             accept: application/graphql-response+json\r\n{signed}"
        );
        Self { stream: BufReader::new(stream), head }
    }

    async fn post(&mut self, body: &str) -> Vec<u8> {
        let request = format!("{}content-length: {}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes()).await.unwrap();
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.unwrap();
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await.unwrap();
        answer
    }
}
