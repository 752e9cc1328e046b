//! Countries: their codes, and the names that people type, folded. Which of them have listings is not known here.

/// ISO 3166-1 alpha-2 codes in lower case, and English names first, then other common ones.
#[rustfmt::skip]
const COUNTRIES: &[(&str, &[&str])] = &[
    ("af", &["afghanistan"]),
    ("al", &["albania"]),
    ("dz", &["algeria"]),
    ("ad", &["andorra"]),
    ("ao", &["angola"]),
    ("ag", &["antigua and barbuda", "antigua"]),
    ("ar", &["argentina"]),
    ("am", &["armenia"]),
    ("aw", &["aruba"]),
    ("au", &["australia"]),
    ("at", &["austria", "osterreich"]),
    ("az", &["azerbaijan"]),
    ("bs", &["bahamas", "the bahamas"]),
    ("bh", &["bahrain"]),
    ("bd", &["bangladesh"]),
    ("bb", &["barbados"]),
    ("by", &["belarus"]),
    ("be", &["belgium", "belgique", "belgie"]),
    ("bz", &["belize"]),
    ("bj", &["benin"]),
    ("bm", &["bermuda"]),
    ("bt", &["bhutan"]),
    ("bo", &["bolivia"]),
    ("ba", &["bosnia and herzegovina", "bosnia"]),
    ("bw", &["botswana"]),
    ("br", &["brazil", "brasil"]),
    ("bn", &["brunei"]),
    ("bg", &["bulgaria"]),
    ("bf", &["burkina faso"]),
    ("bi", &["burundi"]),
    ("kh", &["cambodia"]),
    ("cm", &["cameroon"]),
    ("ca", &["canada"]),
    ("cv", &["cape verde", "cabo verde"]),
    ("ky", &["cayman islands"]),
    ("cf", &["central african republic"]),
    ("td", &["chad"]),
    ("cl", &["chile"]),
    ("cn", &["china"]),
    ("co", &["colombia"]),
    ("km", &["comoros"]),
    ("cg", &["congo"]),
    ("cd", &["democratic republic of the congo", "dr congo"]),
    ("cr", &["costa rica"]),
    ("ci", &["ivory coast", "cote divoire"]),
    ("hr", &["croatia", "hrvatska"]),
    ("cu", &["cuba"]),
    ("cw", &["curacao"]),
    ("cy", &["cyprus"]),
    ("cz", &["czechia", "czech republic", "cesko"]),
    ("dk", &["denmark", "danmark"]),
    ("dj", &["djibouti"]),
    ("dm", &["dominica"]),
    ("do", &["dominican republic"]),
    ("ec", &["ecuador"]),
    ("eg", &["egypt"]),
    ("sv", &["el salvador"]),
    ("gq", &["equatorial guinea"]),
    ("er", &["eritrea"]),
    ("ee", &["estonia"]),
    ("sz", &["eswatini", "swaziland"]),
    ("et", &["ethiopia"]),
    ("fo", &["faroe islands"]),
    ("fj", &["fiji"]),
    ("fi", &["finland", "suomi"]),
    ("fr", &["france"]),
    ("pf", &["french polynesia"]),
    ("ga", &["gabon"]),
    ("gm", &["gambia", "the gambia"]),
    ("ge", &["georgia"]),
    ("de", &["germany", "deutschland"]),
    ("gh", &["ghana"]),
    ("gi", &["gibraltar"]),
    ("gr", &["greece", "hellas"]),
    ("gl", &["greenland"]),
    ("gd", &["grenada"]),
    ("gp", &["guadeloupe"]),
    ("gt", &["guatemala"]),
    ("gg", &["guernsey"]),
    ("gn", &["guinea"]),
    ("gw", &["guinea bissau"]),
    ("gy", &["guyana"]),
    ("ht", &["haiti"]),
    ("hn", &["honduras"]),
    ("hk", &["hong kong"]),
    ("hu", &["hungary", "magyarorszag"]),
    ("is", &["iceland"]),
    ("in", &["india", "bharat"]),
    ("id", &["indonesia"]),
    ("ir", &["iran"]),
    ("iq", &["iraq"]),
    ("ie", &["ireland", "eire"]),
    ("im", &["isle of man"]),
    ("il", &["israel"]),
    ("it", &["italy", "italia"]),
    ("jm", &["jamaica"]),
    ("jp", &["japan", "nippon", "nihon"]),
    ("je", &["jersey"]),
    ("jo", &["jordan"]),
    ("kz", &["kazakhstan"]),
    ("ke", &["kenya"]),
    ("ki", &["kiribati"]),
    ("xk", &["kosovo"]),
    ("kw", &["kuwait"]),
    ("kg", &["kyrgyzstan"]),
    ("la", &["laos"]),
    ("lv", &["latvia"]),
    ("lb", &["lebanon"]),
    ("ls", &["lesotho"]),
    ("lr", &["liberia"]),
    ("ly", &["libya"]),
    ("li", &["liechtenstein"]),
    ("lt", &["lithuania"]),
    ("lu", &["luxembourg"]),
    ("mo", &["macao", "macau"]),
    ("mg", &["madagascar"]),
    ("mw", &["malawi"]),
    ("my", &["malaysia"]),
    ("mv", &["maldives"]),
    ("ml", &["mali"]),
    ("mt", &["malta"]),
    ("mh", &["marshall islands"]),
    ("mq", &["martinique"]),
    ("mr", &["mauritania"]),
    ("mu", &["mauritius"]),
    ("mx", &["mexico"]),
    ("fm", &["micronesia"]),
    ("md", &["moldova"]),
    ("mc", &["monaco"]),
    ("mn", &["mongolia"]),
    ("me", &["montenegro", "crna gora"]),
    ("ma", &["morocco", "maroc"]),
    ("mz", &["mozambique"]),
    ("mm", &["myanmar", "burma"]),
    ("na", &["namibia"]),
    ("nr", &["nauru"]),
    ("np", &["nepal"]),
    ("nl", &["netherlands", "the netherlands", "holland", "nederland"]),
    ("nc", &["new caledonia"]),
    ("nz", &["new zealand", "aotearoa"]),
    ("ni", &["nicaragua"]),
    ("ne", &["niger"]),
    ("ng", &["nigeria"]),
    ("kp", &["north korea"]),
    ("mk", &["north macedonia", "macedonia"]),
    ("no", &["norway", "norge"]),
    ("om", &["oman"]),
    ("pk", &["pakistan"]),
    ("pw", &["palau"]),
    ("ps", &["palestine"]),
    ("pa", &["panama"]),
    ("pg", &["papua new guinea"]),
    ("py", &["paraguay"]),
    ("pe", &["peru"]),
    ("ph", &["philippines", "the philippines"]),
    ("pl", &["poland", "polska"]),
    ("pt", &["portugal"]),
    ("pr", &["puerto rico"]),
    ("qa", &["qatar"]),
    ("re", &["reunion", "la reunion"]),
    ("ro", &["romania"]),
    ("ru", &["russia"]),
    ("rw", &["rwanda"]),
    ("kn", &["saint kitts and nevis"]),
    ("lc", &["saint lucia"]),
    ("vc", &["saint vincent and the grenadines"]),
    ("ws", &["samoa"]),
    ("sm", &["san marino"]),
    ("st", &["sao tome and principe"]),
    ("sa", &["saudi arabia"]),
    ("sn", &["senegal"]),
    ("rs", &["serbia", "srbija"]),
    ("sc", &["seychelles"]),
    ("sl", &["sierra leone"]),
    ("sg", &["singapore"]),
    ("sk", &["slovakia", "slovensko"]),
    ("si", &["slovenia", "slovenija"]),
    ("sb", &["solomon islands"]),
    ("so", &["somalia"]),
    ("za", &["south africa"]),
    ("kr", &["south korea", "korea"]),
    ("ss", &["south sudan"]),
    ("es", &["spain", "espana"]),
    ("lk", &["sri lanka"]),
    ("sd", &["sudan"]),
    ("sr", &["suriname"]),
    ("se", &["sweden", "sverige"]),
    ("ch", &["switzerland", "schweiz", "suisse", "svizzera"]),
    ("sy", &["syria"]),
    ("tw", &["taiwan"]),
    ("tj", &["tajikistan"]),
    ("tz", &["tanzania"]),
    ("th", &["thailand"]),
    ("tl", &["timor leste", "east timor"]),
    ("tg", &["togo"]),
    ("to", &["tonga"]),
    ("tt", &["trinidad and tobago", "trinidad"]),
    ("tn", &["tunisia"]),
    ("tr", &["turkey", "turkiye"]),
    ("tm", &["turkmenistan"]),
    ("tc", &["turks and caicos islands", "turks and caicos"]),
    ("tv", &["tuvalu"]),
    ("ug", &["uganda"]),
    ("ua", &["ukraine"]),
    ("ae", &["united arab emirates", "uae", "emirates"]),
    ("gb", &["united kingdom", "uk", "great britain", "britain"]),
    ("us", &["united states", "united states of america", "usa", "america"]),
    ("uy", &["uruguay"]),
    ("uz", &["uzbekistan"]),
    ("vu", &["vanuatu"]),
    ("va", &["vatican city", "vatican"]),
    ("ve", &["venezuela"]),
    ("vn", &["vietnam", "viet nam"]),
    ("vg", &["british virgin islands"]),
    ("vi", &["us virgin islands"]),
    ("ye", &["yemen"]),
    ("zm", &["zambia"]),
    ("zw", &["zimbabwe"]),
    ("ai", &["anguilla"]),
    ("aq", &["antarctica"]),
    ("as", &["american samoa"]),
    ("ax", &["aland islands", "aland"]),
    ("bl", &["saint barthelemy", "st barts"]),
    ("bq", &["caribbean netherlands", "bonaire"]),
    ("bv", &["bouvet island"]),
    ("cc", &["cocos islands"]),
    ("ck", &["cook islands"]),
    ("cx", &["christmas island"]),
    ("eh", &["western sahara"]),
    ("fk", &["falkland islands"]),
    ("gf", &["french guiana"]),
    ("gs", &["south georgia"]),
    ("gu", &["guam"]),
    ("hm", &["heard island"]),
    ("io", &["british indian ocean territory"]),
    ("mf", &["saint martin", "st martin"]),
    ("mp", &["northern mariana islands"]),
    ("ms", &["montserrat"]),
    ("nf", &["norfolk island"]),
    ("nu", &["niue"]),
    ("pm", &["saint pierre and miquelon"]),
    ("pn", &["pitcairn"]),
    ("sh", &["saint helena"]),
    ("sj", &["svalbard"]),
    ("sx", &["sint maarten"]),
    ("tf", &["french southern territories"]),
    ("tk", &["tokelau"]),
    ("um", &["us outlying islands"]),
    ("wf", &["wallis and futuna"]),
    ("yt", &["mayotte"]),
];

/// Whether there is a country with this code, in capitals: "PT", but not "ZZ".
pub fn is_code(code: &str) -> bool {
    let capitals = code.bytes().all(|b| b.is_ascii_uppercase());
    capitals && COUNTRIES.iter().any(|(known, _)| known.eq_ignore_ascii_case(code))
}

/// The code of a country by one of its names, folded: "portugal" is "pt".
pub fn code_of(name: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(_, names)| names.contains(&name)).map(|(code, _)| *code)
}

/// The code of the only country of which a name begins like this, from four letters on.
pub fn code_of_beginning(text: &str) -> Option<&'static str> {
    let begins = |names: &&[&str]| names.iter().any(|name| name.starts_with(text));
    let mut found = COUNTRIES.iter().filter(|(_, names)| begins(names));
    match (found.next(), found.next()) {
        (Some((code, _)), None) if text.chars().count() >= 4 => Some(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::fold;

    #[test]
    fn names_are_folded_and_name_one_country() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, names) in COUNTRIES {
            assert_eq!(fold(code), *code);
            assert_eq!(code.len(), 2);
            for name in *names {
                assert_eq!(fold(name), *name);
                assert!(seen.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn codes_are_those_of_countries() {
        for code in ["PT", "JP", "YT", "US"] {
            assert!(is_code(code), "{code}");
        }
        for code in ["ZZ", "pt", "", "PRT", "EU"] {
            assert!(!is_code(code), "{code}");
        }
    }

    #[test]
    fn countries_are_found_by_name_and_by_a_beginning_of_one_only() {
        assert_eq!(code_of("usa"), Some("us"));
        assert_eq!(code_of("us"), None);
        assert_eq!(code_of_beginning("swit"), Some("ch"));
        assert_eq!(code_of_beginning("unit"), None);
        assert_eq!(code_of_beginning("por"), None);
    }
}
