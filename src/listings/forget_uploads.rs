//! Uploads that nobody has attached to anything: their rows and their files.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::upload;
use crate::{
    app::App,
    kernel::{Fault, Never, UploadId, clock::Instant},
    ports::files::FileKey,
};

/// For how many days an upload waits to be attached.
pub const UPLOADS_DAYS: i64 = 7;

/// Uploads per look.
const BATCH: u64 = 100;

/// Looks per call; what is left is for the next one.
const MOST: u32 = 100;

/// Forgets them (by the domain's time); returns how many.
pub async fn forget_uploads(app: &App, now: Instant) -> Result<u64, Fault<Never>> {
    let then = now - TimeDelta::days(UPLOADS_DAYS);
    let mut forgotten = 0;
    for _ in 0..MOST {
        let old = upload::Entity::find()
            .filter(upload::Column::AttachedAt.is_null())
            .filter(upload::Column::CreatedAt.lt(then))
            .order_by_asc(upload::Column::Id)
            .limit(BATCH)
            .all(app.db.read())
            .await?;
        let found = old.len() as u64;
        for upload in old {
            // The row first: whoever attaches it at this moment finds it gone, and no photo loses its files. Files
            // without a row cost nothing but their place.
            if forget(app, upload.id).await? {
                forgotten += 1;
                delete_files(app, &upload).await?;
            }
        }
        if found < BATCH {
            break;
        }
    }
    Ok(forgotten)
}

async fn forget(app: &App, id: UploadId) -> Result<bool, Fault<Never>> {
    app.db
        .write(|tx| async move {
            let gone = upload::Entity::delete_many()
                .filter(upload::Column::Id.eq(id))
                .filter(upload::Column::AttachedAt.is_null())
                .exec(&*tx)
                .await?;
            Ok(gone.rows_affected == 1)
        })
        .await
}

async fn delete_files(app: &App, upload: &upload::Model) -> anyhow::Result<()> {
    for width in upload.widths.split(',').filter(|width| !width.is_empty()) {
        app.files.delete(&FileKey::new(format!("{}/{width}.jpg", upload.file_key))?).await?;
    }
    Ok(())
}
