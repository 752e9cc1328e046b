//! A seeded market goes on like any other: its hosts are paid for the stays to come.

use chrono::TimeDelta;
use sea_orm::EntityTrait;
use sojourn::{
    ledger::reconcile,
    payouts::payout::{Entity, Status},
    seed,
    server::open::POINT_SECRET,
};

use super::transfers;
use crate::both;

both! {
    async fn the_hosts_of_a_seeded_market_are_paid_as_time_goes_by(world: World) {
        let app = &world.app;
        let secret = app.keys.derive(POINT_SECRET, b"");
        let ask = seed::Ask { listings: 12, seed: 1 };
        seed::seed(&app.db, &app.files, ask, &app.settings.fees, world.now(), &secret).await.unwrap();
        seed::accounts::tell(&app.db, app.emulator.as_ref().unwrap()).await.unwrap();
        let before = transfers(world).len();
        assert!(before > 12);
        assert_eq!(reconcile(&app.db, &app.stripe).await.unwrap(), []);

        world.advance(TimeDelta::days(40)).await;
        let payouts = Entity::find().all(app.db.read()).await.unwrap();
        let due = payouts.iter().filter(|payout| payout.due_at <= world.now());
        assert!(due.clone().count() > before, "{before}");
        assert!(due.clone().all(|payout| payout.status == Status::Paid));
        assert_eq!(transfers(world).len(), due.count());
        assert_eq!(reconcile(&app.db, &app.stripe).await.unwrap(), []);
    }
}
