//! What the pictures of a seeded market show outside: hills, sea, streets, lights. How paint gets on a canvas is not here.

use super::{
    canvas::{Canvas, Color, mix, waves},
    chance::Chance,
};

/// The colours of a time of day.
#[derive(Debug, Clone, Copy)]
pub struct Light {
    /// The sky from its top to the horizon.
    pub sky: &'static [Color],
    /// Sun or moon.
    pub sun: Color,
    /// Things that are near.
    pub near: Color,
    /// Lit windows and lamps.
    pub lamp: Color,
}

/// The times of day there are.
#[rustfmt::skip]
pub const LIGHTS: &[Light] = &[
    Light { sky: &[[38, 44, 92], [122, 72, 122], [232, 120, 92], [252, 196, 120]], sun: [255, 228, 170], near: [34, 28, 56], lamp: [255, 206, 120] },
    Light { sky: &[[70, 140, 205], [140, 195, 230], [215, 235, 240]], sun: [255, 250, 225], near: [38, 76, 66], lamp: [255, 232, 180] },
    Light { sky: &[[14, 20, 48], [30, 44, 92], [80, 84, 132], [170, 128, 140]], sun: [238, 238, 222], near: [12, 16, 34], lamp: [255, 198, 104] },
    Light { sky: &[[120, 170, 190], [196, 208, 196], [250, 222, 178], [255, 240, 205]], sun: [255, 248, 214], near: [62, 70, 58], lamp: [255, 220, 150] },
];

fn horizon(light: &Light) -> Color {
    light.sky[light.sky.len() - 1]
}

/// Ridge behind ridge, with mist between.
pub fn hills(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    canvas.gradient(0.0, 0.72, light.sky);
    canvas.gradient(0.72, 1.0, &[horizon(light), light.near]);
    let sun = (0.25 + chance.unit() * 0.5, 0.42);
    canvas.glow(sun, 0.42, light.sun, 0.55);
    canvas.ellipse(sun, (0.04, 0.04), light.sun, 1.0);
    for layer in 0..6_u8 {
        let depth = f32::from(layer) / 5.0;
        let color = mix(mix(horizon(light), light.sky[1], 0.45), light.near, depth);
        let (base, phase, swing) = (0.5 + depth * 0.42, chance.unit() * 6.0, 0.09 + depth * 0.03);
        // Each valley is lighter than its ridge.
        let mist = mix(color, horizon(light), 0.35 * (1.0 - depth));
        canvas.below(1.0, color, mist, |x| base + waves(x * (0.7 + depth * 0.5), phase, 1.0) * swing);
    }
    // A few cypresses on the nearest ridge.
    for _ in 0..7 {
        let (x, tall) = (chance.unit(), 0.07 + chance.unit() * 0.06);
        canvas.ellipse((x, 0.94 - tall * 0.3), (0.008, tall * 0.55), mix(light.near, [0, 0, 0], 0.3), 1.0);
    }
}

/// The sea and what shines on it.
pub fn sea(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    let line = 0.52;
    canvas.gradient(0.0, line, light.sky);
    let sun = (0.3 + chance.unit() * 0.4, line - 0.07 - chance.unit() * 0.1);
    canvas.glow(sun, 0.4, light.sun, 0.6);
    canvas.ellipse(sun, (0.045, 0.045), light.sun, 1.0);
    let deep = mix(mix(light.sky[0], [10, 60, 90], 0.5), light.near, 0.35);
    canvas.gradient(line, 0.9, &[mix(horizon(light), deep, 0.45), deep, mix(deep, light.near, 0.5)]);
    for _ in 0..260 {
        let away = chance.unit() * chance.unit();
        let (y, spread) = (line + 0.005 + away * 0.36, 0.03 + away * 0.28);
        let x = sun.0 + (chance.unit() - 0.5) * 2.0 * spread;
        let long = 0.012 + away * 0.09 * chance.unit();
        canvas.veil(x - long / 2.0, y, long, 0.0025 + away * 0.004, light.sun, 0.5 - away * 0.35);
    }
    for layer in 0..2_u8 {
        let side = chance.unit() * 6.0;
        let color = mix(mix(light.sky[1], light.near, 0.55), light.near, f32::from(layer) * 0.6);
        let reach = 0.3 + f32::from(layer) * 0.12;
        canvas.below(line + 0.004 + f32::from(layer) * 0.012, color, color, |x| {
            line + 0.01 - (reach - x).max(0.0) * 0.34 + waves(x * 2.0, side, 2.0) * 0.012
        });
    }
    sail(canvas, (0.62 + chance.unit() * 0.25, line + 0.03), light);
    let sand = mix([226, 200, 160], light.near, 0.25);
    let phase = chance.unit() * 6.0;
    canvas.below(1.0, mix(sand, [255, 255, 255], 0.5), sand, |x| 0.89 + waves(x * 0.5, phase, 0.0) * 0.02);
    canvas.below(1.0, sand, mix(sand, light.near, 0.35), |x| 0.902 + waves(x * 0.5, phase, 0.0) * 0.02);
}

fn sail(canvas: &mut Canvas, (x, y): (f32, f32), light: &Light) {
    let white = mix([250, 248, 240], light.sky[1], 0.15);
    canvas.slab((y - 0.09, x, x + 0.001), (y - 0.008, x, x + 0.03), white);
    canvas.slab(
        (y - 0.075, x - 0.004, x - 0.003),
        (y - 0.008, x - 0.02, x - 0.003),
        mix(white, light.near, 0.2),
    );
    canvas.slab((y - 0.005, x - 0.026, x + 0.034), (y + 0.008, x - 0.016, x + 0.026), light.near);
}

/// Towers against the evening, and their lit windows.
pub fn skyline(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    canvas.gradient(0.0, 1.0, light.sky);
    let sun = (0.2 + chance.unit() * 0.6, 0.55);
    canvas.glow(sun, 0.5, light.sun, 0.4);
    canvas.ellipse(sun, (0.035, 0.035), light.sun, 0.9);
    for layer in 0..3_u8 {
        let depth = f32::from(layer) / 2.0;
        let color = mix(mix(horizon(light), light.sky[1], 0.5), light.near, 0.35 + depth * 0.65);
        let mut x = -0.02;
        while x < 1.0 {
            let width = 0.03 + chance.unit() * 0.06;
            let tall = 0.2 + chance.unit() * (0.36 - depth * 0.1);
            let top = 0.72 + depth * 0.14 - tall;
            canvas.rect(x, top, width, 1.0 - top, color);
            match chance.index(4) {
                0 => canvas.rect(x + width * 0.45, top - 0.06, 0.003, 0.06, color),
                1 => canvas.slab((top - 0.05, x + width * 0.5, x + width * 0.5), (top, x, x + width), color),
                2 => canvas.rect(x + width * 0.25, top - 0.02, width * 0.5, 0.02, color),
                _ => {}
            }
            windows(canvas, (x, top), width, light, depth, chance);
            x += width + chance.unit() * 0.012;
        }
    }
    canvas.gradient(0.95, 1.0, &[mix(light.near, light.sky[0], 0.3), light.near]);
}

fn windows(
    canvas: &mut Canvas,
    (x, top): (f32, f32),
    width: f32,
    light: &Light,
    depth: f32,
    chance: &mut Chance,
) {
    let (mut y, small) = (top + 0.02, 0.0045 + depth * 0.0015);
    while y < 0.93 {
        let mut column = x + 0.006;
        while column < x + width - 0.008 {
            if chance.percent(34) {
                let cover = 0.25 + depth * 0.6 * chance.unit();
                canvas.veil(column, y, small, small * 1.7, light.lamp, cover);
            }
            column += small * 2.1;
        }
        y += small * 3.6;
    }
}

/// Mountains with snow, and the lake that doubles them.
pub fn lake(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    let shore = 0.6;
    canvas.gradient(0.0, shore, light.sky);
    canvas.glow((0.75, 0.2), 0.35, light.sun, 0.5);
    let phases = [chance.unit() * 6.0, chance.unit() * 6.0, chance.unit() * 6.0];
    let peaks = move |x: f32| {
        let zigzag = |scale: f32, phase: f32| ((x * scale + phase).fract() - 0.5).abs() * 2.0;
        0.14 + zigzag(2.3, phases[0]) * 0.26 + zigzag(6.1, phases[1]) * 0.07 + zigzag(17.0, phases[2]) * 0.022
    };
    let rock = mix(light.sky[0], [92, 98, 112], 0.7);
    canvas.below(shore, [246, 248, 252], mix(rock, [255, 255, 255], 0.25), peaks);
    canvas.below(shore, rock, mix(rock, light.near, 0.4), |x| {
        peaks(x) + 0.07 + waves(x * 6.0, phases[0], 3.0) * 0.02
    });
    let forest = mix(light.near, [20, 52, 44], 0.6);
    canvas.below(shore, mix(forest, rock, 0.3), forest, |x| 0.5 + waves(x, phases[1], 1.0) * 0.04);
    trees(canvas, shore, forest, chance, 90, 0.035);
    canvas.gradient(
        shore,
        1.0,
        &[
            mix(horizon(light), forest, 0.45),
            mix(light.sky[1], forest, 0.35),
            mix(light.sky[0], light.near, 0.55),
        ],
    );
    // The peaks again, upside down and faint.
    canvas.spans(shore, 0.98, rock, 0.25, |y| (y < 0.86).then_some((0.0, 1.0)));
    for _ in 0..150 {
        let down = chance.unit();
        let (x, y) = (chance.unit(), shore + 0.01 + down * 0.38);
        canvas.veil(x, y, 0.02 + down * 0.1, 0.002 + down * 0.002, horizon(light), 0.22);
    }
    canvas.below(1.0, forest, mix(forest, [0, 0, 0], 0.5), |x| 0.95 + waves(x, phases[2], 1.0) * 0.02);
}

fn trees(canvas: &mut Canvas, foot: f32, color: Color, chance: &mut Chance, count: u32, size: f32) {
    for _ in 0..count {
        let (x, tall) = (chance.unit() * 1.04 - 0.02, size * (0.6 + chance.unit()) * 2.0);
        let dark = mix(color, [0, 0, 0], chance.unit() * 0.35);
        for step in 0..3_u8 {
            let (down, wide) = (f32::from(step) / 3.0, 0.16 + f32::from(step) * 0.09);
            let top = foot - tall + tall * down * 0.8;
            canvas.slab((top, x, x), (top + tall * 0.5, x - tall * wide * 0.5, x + tall * wide * 0.5), dark);
        }
    }
}

/// A row of narrow houses by the water.
pub fn houses(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    #[rustfmt::skip]
    const FRONTS: &[Color] = &[
        [206, 92, 74], [232, 176, 84], [96, 132, 150], [226, 214, 190], [150, 170, 128], [186, 116, 126], [88, 104, 128],
        [240, 202, 150], [170, 90, 62],
    ];
    let quay = 0.74;
    canvas.gradient(0.0, quay, light.sky);
    canvas.glow((0.15 + chance.unit() * 0.7, 0.3), 0.45, light.sun, 0.45);
    let (mut x, mut last) = (-0.03, usize::MAX);
    while x < 1.0 {
        let (width, tall) = (0.085 + chance.unit() * 0.045, 0.4 + chance.unit() * 0.14);
        let mut which = chance.index(FRONTS.len());
        if which == last {
            which = (which + 1) % FRONTS.len();
        }
        last = which;
        let front = mix(FRONTS[which], light.near, 0.14);
        house(canvas, (x, quay - tall), (width, tall), front, light, chance);
        // What the water shows of it.
        canvas.veil(x, quay + 0.03, width, tall * 0.5, front, 1.0);
        x += width;
    }
    let water = mix(light.sky[0], [24, 58, 74], 0.55);
    canvas.veil(0.0, quay + 0.03, 1.0, 0.3, water, 0.62);
    for _ in 0..240 {
        let down = chance.unit();
        let (wx, wy) = (chance.unit() * 1.1 - 0.05, quay + 0.035 + down * 0.24);
        let color = if chance.percent(50) { horizon(light) } else { mix(water, [0, 0, 0], 0.4) };
        canvas.veil(wx, wy, 0.02 + down * 0.07, 0.002 + down * 0.003, color, 0.2);
    }
    let stone = mix([128, 120, 112], light.near, 0.3);
    canvas.rect(0.0, quay, 1.0, 0.035, stone);
    canvas.rect(0.0, quay, 1.0, 0.006, mix(stone, [255, 255, 255], 0.3));
}

fn house(
    canvas: &mut Canvas,
    (x, top): (f32, f32),
    (width, tall): (f32, f32),
    front: Color,
    light: &Light,
    chance: &mut Chance,
) {
    let roof = mix([112, 58, 46], light.near, 0.35);
    match chance.index(3) {
        0 => canvas.slab(
            (top - 0.09, x + width * 0.5, x + width * 0.5),
            (top, x - 0.003, x + width + 0.003),
            front,
        ),
        1 => canvas.slab((top - 0.06, x + width * 0.18, x + width * 0.82), (top, x, x + width), roof),
        _ => canvas.slab(
            (top - 0.08, x + width * 0.5, x + width * 0.5),
            (top, x - 0.004, x + width + 0.004),
            roof,
        ),
    }
    canvas.rect(x, top, width, tall, front);
    canvas.veil(x + width * 0.93, top, width * 0.07, tall, light.near, 0.25);
    canvas.rect(x, top, width, 0.008, mix(front, [255, 255, 255], 0.4));
    let (floors, frame) = (4_u8, mix([245, 240, 230], light.near, 0.1));
    for floor in 0..floors {
        let y = top + 0.035 + f32::from(floor) * (tall - 0.05) / f32::from(floors);
        for column in 0..3_u8 {
            let (wide, high) = (width * 0.17, (tall / 4.0) * 0.52);
            let left = x + width * (0.14 + f32::from(column) * 0.275);
            let glass = if chance.percent(38) { light.lamp } else { mix(light.sky[0], light.near, 0.4) };
            let is_door = floor == floors - 1 && column == 1;
            let high = if is_door { high * 1.5 } else { high };
            canvas.rect(left - 0.003, y - 0.004, wide + 0.006, high + 0.008, frame);
            canvas.rect(left, y, wide, high, if is_door { mix(front, light.near, 0.6) } else { glass });
            if !is_door {
                canvas.rect(left + wide * 0.46, y, wide * 0.08, high, frame);
                canvas.rect(left, y + high * 0.4, wide, 0.004, frame);
            }
        }
    }
}

/// A cabin among pines, lit from inside.
pub fn cabin(canvas: &mut Canvas, light: &Light, chance: &mut Chance) {
    canvas.gradient(0.0, 0.8, light.sky);
    for _ in 0..90 {
        canvas.veil(
            chance.unit(),
            chance.unit() * 0.4,
            0.0016,
            0.0024,
            [255, 255, 255],
            0.25 + chance.unit() * 0.4,
        );
    }
    canvas.glow((0.8, 0.16), 0.16, light.sun, 0.5);
    canvas.ellipse((0.8, 0.16), (0.022, 0.022), light.sun, 1.0);
    let far = mix(light.sky[1], light.near, 0.5);
    let phase = chance.unit() * 6.0;
    canvas.below(1.0, far, mix(far, light.near, 0.6), |x| 0.52 + waves(x, phase, 2.0) * 0.08);
    trees(canvas, 0.72, mix(far, light.near, 0.55), chance, 70, 0.07);
    let ground = mix(light.near, [30, 46, 40], 0.4);
    canvas
        .below(1.0, mix(ground, horizon(light), 0.18), ground, |x| 0.72 + waves(x * 0.5, phase, 1.0) * 0.025);
    let (x, y, wood) = (0.36, 0.6, mix([104, 66, 42], light.near, 0.3));
    canvas.glow((x + 0.15, y + 0.1), 0.36, light.lamp, 0.55);
    canvas.rect(x, y, 0.3, 0.2, wood);
    for plank in 0..6_u8 {
        canvas.rect(x, y + f32::from(plank) * 0.034, 0.3, 0.003, mix(wood, [0, 0, 0], 0.35));
    }
    canvas.rect(x + 0.225, y - 0.16, 0.026, 0.1, mix(wood, [40, 36, 40], 0.7));
    canvas.slab(
        (y - 0.14, x + 0.13, x + 0.17),
        (y + 0.015, x - 0.035, x + 0.335),
        mix(light.near, [60, 44, 46], 0.45),
    );
    for left in [0.035, 0.2] {
        canvas.rect(x + left - 0.004, y + 0.05, 0.068, 0.082, mix(wood, [0, 0, 0], 0.5));
        canvas.rect(x + left, y + 0.055, 0.06, 0.072, light.lamp);
        canvas.rect(x + left + 0.028, y + 0.055, 0.004, 0.072, wood);
    }
    canvas.rect(x + 0.125, y + 0.06, 0.052, 0.14, mix(wood, [0, 0, 0], 0.45));
    canvas.slab((0.8, x + 0.12, x + 0.18), (1.0, 0.34, 0.66), mix(ground, light.lamp, 0.16));
    for side in [0.0, 0.82] {
        for _ in 0..7 {
            let at = side + chance.unit() * 0.2 - 0.02;
            let tall = 0.34 + chance.unit() * 0.3;
            for step in 0..4_u8 {
                let down = f32::from(step) / 4.0;
                let (top, wide) = (0.92 - tall + tall * down * 0.85, 0.03 + f32::from(step) * 0.017);
                canvas.slab(
                    (top, at, at),
                    (top + tall * 0.36, at - wide, at + wide),
                    mix(light.near, [8, 24, 22], 0.5),
                );
            }
        }
    }
}
