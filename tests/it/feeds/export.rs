//! A listing's own calendar, at its secret address.

use serde_json::{Value, json};

use super::{add, address, calendar};
use crate::{
    both,
    support::{
        ListingAsk,
        feed::{Site, days},
        people::in_days,
    },
};

both! {
    async fn the_export_names_nobody_and_its_address_can_be_rotated(world: World) {
        let (host, guest) = (world.host("Hanna Host").await, world.guest("Gustavo Guest").await);
        let listing = host.listing(&ListingAsk::default()).await;
        let day = |n| in_days(world, n);
        let booking = guest.confirmed(world, &listing, day(20), 3).await;
        host.done(
            "mutation($input: UpdateCalendarInput!) { updateCalendar(input: $input) { errors { code } } }",
            json!({ "listingId": listing, "block": [{ "first": day(40), "last": day(41) }] }),
        )
        .await;
        let site = Site::start().await;
        site.says(&[days("a", day(50), 2, "Zoe from elsewhere")]);
        add(&host, &listing, &site.url).await;
        world.settle().await;

        let text = calendar(world, &host, &listing).await;
        let written = |n| day(n).format("%Y%m%d").to_string();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.contains(&format!("DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nSUMMARY:Reserved", written(20), written(23))));
        assert!(text.contains(&format!("DTSTART;VALUE=DATE:{}\r\nDTEND;VALUE=DATE:{}\r\nSUMMARY:Not available", written(40), written(42))));
        assert!(!text.contains(&written(50)), "what came from elsewhere does not go on");
        let code = guest.booking(&booking).await["code"].as_str().unwrap().to_owned();
        for secret in ["Gustavo", "Guest", "Hanna", "gustavo.guest", "Zoe", "Rua das Flores", &code] {
            assert!(!text.contains(secret), "{secret}");
        }

        let url = address(&host, &listing).await;
        let http = reqwest::Client::new();
        let first = http.get(&url).send().await.unwrap();
        assert_eq!(first.headers()["content-type"], "text/calendar; charset=utf-8");
        let etag = first.headers()["etag"].clone();
        let again = http.get(&url).header("if-none-match", &etag).send().await.unwrap();
        assert_eq!(again.status(), 304);
        guest.cancel(&booking, "one").await;
        let changed = http.get(&url).header("if-none-match", &etag).send().await.unwrap();
        assert_eq!(changed.status(), 200);
        assert!(!changed.text().await.unwrap().contains("Reserved"));

        let rotate = "mutation($input: RotateCalendarExportInput!) { rotateCalendarExport(input: $input) { calendarExportUrl errors { code } } }";
        let rotated = host.done(rotate, json!({ "listingId": listing })).await["calendarExportUrl"].as_str().unwrap().to_owned();
        assert_ne!(rotated, url);
        assert_eq!(address(&host, &listing).await, rotated);
        assert_eq!(http.get(&rotated).send().await.unwrap().status(), 200);
        let long = "A".repeat(5_000);
        let calendars = format!("{}/calendars", world.url);
        for wrong in [
            url.clone(),
            rotated.replace(".ics", ""),
            rotated.replace(".ics", ".ICS"),
            rotated.replace(".ics", "A.ics"),
            format!("{calendars}/.ics"),
            format!("{calendars}/AAAA.ics"),
            format!("{calendars}/{long}.ics"),
            format!("{calendars}/%00%ff.ics"),
        ] {
            let status = http.get(&wrong).send().await.unwrap().status();
            assert!(status == 404 || (status == 400 && wrong.contains("%ff")), "{status}: {wrong}");
        }
        let seen = guest.get("query($id: ID!) { listing(by: { id: $id }) { calendarExportUrl } }", json!({ "id": listing })).await;
        assert_eq!(seen["calendarExportUrl"], Value::Null);
    }
}
