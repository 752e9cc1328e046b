//! Accounts, transfers, reversals and the lines of the balance, as client and emulator have them.

use super::*;

const TRANSFER: &str = "POST /v1/transfers";

impl Bench {
    /// An account, ready to be transferred to.
    async fn account(&self) -> Account {
        let account = self.begun("PT", "account").await.unwrap();
        self.stripe.complete_onboarding(&account.id, "onboard").await.unwrap()
    }

    async fn begun(&self, country: &str, key: &str) -> Result<Account, StripeError> {
        let ask = AccountAsk { country, email: "host@example.org", host: "usr_1", payout_account: "pac_1" };
        self.stripe.create_account(&ask, key).await
    }

    async fn send(&self, ask: &TransferAsk<'_>, key: &str) -> Result<Transfer, StripeError> {
        self.stripe.create_transfer(ask, key).await
    }

    async fn at_stripe(&self, path: &str, form: &'static str) {
        let url = self.emulator.url().join(path).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let sent = http.post(url).bearer_auth("sk_test_contract").body(form).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}");
    }
}

fn to<'a>(destination: &'a str, minor: i64, source: Option<&'a str>) -> TransferAsk<'a> {
    TransferAsk {
        amount: eur(minor),
        destination,
        source_transaction: source,
        transfer_group: "bok_1".to_owned(),
        metadata: vec![("payout_leg", format!("pyl_{minor}"))],
    }
}

fn code_of<T: std::fmt::Debug>(outcome: Result<T, StripeError>) -> String {
    let error = outcome.unwrap_err();
    assert!(matches!(error, StripeError::Refused { .. }) && error.nothing_was_done(), "{error:?}");
    error.code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_account_is_begun_filled_in_and_closed() {
    let bench = bench().await;
    let begun = bench.begun("PT", "k").await.unwrap();
    assert!(!begun.can_receive && !begun.details_submitted && !begun.payouts_enabled);
    assert!(begun.missing.contains(&"external_account".to_owned()));
    assert_eq!((begun.country.as_deref(), begun.metadata["payout_account"].as_str()), (Some("PT"), "pac_1"));
    assert_eq!(bench.begun("PT", "k").await.unwrap(), begun, "one key, one account");
    assert!(matches!(bench.begun("ES", "k").await, Err(StripeError::KeyConflict(_))));
    assert_eq!(code_of(bench.begun("KP", "other").await), "country_unsupported");

    let (done, again) = ("https://x.test/?a=1&b=2".parse().unwrap(), "https://x.test/again".parse().unwrap());
    let link = bench.stripe.create_account_link(&begun.id, &done, &again).await.unwrap();
    assert!(link.expires_at > bench.clock.now() && !format!("{link:?}").contains("setup"));
    assert_eq!(
        code_of(bench.stripe.create_account_link("acct_none", &done, &again).await),
        "resource_missing"
    );
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    assert_eq!(browser.get(&link.url).send().await.unwrap().status(), StatusCode::OK);
    assert!(!bench.stripe.fetch_account(&begun.id).await.unwrap().details_submitted);
    let back = browser.post(&link.url).send().await.unwrap();
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert_eq!(back.headers()["location"], "https://x.test/?a=1&b=2");

    let ready = bench.stripe.fetch_account(&begun.id).await.unwrap();
    assert!(ready.can_receive && ready.payouts_enabled && ready.missing.is_empty());
    assert_eq!(ready.disabled_reason, None);
    bench.at_stripe(&format!("v1/test_helpers/accounts/{}/disable", begun.id), "reason=rejected.fraud").await;
    let closed = bench.stripe.fetch_account(&begun.id).await.unwrap();
    assert_eq!((closed.can_receive, closed.disabled_reason.as_deref()), (false, Some("rejected.fraud")));
    assert_eq!(bench.kinds().await, ["account.updated"; 3]);
    assert_eq!(code_of(bench.stripe.fetch_account("acct_none").await), "resource_missing");

    let real = StripeSettings { on_emulator: false, ..settings(bench.emulator.url()) };
    code_of(Stripe::open(&real).unwrap().complete_onboarding(&begun.id, "x").await);
}

#[tokio::test]
async fn a_transfer_comes_out_of_a_charge_and_never_exceeds_it() {
    let bench = bench().await;
    let account = bench.account().await;
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let charge = paid.latest_charge.unwrap();
    let first = bench.send(&to(&account.id, 6_000, Some(&charge)), "t1").await.unwrap();
    assert_eq!((first.amount, first.destination.as_deref()), (eur(6_000), Some(account.id.as_str())));
    assert_eq!((first.transfer_group.as_deref(), first.amount_reversed), (Some("bok_1"), eur(0)));
    assert_eq!(bench.send(&to(&account.id, 6_000, Some(&charge)), "t1").await.unwrap(), first);
    assert!(matches!(
        bench.send(&to(&account.id, 1, Some(&charge)), "t1").await,
        Err(StripeError::KeyConflict(_))
    ));
    code_of(bench.send(&to(&account.id, 4_001, Some(&charge)), "t2").await);
    // All of the charge may go, though Stripe has kept its fee of it.
    bench.send(&to(&account.id, 4_000, Some(&charge)), "t3").await.unwrap();

    let found = bench.stripe.find_transfer("bok_1", "payout_leg", "pyl_6000").await.unwrap();
    assert_eq!(found, Some(first.clone()));
    assert_eq!(bench.stripe.find_transfer("bok_2", "payout_leg", "pyl_6000").await.unwrap(), None);
    assert_eq!(bench.stripe.fetch_transfer(&first.id).await.unwrap(), first);
    let kinds = bench.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "transfer.created").count(), 2);
}

#[tokio::test]
async fn what_stripe_does_not_send_is_not_sent() {
    let bench = bench().await;
    let account = bench.account().await;
    let unready = bench.begun("ES", "unready").await.unwrap();
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let charge = paid.latest_charge.unwrap();
    let send = async |ask: TransferAsk<'_>, key: &str| code_of(bench.send(&ask, key).await);
    assert_eq!(
        send(to(&unready.id, 1_000, Some(&charge)), "a").await,
        "insufficient_capabilities_for_transfer"
    );
    assert_eq!(send(to("acct_none", 1_000, Some(&charge)), "b").await, "resource_missing");
    assert_eq!(send(to(&account.id, 1_000, Some("ch_none")), "c").await, "resource_missing");
    assert_eq!(send(to(&account.id, 0, Some(&charge)), "d").await, "parameter_invalid_integer");
    let yen = TransferAsk { amount: Money::new(1_000, Currency::JPY), ..to(&account.id, 1, Some(&charge)) };
    send(yen, "e").await;
    let elsewhere = TransferAsk { transfer_group: "bok_2".to_owned(), ..to(&account.id, 1, Some(&charge)) };
    send(elsewhere, "f").await;
    let declined = bench.stripe.create_intent(&ask(5_000, true), "held").await.unwrap();
    let held = bench.confirm(&declined.id, "pm_card_visa", "held confirm").await.unwrap();
    send(to(&account.id, 1, held.latest_charge.as_deref()), "g").await;
    // Without a charge it comes out of our balance, in its currency: 100.00 less Stripe's fee of 1.75.
    assert_eq!(send(to(&account.id, 9_826, None), "h").await, "balance_insufficient");
    bench.send(&to(&account.id, 9_825, None), "i").await.unwrap();
    let yen = TransferAsk { amount: Money::new(1, Currency::JPY), ..to(&account.id, 1, None) };
    assert_eq!(send(yen, "j").await, "balance_insufficient");

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for (path, form) in [
        ("v1/transfers", "amount=1&currency=eur&destination=acct_1&colour=red"),
        ("v1/accounts", "type=express&country=PT&colour=red"),
        ("v1/accounts", "type=custom&country=PT"),
        ("v1/account_links", "account=acct_1&type=party"),
    ] {
        let sent = http.post(bench.emulator.url().join(path).unwrap()).bearer_auth("sk_test_contract");
        assert_eq!(sent.body(form).send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{path} {form}");
    }
}

#[tokio::test]
async fn a_transfer_is_taken_back_as_far_as_the_account_has_it() {
    let bench = bench().await;
    let account = bench.account().await;
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let sent = bench.send(&to(&account.id, 9_000, paid.latest_charge.as_deref()), "t").await.unwrap();
    let reverse = async |minor, key: &str| {
        bench.stripe.reverse_transfer(&sent.id, eur(minor), key, &[("dispute", "dsp_1".to_owned())]).await
    };
    let back = reverse(2_000, "r1").await.unwrap();
    assert_eq!(
        (back.amount, back.transfer.as_str(), back.metadata["dispute"].as_str()),
        (eur(2_000), sent.id.as_str(), "dsp_1")
    );
    assert_eq!(reverse(2_000, "r1").await.unwrap(), back);
    code_of(reverse(7_001, "r2").await);
    bench.at_stripe(&format!("v1/test_helpers/accounts/{}/empty", account.id), "").await;
    assert_eq!(code_of(reverse(1, "r3").await), "balance_insufficient");
    assert_eq!(bench.stripe.fetch_transfer(&sent.id).await.unwrap().amount_reversed, eur(2_000));
    assert!(bench.kinds().await.contains(&"transfer.reversed".to_owned()));
}

#[tokio::test]
async fn every_line_of_the_balance_is_listed_once() {
    let bench = bench().await;
    let account = bench.account().await;
    let mut expected = Vec::new();
    for n in 0..120 {
        let begun = bench.stripe.create_intent(&ask(1_000, false), &format!("c{n}")).await.unwrap();
        let paid = bench.confirm(&begun.id, "pm_card_visa", &format!("p{n}")).await.unwrap();
        expected.push(("charge".to_owned(), paid.latest_charge.unwrap(), 1_000));
    }
    let sent = bench.send(&to(&account.id, 900, Some(&expected[0].1)), "t").await.unwrap();
    expected.push(("transfer".to_owned(), sent.id.clone(), -900));
    let back = bench.stripe.reverse_transfer(&sent.id, eur(100), "r", &[]).await.unwrap();
    expected.push(("transfer_refund".to_owned(), back.id, 100));
    expected.reverse();
    let mut seen: Vec<BalanceLine> = Vec::new();
    loop {
        let page = bench.stripe.balance_lines(None, seen.last().map(|line| line.id.as_str())).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    let told = seen.into_iter().map(|line| (line.kind, line.source.unwrap(), line.amount));
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let later = bench.clock.now() + chrono::TimeDelta::seconds(1);
    assert_eq!(bench.stripe.balance_lines(Some(later), None).await.unwrap(), []);
}

#[tokio::test]
async fn silence_about_a_transfer_is_broken_by_its_key_and_by_a_look() {
    let bench = bench().await;
    let account = bench.account().await;
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    bench.emulator.switches().silent_after_success(TRANSFER, 1);
    let ask = to(&account.id, 9_000, paid.latest_charge.as_deref());
    let lost = bench.send(&ask, "t").await.unwrap_err();
    assert!(matches!(lost, StripeError::Unknown(_)) && !lost.nothing_was_done());
    let looked_up = bench.stripe.find_transfer("bok_1", "payout_leg", "pyl_9000").await.unwrap().unwrap();
    assert_eq!(bench.send(&ask, "t").await.unwrap(), looked_up);
}
