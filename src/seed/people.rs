//! Who lives in a seeded market: names, and what hosts say of themselves. No accounts are made here.

use super::chance::Chance;

/// First and last names that go together.
#[rustfmt::skip]
const NAMES: &[(&[&str], &[&str])] = &[
    (&["Ana", "João", "Mariana", "Tiago", "Inês", "Rui", "Beatriz", "Duarte"], &["Martins", "Carvalho", "Nogueira", "Teixeira", "Lopes", "Almeida", "Pires", "Vaz"]),
    (&["Emma", "Daniel", "Grace", "Marcus", "Olivia", "Jordan", "Nora", "Theo"], &["Whitfield", "Brooks", "Delgado", "Hayes", "Okafor", "Lindgren", "Porter", "Nakamura"]),
    (&["Yuki", "Haruto", "Sakura", "Kenji", "Aoi", "Daiki", "Mei", "Sora"], &["Tanaka", "Ishikawa", "Mori", "Fujita", "Nishida", "Okada", "Hayashi", "Kobayashi"]),
    (&["Poppy", "Alfie", "Imogen", "Rajiv", "Freya", "Callum", "Zainab", "Hugh"], &["Ashdown", "Pemberton", "Sharma", "Fairley", "Hughes", "Bello", "Marlowe", "Thorne"]),
    (&["Thandi", "Sipho", "Lindiwe", "Pieter", "Naledi", "Andile", "Annelie", "Bongani"], &["Mokoena", "van Wyk", "Dlamini", "Nkosi", "Botha", "Khumalo", "Jacobs", "Petersen"]),
    (&["Freja", "Mads", "Astrid", "Emil", "Ida", "Søren", "Liv", "Viggo"], &["Kjær", "Lund", "Holm", "Bech", "Østergaard", "Skov", "Dahl", "Winther"]),
    (&["Lucía", "Mateo", "Carmen", "Álvaro", "Elena", "Pablo", "Nerea", "Iker"], &["Serrano", "Vidal", "Ortega", "Ibáñez", "Navarro", "Campos", "Etxeberria", "Rubio"]),
    (&["Camille", "Louis", "Manon", "Étienne", "Chloé", "Hugo", "Agathe", "Bastien"], &["Laurent", "Mercier", "Fontaine", "Rousseau", "Girard", "Lemoine", "Chevalier", "Perrin"]),
    (&["Giulia", "Matteo", "Chiara", "Lorenzo", "Francesca", "Davide", "Elisa", "Paolo"], &["Ricci", "Moretti", "Galli", "Conti", "Rinaldi", "Ferrara", "Bianchi", "Marchetti"]),
    (&["Leonie", "Jonas", "Greta", "Felix", "Klara", "Moritz", "Hanna", "Anton"], &["Becker", "Vogel", "Hartmann", "Krüger", "Seidel", "Brandt", "Lorenz", "Keller"]),
    (&["Zofia", "Jakub", "Maja", "Tomáš", "Eliška", "Piotr", "Hana", "Wojciech"], &["Kowalska", "Novák", "Wiśniewski", "Dvořák", "Zieliński", "Svoboda", "Mazur", "Černý"]),
    (&["Valentina", "Diego", "Ximena", "Rafael", "Luiza", "Thiago", "Camila", "Bruno"], &["Herrera", "Castillo", "Barbosa", "Moreira", "Aguilar", "Ramírez", "Salazar", "Duarte"]),
    (&["Priya", "Arjun", "Meera", "Rohan", "Kavya", "Vikram", "Ananya", "Dev"], &["Nair", "Kapoor", "Iyer", "Chatterjee", "Menon", "Rao", "Bhatt", "Sengupta"]),
    (&["Minji", "Jihoon", "Seo-yeon", "Hyun", "Wei", "Xin", "Jun", "Li"], &["Kim", "Park", "Choi", "Seo", "Tan", "Lim", "Chua", "Ng"]),
    (&["Amira", "Omar", "Layla", "Yusuf", "Noor", "Khalid", "Salma", "Faisal"], &["Haddad", "Al-Sabah", "Mansour", "Rahman", "Khoury", "Al-Rashid", "Saleh", "Darwish"]),
];

/// What hosts say of themselves.
#[rustfmt::skip]
const BIOS: &[&str] = &[
    "I restore furniture and let the rooms that it ends up in.",
    "Born here, left for ten years, came back for the bread.",
    "We are a family of four and share our house when we travel.",
    "Retired teacher. Ask me about the history of the street.",
    "Architect by day, host by conviction.",
    "I run the café on the corner, so breakfast is close.",
    "Two musicians with a spare floor and patient neighbours.",
    "Sailor, cook, and collector of maps.",
    "I look after three places and live within ten minutes of each.",
    "We moved from the big city and have not regretted it for a day.",
    "I've been hosting since before there were apps for it.",
    "Photographer. Early riser. Happy to share my favourite spots.",
    "My sister cleans, I answer the messages, our mother decides.",
    "A nurse on shifts, so messages may come back at odd hours, but they do.",
    "I like guests who leave a note.",
    "Gardener. The tomatoes are yours in August.",
    "",
    "",
];

/// A name.
pub fn name(chance: &mut Chance) -> String {
    let (firsts, lasts) = chance.pick(NAMES);
    // Some people come from two places.
    let lasts = if chance.percent(12) { &chance.pick(NAMES).1 } else { lasts };
    format!("{} {}", chance.pick(firsts), chance.pick(lasts))
}

/// A few words of a host.
pub fn bio(chance: &mut Chance) -> String {
    (*chance.pick(BIOS)).to_owned()
}
