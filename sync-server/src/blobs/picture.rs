//! A picture made anew from bytes that somebody sent: what is kept has no place, no camera, no hidden page, and no more
//! pixels than a screen shows. Pure, and slow: callers run it on a thread of its own.
//!
//! A few bytes can claim a picture of terabytes, so the size is asked before anything is unpacked.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use std::io::Cursor;

/// Pixels that a picture may have: a phone's largest ordinary photo. Unpacked it takes three or four bytes each.
const PIXELS_MAX: u64 = 50_000_000;
/// Pixels along one side.
const SIDE_MAX: u32 = 16_384;
/// Memory that unpacking may take.
const MEMORY_MAX: u64 = 320 * 1024 * 1024;
/// The longer side of what is kept.
const KEPT_SIDE: u32 = 2_048;
/// The longer side of the small view.
const SMALL_SIDE: u32 = 400;
const KEPT_QUALITY: u8 = 84;
const SMALL_QUALITY: u8 = 76;

/// A picture as it is kept: two JPEGs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// For looking at it.
    pub kept: Vec<u8>,
    /// For a list.
    pub small: Vec<u8>,
    /// Width of `kept`.
    pub width: u32,
    /// Height of `kept`.
    pub height: u32,
}

/// Why there is none. The sentence is for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPicture {
    /// Some other kind of file.
    #[error("This is not a JPEG, PNG or WebP picture. Please send a photo in one of these forms.")]
    OtherKind,
    /// More pixels than are unpacked.
    #[error("This picture has too many pixels. Please send a smaller one, or a photo of it.")]
    TooManyPixels,
    /// It begins like a picture and cannot be read.
    #[error("This picture is damaged and cannot be read. Please take it again.")]
    Damaged,
}

/// Reads a picture and makes it anew.
pub(super) fn read(bytes: &[u8]) -> Result<Picture, NoPicture> {
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = image::guess_format(bytes) else {
        return Err(NoPicture::OtherKind);
    };
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_MAX), Some(SIDE_MAX));
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(NoPicture::TooManyPixels);
    }
    if width == 0 || height == 0 {
        return Err(NoPicture::Damaged);
    }
    // Cameras lie on their side and say so beside the pixels.
    let turned = decoder.orientation().map_err(refused)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    let mut kept = fitted(on_paper(picture), KEPT_SIDE);
    kept.apply_orientation(turned);
    let small = fitted(kept.clone(), SMALL_SIDE);
    let (width, height) = (kept.width(), kept.height());
    Ok(Picture { kept: jpeg(&kept, KEPT_QUALITY)?, small: jpeg(&small, SMALL_QUALITY)?, width, height })
}

fn refused(error: image::ImageError) -> NoPicture {
    match error {
        image::ImageError::Limits(_) => NoPicture::TooManyPixels,
        image::ImageError::Unsupported(_) => NoPicture::OtherKind,
        image::ImageError::Decoding(_)
        | image::ImageError::Encoding(_)
        | image::ImageError::Parameter(_)
        | image::ImageError::IoError(_) => NoPicture::Damaged,
    }
}

/// What can be seen through stands on white paper: JPEG knows no glass.
fn on_paper(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let glass = picture.into_rgba8();
    let (width, height) = glass.dimensions();
    let paper = RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, seen] = glass.get_pixel(x, y).0;
        let over = |part: u8| {
            let mixed = (u32::from(part) * u32::from(seen) + 255 * (255 - u32::from(seen))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    });
    DynamicImage::ImageRgb8(paper)
}

fn fitted(picture: DynamicImage, side: u32) -> DynamicImage {
    if picture.width().max(picture.height()) <= side {
        return picture;
    }
    // Many pixels first by a cheap way: the fine filter over 50 million of them takes seconds.
    let rough = side.saturating_mul(2);
    let near = if picture.width().max(picture.height()) > rough { picture.thumbnail(rough, rough) } else { picture };
    near.resize(side, side, FilterType::Triangle)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, NoPicture> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).map_err(refused)?;
    Ok(bytes)
}

/// Pictures for tests, in every form that people send.
#[cfg(any(test, feature = "testing"))]
pub mod samples {
    use super::{DynamicImage, ImageFormat, Rgb, RgbImage, jpeg};
    use std::io::Cursor;

    /// A picture of stripes, so that turning it can be seen: dark on its left.
    pub fn stripes(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([20, 20, 20]) } else { Rgb([230, 230, 230]) }
        }))
    }

    /// As a JPEG without anything beside the pixels.
    pub fn plain_jpeg(width: u32, height: u32) -> Vec<u8> {
        jpeg(&stripes(width, height), 90).expect("it can be written")
    }

    /// As PNG or WebP.
    pub fn in_form(width: u32, height: u32, form: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        stripes(width, height).write_to(&mut bytes, form).expect("it can be written");
        bytes.into_inner()
    }

    /// As a camera writes it: turned by a quarter, with the place where it was taken.
    pub fn from_a_camera(width: u32, height: u32) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"); // orientation: turn it a quarter clockwise
        tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26"); // the place stands at 38
        tiff.extend(b"\0\0\0\0");
        tiff.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0"); // northern latitude
        tiff.extend(b"SECRET-PLACE");
        let length = u16::try_from(tiff.len() + 8).expect("it is short");
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
        bytes.extend(length.to_be_bytes());
        bytes.extend(b"Exif\0\0");
        bytes.extend(tiff);
        bytes.extend(&plain_jpeg(width, height)[2..]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma(bytes: &[u8], x: u32, y: u32) -> u8 {
        image::load_from_memory(bytes).unwrap().into_luma8().get_pixel(x, y).0[0]
    }

    #[test]
    fn what_is_kept_says_nothing_of_place_or_camera_and_stands_upright() {
        let sent = samples::from_a_camera(60, 40);
        assert!(sent.windows(6).any(|six| six == b"SECRET"));
        let picture = read(&sent).unwrap();
        for kept in [&picture.kept, &picture.small] {
            assert!(!kept.windows(4).any(|four| four == b"Exif"), "what a camera wrote is still there");
            assert!(!kept.windows(6).any(|six| six == b"SECRET"));
        }
        assert_eq!((picture.width, picture.height), (40, 60), "turned by a quarter");
        assert!(luma(&picture.kept, 20, 5) < 60 && luma(&picture.kept, 20, 55) > 180, "dark above, bright below");
    }

    #[test]
    fn every_form_that_people_send_becomes_one_and_is_no_larger_than_a_screen() {
        for form in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
            let picture = read(&samples::in_form(3_000, 600, form)).unwrap();
            assert_eq!((picture.width, picture.height), (2_048, 410), "{form:?}");
            assert_eq!(image::guess_format(&picture.kept).unwrap(), ImageFormat::Jpeg);
            let small = image::load_from_memory(&picture.small).unwrap();
            assert_eq!((small.width(), small.height()), (400, 80), "{form:?}");
        }
    }

    #[test]
    fn glass_stands_on_white_paper() {
        let glass = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(8, 8, image::Rgba([0, 0, 0, 0])));
        let mut bytes = Cursor::new(Vec::new());
        glass.write_to(&mut bytes, ImageFormat::Png).unwrap();
        assert!(luma(&read(&bytes.into_inner()).unwrap().kept, 4, 4) > 250);
    }

    #[test]
    fn a_few_bytes_that_claim_terabytes_are_refused_before_they_are_unpacked() {
        // A PNG's head alone: 60,000 by 60,000 pixels.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0".to_vec();
        bomb.extend(crc32(&bomb[12..29]).to_be_bytes());
        bomb.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
        assert_eq!(read(&bomb), Err(NoPicture::TooManyPixels));
        let mut wide = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x3f\xff\0\0\x3f\xff\x08\x02\0\0\0".to_vec();
        wide.extend(crc32(&wide[12..29]).to_be_bytes());
        wide.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
        assert_eq!(read(&wide), Err(NoPicture::TooManyPixels), "each side is fine, both together are not");
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }

    #[test]
    fn what_is_no_picture_is_told_so() {
        assert_eq!(read(b"%PDF-1.7"), Err(NoPicture::OtherKind));
        assert_eq!(read(b"<svg onload=alert(1)>"), Err(NoPicture::OtherKind));
        assert_eq!(read(b"GIF89a\x01\0\x01\0"), Err(NoPicture::OtherKind));
        assert_eq!(read(b""), Err(NoPicture::OtherKind));
        let cut = &samples::plain_jpeg(64, 64)[..40];
        assert_eq!(read(cut), Err(NoPicture::Damaged));
    }
}
