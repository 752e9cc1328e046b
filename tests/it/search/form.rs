//! Entries that another version of the program has left behind.

use sea_orm::ConnectionTrait;
use sojourn::{search, server::open};

use crate::{
    both,
    support::{ListingAsk, World},
};

async fn run(world: &World, sql: &str) {
    world.settle().await;
    world.app.db.writer().execute_unprepared(sql).await.unwrap();
}

/// How many values of entries are not what the tables say.
async fn wrong(world: &World) -> usize {
    let secret = world.app.keys.derive(open::POINT_SECRET, b"");
    search::verify(&world.app.db, &secret, world.now()).await.unwrap().len()
}

/// Starts another server and stops it again.
async fn start_another(world: &World) {
    world.sibling().await.stop().await;
}

both! {
    async fn entries_of_another_form_are_made_anew_before_anything_is_served(world: World) {
        world.host("Hanna").await.listing(&ListingAsk::default()).await;
        assert_eq!(wrong(world).await, 0);

        // As an older program left them, and one that knew no forms.
        for older in ["UPDATE setting SET value = 'older' WHERE key = 'search.form'", "DELETE FROM setting WHERE key = 'search.form'"] {
            run(world, older).await;
            run(world, "UPDATE search_row SET nightly = 1, zone = 0, notice_minutes = 0").await;
            assert!(wrong(world).await >= 3);
            start_another(world).await;
            assert_eq!(wrong(world).await, 0, "{older}");
        }

        // Where they are of the form already, a start makes nothing anew.
        run(world, "UPDATE search_row SET nightly = 1").await;
        start_another(world).await;
        assert_eq!(wrong(world).await, 1);
        let secret = world.app.keys.derive(open::POINT_SECRET, b"");
        search::rebuild(&world.app.db, &secret, world.now()).await.unwrap();
    }
}
