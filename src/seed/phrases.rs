//! The phrases that `words` puts together. Only text, and what must be there if it is said.

use crate::listings::amenity::Amenity::{self, *};

/// How a place is.
#[rustfmt::skip]
pub const ADJECTIVES: &[&str] = &[
    "Sunlit", "Quiet", "Airy", "Light-filled", "Book-lined", "Restored", "Calm", "High-ceilinged", "Cosy", "Cheerful",
    "Whitewashed", "Peaceful", "Bright", "Old-fashioned", "Timber-framed", "Leafy", "Spacious", "Snug", "Elegant",
    "Colourful", "Freshly painted", "Creaky and charming", "Unhurried", "Stone-floored", "Warm", "Simple", "Tucked-away",
    "Lovingly kept", "Open-plan", "Artist's", "Breezy", "Golden-hour", "Family-sized", "Hidden", "Modern", "Thick-walled",
    "Minimalist", "Generous", "Homely", "Handsome", "Light and low", "Well-worn", "Honey-coloured", "Architect's",
    "Cool", "Lived-in", "South-facing", "Early-riser's", "Newly renovated", "Storybook", "Uncluttered", "Stylish",
    "Mid-century", "Plant-filled", "Velvety", "Compact", "Rambling", "Smart", "Rustic",
];

/// What it is near or has; to be read after a noun.
#[rustfmt::skip]
pub const FEATURES: &[(&str, Option<Amenity>)] = &[
    ("with a tiled balcony", Some(Balcony)), ("above a bakery", None), ("by the market hall", None),
    ("with a roof terrace", Some(Terrace)), ("on a tram line", None), ("with a walled garden", Some(Garden)),
    ("with a piano", Some(Piano)), ("next to the park", None), ("with a wood stove", Some(Fireplace)),
    ("with views over the roofs", Some(CityView)), ("on a car-free lane", None), ("with a reading corner", Some(Books)),
    ("with a claw-foot tub", Some(Bathtub)), ("behind a blue door", None), ("with bikes for two", Some(Bicycles)),
    ("at the end of the stairs", None), ("with a lemon tree", Some(Garden)), ("over the flower market", None),
    ("with a long kitchen table", Some(Kitchen)), ("with a desk by the window", Some(Workspace)),
    ("with a little sauna", Some(Sauna)), ("beside the old theatre", None), ("with a sunny terrace", Some(Terrace)),
    ("two steps from the station", None), ("with a record player", None), ("around a shady courtyard", Some(Garden)),
    ("with an open fire", Some(Fireplace)), ("with a barbecue and a view", Some(Barbecue)), ("facing the church", None),
    ("with a hammock", Some(Terrace)), ("with parking at the door", Some(FreeParking)), ("behind the bookshop", None),
    ("with a skylight over the bed", None), ("with a proper coffee machine", Some(CoffeeMaker)),
    ("on the sunny side of the street", None), ("with a hot tub", Some(HotTub)), ("with room for the dog", Some(PetsAllowed)),
    ("under the chestnut trees", None), ("with a balcony for breakfast", Some(Balcony)), ("over a quiet square", None),
    ("with a cook's kitchen", Some(Kitchen)), ("with a shared pool", Some(Pool)), ("near the river path", None),
    ("with a painter's light", None), ("with a window seat", None), ("by the old city wall", None),
    ("with its own front door", None), ("with a private garden", Some(Garden)), ("with a charger for your car", Some(CarCharger)),
    ("round the corner from everything", None), ("with a shower under the sky", None), ("near the night market", None),
    ("with a swing in the yard", Some(Garden)), ("on the top floor", None), ("with a hundred books", Some(Books)),
    ("with a view of the hills", Some(MountainView)), ("beside a small museum", None), ("with wide windows", None),
    ("with a children's corner", Some(Crib)), ("with evening sun", None), ("with a gym downstairs", Some(Gym)),
];

/// How a description begins.
#[rustfmt::skip]
pub const OPENINGS: &[&str] = &[
    "We bought this {noun} ten years ago and have been putting it right ever since.",
    "If you like waking up to light on a white wall, you will like this {noun} in {quarter}.",
    "My grandmother lived here until she was ninety-four, and it still feels like her kind of place.",
    "This is the {noun} we would book ourselves if we came to {city} for the first time.",
    "From the outside you would walk past it; inside, it opens up.",
    "Made for {guests} who cook, read and stay up talking.",
    "{quarter} is the part of {city} that people move to and then never leave.",
    "We live next door, so everything you need is a knock away, and otherwise you won't notice us.",
    "A calm base for {guests} in the middle of a lively quarter.",
    "The first thing guests mention is the quiet; the second is the kitchen.",
    "Nothing here is new except the plumbing, the mattresses and the Wi-Fi.",
    "We let our own home while we travel, so you will find good knives, real books and a full spice rack.",
    "An old {noun}, a young family's hand: solid walls, simple furniture, good beds.",
    "There are grander places in {city}, but few that are this easy to live in.",
    "Come up the stairs, drop your bags, open both windows: that is how most stays begin.",
    "We finished the renovation last spring and kept everything that was worth keeping.",
    "You get the key to a {noun} that has been in our family for three generations.",
    "This was a workshop once; the beams and the big door are still here.",
    "It is small, it is honest, and it is five minutes from where you want to be.",
    "Mornings here are for coffee on the step, evenings for the long way home through {quarter}.",
    "We built this place around one idea: {guests} should be able to do nothing, well.",
    "I am an architect, and this {noun} is where I try out what I suggest to others.",
    "People come for a weekend and write to us that they should have booked a week.",
    "Between the market and the park, on a street with more bicycles than cars.",
    "Your own corner of {quarter}, with neighbours who say good morning.",
    "The house dates from 1908; the shower, happily, does not.",
    "Think of it as the spare room of a well-travelled friend, only with a door of its own.",
    "We wanted a place where {guests} can sit at one table, so we started with the table.",
    "The light moves through this {noun} all day, from the kitchen in the morning to the sofa at six.",
    "When we are in {city} ourselves, this is where we stay.",
    "A {noun} for slow travellers: no screens in the bedroom, plenty of blankets, thick curtains.",
    "On the map it looks central; on the ground it sounds like the countryside.",
    "Everything you need and not a single inspirational poster.",
    "We took down two walls and gained a view.",
    "Guests tell us that the photos don't do the mornings justice.",
    "It started as a studio for my ceramics, and the plates you eat from are made here.",
    "Just right for {guests}, and for anyone who wants to see how {city} lives on a Tuesday.",
    "You are staying in a real neighbourhood: school bells at eight, the baker's van at six.",
    "The {noun} is simple by design and comfortable by conviction.",
    "Bring walking shoes and an appetite; the rest is here.",
    "There is a reason why most of our guests are returning ones.",
];

/// What one notices inside.
#[rustfmt::skip]
pub const DETAILS: &[&str] = &[
    "The floors are old oak, the linen is washed soft, and the heating is quicker than the kettle.",
    "In summer the thick walls keep it cool; in winter you will want to stay in with a pot of something.",
    "We keep the shelves stocked with local maps, board games and far too many novels.",
    "The kitchen has everything for a proper dinner, down to the sharp knives and the big pot.",
    "You can see the evening come from the sofa.",
    "Beds are made before you come, and there is bread and coffee for the first morning.",
    "The furniture is from flea markets around {city}; each piece has a story, and we'll tell it if you ask.",
    "It's a place {feature}, and that is where you will spend most of your time.",
    "The bathroom is new, with water pressure that visitors write about.",
    "There is a desk with a good chair, and the Wi-Fi is fast enough for two calls at once.",
    "Windows open on both sides, so there is always a breeze.",
    "The walls carry paintings by friends; all of them are for looking, two are for sale.",
    "We have thought of the small things: adapters, umbrellas, a corkscrew that works.",
    "At night it is dark and silent, which in {quarter} is a luxury.",
    "Somebody always falls in love with the tiles in the hall.",
    "The big table seats everybody, and the little one by the window seats whoever woke first.",
    "It smells faintly of wood and oranges; we don't know why either.",
    "Children get the low beds and the drawer with crayons.",
    "What you hear in the morning are swifts, and now and then the tram.",
    "Everything is where you would look for it.",
    "The stove takes ten minutes to warm the room, and the logs are stacked by the door.",
    "There are blackout curtains for late sleepers and an east window for the others.",
    "We repaired what could be repaired and left the scratches that tell something.",
    "The mattress is the best we could find, because we sleep on the same one.",
    "A shelf in the hall has beach bags, picnic blankets and a map of good benches.",
    "The coffee comes from the roaster two doors down.",
    "You will find plants in every room; they only ask for water if you stay longer than a week.",
    "The sound system is older than you may be, and better than it looks.",
    "There is room for suitcases, for a pram and for doing nothing.",
    "In the evening the lamps make it half the size and twice as warm.",
    "No television on purpose, but a projector and a white wall if you must.",
    "Light switches are where hands expect them: that's how you know that somebody lives here.",
    "The stairs are steep, as old ones are; you will have earned the view.",
    "The door locks with a code, so nobody waits for anybody.",
    "If it rains, there are three kinds of tea and a window made for watching.",
    "One wall is a blackboard, and past guests have left their recommendations.",
    "We left the beams bare, since they have nothing to hide.",
];

/// More about the rooms.
#[rustfmt::skip]
pub const ROOMS: &[&str] = &[
    "Towels, linen, hair dryer and iron are there; you only bring yourselves.",
    "The living room has a sofa that swallows whole afternoons.",
    "A cot and a high chair wait in the cupboard if you ask.",
    "The washing machine is in the bathroom, with a line in the sun.",
    "Wardrobes are empty, for once.",
    "Bedrooms face the back, away from the street.",
    "The kitchen is open to the living room, so that the cook isn't left out.",
    "Each bed has a reading lamp and a socket on its own side.",
    "All rooms can be closed, so early birds and night owls get along.",
    "There is a fan for the hot weeks and heating for the others.",
    "The shower is walk-in and the water is hot at once.",
    "The hall has hooks for wet coats and a bench for boots.",
    "Two can work here at a time without hearing each other.",
    "You can eat inside or out, depending on the wind.",
    "The beds are wide, the blankets are wool.",
    "The smaller room doubles as a study.",
    "It is on one level, with nothing to trip over.",
    "The upper beds are under the roof: mind your head, enjoy the stars.",
    "Everything is cleaned by Rosa, who has keys and high standards.",
    "For more than two we put out the good folding bed.",
    "The oven is large enough for whatever the market sells you.",
    "Shutters keep the mornings dark for as long as you like.",
    "There is a second set of everything for small children.",
];

/// What is around.
#[rustfmt::skip]
pub const AROUND: &[&str] = &[
    "The baker is at the corner, the greengrocer opposite, and the bar where everybody meets is downstairs.",
    "You walk to most of what you came for; the rest is a short ride away.",
    "{quarter} wakes slowly, has a long lunch and is at its best after six.",
    "The market is on Wednesdays and Saturdays, and you will hear it before you see it.",
    "Three minutes to the stop, eight to the centre, and no hill on the way back.",
    "Ask us for the list: where to eat, where to swim, where to sit and watch.",
    "There is a playground behind the house and a wine shop in front: something for everyone.",
    "Restaurants on this street are for the people who live here, which is why they are good.",
    "The park begins at the end of the road and goes on for an hour.",
    "It is a ten-minute walk to the sights of {city} and a world away from their crowds.",
    "Nothing in {quarter} opens before nine, and nobody minds.",
    "A supermarket, a pharmacy and the best ice cream of {city} are within two hundred metres.",
    "On Sundays you can hear a choir rehearse across the yard.",
    "Early in the morning the streets of {quarter} are yours.",
    "Follow the smell of coffee to the left, of bread to the right.",
    "The old cinema still shows films in their own language, with an interval.",
    "Runners turn right out of the door, everybody else turns left for breakfast.",
    "You'll find a swimming spot, a second-hand bookshop and a very serious cheese shop close by.",
    "Trains to the coast and the hills leave from the station down the road.",
    "Most of our favourite places in {city} are ones you find by getting lost in {quarter}.",
    "The last tram passes at half past midnight; after that there is silence.",
    "Our neighbours run a small wine bar, and our guests get a table.",
    "There is a fountain around the corner where everybody fills their bottles.",
    "The view from the bridge at sunset costs nothing and is four minutes away.",
    "You can rent bicycles across the street and be out of town in a quarter of an hour.",
    "{quarter} has kept its workshops: a luthier, a bookbinder, a man who mends chairs.",
    "In spring the whole street is in blossom, in autumn it crunches.",
    "There's a flea market on the first Sunday of the month.",
    "The sea of tourists stops two streets before ours.",
    "For dinner, book at the place with the green awning; say that we sent you.",
    "Buses, trams and taxis stop on the square, and your suitcase will like the smooth pavement.",
];

/// How it ends.
#[rustfmt::skip]
pub const PARTINGS: &[&str] = &[
    "Questions are welcome; we usually answer within the hour.",
    "We leave you alone unless you call, and then we come.",
    "Long stays are cheaper, and you'll want one.",
    "Please treat it as you would a friend's home.",
    "We look forward to having you.",
    "If you arrive early, leave your bags with us.",
    "You can check in by yourselves at any hour.",
    "Write to us about cots, late trains and allergies; we'll sort it out.",
    "We have a folder with everything that we love about {city}.",
    "Not the right place for parties, just right for everything else.",
    "Dogs have been here before and have behaved better than we did.",
    "Let us know what you like to eat, and we'll tell you where.",
    "We speak English, some French, and with our hands.",
    "See you in {city}.",
    "And if you break a plate, it's only a plate.",
    "The key is yours until eleven on the last day, longer if nobody follows.",
    "Families, friends and people who travel alone are equally welcome.",
    "Until soon, and bring good weather.",
    "We've hosted for years and still like it.",
];

/// What guests agree to.
#[rustfmt::skip]
pub const RULES: &[&str] = &[
    "No parties. Quiet from ten in the evening, for the neighbours' sake.",
    "No smoking inside; there is an ashtray on the terrace.",
    "Please take off your shoes at the door.",
    "Sort the rubbish, and switch off the heating when windows are open.",
    "Please don't move the furniture on the old floor.",
    "Water the basil if you stay longer than three days.",
    "Only registered guests stay overnight.",
    "Treat the books kindly; you may take one if you leave one.",
];

/// How the key is found.
#[rustfmt::skip]
pub const INSTRUCTIONS: &[&str] = &[
    "The key box is left of the door; the code comes by message on the day before. Second floor, the green door.",
    "Ring at our bell (ground floor, left). If we are out, the café opposite has the key under your name.",
    "The door opens with a code that we send on the morning of your arrival. Lights are on the right as you come in.",
    "Go through the gate and across the yard; the key hangs behind the watering can. The Wi-Fi password is on the fridge.",
    "Take the stairs to the top. The lock turns twice. The main water tap is under the sink, just in case.",
];

/// What the pictures show, by their kind in `pictures`.
pub const CAPTIONS: &[(&str, &[&str])] = &[
    ("hills", &["The view at sunset", "What you see from the terrace", "Evening over the hills"]),
    ("sea", &["The sea, a short walk away", "Sunset on the water", "Early morning by the sea"]),
    ("skyline", &["The city at night", "The view from the window", "Dusk over the roofs"]),
    ("lake", &["The lake nearby", "The mountains on a clear day", "A morning walk away"]),
    ("houses", &["Our street", "The house fronts across the way", "The neighbourhood"]),
    ("cabin", &["The place at night", "Arriving after dark", "Under the trees"]),
    ("terrace", &["The terrace", "Where breakfast happens", "Outside in the sun"]),
    ("living", &["The living room", "The sofa corner", "The big window"]),
    ("bedroom", &["The bedroom", "The larger bedroom", "Morning light in the bedroom"]),
    ("kitchen", &["The kitchen", "Everything for a proper dinner", "The kitchen and its table"]),
];
