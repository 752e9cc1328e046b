//! The server's own pages in a real browser, on a desk and on a phone: the landing page, the page behind the mailed
//! link, and the sandbox's mails. And the mails as programs read them.

use serde_json::{Value, json};

use crate::support::{World, browser::Browser, browser::Page, people::PASSWORD};

const SIGN_UP: &str = "mutation($input: SignUpInput!) { signUp(input: $input) { mailSent errors { code } } }";

/// The page fits a phone: nothing hangs over the edge.
async fn fits_a_phone(page: &Page) {
    page.resize(390, 844).await;
    page.wait_for("innerWidth === 390").await;
    let root = "document.documentElement";
    assert_eq!(page.eval(&format!("{root}.scrollWidth - {root}.clientWidth")).await, 0);
    page.resize(1280, 800).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_up_and_proves_the_address_on_the_page_behind_the_mailed_link() {
    let Some(browser) = Browser::launch().await else { return };
    let world = World::on_sqlite().await;
    let input = json!({ "email": "paula@example.org", "password": PASSWORD, "displayName": "Paula <i>" });
    world.stranger().done(SIGN_UP, input).await;
    world.settle().await;
    let page = browser.page().await;

    // From the landing page to the mail, and by its link to the page that asks for the password.
    page.goto(&world.url).await;
    page.wait_for("document.querySelector('h1').innerText === 'This server is running.'").await;
    fits_a_phone(&page).await;
    page.click("a[href='/dev/mail']").await;
    page.wait_for("location.pathname === '/dev/mail' && document.querySelector('main li a')").await;
    fits_a_phone(&page).await;
    page.click("main li a").await;
    page.wait_for("location.pathname.startsWith('/dev/mail/') && document.querySelector('main li a')").await;
    fits_a_phone(&page).await;
    page.click("main li a").await;
    page.wait_for("location.pathname === '/verify-email' && document.querySelector('#password')").await;
    fits_a_phone(&page).await;

    page.click("#password").await;
    page.type_text("not what I chose").await;
    page.press("Enter").await;
    let answer = page.wait_for("document.querySelector('#answer').innerText").await;
    assert!(!answer.as_str().unwrap().contains("Welcome"), "{answer}");
    page.eval("document.querySelector('#password').value = ''").await;
    page.click("#password").await;
    page.type_text(PASSWORD).await;
    page.click("form button").await;
    let answer = page
        .wait_for("document.querySelector('form').hidden && document.querySelector('#answer').innerText")
        .await;
    assert_eq!(answer, "Welcome, Paula <i>. Your address is verified: you can sign in now.");

    // Half a link is told apart.
    page.goto(&format!("{}/verify-email", world.url)).await;
    page.wait_for("document.querySelector('#answer').innerText.includes('half of the link')").await;
    assert_eq!(page.problems(), Vec::<String>::new());
    assert_eq!(page.console(), Vec::<String>::new());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_read_the_sandbox_s_mails_too() {
    let world = World::on_sqlite().await;
    for (name, email) in [("Ada", "ada@example.org"), ("Bob", "bob@example.org")] {
        let input = json!({ "email": email, "password": PASSWORD, "displayName": name });
        world.stranger().done(SIGN_UP, input).await;
    }
    world.settle().await;

    let letters = async |query: &str| -> Value {
        let response = world.stranger().fetch(&format!("/dev/mail.json{query}")).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        response.json::<Value>().await.unwrap()["letters"].clone()
    };
    assert_eq!(letters("").await.as_array().unwrap().len(), 2);
    let to_ada = letters("?to=Ada@example.org").await;
    assert_eq!(to_ada.as_array().unwrap().len(), 1);
    assert_eq!(to_ada[0]["to"], "ada@example.org");
    assert!(to_ada[0]["links"][0].as_str().unwrap().contains("/verify-email?token="));
    assert_eq!(letters("?to=nobody@example.org").await, json!([]));
    world.finish().await;
}
