//! Chargebacks, as client and emulator have them.

use super::*;

const DISPUTED: &str = "pm_card_createDispute";

impl Bench {
    /// What the bank of the documented test card argues about.
    async fn disputed(&self) -> (Intent, Dispute) {
        let paid = self.paid(&ask(10_000, false), DISPUTED).await;
        let notices = self.notices().await;
        let created = notices.iter().find(|notice| notice.kind == "charge.dispute.created").unwrap();
        let dispute = self.stripe.fetch_dispute(created.object_id().unwrap()).await.unwrap();
        (paid, dispute)
    }
}

fn lines(dispute: &Dispute) -> Vec<(i64, i64)> {
    dispute.lines.iter().map(|line| (line.amount, line.fee)).collect()
}

#[tokio::test]
async fn the_documented_card_is_disputed_as_soon_as_it_has_paid() {
    let bench = bench().await;
    let (paid, dispute) = bench.disputed().await;
    assert_eq!(paid.status, IntentStatus::Succeeded);
    assert_eq!(
        (dispute.status, dispute.amount, dispute.reason.as_str()),
        (DisputeStatus::Open, eur(10_000), "fraudulent")
    );
    assert_eq!(
        (Some(&dispute.charge), &dispute.intent),
        (paid.latest_charge.as_ref(), &Some(paid.id.clone()))
    );
    // Stripe takes the amount and its own price of 15.00.
    assert_eq!(lines(&dispute), [(-10_000, 1_500)]);
    assert!(dispute.was_withdrawn() && !dispute.was_reinstated());
    let kinds = bench.kinds().await;
    assert!(kinds.contains(&"charge.dispute.funds_withdrawn".to_owned()));
    let balance = bench.stripe.balance_lines(None, None).await.unwrap();
    assert!(
        balance.iter().any(|line| line.source.as_ref() == Some(&dispute.id) && line.kind == "adjustment")
    );

    // Of what the bank argues about, nothing is given back; and it argues about nothing else.
    let refused = bench.stripe.create_refund(&paid.id, eur(100), "refund", &[]).await.unwrap_err();
    assert_eq!((refused.code(), refused.nothing_was_done()), (Some("charge_disputed"), true));
    let none = bench.stripe.fetch_dispute("du_none").await.unwrap_err();
    assert_eq!(none.code(), Some("resource_missing"));
}

#[tokio::test]
async fn the_documented_words_win_or_lose_it() {
    for (text, status, end) in [
        ("winning_evidence", DisputeStatus::Won, vec![(-10_000, 1_500), (10_000, -1_500)]),
        ("losing_evidence", DisputeStatus::Lost, vec![(-10_000, 1_500)]),
        ("We have a picture of the guest", DisputeStatus::Open, vec![(-10_000, 1_500)]),
    ] {
        let bench = bench().await;
        let (paid, dispute) = bench.disputed().await;
        let told = bench.stripe.answer_dispute(&dispute.id, text, "answer").await.unwrap();
        assert_eq!((told.status, lines(&told)), (status, end), "{text}");
        assert_eq!(bench.stripe.answer_dispute(&dispute.id, text, "answer").await.unwrap(), told);
        assert_eq!(bench.stripe.fetch_dispute(&dispute.id).await.unwrap(), told);
        let kinds = bench.kinds().await;
        let is_told = |kind: &str| kinds.iter().any(|told| told == kind);
        assert_eq!(is_told("charge.dispute.closed"), status != DisputeStatus::Open);
        assert_eq!(is_told("charge.dispute.funds_reinstated"), status == DisputeStatus::Won);
        if status != DisputeStatus::Open {
            let late = bench.stripe.answer_dispute(&dispute.id, "winning_evidence", "late").await;
            assert!(matches!(late, Err(StripeError::Refused { .. })));
        }
        let refund = bench.stripe.create_refund(&paid.id, eur(100), "refund", &[]).await;
        assert_eq!(refund.is_ok(), status == DisputeStatus::Won, "{text}");
    }
}

#[tokio::test]
async fn a_restart_forgets_no_dispute() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.json");
    let first = bench_with(Some(path.clone())).await;
    let (_, dispute) = first.disputed().await;
    first.emulator.stop().await;
    let second = bench_with(Some(path)).await;
    assert_eq!(second.stripe.fetch_dispute(&dispute.id).await.unwrap(), dispute);
    let won = second.stripe.answer_dispute(&dispute.id, "winning_evidence", "answer").await.unwrap();
    assert_eq!(won.status, DisputeStatus::Won);
}

#[tokio::test]
async fn what_was_taken_back_of_a_transfer_is_listed() {
    let bench = bench().await;
    let ask_for =
        AccountAsk { country: "PT", email: "host@example.org", host: "usr_1", payout_account: "pac_1" };
    let account = bench.stripe.create_account(&ask_for, "account").await.unwrap();
    let account = bench.stripe.complete_onboarding(&account.id, "onboard").await.unwrap();
    let paid = bench.paid(&ask(10_000, false), "pm_card_visa").await;
    let transfer = TransferAsk {
        amount: eur(9_000),
        destination: &account.id,
        source_transaction: paid.latest_charge.as_deref(),
        transfer_group: "bok_1".to_owned(),
        metadata: vec![],
    };
    let sent = bench.stripe.create_transfer(&transfer, "transfer").await.unwrap();
    assert_eq!(bench.stripe.reversals_of(&sent.id).await.unwrap(), []);
    let mut taken = Vec::new();
    for (minor, id) in [(1_000, "trv_1"), (2_000, "trv_2")] {
        let pairs = [("transfer_reversal", id.to_owned())];
        taken.push(bench.stripe.reverse_transfer(&sent.id, eur(minor), id, &pairs).await.unwrap());
    }
    taken.reverse();
    assert_eq!(bench.stripe.reversals_of(&sent.id).await.unwrap(), taken);
    assert!(bench.stripe.reversals_of("tr_none").await.is_err());
}
