//! GraphiQL over the product itself, in a real browser: the demo guest is signed in, an example runs as it stands, and
//! a notice arrives while a booking is confirmed.

use serde_json::json;
use sojourn::{seed, server::graphiql};

use super::graphiql::{TABS, run};
use crate::support::{ListingAsk, Person, World, browser::Browser, people::in_days};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphiql_runs_an_example_and_hears_of_a_booking() {
    let Some(browser) = Browser::launch().await else { return };
    if !graphiql::is_built() {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "CI has not built web/dist: `make web`"
        );
        return;
    }
    let world = World::on_sqlite().await;
    let host = world.host("Hanna").await;
    let guest = Person::demo(&world, "Gustavo", seed::GUEST, false).await;
    let listing = host.listing(&ListingAsk::default()).await;
    guest.confirmed(&world, &listing, in_days(&world, 10), 2).await;
    let seen = guest.get("{ viewer { notifications(first: 1) { nodes { id } } } }", json!({})).await;
    let seen = seen["notifications"]["nodes"][0]["id"].as_str().unwrap().to_owned();

    let page = browser.page().await;
    page.goto(&format!("{}/graphiql", world.url)).await;
    page.wait_for(&format!("{TABS}.length === 14")).await;
    let tabs = page.eval(TABS).await;
    assert_eq!(tabs[0], "Search");
    assert_eq!(tabs[5], "Notifications");
    run(&page, "A quiet home in Lisbon").await;

    // From the last notice that was seen: what comes before the server listens is not lost either.
    page.click(".graphiql-tab:nth-child(6) button").await;
    page.wait_for("document.querySelector('.graphiql-tab-active').innerText.trim() === 'Notifications'")
        .await;
    page.click(".graphiql-editor-tool .monaco-editor .view-lines").await;
    page.press("Control+a").await;
    // Pasted, not typed: the editor would close each bracket once more.
    let variables = json!(json!({ "after": seen }).to_string());
    page.eval(&format!(
        "(() => {{ const clipboardData = new DataTransfer(); clipboardData.setData('text/plain', {variables}); \
         document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, bubbles: true }})) }})()"
    ))
    .await;
    let typed = "document.querySelector('.graphiql-editor-tool .view-lines').innerText";
    page.wait_for(&format!("{typed}.includes({})", json!(seen))).await;
    page.wait_for("!document.querySelector('.graphiql-spinner')").await;
    page.click("button.graphiql-execute-button").await;
    guest.confirmed(&world, &listing, in_days(&world, 20), 2).await;
    let shown = "document.querySelector('.result-window').innerText.replaceAll('\\u00a0', ' ')";
    page.wait_for(&format!("{shown}.includes('BOOKING_CONFIRMED')")).await;
    assert_eq!(
        page.eval(&format!("{shown}.includes({})", json!(seen))).await,
        false,
        "what was seen is not said again"
    );

    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.console(), Vec::<String>::new());
    drop(page);
    drop(browser);
    world.finish().await;
}
