//! `POST /uploads` and `uploadPicture`: a picture is developed, stored in its sizes, and waits to be attached.

use std::time::Duration;

use bytes::Bytes;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    darkroom::Place,
    picture::{NotAPicture, Picture},
    upload,
};
use crate::{
    accounts::Viewer,
    app::App,
    kernel::{Fault, UploadId},
    ports::{Meter, files::FileKey},
};

/// Uploads that wait to be attached, per person.
const MOST_WAITING: u64 = 100;

/// Why nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a picture that can be shown.
    #[error(transparent)]
    NotAPicture(#[from] NotAPicture),
    /// Too many in the last minute; the next may come after this.
    #[error("too many uploads: wait {} s", .0.as_secs() + 1)]
    TooOften(Duration),
    /// Too many that are not attached to anything.
    #[error("attach some of your uploads first: at most {MOST_WAITING} may wait")]
    TooMany,
}

/// Stores a picture for `viewer`, in a place of the darkroom that was taken before its bytes came in. Nothing of the file but its pixels survives.
pub async fn store_upload(
    app: &App,
    place: Place,
    viewer: &Viewer,
    bytes: Bytes,
) -> Result<upload::Model, Fault<Refusal>> {
    viewer.may_act()?;
    count(app, viewer).await.map_err(|wait| Fault::Refused(Refusal::TooOften(wait)))?;
    let waiting = upload::Entity::find()
        .filter(upload::Column::UserId.eq(viewer.user))
        .filter(upload::Column::AttachedAt.is_null())
        .count(app.db.read())
        .await?;
    if waiting >= MOST_WAITING {
        return Err(Fault::Refused(Refusal::TooMany));
    }
    let picture = place.develop(bytes).await.map_err(|e| Fault::Refused(e.into()))?;

    // Files first: a row always has its files; files without a row cost nothing but their place.
    let id = UploadId::new();
    let file_key = format!("photos/{}", id.0.simple());
    for variant in &picture.variants {
        let key = FileKey::new(format!("{file_key}/{}.jpg", variant.width)).map_err(anyhow::Error::from)?;
        app.files.put(&key, variant.bytes.clone()).await?;
    }
    let row = row(id, viewer, file_key, &picture)?;
    let now = app.clock.now();
    app.db
        .write(|tx| {
            let row = upload::ActiveModel { created_at: Set(now), ..row.clone() };
            async move { Ok(row.insert(&*tx).await?) }
        })
        .await
}

/// Counts a person's uploads; an error says when the next may come.
async fn count(app: &App, viewer: &Viewer) -> Result<(), Duration> {
    let per_minute = app.settings.limits.rate_limit_uploads;
    if per_minute == 0 {
        return Ok(());
    }
    let meter = Meter { key: format!("uploads {}", viewer.user), per_minute };
    app.throttle.take(&[meter], 1).await.map(drop)
}

fn row(
    id: UploadId,
    viewer: &Viewer,
    file_key: String,
    picture: &Picture,
) -> anyhow::Result<upload::ActiveModel> {
    let widths: Vec<String> = picture.variants.iter().map(|variant| variant.width.to_string()).collect();
    Ok(upload::ActiveModel {
        id: Set(id),
        user_id: Set(viewer.user),
        file_key: Set(file_key),
        width: Set(i32::try_from(picture.width)?),
        height: Set(i32::try_from(picture.height)?),
        blurhash: Set(picture.blurhash.clone()),
        color: Set(picture.color.clone()),
        widths: Set(widths.join(",")),
        attached_at: Set(None),
        ..Default::default()
    })
}
