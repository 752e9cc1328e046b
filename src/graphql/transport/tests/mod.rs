//! The transport over real HTTP and real WebSockets, with a small schema. Nothing of Sojourn's own schema.

mod http;
mod socket;

use std::{net::SocketAddr, sync::Arc};

use async_graphql::{Context, Data, Object, Schema, SimpleObject, Subscription};
use futures_util::{Stream, stream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    code::{Code, Refusal},
    cost::Cost,
    door::{Admitted, Caller, Door, Gate, Origins, Who},
    haste::{EventsInTime, set_up},
    limits::Limits,
    nulls::ErrorsStayLocal,
};

struct Query;

#[derive(SimpleObject)]
struct Item {
    name: String,
    maker: Maker,
}

#[derive(SimpleObject)]
struct Maker {
    name: String,
}

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn add(&self, a: i32, #[graphql(validator(maximum = 100))] b: i32) -> i32 {
        a + b
    }

    async fn items(&self, first: Option<i32>) -> Vec<Item> {
        let item = |n| Item { name: format!("item {n}"), maker: Maker { name: "somebody".to_owned() } };
        (0..first.unwrap_or(20)).map(item).collect()
    }

    async fn nothing(&self) -> Option<i32> {
        None
    }

    async fn fails(&self) -> async_graphql::Result<Option<i32>> {
        Err(async_graphql::Error::new("SELECT password FROM person"))
    }

    async fn fails_wholly(&self) -> async_graphql::Result<i32> {
        Err(std::io::Error::other("/etc/passwd").into())
    }

    async fn missing(&self) -> async_graphql::Result<Option<i32>> {
        Err(Code::NotFound.error("There is no such thing."))
    }

    async fn panics(&self) -> i32 {
        [1][usize::from(std::hint::black_box(true))]
    }

    async fn never(&self) -> i32 {
        std::future::pending().await
    }

    async fn viewer(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<Viewer>().map(|viewer| viewer.0.clone())
    }

    async fn cost(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        Ok(ctx.data::<Cost>()?.requested)
    }

    async fn request_id(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(ctx.data::<Arc<Caller>>()?.request_id.clone())
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn save(&self, ctx: &Context<'_>) -> bool {
        ctx.insert_http_header("x-saved", "yes");
        true
    }

    async fn sign_in(&self) -> bool {
        true
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn slow(&self) -> impl Stream<Item = Slow> {
        stream::iter([Slow])
    }

    async fn silence(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }

    async fn begins_never(&self, ctx: &Context<'_>) -> async_graphql::Result<impl Stream<Item = i32>> {
        set_up(ctx, std::future::pending::<async_graphql::Result<stream::Pending<i32>>>()).await
    }

    async fn silent(&self, ctx: &Context<'_>) -> async_graphql::Result<impl Stream<Item = i32>> {
        set_up(ctx, async { Ok(stream::pending()) }).await
    }

    async fn flood(&self) -> impl Stream<Item = String> {
        stream::repeat("x".repeat(1024 * 1024))
    }

    async fn forbidden(&self) -> async_graphql::Result<impl Stream<Item = i32>> {
        Err::<stream::Pending<i32>, _>(Code::Forbidden.error("Not for you."))
    }
}

struct Slow;

#[Object]
impl Slow {
    async fn never(&self) -> i32 {
        std::future::pending().await
    }
}

struct Viewer(String);

type TestSchema = Schema<Query, Mutation, Events>;

#[derive(Clone)]
struct World {
    schema: TestSchema,
    plain: TestSchema,
    gate: Arc<Gate>,
    /// Cancelled: every session is revoked.
    revoked: CancellationToken,
    address: SocketAddr,
    _stop: Arc<DropGuard>,
}

impl Door for World {
    type Schema = TestSchema;
    type Plain = TestSchema;

    fn plain(&self) -> &TestSchema {
        &self.plain
    }

    fn schema(&self) -> &TestSchema {
        &self.schema
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    async fn admit(&self, bearer: Option<&str>, _caller: &Caller) -> Result<Admitted, Refusal> {
        match bearer {
            None => Ok(Admitted::stranger(Data::default)),
            Some("busy") => {
                let wait = std::time::Duration::from_millis(1_500);
                Err(Refusal::new(Code::RateLimited, "Too often.").after(wait))
            }
            Some(name) if name.starts_with("person-") => {
                let name = name.to_owned();
                let person = Some(name.clone());
                let data = move || {
                    let mut data = Data::default();
                    data.insert(Viewer(name.clone()));
                    data
                };
                let who = Who { signed_in: true, person, data: Arc::new(data) };
                Ok(Admitted { who, ends: Box::pin(self.revoked.clone().cancelled_owned()) })
            }
            Some(_) => Err(Refusal::new(Code::Unauthenticated, "The token is not valid.")),
        }
    }
}

impl World {
    async fn new() -> Self {
        Self::with(Limits::default(), Origins::Any).await
    }

    async fn with(limits: Limits, origins: Origins) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let schema = Schema::build(Query, Mutation, Events)
            .extension(ErrorsStayLocal)
            .extension(EventsInTime)
            .finish();
        let plain = Schema::build(Query, Mutation, Events).finish();
        let gate = Gate::new(&schema.sdl(), limits, origins, CancellationToken::new()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        let world = Self {
            schema,
            plain,
            gate: Arc::new(gate),
            revoked: CancellationToken::new(),
            address: listener.local_addr().unwrap(),
            _stop: Arc::new(stop.clone().drop_guard()),
        };
        // The server's copy must not keep the server alive.
        let door = Self { _stop: Arc::new(CancellationToken::new().drop_guard()), ..world.clone() };
        let app = super::http::routes(door).into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, app);
        tokio::spawn(async move {
            tokio::select! {
                result = server => result.unwrap(),
                () = stop.cancelled() => {}
            }
        });
        world
    }

    /// Waits until this many sockets and event streams are open.
    async fn until_open(&self, number: usize) {
        self.gate.crowd.watch().wait_for(|open| *open == number).await.unwrap();
    }
}

/// Serves the small schema where the audits of `graphql-http` can reach it, until it is stopped:
/// `LISTEN=127.0.0.1:4000 cargo test --lib graphql::tests::serve_for_audits -- --ignored`.
#[tokio::test]
#[ignore = "waits for ever; the audits run against it"]
#[allow(clippy::disallowed_methods, reason = "a tool, not the server")]
async fn serve_for_audits() {
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:4000".to_owned());
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, super::http::routes(world)).await.unwrap();
}
