//! Every argument of every query, taken from the schema, with values that somebody hostile would send: each is answered, or
//! refused with a typed error. Nothing a client can ask is a failure of ours.

use async_graphql::parser::types::{BaseType, FieldDefinition, Type};
use serde_json::{Map, Value, json};

use crate::{
    both,
    shape::sdl::{Sdl, base},
    support::ListingAsk,
};

both! {
    async fn no_argument_of_any_query_makes_us_fail(world: World) {
        let schema = Sdl::read();
        let (host, admin) = (world.host("Mia").await, world.admin("Ada").await);
        let listing = host.listing(&ListingAsk::default()).await;
        let of_listing = format!("listing(by: {{ id: \"{listing}\" }})");
        let mut wrong = Vec::new();
        let mut asked = 0;
        for (ty, above) in [("Query", ""), ("Listing", of_listing.as_str()), ("Viewer", "viewer"), ("Admin", "admin")] {
            let who = if ty == "Admin" { &admin } else { &host };
            for field in schema.fields(ty).into_iter().filter(|field| !field.arguments.is_empty()) {
                let document = document(&schema, field, above);
                for (place, variables) in variables(&schema, field) {
                    let (status, answer) = who.send(&document, variables.clone()).await;
                    asked += 1;
                    let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
                    // What no name can have is refused, or names nothing.
                    let must = variables.to_string().contains("\\u0000");
                    let missing = answer["data"].as_object().is_some_and(|data| data.values().all(Value::is_null));
                    let refused = missing
                        || matches!(code, "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED" | "PAYLOAD_TOO_LARGE");
                    if status.is_server_error() || code == "INTERNAL_SERVER_ERROR" || (must && !refused) {
                        let sent: String = variables.to_string().chars().take(200).collect();
                        wrong.push(format!("{ty}.{} {place}: {sent}: {answer}", field.name.node));
                    }
                }
            }
        }
        assert!(asked > 200, "the schema has many arguments; only {asked} values were sent");
        assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The field with a variable for each of its arguments, below what it is a field of.
fn document(schema: &Sdl, field: &FieldDefinition, above: &str) -> String {
    let arguments = field.arguments.iter().map(|argument| &argument.node);
    let declared = arguments.clone().map(|a| {
        let default = a.default_value.as_ref().map_or_else(String::new, |value| format!(" = {}", value.node));
        format!("${}: {}{default}", a.name.node, a.ty.node)
    });
    let passed = arguments.map(|a| format!("{0}: ${0}", a.name.node));
    let (declared, passed): (Vec<_>, Vec<_>) = (declared.collect(), passed.collect());
    let below = if schema.is_composite(base(&field.ty.node)) { "{ __typename }" } else { "" };
    let asked = format!("{}({}) {below}", field.name.node, passed.join(", "));
    let asked = if above.is_empty() { asked } else { format!("{above} {{ {asked} }}") };
    format!("query({}) {{ {asked} }}", declared.join(", "))
}

/// Variables that are right but for one place, for every place and every hostile value.
fn variables(schema: &Sdl, field: &FieldDefinition) -> Vec<(String, Value)> {
    let needed = |ty: &Type, has_default: bool| !ty.nullable && !has_default;
    let mut good = Map::new();
    for argument in field.arguments.iter().map(|argument| &argument.node) {
        if needed(&argument.ty.node, argument.default_value.is_some()) {
            good.insert(argument.name.node.to_string(), least(schema, &argument.ty.node));
        }
    }
    let mut all = Vec::new();
    for argument in field.arguments.iter().map(|argument| &argument.node) {
        for (place, value) in hostile(schema, &argument.ty.node) {
            let mut variables = good.clone();
            variables.insert(argument.name.node.to_string(), value);
            all.push((format!("{}{place}", argument.name.node), Value::Object(variables)));
        }
    }
    all
}

/// A well-formed value with as little in it as its type allows.
fn least(schema: &Sdl, ty: &Type) -> Value {
    let name = match &ty.base {
        BaseType::List(item) => return json!([least(schema, item)]),
        BaseType::Named(name) => name.as_str(),
    };
    if schema.is_enum(name) {
        return json!(schema.enum_values(name)[0]);
    }
    let fields = schema.input_fields(name);
    if !fields.is_empty() {
        let one_of = schema.is_one_of(name);
        let needed = fields.iter().enumerate().filter(|(index, f)| {
            if one_of { *index == 0 } else { !f.ty.node.nullable && f.default_value.is_none() }
        });
        return needed
            .map(|(_, f)| (f.name.node.to_string(), least(schema, &f.ty.node)))
            .collect::<Map<_, _>>()
            .into();
    }
    match name {
        "Int" => json!(1),
        "Boolean" => json!(true),
        "Date" => json!("2027-03-01"),
        "DateTime" => json!("2027-03-01T00:00:00Z"),
        "Decimal" => json!("1.00"),
        "CurrencyCode" => json!("EUR"),
        "CountryCode" => json!("PT"),
        _ => json!("x"),
    }
}

/// Hostile values of a type, each with the place where it is hostile.
fn hostile(schema: &Sdl, ty: &Type) -> Vec<(String, Value)> {
    let name = match &ty.base {
        BaseType::List(item) => {
            let within =
                hostile(schema, item).into_iter().map(|(at, value)| (format!(".0{at}"), json!([value])));
            return within.chain([(String::new(), json!([]))]).collect();
        }
        BaseType::Named(name) => name.as_str(),
    };
    let fields = schema.input_fields(name);
    if !fields.is_empty() {
        let one_of = schema.is_one_of(name);
        let mut all = Vec::new();
        for field in fields {
            let good = if one_of { json!({}) } else { least(schema, ty) };
            for (at, value) in hostile(schema, &field.ty.node) {
                let mut good = good.clone();
                good[field.name.node.as_str()] = value;
                all.push((format!(".{}{at}", field.name.node), good));
            }
        }
        return all;
    }
    let values = match name {
        "Int" => vec![json!(i32::MAX), json!(i32::MIN), json!(0), json!(-1)],
        "Date" => vec![json!("9999-12-31"), json!("0001-01-01"), json!("2026-02-30"), json!("\u{0}")],
        "DateTime" => vec![json!("9999-12-31T23:59:59Z"), json!("0001-01-01T00:00:00Z")],
        "Decimal" => vec![json!("92233720368547758.07"), json!("-1"), json!("1e9"), json!("\u{0}")],
        "Boolean" => Vec::new(),
        _ if schema.is_enum(name) => vec![json!("NONSENSE"), json!("\u{0}")],
        _ => vec![
            json!(""),
            json!("a\u{0}b"),
            json!("x".repeat(100_000)),
            json!("'; DROP TABLE booking; --"),
            json!("%_\\"),
            json!("\u{202e}\u{feff}"),
        ],
    };
    values.into_iter().map(|value| (String::new(), value)).collect()
}
