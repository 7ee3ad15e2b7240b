//! Pictures made anew: only their pixels go out, turned the right way round, never what a camera wrote beside them (the
//! place, above all). Reads JPEG, PNG, WebP and GIF; pure, and slow: run it on a thread for such work.
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::heif;
use super::plan::Refusal;

/// The most pixels that are unpacked. A few kilobytes can claim to be gigabytes.
const MAX_PIXELS: u64 = 40_000_000;
/// The longest side, in pixels.
const MAX_SIDE: u32 = 20_000;
/// The most memory that unpacking may take, in bytes.
const MAX_MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// How often a picture is made smaller before it is given up.
const MAX_TRIES: usize = 8;
/// JPEG's quality where the size does not matter, and where it does.
const QUALITY: u8 = 88;
const LOWER_QUALITY: u8 = 72;

/// What a picture is to become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// PNG where that fits; else JPEG.
    pub png: bool,
    pub max_bytes: u64,
    pub max_side: Option<u32>,
    pub quality: u8,
}

impl Wanted {
    pub(super) fn full(png: bool, max_bytes: u64) -> Self {
        Self { png, max_bytes, max_side: None, quality: QUALITY }
    }
}

/// What it became.
pub(super) struct Picture {
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Whether it has fewer pixels than before.
    pub smaller: bool,
}

/// Makes a picture of another one.
///
/// # Errors
/// Why it cannot be made.
pub(super) fn make(bytes: &[u8], content_type: &str, wanted: Wanted) -> Result<Picture, Refusal> {
    shape(read(bytes, content_type, true)?, wanted)
}

/// As [`make`], of a JPEG that stands upright whatever is written beside it.
///
/// # Errors
/// Why it cannot be made.
pub(super) fn make_upright(jpeg: &[u8], wanted: Wanted) -> Result<Picture, Refusal> {
    shape(read(jpeg, "image/jpeg", false)?, wanted)
}

fn shape(mut image: DynamicImage, wanted: Wanted) -> Result<Picture, Refusal> {
    let (width, height) = (image.width(), image.height());
    if let Some(side) = wanted.max_side.filter(|side| width.max(height) > *side) {
        image = image.thumbnail(side, side);
    }
    let mut png = wanted.png;
    let mut quality = wanted.quality;
    if !png {
        image = opaque(image);
    }
    for _ in 0..MAX_TRIES {
        let body = if png { as_png(&image)? } else { as_jpeg(&image, quality)? };
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if size <= wanted.max_bytes {
            let content_type = if png { "image/png" } else { "image/jpeg" };
            let smaller = (image.width(), image.height()) != (width, height);
            return Ok(Picture { content_type, body, width: image.width(), height: image.height(), smaller });
        }
        if png {
            png = false;
            image = opaque(image);
        } else if quality > LOWER_QUALITY {
            quality = LOWER_QUALITY;
        } else {
            let ratio = (wanted.max_bytes as f64 / size as f64).sqrt().clamp(0.25, 0.9);
            let side = |side: u32| ((f64::from(side) * ratio) as u32).max(1);
            image = image.thumbnail(side(image.width()), side(image.height()));
        }
    }
    Err(Refusal::TooLarge)
}

/// Looks whether a picture can be unpacked within the limits, by what it says of itself.
///
/// # Errors
/// Why it cannot.
pub(super) fn look(bytes: &[u8], content_type: &str) -> Result<(), Refusal> {
    if heif::is_heif(content_type) {
        return within(heif::size(bytes).ok_or(Refusal::Damaged)?);
    }
    let decoder = reader(bytes, content_type)?.into_decoder().map_err(|error| refusal(&error))?;
    within(decoder.dimensions())
}

fn reader<'a>(bytes: &'a [u8], content_type: &str) -> Result<ImageReader<Cursor<&'a [u8]>>, Refusal> {
    let format = match content_type {
        "image/jpeg" => ImageFormat::Jpeg,
        "image/png" => ImageFormat::Png,
        "image/webp" => ImageFormat::WebP,
        "image/gif" => ImageFormat::Gif,
        _ => return Err(Refusal::UnreadablePicture),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY_BYTES);
    reader.limits(limits);
    Ok(reader)
}

fn within((width, height): (u32, u32)) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    match pixels {
        0 => Err(Refusal::Damaged),
        1..=MAX_PIXELS => Ok(()),
        _ => Err(Refusal::TooManyPixels),
    }
}

fn read(bytes: &[u8], content_type: &str, turns: bool) -> Result<DynamicImage, Refusal> {
    let mut decoder = reader(bytes, content_type)?.into_decoder().map_err(|error| refusal(&error))?;
    within(decoder.dimensions())?;
    // A camera held sideways says so beside the pixels; what is beside them does not go along.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    if turns {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooManyPixels,
        _ => Refusal::Damaged,
    }
}

/// JPEG knows no glass: what can be seen through becomes white.
fn opaque(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return if image.color().has_color() {
            DynamicImage::ImageRgb8(image.into_rgb8())
        } else {
            DynamicImage::ImageLuma8(image.into_luma8())
        };
    }
    let source = image.into_rgba8();
    let mut target = RgbImage::new(source.width(), source.height());
    for (from, to) in source.pixels().zip(target.pixels_mut()) {
        let alpha = u32::from(from[3]);
        for channel in 0..3 {
            let mixed = (u32::from(from[channel]) * alpha + 255 * (255 - alpha)) / 255;
            to[channel] = u8::try_from(mixed).unwrap_or(255);
        }
    }
    DynamicImage::ImageRgb8(target)
}

fn as_jpeg(image: &DynamicImage, quality: u8) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut body, quality);
    image.write_with_encoder(encoder).map_err(|_| Refusal::Damaged)?;
    Ok(body)
}

fn as_png(image: &DynamicImage) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    image.write_with_encoder(PngEncoder::new(&mut body)).map_err(|_| Refusal::Damaged)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    const WANTED: Wanted = Wanted { png: false, max_bytes: 1 << 20, max_side: None, quality: QUALITY };

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729) ^ (x * y)) as u8;
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([noise(x, y), noise(y, x), 9]));
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// A JPEG with an Exif block that says how it was held, and where.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        exif.extend_from_slice(b"4.6097N 74.0817W");
        let mut out = vec![0xff, 0xd8, 0xff, 0xe1];
        out.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        out.extend(&exif);
        out.extend(&jpeg[2..]);
        out
    }

    #[test]
    fn every_kind_that_is_read_becomes_jpeg() {
        for (format, content_type) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::WebP, "image/webp"),
            (ImageFormat::Gif, "image/gif"),
        ] {
            let made = make(&encoded(60, 40, format), content_type, WANTED).unwrap();
            assert_eq!(
                (made.content_type, made.width, made.height),
                ("image/jpeg", 60, 40),
                "{content_type}"
            );
            assert!(made.body.starts_with(&[0xff, 0xd8]) && !made.smaller);
        }
    }

    #[test]
    fn what_a_camera_wrote_is_gone_and_the_picture_stands_upright() {
        let shot = with_exif(&encoded(60, 40, ImageFormat::Jpeg), 6);
        let made = make(&shot, "image/jpeg", WANTED).unwrap();
        assert_eq!((made.width, made.height, made.smaller), (40, 60, false), "it was turned");
        let upright = make_upright(&shot, WANTED).unwrap();
        assert_eq!((upright.width, upright.height), (60, 40), "it stood upright already");
        let holds = |words: &[u8]| made.body.windows(words.len()).any(|part| part == words);
        assert!(!holds(b"Exif") && !holds(b"74.0817W"));
    }

    #[test]
    fn a_picture_is_made_as_small_as_it_must_be() {
        let large = encoded(800, 600, ImageFormat::Png);
        let made = make(&large, "image/png", Wanted { png: true, max_bytes: 20_000, ..WANTED }).unwrap();
        assert!(made.body.len() <= 20_000 && made.smaller, "{} bytes", made.body.len());
        assert_eq!(made.content_type, "image/jpeg", "PNG would have been larger");
        let small = make(&large, "image/png", Wanted { max_side: Some(64), ..WANTED }).unwrap();
        assert_eq!((small.width, small.height), (64, 48));
        assert_eq!(
            make(&large, "image/png", Wanted { max_bytes: 10, ..WANTED }).err(),
            Some(Refusal::TooLarge)
        );
    }

    #[test]
    fn glass_becomes_white() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])));
        let white = opaque(clear).into_rgb8();
        assert!(white.pixels().all(|pixel| pixel.0 == [255, 255, 255]));
    }

    #[test]
    fn a_bomb_is_not_unpacked_and_rubbish_is_told() {
        // 19 000 by 19 000 pixels, as a PNG says it in its first chunk.
        let mut bomb = encoded(4, 4, ImageFormat::Png);
        let mut header = b"IHDR".to_vec();
        header.extend(19_000_u32.to_be_bytes());
        header.extend(19_000_u32.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        let sum = crc(&header);
        bomb[12..29].copy_from_slice(&header);
        bomb[29..33].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(look(&bomb, "image/png"), Err(Refusal::TooManyPixels));
        assert_eq!(make(&bomb, "image/png", WANTED).err(), Some(Refusal::TooManyPixels));
        assert_eq!(look(b"\xff\xd8\xff\xe0 rubbish", "image/jpeg"), Err(Refusal::Damaged));
        assert_eq!(look(b"", "image/gif"), Err(Refusal::Damaged));
        assert_eq!(look(b"II*\0", "image/tiff"), Err(Refusal::UnreadablePicture));
    }

    /// PNG's checksum.
    fn crc(bytes: &[u8]) -> u32 {
        let table = |mut n: u32| {
            for _ in 0..8 {
                n = if n & 1 == 1 { 0xedb8_8320 ^ (n >> 1) } else { n >> 1 };
            }
            n
        };
        !bytes.iter().fold(!0_u32, |sum, byte| table((sum ^ u32::from(*byte)) & 0xff) ^ (sum >> 8))
    }
}
