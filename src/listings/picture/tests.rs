//! What comes out of the darkroom, and what is refused at its door. Files are made by hand here, none is stored.

use image::{Luma, LumaA, Pixel, Rgb, Rgba, codecs::webp::WebPEncoder};
use proptest::prelude::*;

use super::*;

const RED: Rgb<u8> = Rgb([220, 20, 30]);
const BLUE: Rgb<u8> = Rgb([20, 30, 220]);

/// Left half red, right half blue.
fn two_halves(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| if x < width / 2 { RED } else { BLUE }))
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// EXIF (little-endian TIFF): the orientation, and a place that is nobody's business.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend([2, 0]);
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend([1, 0]);
    tiff.extend([0x01, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0]);
    tiff.extend([0; 4]);
    tiff.extend(b"GPS 48.137 N 11.575 E");
    // A thumbnail inside has an end marker of its own.
    tiff.extend([0xff, 0xd8, 0xff, 0xd9]);
    tiff
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], body].concat()
}

fn jpeg_with_exif(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let jpeg = written(image, ImageFormat::Jpeg);
    let app1 = segment(0xe1, &[b"Exif\0\0".to_vec(), exif(orientation)].concat());
    let comment = segment(0xfe, b"a comment of the camera");
    [&jpeg[..2], &app1, &comment, &jpeg[2..]].concat()
}

fn look(variant: &Variant) -> RgbImage {
    let image = image::load_from_memory_with_format(&variant.bytes, ImageFormat::Jpeg).unwrap();
    assert_eq!((image.width(), image.height()), (variant.width, variant.height));
    image.into_rgb8()
}

#[track_caller]
fn close(found: Rgb<u8>, expected: Rgb<u8>) {
    let near = found.channels().iter().zip(expected.channels()).all(|(a, b)| a.abs_diff(*b) < 12);
    assert!(near, "{found:?} is not {expected:?}");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn it_is_turned_upright_and_forgets_where_it_was_taken() {
    let upload = jpeg_with_exif(&two_halves(64, 40), 6);
    assert!(contains(&upload, b"Exif") && contains(&upload, b"GPS"));
    let picture = develop(&upload).unwrap();
    assert_eq!((picture.width, picture.height), (40, 64));
    let image = look(&picture.variants[0]);
    close(*image.get_pixel(20, 5), RED);
    close(*image.get_pixel(20, 60), BLUE);
    for variant in &picture.variants {
        for secret in [&b"Exif"[..], b"GPS", b"48.137", b"comment"] {
            assert!(!contains(&variant.bytes, secret));
        }
    }
}

#[test]
fn each_orientation_is_obeyed() {
    // Where red lies in the upright picture, for EXIF orientations 1 to 8.
    let red_at = [(5, 20), (58, 20), (58, 20), (5, 20), (20, 5), (20, 5), (20, 58), (20, 58)];
    for (orientation, (x, y)) in (1..).zip(red_at) {
        let picture = develop(&jpeg_with_exif(&two_halves(64, 40), orientation)).unwrap();
        close(*look(&picture.variants[0]).get_pixel(x, y), RED);
    }
}

#[test]
fn a_wide_turned_picture_has_its_widths_after_turning() {
    let picture = develop(&jpeg_with_exif(&two_halves(3000, 4200), 6)).unwrap();
    let sizes: Vec<_> = picture.variants.iter().map(|variant| (variant.width, variant.height)).collect();
    assert_eq!(sizes, [(320, 229), (960, 686), (1920, 1371)]);
    let image = look(&picture.variants[2]);
    close(*image.get_pixel(960, 100), RED);
    close(*image.get_pixel(960, 1300), BLUE);
}

#[test]
fn variants_are_never_wider_than_the_original() {
    for (width, height, expected) in [
        (1, 1, vec![(1, 1)]),
        (200, 100, vec![(200, 100)]),
        (320, 100, vec![(320, 100)]),
        (500, 250, vec![(320, 160), (500, 250)]),
        (960, 10, vec![(320, 3), (960, 10)]),
        (1000, 1000, vec![(320, 320), (960, 960), (1000, 1000)]),
        (1920, 1080, vec![(320, 180), (960, 540), (1920, 1080)]),
        (2500, 1000, vec![(320, 128), (960, 384), (1920, 768)]),
        (12_000, 1, vec![(320, 1), (960, 1), (1920, 1)]),
        (1, 12_000, vec![(1, 12_000)]),
    ] {
        let picture = develop(&written(&two_halves(width, height), ImageFormat::Png)).unwrap();
        let sizes: Vec<_> = picture.variants.iter().map(|variant| (variant.width, variant.height)).collect();
        assert_eq!(sizes, expected);
        assert_eq!((picture.width, picture.height), *expected.last().unwrap());
        picture.variants.iter().for_each(|variant| drop(look(variant)));
    }
}

#[test]
fn it_has_a_blur_and_a_colour() {
    let mostly_blue = RgbImage::from_fn(90, 60, |x, _| if x < 20 { RED } else { BLUE });
    let picture = develop(&written(&mostly_blue.into(), ImageFormat::Png)).unwrap();
    // 4 × 3 components: a size digit, a maximum, four digits for the mean, two for each of eleven others.
    assert_eq!(picture.blurhash.len(), 28);
    assert!(picture.blurhash.starts_with('L'));
    let channel = |at: usize| u8::from_str_radix(&picture.color[at..at + 2], 16).unwrap();
    assert!(picture.color.starts_with('#') && picture.color.len() == 7);
    close(Rgb([channel(1), channel(3), channel(5)]), BLUE);
}

#[test]
fn what_is_transparent_lies_on_white() {
    let white = Rgb([255; 3]);
    let glass = image::RgbaImage::from_fn(40, 20, |x, _| Rgba([0, 0, 0, if x < 20 { 0 } else { 255 }]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let image = look(&develop(&written(&glass.clone().into(), format)).unwrap().variants[0]);
        close(*image.get_pixel(5, 10), white);
        close(*image.get_pixel(35, 10), Rgb([0; 3]));
    }
    let half = image::ImageBuffer::from_pixel(16, 16, LumaA([0_u16, u16::MAX / 2]));
    let image =
        look(&develop(&written(&DynamicImage::ImageLumaA16(half), ImageFormat::Png)).unwrap().variants[0]);
    close(*image.get_pixel(8, 8), Rgb([128; 3]));
    let grey = image::ImageBuffer::from_pixel(16, 16, Luma([77_u8]));
    let image =
        look(&develop(&written(&DynamicImage::ImageLuma8(grey), ImageFormat::Jpeg)).unwrap().variants[0]);
    close(*image.get_pixel(8, 8), Rgb([77; 3]));
}

#[test]
fn webp_is_a_picture_too() {
    let mut bytes = vec![];
    let image = two_halves(50, 30).into_rgb8();
    WebPEncoder::new_lossless(&mut bytes).encode(&image, 50, 30, image::ExtendedColorType::Rgb8).unwrap();
    let picture = develop(&bytes).unwrap();
    close(*look(&picture.variants[0]).get_pixel(5, 5), RED);
}

#[test]
fn what_hides_behind_a_picture_does_not_survive() {
    for hidden in
        [&b"PK\x03\x04 a zip"[..], b"<html><script>alert(1)</script></html>", b"%PDF-1.7", b"<?php 1 ?>"]
    {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let upload = [&written(&two_halves(40, 30), format), hidden].concat();
            let picture = develop(&upload).unwrap();
            for variant in &picture.variants {
                assert!(!contains(&variant.bytes, hidden));
                assert!(variant.bytes.ends_with(&[0xff, 0xd9]));
            }
        }
    }
}

#[test]
fn other_formats_are_refused() {
    let jpeg = written(&two_halves(20, 20), ImageFormat::Jpeg);
    let behind = |head: &[u8]| [head, &jpeg[..]].concat();
    for upload in [
        vec![],
        vec![0xff],
        b"hello".to_vec(),
        b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
        b"BM\x1e\0\0\0".to_vec(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
        b"RIFF\0\0\0\0WAVE".to_vec(),
        behind(b"%PDF-1.7\n"),
        behind(b"<html>"),
        behind(b"GIF89a"),
        behind(b"\n"),
    ] {
        assert_eq!(develop(&upload), Err(NotAPicture::UnknownFormat));
    }
}

#[test]
fn broken_files_are_refused() {
    let image = two_halves(64, 48);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = written(&image, format);
        assert!(develop(&whole).is_ok());
        for length in [12, 40, whole.len() / 2, whole.len() - whole.len() / 4, whole.len() - 14] {
            let cut = &whole[..length.min(whole.len() - 1)];
            assert_eq!(
                develop(cut),
                Err(NotAPicture::Broken),
                "{format:?} after {length} of {}",
                whole.len()
            );
        }
    }
    // The walk through the markers comes to an end wherever the file does.
    let with_exif = jpeg_with_exif(&image, 1);
    for length in 3..with_exif.len() - 1 {
        assert!(!jpeg_ends(&with_exif[..length]), "{length}");
    }
    assert_eq!(develop(&with_exif[..with_exif.len() - 2]), Err(NotAPicture::Broken));
}

/// A PNG that claims to be larger than its few bytes.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = written(&two_halves(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checksum);
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

#[test]
fn large_claims_are_refused_before_anything_is_decoded() {
    for (width, height) in [(60_000, 60_000), (12_001, 1), (1, 12_001), (7_100, 7_100), (u32::MAX >> 1, 1)] {
        assert_eq!(
            develop(&png_claiming(width, height)),
            Err(NotAPicture::TooManyPixels),
            "{width}×{height}"
        );
    }
    assert_eq!(develop(&png_claiming(7_000, 7_000)), Err(NotAPicture::Broken));

    let mut jpeg = written(&two_halves(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    assert_eq!(develop(&jpeg), Err(NotAPicture::TooManyPixels));

    assert_eq!(develop(&vec![0xff; MAX_BYTES + 1]), Err(NotAPicture::TooLarge));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(
        head in prop::sample::select(vec![
            &b""[..], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBP", b"RIFF\x20\0\0\0WEBPVP8L",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = develop(&[head, &tail].concat());
    }

    #[test]
    fn no_damage_makes_it_panic(
        format in prop::sample::select(vec![ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = jpeg_or(format);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = develop(&bytes);
    }
}

fn jpeg_or(format: ImageFormat) -> Vec<u8> {
    match format {
        ImageFormat::Jpeg => jpeg_with_exif(&two_halves(24, 16), 6),
        other => written(&two_halves(24, 16), other),
    }
}
