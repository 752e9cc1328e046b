//! Which objects are whose: each type says its rule in the schema, or stands here as one that everybody may meet. What
//! each rule lets through is tested by the matrix of rights.

use async_graphql::{
    Positioned,
    parser::types::{ConstDirective, FieldDefinition, TypeKind},
};

use super::sdl::{Sdl, base};

/// Objects that everybody may meet, each with the reason.
const PUBLIC: &[(&str, &str)] = &[
    ("Amenity", "a word of the catalogue"),
    ("AmenityCount", "counted over what is on sale"),
    ("Availability", "of a listing that the asker sees: no more than that nights are free"),
    ("AvailabilityChange", "the same, told as it changes"),
    ("BedroomCount", "counted over what is on sale"),
    ("CalendarNight", "free or not; why not has a rule of its own"),
    ("CalendarRules", "what a guest has to know before asking"),
    ("Currency", "a word of the catalogue"),
    ("ExchangeRate", "part of a price that the asker sees"),
    (
        "Listing",
        "what is on sale is for everybody; what is not is missing, and the host's own fields have rules",
    ),
    ("Money", "part of what names it"),
    ("NightRange", "part of what names it"),
    ("PageInfo", "part of its connection"),
    ("Party", "part of what names it"),
    ("Photo", "of a listing that the asker sees"),
    ("Point", "of a listing that the asker sees, up to 500 m beside it"),
    ("PriceBar", "counted over what is on sale"),
    ("PriceLine", "part of a price that the asker sees"),
    ("PropertyTypeCount", "counted over what is on sale"),
    ("RangeNights", "a rule of the calendar"),
    ("RateLimit", "what is left for whoever asks"),
    ("Review", "released ones are for everybody; others are missing"),
    ("RoomTypeCount", "counted over what is on sale"),
    ("RuleViolation", "part of an answer about a stay"),
    ("SearchFacets", "counted over what is on sale"),
    ("StayDates", "part of what names it"),
    ("StayPrice", "what everybody would pay"),
    ("User", "the public profile"),
    ("WeekdayNights", "a rule of the calendar"),
];

/// The fields of these have a rule each.
const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

#[test]
fn every_object_says_its_rule_or_is_known_to_be_for_everybody() {
    let schema = Sdl::read();
    let mut wrong = Vec::new();
    for name in objects(&schema) {
        let known = PUBLIC.iter().any(|(public, _)| *public == name);
        match (rule(&schema.types[name].directives), known) {
            (Some(_), false) => {}
            (Some(_), true) => wrong.push(format!("{name} has a rule, and is listed as public")),
            (None, true) => {}
            (None, false) if !is_judged_elsewhere(&schema, name) => {
                wrong.push(format!("{name} has no `@rule`: give it one, or a reason here"));
            }
            (None, false) => {}
        }
    }
    let gone = PUBLIC.iter().filter(|(name, _)| !schema.types.contains_key(*name));
    wrong.extend(gone.map(|(name, _)| format!("there is no {name} any more")));
    assert_eq!(wrong, [] as [String; 0]);
}

#[test]
fn no_field_leads_from_what_is_public_to_what_is_private_without_a_rule() {
    let schema = Sdl::read();
    let mut open = Vec::new();
    for name in objects(&schema) {
        let inner = inside(&schema, name);
        // A payload and its errors answer only whoever was let into the mutation; a root field finds only what may be seen.
        let judged = name.ends_with("Payload") || is_error(&schema, name) || ROOTS.contains(&name);
        if judged || rule(&schema.types[inner].directives).is_some() {
            continue;
        }
        let leads_on = |field: &&FieldDefinition| {
            let to = schema.types.get(base(&field.ty.node)).map(|_| inside(&schema, base(&field.ty.node)));
            to.is_some_and(|to| rule(&schema.types[to].directives).is_some())
                && rule(&field.directives).is_none()
        };
        let fields = schema.fields(name);
        open.extend(fields.into_iter().filter(leads_on).map(|field| format!("{name}.{}", field.name.node)));
    }
    assert_eq!(open, [] as [String; 0]);
}

/// Whether somebody else has judged before the object is met: a field of a root, the mutation of a payload, or the
/// rule of what a page is of.
fn is_judged_elsewhere(schema: &Sdl, name: &str) -> bool {
    if ROOTS.contains(&name) || is_error(schema, name) {
        return true;
    }
    let inner = inside(schema, name);
    if inner != name {
        let public = PUBLIC.iter().any(|(public, _)| *public == inner);
        return public || rule(&schema.types[inner].directives).is_some();
    }
    name.ends_with("Payload") && only_mutations_answer_with(schema, name)
}

/// What a connection or an edge is of; anything else is itself.
fn inside<'a>(schema: &'a Sdl, name: &'a str) -> &'a str {
    let field = match name {
        _ if name.ends_with("Connection") => "nodes",
        _ if name.ends_with("Edge") => "node",
        _ => return name,
    };
    let found = schema.fields(name).into_iter().find(|one| one.name.node == field);
    found.map_or(name, |found| base(&found.ty.node))
}

fn objects(schema: &Sdl) -> impl Iterator<Item = &str> {
    let objects = schema.types.iter().filter(|(_, ty)| matches!(ty.kind, TypeKind::Object(_)));
    objects.map(|(name, _)| name.as_str())
}

fn is_error(schema: &Sdl, name: &str) -> bool {
    let TypeKind::Object(object) = &schema.types[name].kind else { return false };
    object.implements.iter().any(|interface| interface.node == "UserError")
}

fn only_mutations_answer_with(schema: &Sdl, payload: &str) -> bool {
    let others = schema.types.keys().filter(|name| *name != "Mutation");
    !others.flat_map(|name| schema.fields(name)).any(|field| base(&field.ty.node) == payload)
}

/// Who may, as the schema says it; a rule that lets everybody in is none.
fn rule(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let rule = directives.iter().find(|directive| directive.node.name.node == "rule")?;
    let who = rule.node.get_argument("requires")?.node.to_string();
    (who != "PUBLIC").then_some(who)
}
