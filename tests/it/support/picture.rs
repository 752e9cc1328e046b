//! A picture to upload.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// A JPEG with a gradient.
pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let shade = |n: u32, of: u32| u8::try_from(n * 255 / of.max(1)).unwrap_or(255);
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([shade(x, width), shade(y, height), 120]));
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
    bytes
}
