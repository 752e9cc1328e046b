//! What the pictures of a seeded market show inside: living rooms, bedrooms, kitchens, and the terrace. Furniture only.

use super::{
    canvas::{Canvas, Color, mix, waves},
    chance::Chance,
    scenes::Light,
};

/// The colours of a room.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    pub wall: Color,
    pub floor: Color,
    pub textile: Color,
    pub accent: Color,
    pub wood: Color,
}

/// The palettes there are.
#[rustfmt::skip]
pub const PALETTES: &[Palette] = &[
    Palette { wall: [236, 226, 210], floor: [176, 132, 92], textile: [92, 118, 112], accent: [214, 122, 76], wood: [128, 88, 58] },
    Palette { wall: [214, 224, 222], floor: [196, 166, 130], textile: [60, 86, 118], accent: [232, 182, 90], wood: [150, 112, 76] },
    Palette { wall: [242, 236, 228], floor: [150, 118, 92], textile: [176, 108, 96], accent: [82, 112, 92], wood: [98, 70, 52] },
];

const WHITE: Color = [255, 255, 255];
const BLACK: Color = [0, 0, 0];

fn shell(canvas: &mut Canvas, palette: &Palette, line: f32) {
    canvas.gradient(
        0.0,
        line,
        &[mix(palette.wall, BLACK, 0.07), palette.wall, mix(palette.wall, WHITE, 0.2)],
    );
    canvas.gradient(line, 1.0, &[mix(palette.floor, WHITE, 0.12), mix(palette.floor, BLACK, 0.18)]);
    for board in 0..9_u8 {
        // Boards run towards us.
        let (far, near) = (f32::from(board) / 8.0, f32::from(board) / 8.0 * 1.9 - 0.45);
        canvas.slab((line, far, far + 0.0015), (1.0, near, near + 0.003), mix(palette.floor, BLACK, 0.25));
    }
    canvas.rect(0.0, line - 0.022, 1.0, 0.022, mix(palette.wall, WHITE, 0.55));
    canvas.rect(0.0, line, 1.0, 0.004, mix(palette.floor, BLACK, 0.4));
}

/// A window, what is behind it, and the light that it throws.
fn window(
    canvas: &mut Canvas,
    (x, y): (f32, f32),
    (width, height): (f32, f32),
    light: &Light,
    chance: &mut Chance,
) {
    let frame = [246, 243, 236];
    canvas.rect(x - 0.012, y - 0.018, width + 0.024, height + 0.036, frame);
    let steps = 24_u8;
    for step in 0..steps {
        let t = f32::from(step) / f32::from(steps);
        let sky = light.sky;
        let color = mix(sky[0], sky[sky.len() - 1], t);
        canvas.rect(x, y + height * t, width, height / f32::from(steps) + 0.002, color);
    }
    let phase = chance.unit() * 6.0;
    for hill in 0..2_u8 {
        let color = mix(mix(light.sky[1], light.near, 0.45), light.near, f32::from(hill) * 0.5);
        let top = y + height * (0.62 + f32::from(hill) * 0.14);
        for column in 0..60_u8 {
            let at = f32::from(column) / 60.0;
            let high = top + waves(at, phase + f32::from(hill), 1.0) * height * 0.06;
            canvas.rect(x + at * width, high, width / 60.0 + 0.001, y + height - high, color);
        }
    }
    canvas.rect(x + width * 0.495, y, width * 0.01 + 0.004, height, frame);
    canvas.rect(x, y + height * 0.36, width, 0.009, frame);
    canvas.rect(x - 0.022, y + height + 0.016, width + 0.044, 0.018, mix(frame, BLACK, 0.08));
    canvas.glow((x + width / 2.0, y + height / 2.0), width * 1.4, light.sun, 0.22);
}

fn curtain(canvas: &mut Canvas, x: f32, y: f32, height: f32, color: Color) {
    for fold in 0..6_u8 {
        let shade = if fold % 2 == 0 { mix(color, WHITE, 0.15) } else { mix(color, BLACK, 0.08) };
        canvas.rect(x + f32::from(fold) * 0.011, y, 0.0115, height, shade);
    }
}

fn plant(canvas: &mut Canvas, (x, foot): (f32, f32), size: f32, chance: &mut Chance) {
    for _ in 0..16 {
        let (lean, tall) = ((chance.unit() - 0.5) * size * 1.3, size * (0.9 + chance.unit() * 1.6));
        let green = mix([52, 104, 70], [116, 152, 84], chance.unit());
        canvas.slab(
            (foot - size - tall, x + lean, x + lean + 0.004),
            (foot - size * 0.8, x - 0.004, x + 0.004),
            mix(green, BLACK, 0.2),
        );
        canvas.ellipse((x + lean, foot - size - tall), (size * 0.2, size * 0.1), green, 1.0);
    }
    canvas.slab(
        (foot - size, x - size * 0.42, x + size * 0.42),
        (foot, x - size * 0.28, x + size * 0.28),
        [196, 120, 84],
    );
}

fn lamp(canvas: &mut Canvas, (x, top): (f32, f32), foot: f32, light: &Light) {
    canvas.rect(x - 0.003, top, 0.006, foot - top, [60, 52, 48]);
    canvas.ellipse((x, foot), (0.03, 0.006), [60, 52, 48], 1.0);
    canvas.glow((x, top + 0.03), 0.2, light.lamp, 0.5);
    canvas.slab(
        (top - 0.04, x - 0.026, x + 0.026),
        (top + 0.06, x - 0.05, x + 0.05),
        mix(light.lamp, WHITE, 0.45),
    );
}

fn picture(canvas: &mut Canvas, (x, y): (f32, f32), (width, height): (f32, f32), palette: &Palette) {
    canvas.rect(x + 0.006, y + 0.009, width, height, mix(palette.wall, BLACK, 0.2));
    canvas.rect(x, y, width, height, palette.wood);
    canvas.rect(x + 0.008, y + 0.012, width - 0.016, height - 0.024, [248, 244, 236]);
    let (cx, cy) = (x + width / 2.0, y + height / 2.0);
    canvas.ellipse((cx - width * 0.08, cy - height * 0.08), (width * 0.2, width * 0.2), palette.accent, 1.0);
    canvas.slab(
        (cy, x + width * 0.25, x + width * 0.6),
        (cy + height * 0.26, x + width * 0.18, x + width * 0.8),
        palette.textile,
    );
}

/// A sofa, a window, a plant.
pub fn living(canvas: &mut Canvas, light: &Light, palette: &Palette, chance: &mut Chance) {
    shell(canvas, palette, 0.7);
    let left = chance.percent(50);
    let at = if left { 0.1 } else { 0.56 };
    window(canvas, (at, 0.12), (0.34, 0.38), light, chance);
    curtain(canvas, at - 0.08, 0.07, 0.6, mix(palette.wall, WHITE, 0.4));
    curtain(canvas, at + 0.355, 0.07, 0.6, mix(palette.wall, WHITE, 0.4));
    let other = if left { 0.66 } else { 0.14 };
    picture(canvas, (other, 0.16), (0.13, 0.24), palette);
    picture(canvas, (other + 0.16, 0.2), (0.08, 0.15), palette);
    canvas.ellipse((0.5, 0.88), (0.4, 0.062), mix(palette.accent, palette.wall, 0.55), 1.0);
    canvas.ellipse((0.5, 0.88), (0.36, 0.053), mix(palette.accent, palette.wall, 0.72), 1.0);
    let sofa = palette.textile;
    canvas.ellipse((0.5, 0.845), (0.3, 0.02), mix(palette.floor, BLACK, 0.5), 0.5);
    canvas.cushion((0.22, 0.53), (0.56, 0.2), 0.03, mix(sofa, BLACK, 0.12));
    canvas.cushion((0.25, 0.655), (0.25, 0.1), 0.02, mix(sofa, WHITE, 0.12));
    canvas.cushion((0.5, 0.655), (0.25, 0.1), 0.02, mix(sofa, WHITE, 0.09));
    canvas.cushion((0.24, 0.72), (0.52, 0.11), 0.015, sofa);
    canvas.cushion((0.19, 0.6), (0.075, 0.23), 0.03, mix(sofa, WHITE, 0.05));
    canvas.cushion((0.735, 0.6), (0.075, 0.23), 0.03, mix(sofa, BLACK, 0.05));
    canvas.cushion((0.3, 0.575), (0.09, 0.105), 0.018, palette.accent);
    canvas.cushion((0.6, 0.58), (0.1, 0.1), 0.018, mix(palette.accent, WHITE, 0.6));
    for leg in [0.25, 0.73] {
        canvas.rect(leg, 0.828, 0.014, 0.028, palette.wood);
    }
    canvas.ellipse((0.5, 0.9), (0.13, 0.02), palette.wood, 1.0);
    canvas.ellipse((0.5, 0.894), (0.13, 0.02), mix(palette.wood, WHITE, 0.2), 1.0);
    canvas.rect(0.47, 0.868, 0.05, 0.018, palette.accent);
    plant(canvas, (if left { 0.9 } else { 0.09 }, 0.84), 0.075, chance);
    lamp(canvas, (if left { 0.07 } else { 0.92 }, 0.36), 0.82, light);
}

/// A bed, two lamps.
pub fn bedroom(canvas: &mut Canvas, light: &Light, palette: &Palette, chance: &mut Chance) {
    shell(canvas, palette, 0.68);
    let left = chance.percent(50);
    window(canvas, (if left { 0.05 } else { 0.75 }, 0.1), (0.2, 0.4), light, chance);
    curtain(canvas, if left { 0.265 } else { 0.665 }, 0.05, 0.6, mix(palette.textile, WHITE, 0.6));
    let x = if left { 0.36 } else { 0.12 };
    picture(canvas, (x + 0.17, 0.09), (0.18, 0.18), palette);
    canvas.cushion((x, 0.36), (0.52, 0.36), 0.02, palette.wood);
    canvas.cushion((x + 0.012, 0.378), (0.496, 0.3), 0.016, mix(palette.wood, WHITE, 0.12));
    let linen = [248, 245, 240];
    canvas.slab((0.62, x + 0.01, x + 0.51), (0.86, x - 0.05, x + 0.57), mix(linen, BLACK, 0.08));
    for (at, shade) in [(0.035, 0.0), (0.265, 0.03)] {
        canvas.cushion((x + at, 0.53), (0.22, 0.13), 0.03, mix(linen, BLACK, 0.1 + shade));
        canvas.cushion((x + at + 0.004, 0.524), (0.212, 0.122), 0.03, mix(linen, BLACK, shade));
    }
    canvas.cushion((x + 0.19, 0.575), (0.14, 0.09), 0.02, palette.accent);
    canvas.slab((0.665, x - 0.004, x + 0.524), (0.9, x - 0.062, x + 0.582), mix(palette.textile, WHITE, 0.1));
    canvas.slab((0.665, x - 0.004, x + 0.524), (0.7, x - 0.012, x + 0.532), mix(linen, BLACK, 0.03));
    canvas.slab(
        (0.8, x - 0.04, x + 0.56),
        (0.9, x - 0.062, x + 0.582),
        mix(palette.accent, palette.textile, 0.4),
    );
    canvas.rect(x - 0.062, 0.9, 0.644, 0.03, mix(palette.wood, BLACK, 0.2));
    for side in [x - 0.1, x + 0.54] {
        canvas.rect(side, 0.6, 0.075, 0.14, palette.wood);
        canvas.rect(side + 0.006, 0.63, 0.063, 0.04, mix(palette.wood, WHITE, 0.15));
        lamp(canvas, (side + 0.037, 0.48), 0.6, light);
    }
    plant(canvas, (if left { 0.05 } else { 0.95 }, 0.86), 0.06, chance);
}

/// A counter, shelves, and things that hang.
pub fn kitchen(canvas: &mut Canvas, light: &Light, palette: &Palette, chance: &mut Chance) {
    shell(canvas, palette, 0.76);
    let tile = mix(palette.wall, WHITE, 0.45);
    for row in 0..6_u8 {
        for column in 0..22_u8 {
            let shift = if row % 2 == 0 { 0.0 } else { 0.0225 };
            let shade = mix(tile, palette.textile, 0.04 + chance.unit() * 0.12);
            canvas.rect(
                f32::from(column) * 0.0465 - shift,
                0.3 + f32::from(row) * 0.04,
                0.0445,
                0.0365,
                shade,
            );
        }
    }
    let right = chance.percent(50);
    window(canvas, (if right { 0.66 } else { 0.08 }, 0.1), (0.24, 0.34), light, chance);
    let shelf = if right { 0.08 } else { 0.46 };
    for board in 0..2_u8 {
        let y = 0.2 + f32::from(board) * 0.15;
        for jar in 0..9_u8 {
            let tall = 0.04 + chance.unit() * 0.06;
            let color = *chance.pick(&[
                palette.accent,
                palette.textile,
                [244, 240, 232],
                mix(palette.wood, WHITE, 0.4),
            ]);
            canvas.cushion((shelf + 0.02 + f32::from(jar) * 0.048, y - tall), (0.032, tall), 0.006, color);
        }
        canvas.rect(shelf, y, 0.46, 0.014, palette.wood);
    }
    canvas.rect(0.0, 0.53, 1.0, 0.03, mix(palette.wood, WHITE, 0.25));
    canvas.rect(0.0, 0.56, 1.0, 0.2, palette.textile);
    for door in 0..7_u8 {
        let x = f32::from(door) / 7.0;
        canvas.rect(x + 0.008, 0.578, 0.127, 0.165, mix(palette.textile, WHITE, 0.1));
        canvas.rect(x + 0.058, 0.592, 0.03, 0.006, [222, 196, 140]);
    }
    // The stove, a pot, the tap.
    canvas.rect(0.43, 0.57, 0.14, 0.18, [52, 52, 56]);
    canvas.rect(0.445, 0.625, 0.11, 0.1, [30, 30, 34]);
    canvas.cushion((0.46, 0.475), (0.075, 0.055), 0.008, palette.accent);
    canvas.rect(0.45, 0.49, 0.095, 0.007, mix(palette.accent, BLACK, 0.25));
    canvas.rect(if right { 0.77 } else { 0.19 }, 0.455, 0.006, 0.075, [200, 204, 208]);
    canvas.rect(if right { 0.745 } else { 0.165 }, 0.452, 0.031, 0.009, [200, 204, 208]);
    for pendant in [0.36, 0.5, 0.64] {
        canvas.rect(pendant - 0.001, 0.0, 0.002, 0.13, [60, 56, 52]);
        canvas.glow((pendant, 0.19), 0.13, light.lamp, 0.45);
        canvas.slab(
            (0.12, pendant - 0.008, pendant + 0.008),
            (0.18, pendant - 0.04, pendant + 0.04),
            palette.accent,
        );
    }
    // A table in front.
    canvas.slab((0.82, 0.16, 0.84), (0.88, 0.1, 0.9), mix(palette.wood, WHITE, 0.2));
    canvas.rect(0.1, 0.88, 0.8, 0.022, palette.wood);
    for leg in [0.13, 0.84] {
        canvas.rect(leg, 0.9, 0.028, 0.1, mix(palette.wood, BLACK, 0.2));
    }
    canvas.ellipse((0.5, 0.838), (0.06, 0.012), [244, 240, 232], 1.0);
    for fruit in [0.475, 0.5, 0.525] {
        canvas.ellipse((fruit, 0.82), (0.016, 0.016), mix(palette.accent, [240, 200, 80], 0.5), 1.0);
    }
}

/// Tiles, two chairs, a pool, the view.
pub fn terrace(canvas: &mut Canvas, light: &Light, palette: &Palette, chance: &mut Chance) {
    canvas.gradient(0.0, 0.5, light.sky);
    canvas.glow((0.72, 0.3), 0.4, light.sun, 0.55);
    canvas.ellipse((0.72, 0.3), (0.035, 0.035), light.sun, 1.0);
    let sea = mix(light.sky[0], [30, 110, 140], 0.6);
    canvas.gradient(0.46, 0.6, &[mix(sea, light.sky[light.sky.len() - 1], 0.5), sea]);
    let phase = chance.unit() * 6.0;
    canvas.below(0.6, mix(light.sky[1], light.near, 0.5), mix(sea, light.near, 0.6), |x| {
        0.475 + waves(x, phase, 1.0) * 0.03 + x * 0.05
    });
    let stone = mix([232, 220, 200], light.near, 0.1);
    canvas.gradient(0.6, 1.0, &[stone, mix(stone, BLACK, 0.22)]);
    for line in 0..7_u8 {
        let t = f32::from(line) / 6.0;
        canvas.rect(0.0, 0.6 + t * t * 0.4, 1.0, 0.003, mix(stone, BLACK, 0.2));
    }
    // The pool reaches out of the picture.
    canvas.slab((0.66, 0.3, 1.02), (0.9, 0.12, 1.3), mix(stone, WHITE, 0.5));
    canvas.slab((0.672, 0.315, 1.02), (0.885, 0.145, 1.3), mix([64, 178, 196], light.near, 0.12));
    for _ in 0..60 {
        let down = chance.unit();
        let x = 0.3 + chance.unit() * 0.7;
        canvas.veil(x, 0.69 + down * 0.17, 0.02 + down * 0.05, 0.003, WHITE, 0.28);
    }
    // A railing and a pergola.
    canvas.rect(0.0, 0.5, 1.0, 0.01, mix(light.near, WHITE, 0.1));
    for post in 0..26_u8 {
        canvas.rect(f32::from(post) / 25.0, 0.5, 0.003, 0.1, mix(light.near, WHITE, 0.1));
    }
    let beam = mix(palette.wood, light.near, 0.2);
    canvas.rect(0.0, 0.07, 1.0, 0.028, beam);
    canvas.rect(0.06, 0.07, 0.022, 0.6, beam);
    for slat in 0..14_u8 {
        canvas.slab(
            (0.0, f32::from(slat) / 13.0, f32::from(slat) / 13.0 + 0.01),
            (0.07, f32::from(slat) / 13.0 - 0.01, f32::from(slat) / 13.0),
            beam,
        );
    }
    for _ in 0..60 {
        let (x, y) = (chance.unit() * 0.5, 0.07 + chance.unit() * chance.unit() * 0.16);
        canvas.ellipse(
            (x, y),
            (0.014, 0.01),
            mix([70, 116, 76], [196, 90, 130], if chance.percent(25) { 1.0 } else { chance.unit() * 0.2 }),
            0.95,
        );
    }
    for chair in [0.14, 0.3] {
        canvas.slab((0.6, chair + 0.05, chair + 0.065), (0.76, chair, chair + 0.02), palette.wood);
        canvas.slab(
            (0.61, chair + 0.055, chair + 0.075),
            (0.75, chair + 0.012, chair + 0.04),
            palette.textile,
        );
        canvas.cushion((chair, 0.745), (0.11, 0.028), 0.008, palette.textile);
        canvas.rect(chair + 0.005, 0.77, 0.008, 0.06, palette.wood);
        canvas.rect(chair + 0.095, 0.77, 0.008, 0.06, palette.wood);
    }
    canvas.ellipse((0.275, 0.735), (0.028, 0.006), mix(palette.wood, WHITE, 0.3), 1.0);
    canvas.rect(0.273, 0.737, 0.004, 0.09, palette.wood);
    plant(canvas, (0.93, 0.95), 0.085, chance);
}
