//! A canvas to paint on: gradients, ridges, shapes, light. What is painted is `scenes`' part.
//!
//! Coordinates go from 0 to 1 across the width and down the height. Rows are filled by copying where they can be, so that
//! a picture takes tens of milliseconds also where nothing is optimised.

/// A colour: red, green, blue.
pub type Color = [u8; 3];

/// A picture in the making.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: usize,
    height: usize,
    /// Rows of three bytes per pixel.
    pixels: Vec<u8>,
}

/// The colour between two: at 0 the first, at 1 the second.
pub fn mix(a: Color, b: Color, t: f32) -> Color {
    let t = part(t.clamp(0.0, 1.0) * 256.0);
    std::array::from_fn(|i| {
        let mixed = (usize::from(a[i]) * (256 - t) + usize::from(b[i]) * t) >> 8;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    })
}

/// A whole number of pixels; what is left of the edge counts as the edge.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels; `as` saturates")]
fn part(x: f32) -> usize {
    x.max(0.0) as usize
}

#[allow(clippy::cast_precision_loss, reason = "a few thousand at most")]
fn float(n: usize) -> f32 {
    n as f32
}

impl Canvas {
    /// A black canvas.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height * 3] }
    }

    /// The pixels, row by row.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// How much wider than high.
    pub fn aspect(&self) -> f32 {
        float(self.width) / float(self.height)
    }

    /// Fills from `top` to `bottom` with colours that go over into each other, evenly spaced.
    pub fn gradient(&mut self, top: f32, bottom: f32, colors: &[Color]) {
        let (from, to) = (part(top * float(self.height)), part(bottom * float(self.height)).min(self.height));
        for y in from..to {
            let at = float(y - from) / float((to - from).max(1)) * float(colors.len().saturating_sub(1));
            let first = part(at).min(colors.len().saturating_sub(2));
            let second = (first + 1).min(colors.len() - 1);
            self.fill_row(y, mix(colors[first], colors[second], at - float(first)));
        }
    }

    /// Fills everything below a line that `top` gives for each x, from one colour to another at the lower edge.
    pub fn below(&mut self, bottom: f32, upper: Color, lower: Color, top: impl Fn(f32) -> f32) {
        let height = float(self.height);
        let tops: Vec<f32> = (0..self.width).map(|x| top(float(x) / float(self.width)) * height).collect();
        let least = tops.iter().copied().fold(height, f32::min);
        let most = tops.iter().copied().fold(0.0, f32::max);
        let end = part(bottom * height).min(self.height);
        for y in part(least)..end {
            let color = mix(upper, lower, (float(y) - least) / (float(end) - least).max(1.0));
            if float(y) > most {
                self.fill_row(y, color);
                continue;
            }
            for (x, top) in tops.iter().enumerate() {
                let cover = float(y + 1) - top;
                if cover > 0.0 {
                    self.blend(x, y, color, cover);
                }
            }
        }
    }

    /// Fills, between two heights, from a left to a right edge that `span` gives for each y.
    pub fn spans(
        &mut self,
        top: f32,
        bottom: f32,
        color: Color,
        cover: f32,
        span: impl Fn(f32) -> Option<(f32, f32)>,
    ) {
        let height = float(self.height);
        let from = part(top * height);
        for y in from..part((bottom * height).ceil()).min(self.height) {
            // Rows that are cut by the edge are covered in part.
            let rim = (bottom * height - float(y)).min(float(y + 1) - top * height).clamp(0.0, 1.0);
            let Some((left, right)) = span((float(y) + 0.5) / height) else { continue };
            let (left, right) = (left * float(self.width), right * float(self.width));
            let (first, last) = (part(left), part(right.ceil()).min(self.width));
            let opaque = cover >= 1.0 && rim >= 1.0;
            let (inner_first, inner_last) = (part(left.ceil()).min(last), part(right));
            if opaque && inner_first < inner_last {
                self.fill_span(y, inner_first, inner_last.min(self.width), color);
            }
            for x in first..last {
                if opaque && x >= inner_first && x < inner_last {
                    continue;
                }
                let side = (right - float(x)).min(float(x + 1) - left).clamp(0.0, 1.0);
                self.blend(x, y, color, cover * rim * side);
            }
        }
    }

    /// A rectangle.
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        self.spans(y, y + height, color, 1.0, |_| Some((x, x + width)));
    }

    /// A rectangle that lets shine through.
    pub fn veil(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color, cover: f32) {
        self.spans(y, y + height, color, cover, |_| Some((x, x + width)));
    }

    /// A rectangle with round corners; `radius` is a share of the width of the picture.
    pub fn cushion(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), radius: f32, color: Color) {
        let tall = radius * self.aspect();
        self.spans(y, y + height, color, 1.0, |at| {
            let edge = (at - y).min(y + height - at);
            let inset = if edge < tall {
                radius - (radius.powi(2) * (1.0 - ((tall - edge) / tall).powi(2)).max(0.0)).sqrt()
            } else {
                0.0
            };
            Some((x + inset, x + width - inset))
        });
    }

    /// An ellipse; both radii are shares of the width of the picture.
    pub fn ellipse(&mut self, (x, y): (f32, f32), (wide, high): (f32, f32), color: Color, cover: f32) {
        let high = high * self.aspect();
        self.spans(y - high, y + high, color, cover, |at| {
            let half = wide * (1.0 - ((at - y) / high).powi(2)).max(0.0).sqrt();
            (half > 0.0).then_some((x - half, x + half))
        });
    }

    /// A shape of four sides: left and right edges run straight from the top to the bottom.
    pub fn slab(&mut self, top: (f32, f32, f32), bottom: (f32, f32, f32), color: Color) {
        let ((y0, l0, r0), (y1, l1, r1)) = (top, bottom);
        self.spans(y0, y1, color, 1.0, |at| {
            let t = ((at - y0) / (y1 - y0)).clamp(0.0, 1.0);
            Some((l0 + (l1 - l0) * t, r0 + (r1 - r0) * t))
        });
    }

    /// Light around a point, fading out at `radius`, a share of the width of the picture.
    pub fn glow(&mut self, (x, y): (f32, f32), radius: f32, color: Color, strength: f32) {
        let (cx, cy, reach) = (x * float(self.width), y * float(self.height), radius * float(self.width));
        for py in part(cy - reach)..part(cy + reach).min(self.height) {
            let dy = (float(py) - cy) / reach;
            let half = reach * (1.0 - dy * dy).max(0.0).sqrt();
            for px in part(cx - half)..part(cx + half).min(self.width) {
                let dx = (float(px) - cx) / reach;
                let left = 1.0 - (dx * dx + dy * dy);
                self.blend(px, py, color, strength * left * left);
            }
        }
    }

    fn fill_row(&mut self, y: usize, color: Color) {
        self.fill_span(y, 0, self.width, color);
    }

    fn fill_span(&mut self, y: usize, first: usize, last: usize, color: Color) {
        let row = &mut self.pixels[(y * self.width + first) * 3..(y * self.width + last) * 3];
        row.copy_from_slice(&color.repeat(last - first));
    }

    fn blend(&mut self, x: usize, y: usize, color: Color, cover: f32) {
        let at = (y * self.width + x) * 3;
        let t = part(cover.min(1.0) * 256.0);
        for (below, above) in self.pixels[at..at + 3].iter_mut().zip(color) {
            let mixed = (usize::from(*below) * (256 - t) + usize::from(above) * t) >> 8;
            *below = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
    }
}

/// Soft hills: a few waves of different lengths, between -1 and 1.
pub fn waves(x: f32, phase: f32, rough: f32) -> f32 {
    let turn = std::f32::consts::TAU;
    let long = (x * 1.3 * turn + phase).sin() * 0.55 + (x * 2.9 * turn + phase * 2.3).sin() * 0.3;
    let short = (x * 7.1 * turn + phase * 3.1).sin() * 0.1 + (x * 17.0 * turn + phase * 5.7).sin() * 0.05;
    long + short * rough
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = [200, 0, 0];

    fn at(canvas: &Canvas, x: usize, y: usize) -> &[u8] {
        &canvas.pixels[(y * canvas.width + x) * 3..][..3]
    }

    #[test]
    fn shapes_are_where_they_should_be_and_stay_on_the_canvas() {
        let mut canvas = Canvas::new(30, 20);
        canvas.rect(0.5, 0.5, 2.0, 2.0, RED);
        assert_eq!(at(&canvas, 14, 9), [0, 0, 0]);
        assert_eq!(at(&canvas, 15, 10), RED);
        assert_eq!(at(&canvas, 29, 19), RED);
        canvas.ellipse((-0.1, -0.1), (0.3, 0.3), RED, 1.0);
        canvas.glow((1.0, 1.0), 0.5, RED, 1.0);
        canvas.cushion((0.9, 0.9), (0.4, 0.4), 0.05, RED);
        canvas.below(1.0, RED, RED, |_| 0.9);
        canvas.gradient(0.0, 1.0, &[RED, [0, 200, 0]]);
        assert_eq!(at(&canvas, 3, 0), RED);
        assert_eq!(canvas.into_pixels().len(), 1_800);
    }
}
