//! The fixed catalogue of amenities, and sets of them as bits. What a listing has is said by its host, not here.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What an amenity is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AmenityGroup {
    /// What everybody expects.
    Essentials,
    /// What makes a stay nicer.
    Features,
    /// What keeps guests safe.
    Safety,
    /// What lets everybody in.
    Accessibility,
    /// What animals need.
    Pets,
}

/// The code is not in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such amenity")]
pub struct UnknownAmenity;

macro_rules! amenities {
    ($($name:ident $code:literal $group:ident $label:literal)*) => {
        /// An amenity of the catalogue.
        ///
        /// The bits of listings are stored, so the order only ever grows at its end, and nothing is taken out. There
        /// is room for 63: the sign bit stays out of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Amenity {
            $(#[doc = $label] #[serde(rename = $code)] $name,)*
        }

        impl Amenity {
            /// The whole catalogue, in the order of the bits.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code that clients write: `AIR_CONDITIONING`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What it is about.
            pub const fn group(self) -> AmenityGroup {
                match self { $(Self::$name => AmenityGroup::$group,)* }
            }

            /// What people read, in English.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }

        impl FromStr for Amenity {
            type Err = UnknownAmenity;
            fn from_str(code: &str) -> Result<Self, UnknownAmenity> {
                match code {
                    $($code => Ok(Self::$name),)*
                    _ => Err(UnknownAmenity),
                }
            }
        }
    };
}

amenities! {
    Wifi "WIFI" Essentials "Wi-Fi"
    Kitchen "KITCHEN" Essentials "Kitchen"
    Heating "HEATING" Essentials "Heating"
    AirConditioning "AIR_CONDITIONING" Essentials "Air conditioning"
    WashingMachine "WASHING_MACHINE" Essentials "Washing machine"
    Dryer "DRYER" Essentials "Dryer"
    Towels "TOWELS" Essentials "Towels"
    BedLinen "BED_LINEN" Essentials "Bed linen"
    HairDryer "HAIR_DRYER" Essentials "Hair dryer"
    Iron "IRON" Essentials "Iron and board"
    HotWater "HOT_WATER" Essentials "Hot water"
    Shampoo "SHAMPOO" Essentials "Shampoo and soap"
    Television "TELEVISION" Essentials "Television"
    Workspace "WORKSPACE" Essentials "Desk to work at"
    Fridge "FRIDGE" Essentials "Fridge"
    Stove "STOVE" Essentials "Stove"
    Oven "OVEN" Essentials "Oven"
    Microwave "MICROWAVE" Essentials "Microwave"
    Dishwasher "DISHWASHER" Essentials "Dishwasher"
    CoffeeMaker "COFFEE_MAKER" Essentials "Coffee maker"
    Kettle "KETTLE" Essentials "Kettle"
    Dishes "DISHES" Essentials "Dishes and cutlery"
    Hangers "HANGERS" Essentials "Hangers and wardrobe"
    FreeParking "FREE_PARKING" Features "Free parking"
    PaidParking "PAID_PARKING" Features "Paid parking nearby"
    CarCharger "CAR_CHARGER" Features "Charger for electric cars"
    Pool "POOL" Features "Pool"
    HotTub "HOT_TUB" Features "Hot tub"
    Sauna "SAUNA" Features "Sauna"
    Gym "GYM" Features "Gym"
    Garden "GARDEN" Features "Garden"
    Terrace "TERRACE" Features "Terrace"
    Balcony "BALCONY" Features "Balcony"
    Barbecue "BARBECUE" Features "Barbecue"
    Fireplace "FIREPLACE" Features "Indoor fireplace"
    Bathtub "BATHTUB" Features "Bathtub"
    SeaView "SEA_VIEW" Features "View of the sea"
    MountainView "MOUNTAIN_VIEW" Features "View of the mountains"
    CityView "CITY_VIEW" Features "View of the city"
    Beachfront "BEACHFRONT" Features "On the beach"
    Waterfront "WATERFRONT" Features "On the water"
    SkiInOut "SKI_IN_OUT" Features "Ski in, ski out"
    Elevator "ELEVATOR" Features "Elevator"
    Breakfast "BREAKFAST" Features "Breakfast"
    SelfCheckIn "SELF_CHECK_IN" Features "Self check-in"
    LuggageDropOff "LUGGAGE_DROP_OFF" Features "Luggage drop-off"
    Bicycles "BICYCLES" Features "Bicycles"
    Piano "PIANO" Features "Piano"
    Books "BOOKS" Features "Books and games"
    Crib "CRIB" Features "Crib"
    HighChair "HIGH_CHAIR" Features "High chair"
    SmokeAlarm "SMOKE_ALARM" Safety "Smoke alarm"
    CarbonMonoxideAlarm "CARBON_MONOXIDE_ALARM" Safety "Carbon monoxide alarm"
    FireExtinguisher "FIRE_EXTINGUISHER" Safety "Fire extinguisher"
    FirstAidKit "FIRST_AID_KIT" Safety "First aid kit"
    Safe "SAFE" Safety "Safe"
    StepFreeEntrance "STEP_FREE_ENTRANCE" Accessibility "Step-free entrance"
    WideDoorways "WIDE_DOORWAYS" Accessibility "Wide doorways"
    StepFreeShower "STEP_FREE_SHOWER" Accessibility "Step-free shower"
    GrabRails "GRAB_RAILS" Accessibility "Grab rails in the bathroom"
    PetsAllowed "PETS_ALLOWED" Pets "Pets are welcome"
    PetBowls "PET_BOWLS" Pets "Bowls and a bed for pets"
}

impl Amenity {
    /// Its bit in a set.
    pub const fn bit(self) -> i64 {
        1 << (self as i64)
    }
}

impl fmt::Display for Amenity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A set of amenities: a bit for each, as `listing.amenities` and `search_row.amenities` store it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Amenities(i64);

impl Amenities {
    /// None at all.
    pub const EMPTY: Self = Self(0);

    /// The set of stored bits. Bits that no amenity has are dropped.
    pub fn from_bits(bits: i64) -> Self {
        Self(bits & Amenity::ALL.iter().fold(0, |all, amenity| all | amenity.bit()))
    }

    /// The bits to store.
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// Whether it is in the set.
    pub const fn contains(self, amenity: Amenity) -> bool {
        self.0 & amenity.bit() != 0
    }

    /// Whether every one of `others` is in the set.
    pub const fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// How many.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each one, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Amenity> {
        Amenity::ALL.iter().copied().filter(move |amenity| self.contains(*amenity))
    }
}

impl FromIterator<Amenity> for Amenities {
    fn from_iter<I: IntoIterator<Item = Amenity>>(amenities: I) -> Self {
        Self(amenities.into_iter().fold(0, |bits, amenity| bits | amenity.bit()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_catalogue_fits_its_bits_and_codes_are_unique_and_read_back() {
        assert!(Amenity::ALL.len() <= 63);
        let codes: BTreeSet<_> = Amenity::ALL.iter().map(|amenity| amenity.code()).collect();
        assert_eq!(codes.len(), Amenity::ALL.len());
        for amenity in Amenity::ALL {
            assert_eq!(amenity.code().parse(), Ok(*amenity));
            assert_eq!(serde_json::to_value(amenity).unwrap(), amenity.code());
        }
        assert_eq!("wifi".parse::<Amenity>(), Err(UnknownAmenity));
    }

    /// Stored bits mean these for good: a failure here says that the order was changed.
    #[test]
    fn the_order_is_append_only() {
        assert_eq!(Amenity::Wifi.bit(), 1);
        assert_eq!(Amenity::FreeParking.bit(), 1 << 23);
        assert_eq!(Amenity::SmokeAlarm.bit(), 1 << 51);
        assert_eq!(Amenity::PetBowls.bit(), 1 << 61);
    }

    proptest! {
        #[test]
        fn a_set_is_a_set(a in prop::collection::btree_set(prop::sample::select(Amenity::ALL), 0..20),
                          b in prop::collection::btree_set(prop::sample::select(Amenity::ALL), 0..20)) {
            let set: Amenities = a.iter().copied().collect();
            let other: Amenities = b.iter().copied().collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), a.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.contains_all(other), a.is_superset(&b));
            prop_assert_eq!(Amenities::from_bits(set.bits()), set);
            prop_assert_eq!(set.len() as usize, a.len());
        }

        #[test]
        fn bits_from_anywhere_make_a_set_of_known_ones(bits in any::<i64>()) {
            let set = Amenities::from_bits(bits);
            prop_assert_eq!(set.iter().collect::<Amenities>(), set);
        }
    }
}
