//! Real cities: where they are, what time and money they have, and how dear they are. What stands there is made up elsewhere.

use crate::kernel::Currency::{
    self, AUD, BRL, CAD, CHF, CZK, DKK, EUR, GBP, INR, JPY, KRW, KWD, MXN, NOK, NZD, PLN, SEK, SGD, USD, ZAR,
};

/// What a city is like: it decides what people let there, and what the pictures show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// On the water.
    Coast,
    /// Known for its old town.
    Old,
    /// A large modern city.
    Metro,
    /// Among mountains or in the wild.
    Mountain,
}
use Setting::{Coast, Metro, Mountain, Old};

/// A city.
#[derive(Debug, Clone, Copy)]
pub struct City {
    pub name: &'static str,
    pub region: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The middle, in millionths of a degree.
    pub lat_e6: i32,
    pub lon_e6: i32,
    /// IANA name.
    pub zone: &'static str,
    pub currency: Currency,
    /// What a night in a flat for two costs about, in euros.
    pub level: i64,
    pub setting: Setting,
}

#[allow(clippy::too_many_arguments, reason = "a table reads better in lines")]
const fn city(
    name: &'static str,
    region: &'static str,
    country: &'static str,
    lat_e6: i32,
    lon_e6: i32,
    zone: &'static str,
    currency: Currency,
    level: i64,
    setting: Setting,
) -> City {
    City { name, region, country, lat_e6, lon_e6, zone, currency, level, setting }
}

/// How many of the first cities a small market has.
pub const MAIN: usize = 6;

/// All cities, those of a small market first.
#[rustfmt::skip]
pub const CITIES: &[City] = &[
    city("Lisbon", "Lisboa", "PT", 38_713_900, -9_139_400, "Europe/Lisbon", EUR, 100, Coast),
    city("New York", "New York", "US", 40_726_000, -73_987_000, "America/New_York", USD, 190, Metro),
    city("Kyoto", "Kyoto", "JP", 35_005_000, 135_768_000, "Asia/Tokyo", JPY, 95, Old),
    city("London", "Greater London", "GB", 51_515_000, -120_000, "Europe/London", GBP, 165, Metro),
    city("Cape Town", "Western Cape", "ZA", -33_925_000, 18_420_000, "Africa/Johannesburg", ZAR, 85, Coast),
    city("Copenhagen", "Capital Region", "DK", 55_680_000, 12_570_000, "Europe/Copenhagen", DKK, 145, Coast),
    city("Porto", "Porto", "PT", 41_149_600, -8_611_000, "Europe/Lisbon", EUR, 85, Coast),
    city("Faro", "Algarve", "PT", 37_019_400, -7_930_400, "Europe/Lisbon", EUR, 90, Coast),
    city("Lagos", "Algarve", "PT", 37_102_800, -8_673_000, "Europe/Lisbon", EUR, 95, Coast),
    city("Funchal", "Madeira", "PT", 32_666_900, -16_924_100, "Atlantic/Madeira", EUR, 90, Coast),
    city("Madrid", "Community of Madrid", "ES", 40_416_800, -3_703_800, "Europe/Madrid", EUR, 105, Metro),
    city("Barcelona", "Catalonia", "ES", 41_387_400, 2_168_600, "Europe/Madrid", EUR, 130, Coast),
    city("Seville", "Andalusia", "ES", 37_389_100, -5_984_500, "Europe/Madrid", EUR, 95, Old),
    city("Granada", "Andalusia", "ES", 37_177_300, -3_598_600, "Europe/Madrid", EUR, 80, Old),
    city("Málaga", "Andalusia", "ES", 36_721_300, -4_421_400, "Europe/Madrid", EUR, 100, Coast),
    city("Valencia", "Valencian Community", "ES", 39_469_900, -376_300, "Europe/Madrid", EUR, 95, Coast),
    city("Bilbao", "Basque Country", "ES", 43_263_000, -2_935_000, "Europe/Madrid", EUR, 95, Metro),
    city("San Sebastián", "Basque Country", "ES", 43_318_300, -1_981_200, "Europe/Madrid", EUR, 130, Coast),
    city("Palma", "Balearic Islands", "ES", 39_569_600, 2_650_200, "Europe/Madrid", EUR, 125, Coast),
    city("Ibiza", "Balearic Islands", "ES", 38_906_700, 1_420_600, "Europe/Madrid", EUR, 170, Coast),
    city("Las Palmas", "Canary Islands", "ES", 28_123_500, -15_436_300, "Atlantic/Canary", EUR, 80, Coast),
    city("Córdoba", "Andalusia", "ES", 37_888_200, -4_779_400, "Europe/Madrid", EUR, 75, Old),
    city("Paris", "Île-de-France", "FR", 48_856_600, 2_352_200, "Europe/Paris", EUR, 160, Metro),
    city("Nice", "Provence-Alpes-Côte d'Azur", "FR", 43_710_200, 7_262_000, "Europe/Paris", EUR, 135, Coast),
    city("Marseille", "Provence-Alpes-Côte d'Azur", "FR", 43_296_500, 5_369_800, "Europe/Paris", EUR, 95, Coast),
    city("Lyon", "Auvergne-Rhône-Alpes", "FR", 45_764_000, 4_835_700, "Europe/Paris", EUR, 95, Metro),
    city("Bordeaux", "Nouvelle-Aquitaine", "FR", 44_837_800, -579_200, "Europe/Paris", EUR, 95, Old),
    city("Biarritz", "Nouvelle-Aquitaine", "FR", 43_483_200, -1_558_600, "Europe/Paris", EUR, 130, Coast),
    city("Strasbourg", "Grand Est", "FR", 48_573_400, 7_752_100, "Europe/Paris", EUR, 95, Old),
    city("Annecy", "Auvergne-Rhône-Alpes", "FR", 45_899_200, 6_129_400, "Europe/Paris", EUR, 115, Mountain),
    city("Chamonix", "Auvergne-Rhône-Alpes", "FR", 45_923_700, 6_869_400, "Europe/Paris", EUR, 160, Mountain),
    city("Ajaccio", "Corsica", "FR", 41_919_200, 8_738_600, "Europe/Paris", EUR, 120, Coast),
    city("Saint-Malo", "Brittany", "FR", 48_649_300, -2_025_700, "Europe/Paris", EUR, 100, Coast),
    city("Avignon", "Provence-Alpes-Côte d'Azur", "FR", 43_949_300, 4_805_500, "Europe/Paris", EUR, 95, Old),
    city("Rome", "Lazio", "IT", 41_902_800, 12_496_400, "Europe/Rome", EUR, 125, Old),
    city("Florence", "Tuscany", "IT", 43_769_600, 11_255_800, "Europe/Rome", EUR, 130, Old),
    city("Siena", "Tuscany", "IT", 43_318_800, 11_330_800, "Europe/Rome", EUR, 105, Old),
    city("Venice", "Veneto", "IT", 45_440_800, 12_315_500, "Europe/Rome", EUR, 160, Old),
    city("Verona", "Veneto", "IT", 45_438_400, 10_991_600, "Europe/Rome", EUR, 105, Old),
    city("Milan", "Lombardy", "IT", 45_464_200, 9_190_000, "Europe/Rome", EUR, 135, Metro),
    city("Como", "Lombardy", "IT", 45_808_100, 9_085_200, "Europe/Rome", EUR, 150, Mountain),
    city("Naples", "Campania", "IT", 40_851_800, 14_268_100, "Europe/Rome", EUR, 85, Coast),
    city("Sorrento", "Campania", "IT", 40_626_300, 14_375_700, "Europe/Rome", EUR, 150, Coast),
    city("Palermo", "Sicily", "IT", 38_115_700, 13_361_500, "Europe/Rome", EUR, 75, Coast),
    city("Catania", "Sicily", "IT", 37_507_900, 15_083_000, "Europe/Rome", EUR, 70, Coast),
    city("Bologna", "Emilia-Romagna", "IT", 44_494_900, 11_342_600, "Europe/Rome", EUR, 95, Old),
    city("Turin", "Piedmont", "IT", 45_070_300, 7_686_900, "Europe/Rome", EUR, 85, Old),
    city("Bari", "Apulia", "IT", 41_117_100, 16_871_900, "Europe/Rome", EUR, 80, Coast),
    city("Lecce", "Apulia", "IT", 40_351_500, 18_175_000, "Europe/Rome", EUR, 80, Old),
    city("Cagliari", "Sardinia", "IT", 39_223_800, 9_121_700, "Europe/Rome", EUR, 90, Coast),
    city("Berlin", "Berlin", "DE", 52_520_000, 13_405_000, "Europe/Berlin", EUR, 105, Metro),
    city("Munich", "Bavaria", "DE", 48_135_100, 11_582_000, "Europe/Berlin", EUR, 140, Metro),
    city("Hamburg", "Hamburg", "DE", 53_551_100, 9_993_700, "Europe/Berlin", EUR, 110, Metro),
    city("Cologne", "North Rhine-Westphalia", "DE", 50_937_500, 6_960_300, "Europe/Berlin", EUR, 100, Metro),
    city("Dresden", "Saxony", "DE", 51_050_400, 13_737_300, "Europe/Berlin", EUR, 75, Old),
    city("Leipzig", "Saxony", "DE", 51_339_700, 12_373_100, "Europe/Berlin", EUR, 75, Metro),
    city("Heidelberg", "Baden-Württemberg", "DE", 49_398_800, 8_672_400, "Europe/Berlin", EUR, 100, Old),
    city("Freiburg", "Baden-Württemberg", "DE", 47_999_000, 7_842_100, "Europe/Berlin", EUR, 95, Mountain),
    city("Garmisch-Partenkirchen", "Bavaria", "DE", 47_491_700, 11_095_500, "Europe/Berlin", EUR, 125, Mountain),
    city("Vienna", "Vienna", "AT", 48_208_200, 16_373_800, "Europe/Vienna", EUR, 110, Metro),
    city("Salzburg", "Salzburg", "AT", 47_809_500, 13_055_000, "Europe/Vienna", EUR, 115, Mountain),
    city("Innsbruck", "Tyrol", "AT", 47_269_200, 11_404_100, "Europe/Vienna", EUR, 115, Mountain),
    city("Graz", "Styria", "AT", 47_070_700, 15_439_500, "Europe/Vienna", EUR, 80, Old),
    city("Hallstatt", "Upper Austria", "AT", 47_562_200, 13_649_300, "Europe/Vienna", EUR, 140, Mountain),
    city("Amsterdam", "North Holland", "NL", 52_367_600, 4_904_100, "Europe/Amsterdam", EUR, 165, Old),
    city("Rotterdam", "South Holland", "NL", 51_924_400, 4_477_700, "Europe/Amsterdam", EUR, 110, Metro),
    city("Utrecht", "Utrecht", "NL", 52_090_700, 5_121_400, "Europe/Amsterdam", EUR, 120, Old),
    city("Haarlem", "North Holland", "NL", 52_387_400, 4_646_200, "Europe/Amsterdam", EUR, 125, Old),
    city("Brussels", "Brussels", "BE", 50_850_300, 4_351_700, "Europe/Brussels", EUR, 100, Metro),
    city("Bruges", "West Flanders", "BE", 51_209_300, 3_224_700, "Europe/Brussels", EUR, 115, Old),
    city("Ghent", "East Flanders", "BE", 51_054_300, 3_717_400, "Europe/Brussels", EUR, 100, Old),
    city("Antwerp", "Antwerp", "BE", 51_219_400, 4_402_500, "Europe/Brussels", EUR, 100, Metro),
    city("Luxembourg", "Luxembourg", "LU", 49_611_600, 6_131_900, "Europe/Luxembourg", EUR, 130, Old),
    city("Dublin", "Leinster", "IE", 53_349_800, -6_260_300, "Europe/Dublin", EUR, 145, Coast),
    city("Galway", "Connacht", "IE", 53_270_700, -9_056_800, "Europe/Dublin", EUR, 115, Coast),
    city("Cork", "Munster", "IE", 51_898_500, -8_475_600, "Europe/Dublin", EUR, 100, Coast),
    city("Athens", "Attica", "GR", 37_983_800, 23_727_500, "Europe/Athens", EUR, 80, Old),
    city("Thessaloniki", "Central Macedonia", "GR", 40_640_100, 22_944_400, "Europe/Athens", EUR, 65, Coast),
    city("Chania", "Crete", "GR", 35_513_800, 24_018_000, "Europe/Athens", EUR, 85, Coast),
    city("Rhodes", "South Aegean", "GR", 36_434_900, 28_217_600, "Europe/Athens", EUR, 95, Coast),
    city("Fira", "South Aegean", "GR", 36_416_700, 25_432_000, "Europe/Athens", EUR, 190, Coast),
    city("Corfu", "Ionian Islands", "GR", 39_624_300, 19_921_700, "Europe/Athens", EUR, 95, Coast),
    city("Helsinki", "Uusimaa", "FI", 60_169_900, 24_938_400, "Europe/Helsinki", EUR, 110, Coast),
    city("Rovaniemi", "Lapland", "FI", 66_503_900, 25_729_400, "Europe/Helsinki", EUR, 130, Mountain),
    city("Turku", "Southwest Finland", "FI", 60_451_800, 22_266_600, "Europe/Helsinki", EUR, 85, Coast),
    city("Tallinn", "Harju", "EE", 59_437_000, 24_753_600, "Europe/Tallinn", EUR, 75, Old),
    city("Riga", "Riga", "LV", 56_949_600, 24_105_200, "Europe/Riga", EUR, 65, Old),
    city("Vilnius", "Vilnius", "LT", 54_687_200, 25_279_700, "Europe/Vilnius", EUR, 65, Old),
    city("Ljubljana", "Central Slovenia", "SI", 46_056_900, 14_505_800, "Europe/Ljubljana", EUR, 90, Old),
    city("Bled", "Upper Carniola", "SI", 46_368_300, 14_114_600, "Europe/Ljubljana", EUR, 115, Mountain),
    city("Bratislava", "Bratislava", "SK", 48_148_600, 17_107_700, "Europe/Bratislava", EUR, 75, Old),
    city("Zagreb", "Zagreb", "HR", 45_815_000, 15_981_900, "Europe/Zagreb", EUR, 75, Metro),
    city("Dubrovnik", "Dalmatia", "HR", 42_650_700, 18_094_400, "Europe/Zagreb", EUR, 140, Coast),
    city("Split", "Dalmatia", "HR", 43_508_100, 16_440_200, "Europe/Zagreb", EUR, 110, Coast),
    city("Rovinj", "Istria", "HR", 45_081_200, 13_638_700, "Europe/Zagreb", EUR, 115, Coast),
    city("Zadar", "Dalmatia", "HR", 44_119_400, 15_231_400, "Europe/Zagreb", EUR, 90, Coast),
    city("Valletta", "Malta", "MT", 35_898_900, 14_514_600, "Europe/Malta", EUR, 105, Coast),
    city("Paphos", "Paphos", "CY", 34_775_400, 32_424_500, "Asia/Nicosia", EUR, 85, Coast),
    city("Edinburgh", "Scotland", "GB", 55_953_300, -3_188_300, "Europe/London", GBP, 130, Old),
    city("Glasgow", "Scotland", "GB", 55_864_200, -4_251_800, "Europe/London", GBP, 95, Metro),
    city("Inverness", "Scotland", "GB", 57_477_800, -4_224_700, "Europe/London", GBP, 110, Mountain),
    city("Manchester", "Greater Manchester", "GB", 53_480_800, -2_242_600, "Europe/London", GBP, 95, Metro),
    city("Liverpool", "Merseyside", "GB", 53_408_400, -2_991_600, "Europe/London", GBP, 85, Coast),
    city("Bath", "Somerset", "GB", 51_381_100, -2_359_000, "Europe/London", GBP, 130, Old),
    city("Bristol", "Bristol", "GB", 51_454_500, -2_587_900, "Europe/London", GBP, 105, Metro),
    city("Brighton", "East Sussex", "GB", 50_822_500, -137_200, "Europe/London", GBP, 120, Coast),
    city("York", "North Yorkshire", "GB", 53_960_000, -1_087_300, "Europe/London", GBP, 105, Old),
    city("Oxford", "Oxfordshire", "GB", 51_752_000, -1_257_700, "Europe/London", GBP, 125, Old),
    city("Cambridge", "Cambridgeshire", "GB", 52_205_300, 121_800, "Europe/London", GBP, 120, Old),
    city("St Ives", "Cornwall", "GB", 50_211_000, -5_480_000, "Europe/London", GBP, 145, Coast),
    city("Keswick", "Cumbria", "GB", 54_601_300, -3_134_700, "Europe/London", GBP, 120, Mountain),
    city("Cardiff", "Wales", "GB", 51_481_600, -3_179_100, "Europe/London", GBP, 85, Coast),
    city("Belfast", "Northern Ireland", "GB", 54_597_300, -5_930_100, "Europe/London", GBP, 85, Coast),
    city("Zurich", "Zurich", "CH", 47_376_900, 8_541_700, "Europe/Zurich", CHF, 185, Metro),
    city("Geneva", "Geneva", "CH", 46_204_400, 6_143_200, "Europe/Zurich", CHF, 185, Metro),
    city("Lucerne", "Lucerne", "CH", 47_050_200, 8_309_300, "Europe/Zurich", CHF, 170, Mountain),
    city("Zermatt", "Valais", "CH", 46_020_700, 7_749_100, "Europe/Zurich", CHF, 260, Mountain),
    city("Interlaken", "Bern", "CH", 46_686_300, 7_863_200, "Europe/Zurich", CHF, 180, Mountain),
    city("Basel", "Basel", "CH", 47_559_600, 7_588_600, "Europe/Zurich", CHF, 145, Old),
    city("Lugano", "Ticino", "CH", 46_003_700, 8_951_100, "Europe/Zurich", CHF, 150, Mountain),
    city("Stockholm", "Stockholm", "SE", 59_329_300, 18_068_600, "Europe/Stockholm", SEK, 130, Coast),
    city("Gothenburg", "Västra Götaland", "SE", 57_708_900, 11_974_600, "Europe/Stockholm", SEK, 100, Coast),
    city("Malmö", "Skåne", "SE", 55_605_000, 13_003_800, "Europe/Stockholm", SEK, 90, Coast),
    city("Visby", "Gotland", "SE", 57_634_800, 18_294_800, "Europe/Stockholm", SEK, 110, Coast),
    city("Åre", "Jämtland", "SE", 63_399_000, 13_081_500, "Europe/Stockholm", SEK, 140, Mountain),
    city("Oslo", "Oslo", "NO", 59_913_900, 10_752_200, "Europe/Oslo", NOK, 135, Coast),
    city("Bergen", "Vestland", "NO", 60_391_300, 5_322_100, "Europe/Oslo", NOK, 125, Coast),
    city("Tromsø", "Troms", "NO", 69_649_200, 18_955_300, "Europe/Oslo", NOK, 140, Mountain),
    city("Ålesund", "Møre og Romsdal", "NO", 62_472_200, 6_154_900, "Europe/Oslo", NOK, 115, Coast),
    city("Svolvær", "Nordland", "NO", 68_234_200, 14_568_300, "Europe/Oslo", NOK, 150, Coast),
    city("Aarhus", "Central Denmark", "DK", 56_162_900, 10_203_900, "Europe/Copenhagen", DKK, 105, Coast),
    city("Odense", "Southern Denmark", "DK", 55_403_800, 10_402_400, "Europe/Copenhagen", DKK, 85, Old),
    city("Skagen", "North Denmark", "DK", 57_720_900, 10_583_900, "Europe/Copenhagen", DKK, 115, Coast),
    city("Kraków", "Lesser Poland", "PL", 50_064_700, 19_945_000, "Europe/Warsaw", PLN, 70, Old),
    city("Warsaw", "Masovia", "PL", 52_229_700, 21_012_200, "Europe/Warsaw", PLN, 75, Metro),
    city("Gdańsk", "Pomerania", "PL", 54_352_000, 18_646_600, "Europe/Warsaw", PLN, 75, Coast),
    city("Wrocław", "Lower Silesia", "PL", 51_107_900, 17_038_500, "Europe/Warsaw", PLN, 65, Old),
    city("Zakopane", "Lesser Poland", "PL", 49_299_200, 19_949_600, "Europe/Warsaw", PLN, 85, Mountain),
    city("Prague", "Prague", "CZ", 50_075_500, 14_437_800, "Europe/Prague", CZK, 85, Old),
    city("Brno", "South Moravia", "CZ", 49_195_100, 16_606_800, "Europe/Prague", CZK, 60, Old),
    city("Český Krumlov", "South Bohemia", "CZ", 48_812_700, 14_317_500, "Europe/Prague", CZK, 75, Old),
    city("Los Angeles", "California", "US", 34_052_200, -118_243_700, "America/Los_Angeles", USD, 175, Coast),
    city("San Francisco", "California", "US", 37_774_900, -122_419_400, "America/Los_Angeles", USD, 190, Coast),
    city("San Diego", "California", "US", 32_715_700, -117_161_100, "America/Los_Angeles", USD, 170, Coast),
    city("Palm Springs", "California", "US", 33_830_300, -116_545_300, "America/Los_Angeles", USD, 190, Mountain),
    city("Seattle", "Washington", "US", 47_606_200, -122_332_100, "America/Los_Angeles", USD, 150, Metro),
    city("Portland", "Oregon", "US", 45_515_200, -122_678_400, "America/Los_Angeles", USD, 120, Metro),
    city("Chicago", "Illinois", "US", 41_878_100, -87_629_800, "America/Chicago", USD, 140, Metro),
    city("Boston", "Massachusetts", "US", 42_360_100, -71_058_900, "America/New_York", USD, 180, Coast),
    city("Washington", "District of Columbia", "US", 38_907_200, -77_036_900, "America/New_York", USD, 155, Metro),
    city("Philadelphia", "Pennsylvania", "US", 39_952_600, -75_165_200, "America/New_York", USD, 120, Metro),
    city("New Orleans", "Louisiana", "US", 29_951_100, -90_071_500, "America/Chicago", USD, 140, Old),
    city("Nashville", "Tennessee", "US", 36_162_700, -86_781_600, "America/Chicago", USD, 165, Metro),
    city("Austin", "Texas", "US", 30_267_200, -97_743_100, "America/Chicago", USD, 150, Metro),
    city("Miami", "Florida", "US", 25_761_700, -80_191_800, "America/New_York", USD, 185, Coast),
    city("Key West", "Florida", "US", 24_555_100, -81_780_000, "America/New_York", USD, 260, Coast),
    city("Savannah", "Georgia", "US", 32_080_900, -81_091_200, "America/New_York", USD, 145, Old),
    city("Charleston", "South Carolina", "US", 32_776_500, -79_931_100, "America/New_York", USD, 175, Coast),
    city("Asheville", "North Carolina", "US", 35_595_100, -82_551_500, "America/New_York", USD, 135, Mountain),
    city("Denver", "Colorado", "US", 39_739_200, -104_990_300, "America/Denver", USD, 130, Mountain),
    city("Aspen", "Colorado", "US", 39_191_100, -106_817_500, "America/Denver", USD, 340, Mountain),
    city("Santa Fe", "New Mexico", "US", 35_687_000, -105_937_800, "America/Denver", USD, 145, Mountain),
    city("Sedona", "Arizona", "US", 34_869_700, -111_761_000, "America/Phoenix", USD, 190, Mountain),
    city("Honolulu", "Hawaii", "US", 21_306_900, -157_858_300, "Pacific/Honolulu", USD, 200, Coast),
    city("Anchorage", "Alaska", "US", 61_218_100, -149_900_300, "America/Anchorage", USD, 140, Mountain),
    city("Burlington", "Vermont", "US", 44_475_900, -73_212_100, "America/New_York", USD, 135, Mountain),
    city("Toronto", "Ontario", "CA", 43_653_200, -79_383_200, "America/Toronto", CAD, 120, Metro),
    city("Montreal", "Quebec", "CA", 45_501_900, -73_567_400, "America/Toronto", CAD, 95, Metro),
    city("Quebec City", "Quebec", "CA", 46_813_900, -71_208_000, "America/Toronto", CAD, 100, Old),
    city("Vancouver", "British Columbia", "CA", 49_282_700, -123_120_700, "America/Vancouver", CAD, 140, Coast),
    city("Victoria", "British Columbia", "CA", 48_428_400, -123_365_600, "America/Vancouver", CAD, 125, Coast),
    city("Whistler", "British Columbia", "CA", 50_116_300, -122_957_400, "America/Vancouver", CAD, 210, Mountain),
    city("Banff", "Alberta", "CA", 51_178_400, -115_570_800, "America/Edmonton", CAD, 190, Mountain),
    city("Halifax", "Nova Scotia", "CA", 44_648_800, -63_575_200, "America/Halifax", CAD, 100, Coast),
    city("Mexico City", "Mexico City", "MX", 19_432_600, -99_133_200, "America/Mexico_City", MXN, 75, Metro),
    city("Oaxaca", "Oaxaca", "MX", 17_073_200, -96_726_600, "America/Mexico_City", MXN, 65, Old),
    city("Tulum", "Quintana Roo", "MX", 20_211_400, -87_465_400, "America/Cancun", MXN, 120, Coast),
    city("Mérida", "Yucatán", "MX", 20_967_400, -89_592_600, "America/Merida", MXN, 60, Old),
    city("Puerto Vallarta", "Jalisco", "MX", 20_653_400, -105_225_300, "America/Mexico_City", MXN, 90, Coast),
    city("San Miguel de Allende", "Guanajuato", "MX", 20_914_400, -100_745_200, "America/Mexico_City", MXN, 90, Old),
    city("Rio de Janeiro", "Rio de Janeiro", "BR", -22_906_800, -43_172_900, "America/Sao_Paulo", BRL, 75, Coast),
    city("São Paulo", "São Paulo", "BR", -23_550_500, -46_633_300, "America/Sao_Paulo", BRL, 65, Metro),
    city("Salvador", "Bahia", "BR", -12_977_700, -38_501_600, "America/Bahia", BRL, 55, Coast),
    city("Florianópolis", "Santa Catarina", "BR", -27_595_400, -48_548_000, "America/Sao_Paulo", BRL, 75, Coast),
    city("Paraty", "Rio de Janeiro", "BR", -23_217_800, -44_713_100, "America/Sao_Paulo", BRL, 80, Coast),
    city("Sydney", "New South Wales", "AU", -33_868_800, 151_209_300, "Australia/Sydney", AUD, 160, Coast),
    city("Byron Bay", "New South Wales", "AU", -28_647_400, 153_602_000, "Australia/Sydney", AUD, 185, Coast),
    city("Melbourne", "Victoria", "AU", -37_813_600, 144_963_100, "Australia/Melbourne", AUD, 125, Metro),
    city("Brisbane", "Queensland", "AU", -27_469_800, 153_025_100, "Australia/Brisbane", AUD, 120, Coast),
    city("Cairns", "Queensland", "AU", -16_918_600, 145_778_100, "Australia/Brisbane", AUD, 110, Coast),
    city("Perth", "Western Australia", "AU", -31_952_300, 115_861_300, "Australia/Perth", AUD, 110, Coast),
    city("Adelaide", "South Australia", "AU", -34_928_500, 138_600_700, "Australia/Adelaide", AUD, 95, Metro),
    city("Hobart", "Tasmania", "AU", -42_882_100, 147_327_200, "Australia/Hobart", AUD, 115, Coast),
    city("Auckland", "Auckland", "NZ", -36_850_900, 174_764_500, "Pacific/Auckland", NZD, 105, Coast),
    city("Wellington", "Wellington", "NZ", -41_286_600, 174_775_600, "Pacific/Auckland", NZD, 100, Coast),
    city("Queenstown", "Otago", "NZ", -45_031_200, 168_662_600, "Pacific/Auckland", NZD, 150, Mountain),
    city("Christchurch", "Canterbury", "NZ", -43_532_100, 172_636_200, "Pacific/Auckland", NZD, 90, Metro),
    city("Tokyo", "Tokyo", "JP", 35_676_200, 139_650_300, "Asia/Tokyo", JPY, 115, Metro),
    city("Osaka", "Osaka", "JP", 34_693_700, 135_502_300, "Asia/Tokyo", JPY, 85, Metro),
    city("Kanazawa", "Ishikawa", "JP", 36_561_300, 136_656_200, "Asia/Tokyo", JPY, 85, Old),
    city("Hakone", "Kanagawa", "JP", 35_232_400, 139_106_900, "Asia/Tokyo", JPY, 140, Mountain),
    city("Sapporo", "Hokkaido", "JP", 43_061_800, 141_354_500, "Asia/Tokyo", JPY, 75, Metro),
    city("Fukuoka", "Fukuoka", "JP", 33_590_200, 130_401_700, "Asia/Tokyo", JPY, 70, Coast),
    city("Nara", "Nara", "JP", 34_685_100, 135_804_800, "Asia/Tokyo", JPY, 80, Old),
    city("Takayama", "Gifu", "JP", 36_146_100, 137_252_200, "Asia/Tokyo", JPY, 85, Mountain),
    city("Seoul", "Seoul", "KR", 37_566_500, 126_978_000, "Asia/Seoul", KRW, 85, Metro),
    city("Busan", "Busan", "KR", 35_179_600, 129_075_600, "Asia/Seoul", KRW, 75, Coast),
    city("Jeju", "Jeju", "KR", 33_499_600, 126_531_200, "Asia/Seoul", KRW, 90, Coast),
    city("Gyeongju", "North Gyeongsang", "KR", 35_856_200, 129_224_700, "Asia/Seoul", KRW, 70, Old),
    city("Mumbai", "Maharashtra", "IN", 19_076_000, 72_877_700, "Asia/Kolkata", INR, 60, Coast),
    city("Jaipur", "Rajasthan", "IN", 26_912_400, 75_787_300, "Asia/Kolkata", INR, 45, Old),
    city("Udaipur", "Rajasthan", "IN", 24_585_400, 73_712_500, "Asia/Kolkata", INR, 50, Old),
    city("Kochi", "Kerala", "IN", 9_931_200, 76_267_300, "Asia/Kolkata", INR, 45, Coast),
    city("Panaji", "Goa", "IN", 15_490_900, 73_827_800, "Asia/Kolkata", INR, 60, Coast),
    city("Manali", "Himachal Pradesh", "IN", 32_239_600, 77_188_700, "Asia/Kolkata", INR, 45, Mountain),
    city("Singapore", "Singapore", "SG", 1_352_100, 103_819_800, "Asia/Singapore", SGD, 140, Metro),
    city("Johannesburg", "Gauteng", "ZA", -26_204_100, 28_047_300, "Africa/Johannesburg", ZAR, 60, Metro),
    city("Durban", "KwaZulu-Natal", "ZA", -29_858_700, 31_021_800, "Africa/Johannesburg", ZAR, 60, Coast),
    city("Stellenbosch", "Western Cape", "ZA", -33_932_100, 18_860_200, "Africa/Johannesburg", ZAR, 85, Mountain),
    city("Knysna", "Western Cape", "ZA", -34_036_300, 23_047_100, "Africa/Johannesburg", ZAR, 80, Coast),
    city("Kuwait City", "Al Asimah", "KW", 29_375_900, 47_977_400, "Asia/Kuwait", KWD, 110, Metro),
];

/// A part of a city: its name, and where it is from the middle in thousandths of a degree.
pub type Quarter = (&'static str, i32, i32);

/// The parts of a city. The main ones have their own, the others what every city has.
#[rustfmt::skip]
pub fn quarters(city: &City) -> &'static [Quarter] {
    match city.name {
        "Lisbon" => &[("Alfama", -2, 9), ("Graça", 5, 9), ("Chiado", -3, -2), ("Príncipe Real", 3, -9), ("Campo de Ourique", 3, -26), ("Estrela", 0, -20), ("Mouraria", 2, 4), ("Belém", -16, -67), ("Bairro Alto", 0, -5), ("Alcântara", -10, -36)],
        "New York" => &[("the East Village", 0, 4), ("Fort Greene", -37, 12), ("Greenpoint", 4, 35), ("the West Village", 9, -18), ("Harlem", 83, 40), ("Park Slope", -54, 8), ("Chelsea", 21, -14), ("Astoria", 38, 67), ("Carroll Gardens", -46, -10), ("the Upper West Side", 61, 12)],
        "Kyoto" => &[("Higashiyama", -6, 12), ("Gion", -1, 8), ("Nishijin", 24, -22), ("Arashiyama", 8, -90), ("Fushimi", -65, -4), ("Okazaki", 9, 16), ("Shimogamo", 33, 3), ("Nakagyo", 5, -10), ("Kita Ward", 40, -20), ("Demachi", 25, 8)],
        "London" => &[("Hackney", 30, 64), ("Notting Hill", 1, -84), ("Bermondsey", -16, 45), ("Islington", 22, 17), ("Peckham", -41, 51), ("Primrose Hill", 24, -36), ("Shoreditch", 11, 43), ("Clapham", -53, -18), ("Greenwich", -33, 119), ("Marylebone", 5, -34)],
        "Cape Town" => &[("Bo-Kaap", 4, -6), ("Sea Point", 8, -34), ("Camps Bay", -26, -42), ("Woodstock", -4, 26), ("Kalk Bay", -203, 28), ("Gardens", -11, -6), ("Observatory", -13, 52), ("Muizenberg", -181, 50), ("Green Point", 19, -14), ("Hout Bay", -119, -67)],
        "Copenhagen" => &[("Nørrebro", 14, -20), ("Vesterbro", -10, -24), ("Christianshavn", -7, 22), ("Nyhavn", 0, 21), ("Frederiksberg", -1, -38), ("Østerbro", 27, 8), ("Islands Brygge", -16, 6), ("Amager", -20, 30), ("Refshaleøen", 13, 46), ("Valby", -20, -58)],
        _ => match city.setting {
            Setting::Coast => &[("the Old Harbour", -4, 6), ("the Fishermen's Quarter", -8, 12), ("the Seafront", -12, 2), ("the Old Town", 1, 1), ("Lighthouse Hill", 14, 20), ("the Upper Town", 12, -6), ("the Market Quarter", 3, -8), ("North Beach", 24, 10), ("the Marina", -10, -12), ("the Pine Grove", 18, -22)],
            Setting::Old => &[("the Old Town", 1, 1), ("the Cathedral Quarter", 3, 4), ("the Weavers' Quarter", -5, 7), ("the Riverside", -8, -4), ("the University Quarter", 6, -9), ("the Market Square", 0, -2), ("the Tanners' Lane", -3, 11), ("Castle Hill", 9, 8), ("the Garden Suburb", 22, -18), ("the Station Quarter", -14, 5)],
            Setting::Metro => &[("the Museum Mile", 8, 6), ("the Warehouse District", -12, 18), ("Midtown", 1, -2), ("the Canal Quarter", -7, -11), ("the Arts District", 10, -15), ("Parkside", 21, 9), ("the Market Quarter", -4, 4), ("the Brewery Yards", -19, -6), ("Northside", 32, 3), ("the Old Mill", -26, 22)],
            Setting::Mountain => &[("the Village Green", 1, 1), ("the Upper Valley", 31, 12), ("the Lakeside", -9, 8), ("Church Hill", 6, -5), ("the Forest Edge", 18, -20), ("the Mill Stream", -6, -11), ("the Sunny Slopes", 22, 17), ("the Lower Village", -14, 3), ("the Meadows", 10, -28), ("the Old Pass Road", 38, -9)],
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kernel::{country, fold};

    #[test]
    fn cities_are_on_the_map_and_named_once_with_a_zone_that_exists() {
        let mut names = BTreeSet::new();
        for city in CITIES {
            assert!(names.insert((city.name, city.region)), "{}", city.name);
            assert!(city.zone.parse::<chrono_tz::Tz>().is_ok(), "{}", city.zone);
            assert!((-90_000_000..=90_000_000).contains(&city.lat_e6));
            assert!((-180_000_000..=180_000_000).contains(&city.lon_e6));
            assert_eq!(city.country.len(), 2);
            assert!(quarters(city).len() >= 10);
            // A name that is also a country's would be found as the city only.
            assert!(
                country::code_of(&fold(city.name)).is_none()
                    || ["Singapore", "Luxembourg"].contains(&city.name)
            );
        }
        assert!(CITIES.len() >= 200);
    }
}
