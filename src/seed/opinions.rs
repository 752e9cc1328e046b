//! What guests and hosts write after a stay. Only text and which stars go with it.

use super::chance::Chance;

#[rustfmt::skip]
const FIVE: &[&str] = &[
    "Exactly as described, and then some. We'd come back to {city} just for the breakfast table.",
    "{host} thought of everything. The kids still talk about it.",
    "Spotless, quiet, and the bed was better than ours at home.",
    "We stayed in on our first evening because it was so pleasant. That says it all.",
    "Great location, clear instructions, kind neighbours. Nothing to add.",
    "The photos are honest, the place is even better. Thank you, {host}!",
    "We have used these sites for years, and this was one of the best stays yet.",
    "A real home. We cooked every night with what the market had.",
    "Perfect for a few days of work and long walks. The desk and Wi-Fi are excellent.",
    "From the first message to the goodbye note, everything was easy.",
    "Our train was two hours late and {host} still waited with soup.",
    "So peaceful that we forgot we were in the middle of {city}.",
    "Beautiful light, good books, soft towels.",
    "Our baby slept through the night for the first time. Five stars for that alone.",
    "Walking distance to everything, and yet not a sound at night.",
    "{host}'s list of places to eat was worth the stay.",
    "Warm, clean, well thought out. The shower deserves a review of its own.",
    "We extended twice.",
    "Everything worked, everything was where you'd expect it. Rare.",
    "A place with a soul. We left our own book on the shelf.",
    "The view in the evening! We took far too many pictures.",
    "Easy check-in at midnight, fresh bread in the morning.",
    "My parents, who dislike everything, liked everything.",
    "Even nicer in the rain.",
    "Will be recommending this to everybody who goes to {city}.",
    "It felt like borrowing a friend's place, a friend with excellent taste.",
    "A very comfortable week. Kitchen fully equipped, sharp knives included.",
    "We came for the conference and stayed for the weekend.",
    "Lovely host, lovely home, lovely neighbourhood.",
    "Could not fault it.",
    "Second time here and it won't be the last.",
];

#[rustfmt::skip]
const FOUR: &[&str] = &[
    "Very nice stay. The stairs are steep, but you get used to them.",
    "Good place in a good spot; a bit of street noise on Saturday night.",
    "Comfortable and clean. We would have liked one more lamp in the living room.",
    "Everything fine, and {host} replies quickly. The shower takes a while to get warm.",
    "A charming place, a little smaller than we had thought.",
    "Great value for {city}. Bring your own coffee filters.",
    "We enjoyed it a lot. The Wi-Fi was slow in the back room.",
    "Lovely, apart from the neighbour's very early rooster.",
    "Nice home, easy check-in; parking took some patience.",
    "Good beds, good kitchen. The blinds let in some light at five in the morning.",
    "A solid choice. We'd stay again in spring, when one can use the terrace.",
    "Pleasant, tidy and central. The heating has a mind of its own.",
];

#[rustfmt::skip]
const THREE: &[&str] = &[
    "All right for a night or two. It could be cleaner in the corners.",
    "The place is fine, but it is not as close to the centre as we had understood.",
    "Friendly host, tired furniture.",
    "It did the job. Louder than expected, with work going on next door.",
    "Check-in was confusing, and we waited half an hour in the rain.",
    "Okay for the price.",
];

#[rustfmt::skip]
const OF_GUESTS: &[&str] = &[
    "Friendly, punctual, left everything tidy. Welcome back any time.",
    "A pleasure to host. They even watered the plants.",
    "Clear messages, no fuss. Recommended.",
    "Lovely people who took good care of the place.",
    "Easy guests; we hardly noticed that they were here.",
    "Thank you for the kind note and the chocolate!",
];

#[rustfmt::skip]
const NOTES: &[&str] = &[
    "", "", "", "The bulb in the hall is gone.", "One of the chairs wobbles.", "Thank you for the cake!",
    "Maybe mention the stairs in the description.", "The drawer under the oven sticks.",
];

/// A guest's stars: overall, then cleanliness, accuracy, check-in, communication, location, value; and the text.
pub fn of_listing(chance: &mut Chance, host: &str, city: &str) -> ([i32; 7], String) {
    let overall = chance.weighted(&[(5, 68), (4, 25), (3, 7)]);
    let texts = match overall {
        5 => FIVE,
        4 => FOUR,
        _ => THREE,
    };
    let first_name = host.split(' ').next().unwrap_or(host);
    let text = chance.pick(texts).replace("{host}", first_name).replace("{city}", city);
    let mut stars = [overall; 7];
    for star in &mut stars[1..] {
        *star = (overall + chance.weighted(&[(0, 70), (-1, 15), (1, 15)])).clamp(1, 5);
    }
    (stars, text)
}

/// What a guest tells the host alone; mostly nothing.
pub fn private_note(chance: &mut Chance) -> String {
    (*chance.pick(NOTES)).to_owned()
}

/// A host's stars and text.
pub fn of_guest(chance: &mut Chance) -> (i32, String) {
    (chance.weighted(&[(5, 90), (4, 10)]), (*chance.pick(OF_GUESTS)).to_owned())
}
