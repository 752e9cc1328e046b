//! GraphiQL in a real browser: it opens under its policy, offline, and runs a query and a subscription.
//! The schema here is a small one of its own: the page is on trial, not the product's schema, which is in `explorer`.

use async_graphql::{Context, Data, EmptyMutation, Object, Schema, Subscription};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    http::HeaderMap,
    response::Response,
    routing::get,
};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use sojourn::server::graphiql::{self, Example, Settings};

use crate::support::browser::{Browser, Page};

/// The `Authorization` that a request came with.
struct Signed(String);

struct Query;

#[Object]
impl Query {
    async fn greeting(&self, context: &Context<'_>, name: String) -> String {
        format!("Hello, {name} with {}", context.data_unchecked::<Signed>().0)
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn counted(&self, context: &Context<'_>, to: i32) -> impl Stream<Item = String> + use<> {
        let signed = context.data_unchecked::<Signed>().0.clone();
        stream::iter((1..=to).map(move |number| format!("event {number} with {signed}")))
    }
}

type TinySchema = Schema<Query, EmptyMutation, Events>;

async fn answer(
    State(schema): State<TinySchema>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> GraphQLResponse {
    let signed = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("nothing");
    schema.execute(request.into_inner().data(Signed(signed.to_owned()))).await.into()
}

async fn socket(
    State(schema): State<TinySchema>,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> Response {
    let signed = |params: Value| async move {
        let mut data = Data::default();
        data.insert(Signed(params["Authorization"].as_str().unwrap_or("nothing").to_owned()));
        Ok(data)
    };
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(move |stream| {
        GraphQLWebSocket::new(stream, schema, protocol).on_connection_init(signed).serve()
    })
}

/// Serves the page over the small schema, and returns its address.
async fn serve() -> String {
    let example = |query: &str, variables| Example {
        title: "An example".to_owned(),
        query: query.to_owned(),
        variables,
    };
    let examples = vec![
        example("query Greet($name: String!) {\n  greeting(name: $name)\n}", json!({ "name": "Ada" })),
        example("subscription Count {\n  counted(to: 3)\n}", json!({})),
    ];
    let settings = Settings { token: Some("demo-token".to_owned()), examples };
    let schema = Schema::new(Query, EmptyMutation, Events);
    let routes = Router::new()
        .route("/graphql", get(socket).post(answer))
        .with_state(schema)
        .merge(graphiql::routes(move || std::future::ready(settings.clone())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}/graphiql")
}

/// Presses "run", and waits until the answer shows this text.
pub async fn run(page: &Page, expected: &str) {
    page.wait_for("!document.querySelector('.graphiql-spinner')").await;
    page.click("button.graphiql-execute-button").await;
    let shown = "document.querySelector('.result-window').innerText.replaceAll('\\u00a0', ' ')";
    page.wait_for(&format!("{shown}.includes({})", json!(expected))).await;
}

/// What each tab shows as its name.
pub const TABS: &str = "[...document.querySelectorAll('.graphiql-tab')].map((tab) => tab.innerText.trim())";

#[tokio::test]
async fn the_bundled_page_runs_a_query_and_a_subscription_offline_under_its_policy() {
    let Some(browser) = Browser::launch().await else { return };
    if !graphiql::is_built() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "CI has not built web/dist: `make web`"
        );
        return;
    }
    let address = serve().await;
    let page = browser.page().await;
    page.goto(&address).await;

    // The examples are the first tabs, and the demo token signs in both ways of asking.
    page.wait_for(&format!("{TABS}.length === 2")).await;
    assert_eq!(page.eval(TABS).await, json!(["Greet", "Count"]));
    run(&page, "Hello, Ada with Bearer demo-token").await;
    page.click(".graphiql-tab:nth-child(2) button").await;
    run(&page, "event 3 with Bearer demo-token").await;

    // The page remembers its tabs (a moment later) but never the token, which comes anew from the server.
    page.wait_for("JSON.parse(localStorage['graphiql:tabState']).activeTabIndex === 1").await;
    page.wait_for("localStorage['graphiql:queries'].includes('greeting')").await;
    assert_eq!(page.eval("JSON.stringify(localStorage).includes('demo-token')").await, json!(false));
    page.goto(&address).await;
    page.wait_for(&format!("{TABS}.length === 2")).await;
    run(&page, "event 3 with Bearer demo-token").await;
    // Nothing failed, and Monaco did not have to do without its workers, which it would say in the console.
    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.console(), Vec::<String>::new());
}
