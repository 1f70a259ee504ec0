//! QR codes: as PNG images in a `data:` URI, and as drawings that scale.

use std::fmt::Write as _;

use data_encoding::BASE64;
use qrcodegen::{QrCode, QrCodeEcc};

use crate::fault::Fault;

/// Pixels per module.
const SCALE: usize = 6;
/// Modules of quiet zone around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// A QR code to be drawn at any size: modules as squares of one unit, the quiet zone included.
pub(crate) struct Drawing {
    /// Units of each side.
    pub(crate) side: usize,
    /// The dark modules, in the words of an SVG path.
    pub(crate) path: String,
}

/// Draws a text as a QR code that scales.
pub(crate) fn draw(text: &str) -> Result<Drawing, Fault> {
    let code = encode(text)?;
    let modules = code.size();
    let mut path = String::new();
    for y in 0..modules {
        let mut x = 0;
        while x < modules {
            let run = (x..modules).take_while(|x| code.get_module(*x, y)).count();
            if run > 0 {
                let quiet = i32::try_from(QUIET).unwrap_or(0);
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + quiet, y + quiet);
            }
            x += i32::try_from(run).unwrap_or(0) + 1;
        }
    }
    Ok(Drawing { side: usize::try_from(modules).unwrap_or(0) + 2 * QUIET, path })
}

fn encode(text: &str) -> Result<QrCode, Fault> {
    QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|error| Fault::new("a text is too long for a QR code", error))
}

/// Draws a text as a QR code: black on white, one bit per pixel.
pub(crate) fn png_data_uri(text: &str) -> Result<String, Fault> {
    let code = encode(text)?;
    let modules = usize::try_from(code.size()).unwrap_or(0);
    let side = (modules + 2 * QUIET) * SCALE;
    let row_bytes = side.div_ceil(8);
    let mut pixels = vec![0xff_u8; row_bytes * side];
    for (y, row) in pixels.chunks_mut(row_bytes).enumerate() {
        for x in 0..side {
            let module = |pixel: usize| i32::try_from(pixel / SCALE).unwrap_or(0) - 4;
            if code.get_module(module(x), module(y)) {
                row[x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
    let side = u32::try_from(side).map_err(|error| Fault::new("a QR code is too large", error))?;
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.map_err(|error| Fault::new("a QR code could not be written", error))?;
    Ok(format!("data:image/png;base64,{}", BASE64.encode(&png)))
}
