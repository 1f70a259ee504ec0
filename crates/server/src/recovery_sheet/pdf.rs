//! The sheet as a PDF: one calm page to print and to read at arm's length.
//!
//! Tagged for screen readers and held to PDF/UA-1 by the library as it is written: a heading, paragraphs and a list, with
//! title and language. The boxes for ticking off are ornament. The fonts lack most scripts; letters they have not are
//! replaced, so that no name can spoil the page.

use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, ListNumbering, Node, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use ttf_parser::Face;

use super::{ADVICE, FAREWELL, Sheet, moment, one_line, wrap};
use crate::fault::Fault;

/// A4, in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 72.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const CODE_SIZE: f32 = 21.0;
const ROW: f32 = 37.0;
/// What of a row lies below the baseline.
const BELOW: f32 = 11.0;
const BOX: f32 = 14.0;
const INK: (u8, u8, u8) = (0x1f, 0x29, 0x33);
/// Still 7:1 against white.
const QUIET: (u8, u8, u8) = (0x4b, 0x55, 0x63);
const HAIRLINE: (u8, u8, u8) = (0xd1, 0xd5, 0xdb);
const BORDER: (u8, u8, u8) = (0x6b, 0x72, 0x80);
/// Stands for a letter the font has not.
const REPLACEMENT: char = '?';

/// Draws the sheet. Should a name not be drawn at all, the sheet says only the ASCII of it.
pub(super) fn draw(sheet: &Sheet) -> Result<Vec<u8>, Fault> {
    let service = one_line(&sheet.codes.service);
    attempt(sheet, &service).or_else(|error| {
        tracing::warn!(%error, "a name could not be drawn on a sheet of recovery codes");
        let ascii: String = service.chars().filter(char::is_ascii).collect();
        attempt(sheet, &ascii).map_err(|error| Fault::plain(format!("a PDF could not be drawn: {error}")))
    })
}

/// A font to draw with, and to measure by.
struct Type {
    font: Font,
    face: Face<'static>,
}

impl Type {
    fn load(data: &'static [u8]) -> Result<Self, String> {
        let font = Font::new(data.into(), 0).ok_or("a font of ours cannot be read")?;
        let face = Face::parse(data, 0).map_err(|error| error.to_string())?;
        Ok(Self { font, face })
    }

    /// The text in letters the font has.
    fn spell(&self, text: &str) -> String {
        text.chars().map(|c| if self.face.glyph_index(c).is_some() { c } else { REPLACEMENT }).collect()
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |c| self.face.glyph_index(c).and_then(|glyph| self.face.glyph_hor_advance(glyph)).unwrap_or(0);
        let units: f32 = text.chars().map(|c| f32::from(advance(c))).sum();
        units * size / f32::from(self.face.units_per_em())
    }
}

/// What is on a page so far, and how far down it reaches.
struct Pen<'a, 'p> {
    surface: &'a mut Surface<'p>,
    y: f32,
}

impl Pen<'_, '_> {
    fn color(&mut self, (red, green, blue): (u8, u8, u8)) {
        let paint = rgb::Color::new(red, green, blue).into();
        self.surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, ..Fill::default() }));
        self.surface.set_stroke(None);
    }

    /// One line of text with its baseline at the pen.
    fn line(&mut self, x: f32, text: &str, style: &Type, size: f32) -> Node {
        let mark = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        let (start, font) = (Point::from_xy(x, self.y), style.font.clone());
        self.surface.draw_text(start, font, size, text, false, TextDirection::Auto);
        self.surface.end_tagged();
        mark.into()
    }

    /// Lines of text, as far as they go, and the pen below them.
    fn lines(&mut self, text: &str, style: &Type, size: f32) -> Vec<Node> {
        let lines = wrap(&style.spell(text), |line| style.width(line, size) <= WIDTH);
        let mut marks = Vec::new();
        for line in lines {
            marks.push(self.line(MARGIN, &line, style, size));
            self.y += size * 1.45;
        }
        marks
    }

    /// Draws what is for the eye only.
    fn ornament(&mut self, path: Option<&Path>, (red, green, blue): (u8, u8, u8), width: f32) {
        let Some(path) = path else { return };
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.surface.set_fill(None);
        let paint = rgb::Color::new(red, green, blue).into();
        self.surface.set_stroke(Some(Stroke { paint, width, ..Stroke::default() }));
        self.surface.draw_path(path);
        self.surface.end_tagged();
    }

    fn rule(&mut self) {
        let mut path = PathBuilder::new();
        path.move_to(MARGIN, self.y);
        path.line_to(PAGE.0 - MARGIN, self.y);
        self.ornament(path.finish().as_ref(), HAIRLINE, 0.75);
    }

    fn tick_box(&mut self) {
        let mut path = PathBuilder::new();
        if let Some(rect) = Rect::from_xywh(MARGIN, self.y - BOX - 0.5, BOX, BOX) {
            path.push_rect(rect);
        }
        self.ornament(path.finish().as_ref(), BORDER, 1.0);
    }
}

fn attempt(sheet: &Sheet, service: &str) -> Result<Vec<u8>, String> {
    let prose = Type::load(epaint_default_fonts::UBUNTU_LIGHT)?;
    let mono = Type::load(epaint_default_fonts::HACK_REGULAR)?;
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| format!("{error:?}"))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let page_settings = || PageSettings::from_wh(PAGE.0, PAGE.1).ok_or("a page of no size");

    let mut tags = TagTree::new().with_lang(Some("en".to_owned()));
    let mut list = TagGroup::new(Tag::L(ListNumbering::None));
    let mut codes = sheet.codes.codes.iter().peekable();
    let mut first = true;
    while first || codes.peek().is_some() {
        let mut page = document.start_page_with(page_settings()?);
        let mut surface = page.surface();
        let mut pen = Pen { surface: &mut surface, y: MARGIN + 12.0 };
        if first {
            head(&mut pen, &mut tags, &prose, sheet, service);
        }
        pen.rule();
        while let Some(code) = codes.next_if(|_| pen.y + ROW < PAGE.1 - MARGIN) {
            pen.y += ROW - BELOW;
            pen.tick_box();
            pen.color(INK);
            let mark = pen.line(MARGIN + BOX + 14.0, code.expose(), &mono, CODE_SIZE);
            let body = TagGroup::with_children(Tag::LBody, vec![mark]);
            list.push(TagGroup::with_children(Tag::LI, vec![body.into()]));
            pen.y += BELOW;
            pen.rule();
        }
        if codes.peek().is_none() {
            tags.push(std::mem::replace(&mut list, TagGroup::new(Tag::P)));
            pen.y += 26.0;
            pen.color(QUIET);
            tags.push(TagGroup::with_children(Tag::P, pen.lines(FAREWELL, &prose, 10.5)));
        }
        surface.finish();
        page.finish();
        first = false;
    }

    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new("Recovery codes".to_owned(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);
    document.set_tag_tree(tags);
    document.set_metadata(metadata(sheet, service));
    document.finish().map_err(|error| format!("{error:?}"))
}

/// Name, heading, whose codes they are, and what they are for.
fn head(pen: &mut Pen<'_, '_>, tags: &mut TagTree, prose: &Type, sheet: &Sheet, service: &str) {
    pen.color(QUIET);
    tags.push(TagGroup::with_children(Tag::P, pen.lines(service, prose, 13.0)));
    pen.y += 20.0;
    pen.color(INK);
    let heading = Tag::Hn(NonZeroU16::MIN, Some("Recovery codes".to_owned()));
    tags.push(TagGroup::with_children(heading, pen.lines("Recovery codes", prose, 32.0)));
    pen.color(QUIET);
    let account = format!("Account: {}", one_line(&sheet.codes.account));
    tags.push(TagGroup::with_children(Tag::P, pen.lines(&account, prose, 12.0)));
    let made = format!("Made: {}", moment(sheet.codes.made_at));
    tags.push(TagGroup::with_children(Tag::P, pen.lines(&made, prose, 12.0)));
    pen.y += 12.0;
    pen.color(INK);
    tags.push(TagGroup::with_children(Tag::P, pen.lines(ADVICE, prose, 13.0)));
    pen.y += 10.0;
}

fn metadata(sheet: &Sheet, service: &str) -> Metadata {
    let made = sheet.codes.made_at.to_datetime();
    let date = DateTime::new(u16::try_from(made.year()).unwrap_or(0))
        .month(made.month().into())
        .day(made.day())
        .hour(made.hour())
        .minute(made.minute())
        .second(made.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(format!("Recovery codes for {service}"))
        .language("en".to_owned())
        .creator("Twinlock".to_owned())
        .creation_date(date)
}
