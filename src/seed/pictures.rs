//! The pictures of a seeded market: painted once, finished as uploads are, stored once, and shared by all listings.

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use image::RgbImage;

use super::{
    canvas::Canvas,
    chance::Chance,
    rooms::{self, PALETTES},
    scenes::{self, LIGHTS},
};
use crate::{
    listings::picture::{self, Picture},
    ports::{FileKey, Files},
};

/// The size that pictures are painted in.
const WIDTH: usize = 960;
const HEIGHT: usize = 640;

/// How many are painted at once.
const HANDS: usize = 2;

/// What there is of each kind: the light (or palette) of each picture.
#[rustfmt::skip]
const KINDS: &[(&str, &[usize])] = &[
    ("hills", &[0, 3]), ("sea", &[0, 1, 3]), ("skyline", &[2, 0, 3]), ("lake", &[1, 3]), ("houses", &[1, 0, 2]),
    ("cabin", &[2, 0]), ("terrace", &[1, 0]), ("living", &[0, 1, 2]), ("bedroom", &[0, 1]), ("kitchen", &[0, 2]),
];

/// A stored picture, as rows of `photo` need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shot {
    /// What it shows: a key of `phrases::CAPTIONS`.
    pub kind: &'static str,
    pub file_key: String,
    pub width: i32,
    pub height: i32,
    pub blurhash: String,
    pub color: String,
    pub widths: String,
}

/// Paints and stores all pictures. They are the same in every market.
pub async fn hang(files: &Files) -> anyhow::Result<Vec<Shot>> {
    let wanted = KINDS.iter().flat_map(|(kind, looks)| looks.iter().map(|look| (*kind, *look)));
    stream::iter(wanted).map(|(kind, look)| one(files, kind, look)).buffered(HANDS).try_collect().await
}

async fn one(files: &Files, kind: &'static str, look: usize) -> anyhow::Result<Shot> {
    let picture = tokio::task::spawn_blocking(move || developed(kind, look)).await??;
    let file_key = format!("seed/{kind}-{look}");
    let mut widths = Vec::new();
    for variant in picture.variants {
        files.put(&FileKey::new(format!("{file_key}/{}.jpg", variant.width))?, variant.bytes).await?;
        widths.push(variant.width.to_string());
    }
    Ok(Shot {
        kind,
        file_key,
        width: i32::try_from(picture.width)?,
        height: i32::try_from(picture.height)?,
        blurhash: picture.blurhash,
        color: picture.color,
        widths: widths.join(","),
    })
}

fn developed(kind: &str, look: usize) -> anyhow::Result<Picture> {
    let pixels = paint(kind, look).into_pixels();
    let image = RgbImage::from_raw(u32::try_from(WIDTH)?, u32::try_from(HEIGHT)?, pixels);
    Ok(picture::finish(image.context("a canvas has a pixel too many")?)?)
}

fn paint(kind: &str, look: usize) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let mut chance = Chance::new(11, kind, look as u64);
    let (light, palette) = (&LIGHTS[look % LIGHTS.len()], &PALETTES[look % PALETTES.len()]);
    // Rooms are photographed by day.
    let day = &LIGHTS[[1, 3, 0][look % 3]];
    match kind {
        "hills" => scenes::hills(&mut canvas, light, &mut chance),
        "sea" => scenes::sea(&mut canvas, light, &mut chance),
        "skyline" => scenes::skyline(&mut canvas, light, &mut chance),
        "lake" => scenes::lake(&mut canvas, light, &mut chance),
        "houses" => scenes::houses(&mut canvas, light, &mut chance),
        "cabin" => scenes::cabin(&mut canvas, light, &mut chance),
        "terrace" => rooms::terrace(&mut canvas, light, palette, &mut chance),
        "bedroom" => rooms::bedroom(&mut canvas, day, palette, &mut chance),
        "kitchen" => rooms::kitchen(&mut canvas, day, palette, &mut chance),
        _ => rooms::living(&mut canvas, day, palette, &mut chance),
    }
    canvas
}

/// The pictures without pixels, for tests that look at rows only.
#[cfg(test)]
pub(crate) fn blanks() -> Vec<Shot> {
    let wanted = KINDS.iter().flat_map(|(kind, looks)| looks.iter().map(|look| (*kind, *look)));
    let blank = |(kind, look)| Shot {
        kind,
        file_key: format!("seed/{kind}-{look}"),
        width: 960,
        height: 640,
        blurhash: "LEHV6nWB2yk8pyo0adR*".to_owned(),
        color: "#336699".to_owned(),
        widths: "320,960".to_owned(),
    };
    wanted.map(blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::phrases::CAPTIONS;

    #[test]
    fn every_kind_has_captions_and_there_are_about_two_dozen_pictures() {
        assert!(KINDS.iter().all(|(kind, _)| CAPTIONS.iter().any(|(name, _)| name == kind)));
        assert_eq!(KINDS.iter().map(|(_, looks)| looks.len()).sum::<usize>(), 24);
    }

    #[tokio::test]
    async fn pictures_are_stored_in_all_their_widths() {
        let files = Files::open("memory:", std::path::Path::new("."), &[]).unwrap();
        let shots = hang(&files).await.unwrap();
        assert_eq!(shots.len(), 24);
        for shot in shots {
            assert_eq!(shot.widths, "320,960");
            for width in shot.widths.split(',') {
                let key = FileKey::new(format!("{}/{width}.jpg", shot.file_key)).unwrap();
                assert!(files.get(&key).await.unwrap().is_some());
            }
        }
    }
}
