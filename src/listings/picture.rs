//! A picture: what somebody uploaded in, clean JPEGs out. Pure CPU work; no storage, no async.

use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    codecs::jpeg::JpegEncoder, imageops, imageops::FilterType, metadata::Orientation,
};

/// The largest upload, in bytes.
pub const MAX_BYTES: usize = 10 << 20;
/// The largest picture, in pixels.
pub const MAX_PIXELS: u64 = 50_000_000;
/// The longest side, in pixels.
pub const MAX_SIDE: u32 = 12_000;
/// The most that a decoded picture may take, in bytes: all pixels with four channels of eight bits.
const MAX_DECODED: u64 = MAX_PIXELS * 4;
/// The widths that pages ask for, in pixels.
const WIDTHS: [u32; 3] = [320, 960, 1920];
/// Where more isn't seen in a photograph.
const QUALITY: u8 = 82;
/// How many pixels the fine filter may keep in between; it needs sixteen bytes for each.
const FINE_PIXELS: u64 = 6_000_000;

/// Why an upload can't become a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPicture {
    /// More than [`MAX_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// More than [`MAX_PIXELS`], or a side longer than [`MAX_SIDE`].
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// Neither JPEG nor PNG nor WebP, whatever its name says.
    #[error("the file is no JPEG, PNG or WebP picture")]
    UnknownFormat,
    /// It begins like a picture, and can't be read to its end.
    #[error("the picture is broken")]
    Broken,
}

/// A picture that is ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Of the largest variant, in pixels.
    pub width: u32,
    /// Of the largest variant, in pixels.
    pub height: u32,
    /// A blur of 4 × 3 components, to be shown while the picture loads (<https://blurha.sh>).
    pub blurhash: String,
    /// The colour that there is most of, as `#rrggbb`.
    pub color: String,
    /// From narrow to wide: 320, 960 and 1920 pixels, as far as the original is wider, and at most its own width.
    pub variants: Vec<Variant>,
}

/// The picture in one width, as a JPEG without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The JPEG.
    pub bytes: Bytes,
}

/// Develops an upload: decodes it within limits, turns it upright as its EXIF says, lays it on white where it is
/// transparent, and encodes it anew in several widths. Of the file itself nothing remains, so neither do its EXIF,
/// its place, its comments, nor what was hidden behind it.
pub fn develop(bytes: &[u8]) -> Result<Picture, NotAPicture> {
    if bytes.len() > MAX_BYTES {
        return Err(NotAPicture::TooLarge);
    }
    let format = sniff(bytes).ok_or(NotAPicture::UnknownFormat)?;
    // The decoder fills what is missing with grey, so it wouldn't tell.
    if format == ImageFormat::Jpeg && !jpeg_ends(bytes) {
        return Err(NotAPicture::Broken);
    }
    let (image, turn) = decode(bytes, format)?;
    finish(upright(on_white(image), turn))
}

/// Makes the variants of an upright picture, its blur and its colour.
pub fn finish(image: RgbImage) -> Result<Picture, NotAPicture> {
    let variants = variants_of(image)?;
    let (Some(small), Some(large)) = (variants.first(), variants.last()) else {
        return Err(NotAPicture::Broken);
    };
    let tiny = thumbnail(&small.0);
    Ok(Picture {
        width: large.0.width(),
        height: large.0.height(),
        blurhash: blurhash_of(&tiny)?,
        color: color_of(&tiny),
        variants: variants
            .iter()
            .map(|(image, bytes)| Variant {
                width: image.width(),
                height: image.height(),
                bytes: bytes.clone(),
            })
            .collect(),
    })
}

/// The format by its first bytes; names and media types are the uploader's word only.
fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Whether a JPEG has its end marker, found by walking from marker to marker (a thumbnail in the EXIF has its own).
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xff, 0xd9, ..] => return true,
            // Padding, markers without a body, and the picture's own bytes, where 0xff is followed by 0.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, 0x00 | 0x01 | 0xd0..=0xd8, ..] => rest = &rest[2..],
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(next) = rest.get(2 + length..) else { return false };
                rest = next;
            }
            // A marker that is cut off, or nothing at all.
            [0xff, ..] | [] => return false,
            _ => {
                let marker = rest.iter().position(|byte| *byte == 0xff);
                rest = &rest[marker.unwrap_or(rest.len())..];
            }
        }
    }
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), NotAPicture> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    // Up to here only the header is read.
    let mut decoder = reader.into_decoder().map_err(why)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED {
        return Err(NotAPicture::TooManyPixels);
    }
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(why)?, turn))
}

fn why(error: ImageError) -> NotAPicture {
    match error {
        ImageError::Limits(_) => NotAPicture::TooManyPixels,
        _ => NotAPicture::Broken,
    }
}

/// JPEG knows no transparency, so what shines through becomes white.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut image = image.into_rgba8();
    for pixel in image.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let blend = |channel: u8| {
            let mixed = u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
            u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX)
        };
        pixel.0 = [blend(red), blend(green), blend(blue), u8::MAX];
    }
    DynamicImage::ImageRgba8(image)
}

/// The picture the right way up, at most as wide as the widest variant. It is made smaller first, then turned.
fn upright(mut image: DynamicImage, turn: Orientation) -> RgbImage {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let sideways = matches!(turn, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH);
    let swap = |(width, height)| if sideways { (height, width) } else { (width, height) };
    let (width, height) = swap((image.width(), image.height()));
    let widest = WIDTHS[WIDTHS.len() - 1];
    if width > widest {
        let (to_width, to_height) = swap((widest, height_at(widest, width, height)));
        let between = u64::from(image.width()) * u64::from(to_height);
        // The coarse filter is as good where it averages over whole pixels, and needs no memory.
        image = if width >= 2 * widest || between > FINE_PIXELS {
            image.thumbnail_exact(to_width, to_height)
        } else {
            image.resize_exact(to_width, to_height, FilterType::Lanczos3)
        };
    }
    image.apply_orientation(turn);
    image.into_rgb8()
}

/// Each variant with its pixels, from narrow to wide; each is made from the next wider one.
fn variants_of(image: RgbImage) -> Result<Vec<(RgbImage, Bytes)>, NotAPicture> {
    let (width, height) = image.dimensions();
    let mut variants = vec![];
    let mut current = image;
    for to_width in WIDTHS.into_iter().filter(|narrow| *narrow < width).rev() {
        // By way of DynamicImage, whose code is the library's own and so optimised in every profile.
        let wider = DynamicImage::ImageRgb8(current);
        let to_height = height_at(to_width, width, height);
        current = wider.resize_exact(to_width, to_height, FilterType::Lanczos3).into_rgb8();
        let wider = wider.into_rgb8();
        variants.push((encode(&wider)?, wider));
    }
    variants.push((encode(&current)?, current));
    Ok(variants.into_iter().rev().map(|(bytes, image)| (image, bytes)).collect())
}

/// The height that belongs to another width, at least one pixel.
fn height_at(to_width: u32, width: u32, height: u32) -> u32 {
    let (to_width, width, height) = (u64::from(to_width), u64::from(width.max(1)), u64::from(height));
    u32::try_from((height * to_width + width / 2) / width).unwrap_or(u32::MAX).max(1)
}

fn encode(image: &RgbImage) -> Result<Bytes, NotAPicture> {
    let mut jpeg = vec![];
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(image).map_err(why)?;
    Ok(jpeg.into())
}

/// At most 32 pixels a side: enough for colours.
fn thumbnail(image: &RgbImage) -> RgbImage {
    let (width, height) = image.dimensions();
    imageops::thumbnail(image, width.clamp(1, 32), height.clamp(1, 32))
}

fn blurhash_of(tiny: &RgbImage) -> Result<String, NotAPicture> {
    let pixels: Vec<u8> = tiny.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    blurhash::encode(4, 3, tiny.width(), tiny.height(), &pixels).map_err(|_| NotAPicture::Broken)
}

/// The mean of the fullest of 512 boxes of similar colours.
fn color_of(tiny: &RgbImage) -> String {
    let mut boxes = vec![[0_u32; 4]; 512];
    for pixel in tiny.pixels() {
        let [red, green, blue] = pixel.0.map(|channel| usize::from(channel >> 5));
        let [count, sums @ ..] = &mut boxes[red << 6 | green << 3 | blue];
        *count += 1;
        for (sum, channel) in sums.iter_mut().zip(pixel.0) {
            *sum += u32::from(channel);
        }
    }
    let [count, red, green, blue] = boxes.into_iter().max_by_key(|[count, ..]| *count).unwrap_or_default();
    let mean = |sum: u32| sum / count.max(1);
    format!("#{:02x}{:02x}{:02x}", mean(red), mean(green), mean(blue))
}

#[cfg(test)]
mod tests;
