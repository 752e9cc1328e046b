//! Sites that mean no good, or mean well and fail: what they sent before holds, and their host learns what is wrong.

use serde_json::{Value, json};

use super::{add, feeds, nights, refreshed};
use crate::{
    both,
    support::{
        ListingAsk, World,
        feed::{self, Answer, Site, days},
        only_error,
        people::in_days,
    },
};

both! {
    async fn a_broken_feed_says_so_and_frees_nothing(world: World) {
        let (host, site) = (world.host("Hanna").await, Site::start().await);
        let listing = host.listing(&ListingAsk::default()).await;
        let day = |n| in_days(world, n);
        let good = [days("a", day(10), 2, "Taken")];
        site.says(&good);
        add(&host, &listing, &site.url).await;
        world.settle().await;
        let synced = feeds(&host, &listing).await[0].clone();
        let taken = nights(&host, &listing, day(9), day(40)).await;
        assert_eq!(taken.len(), 2);

        let whole = feed::calendar("-//Other//EN", &good);
        let text = |text: &str| Answer::Text(text.to_owned());
        let many: Vec<String> = (0..5_001).map(|n| days(&n.to_string(), day(10), 1, "")).collect();
        let often = vec![format!("{}\r\nRRULE:FREQ=DAILY", days("d", day(10), 1, "")); 20];
        for (answer, problem) in [
            (Answer::Endless, "TOO_LARGE"),
            (Answer::Packed, "ENCODED"),
            (Answer::Status(500), "STATUS"),
            (Answer::Status(404), "STATUS"),
            (Answer::Redirect(site.url.clone()), "TOO_MANY_REDIRECTS"),
            (Answer::Redirect("file:///etc/passwd".to_owned()), "NOT_HTTP"),
            (Answer::Redirect("http://127.0.0.1:1/".to_owned()), "UNREACHABLE"),
            (text("<!DOCTYPE html><title>Sign in</title>"), "NOT_A_CALENDAR"),
            (text(""), "NOT_A_CALENDAR"),
            (text(&whole[..whole.len() - 8]), "CUT_SHORT"),
            (text(&format!("BEGIN:VCALENDAR\n{}", "BEGIN:A\n".repeat(100_000))), "TOO_MANY_EVENTS"),
            (text(&feed::calendar("-//Other//EN", &many)), "TOO_MANY_EVENTS"),
            (text(&feed::calendar("-//Other//EN", &often)), "TOO_MANY_EVENTS"),
        ] {
            site.answers(answer);
            refreshed(world, &host, &synced["id"]).await;
            let now = feeds(&host, &listing).await[0].clone();
            assert_eq!(now["problem"]["code"], problem);
            assert_eq!(now["lastSyncedAt"], synced["lastSyncedAt"], "{problem}");
            assert_ne!(now["lastCheckedAt"], synced["lastCheckedAt"], "{problem}");
            assert_eq!(nights(&host, &listing, day(9), day(40)).await, taken, "{problem} frees nothing");
        }

        // One bad event doesn't cost the others, whatever it holds.
        let hostile = format!("SUMMARY:\u{0}\u{1b}[31m<script>{}\r\nDTSTART:20270230", "x".repeat(10_000));
        site.says(&[good[0].clone(), hostile, days("c", day(30), 1, "a\u{0}b")]);
        refreshed(world, &host, &synced["id"]).await;
        let now = feeds(&host, &listing).await[0].clone();
        assert_eq!((&now["problem"], &now["skippedEvents"]), (&Value::Null, &json!(1)));
        assert_eq!(nights(&host, &listing, day(9), day(40)).await.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_never_ends_its_answer_is_too_slow() {
    let world = World::with_flags(&["--feed-seconds=1"]).await;
    let (host, site) = (world.host("Hanna").await, Site::start().await);
    let listing = host.listing(&ListingAsk::default()).await;
    site.answers(Answer::Silent);
    add(&host, &listing, &site.url).await;
    world.settle().await;
    assert_eq!(feeds(&host, &listing).await[0]["problem"]["code"], "TOO_SLOW");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_feed_reaches_a_private_address() {
    let world = World::in_business(&[]).await;
    let (host, site) = (world.host("Hanna").await, Site::start().await);
    let listing = host.listing(&ListingAsk::default()).await;
    for url in [
        site.url.as_str(),
        "http://127.0.0.1/a.ics",
        "http://0x7f000001/a.ics",
        "http://10.0.0.7/a.ics",
        "http://169.254.169.254/latest/meta-data",
        "https://[::1]/a.ics",
        "https://[::ffff:192.168.1.1]/a.ics",
        "https://example.org:22/a.ics",
    ] {
        assert_eq!(only_error(&add(&host, &listing, url).await), "ADDRESS_NOT_ALLOWED", "{url}");
    }
    // A name is looked up when it is fetched, whatever it was when it was added.
    assert_eq!(add(&host, &listing, "http://localhost/a.ics").await["errors"], json!([]));
    world.settle().await;
    assert_eq!(feeds(&host, &listing).await[0]["problem"]["code"], "ADDRESS_NOT_ALLOWED");
    assert_eq!(site.asked(), 0);
    world.finish().await;
}
