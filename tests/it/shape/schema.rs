//! What every part of the schema keeps to, whatever comes later. No test of one field's meaning.

use async_graphql::parser::types::{BaseType, InputValueDefinition, Type, TypeKind};
use serde_json::{Value, json};

use super::sdl::{Sdl, base};
use crate::both;

#[test]
fn schema_graphql_is_what_the_code_says() {
    let (written, said) = (include_str!("../../../schema.graphql"), sojourn::graphql::sdl());
    let differs =
        written.trim_end().lines().zip(said.trim_end().lines()).enumerate().find(|(_, (a, b))| a != b);
    if let Some((line, (written, said))) = differs {
        panic!(
            "schema.graphql is not what the code says: `make schema`\nline {}:\n- {written}\n+ {said}",
            line + 1
        );
    }
    assert_eq!(written.trim_end().lines().count(), said.trim_end().lines().count(), "`make schema`");
}

#[test]
fn every_root_field_has_a_rule() {
    let unruled = sojourn::graphql::transport::rule::unruled(&sojourn::graphql::sdl()).unwrap();
    assert_eq!(unruled, [] as [String; 0]);
}

#[test]
fn everything_is_described() {
    let schema = Sdl::read();
    let mut silent = Vec::new();
    let mut look = |place: String, description: Option<&str>| {
        if description.is_none_or(|text| text.trim().is_empty()) {
            silent.push(place);
        }
    };
    for (name, ty) in &schema.types {
        look(name.clone(), ty.description.as_ref().map(|text| text.node.as_str()));
        for field in schema.fields(name) {
            let place = format!("{name}.{}", field.name.node);
            for argument in &field.arguments {
                let argument = &argument.node;
                look(
                    format!("{place}({}:)", argument.name.node),
                    argument.description.as_ref().map(|text| text.node.as_str()),
                );
            }
            look(place, field.description.as_ref().map(|text| text.node.as_str()));
        }
        for field in schema.input_fields(name) {
            look(
                format!("{name}.{}", field.name.node),
                field.description.as_ref().map(|text| text.node.as_str()),
            );
        }
        if let TypeKind::Enum(values) = &ty.kind {
            for value in &values.values {
                let description = value.node.description.as_ref().map(|text| text.node.as_str());
                look(format!("{name}.{}", value.node.value.node), description);
            }
        }
    }
    assert_eq!(silent, [] as [String; 0], "a sentence on each");
}

#[test]
fn a_mutation_takes_one_input_and_answers_with_a_payload() {
    let schema = Sdl::read();
    let mut wrong = Vec::new();
    for field in schema.fields("Mutation") {
        let name = &field.name.node;
        let takes: Vec<_> = field.arguments.iter().map(|argument| &argument.node).collect();
        match takes.as_slice() {
            [] => {}
            [only] if only.name.node == "input" && !only.ty.node.nullable => {}
            _ => wrong.push(format!("{name} takes something else than one `input`")),
        }
        let payload = base(&field.ty.node);
        if field.ty.node.nullable || !payload.ends_with("Payload") {
            wrong.push(format!("{name} answers with {}, no payload", field.ty.node));
            continue;
        }
        let Some(errors) = schema.fields(payload).into_iter().find(|field| field.name.node == "errors")
        else {
            wrong.push(format!("{payload} has no `errors`"));
            continue;
        };
        let error = base(&errors.ty.node);
        if errors.ty.node.to_string() != format!("[{error}!]!") {
            wrong.push(format!("{payload}.errors is {}", errors.ty.node));
        }
        let TypeKind::Object(object) = &schema.types[error].kind else { panic!("{error} is no object") };
        if !object.implements.iter().any(|interface| interface.node == "UserError") {
            wrong.push(format!("{error} is no UserError"));
        }
        let code = schema.fields(error).into_iter().find(|field| field.name.node == "code");
        let is_enum = code.is_some_and(|code| {
            !code.ty.node.nullable && matches!(schema.types[base(&code.ty.node)].kind, TypeKind::Enum(_))
        });
        if !is_enum {
            wrong.push(format!("{error} has no code of an enum"));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
}

/// Relay wants nulls in `nodes(ids:)`, where something may not be seen.
const NULLABLE_ITEMS: [&str; 1] = ["Query.nodes"];

#[test]
fn lists_and_their_items_are_never_null() {
    let schema = Sdl::read();
    let mut wrong = Vec::new();
    for name in schema.types.keys() {
        for field in schema.fields(name) {
            let place = format!("{name}.{}", field.name.node);
            // The thing of a payload is null where it was refused.
            let refusable = name.ends_with("Payload");
            if !NULLABLE_ITEMS.contains(&place.as_str()) && !is_solid(&field.ty.node, refusable) {
                wrong.push(format!("{place}: {}", field.ty.node));
            }
            let loose = |argument: &&InputValueDefinition| !is_solid(&argument.ty.node, true);
            for argument in field.arguments.iter().map(|argument| &argument.node).filter(loose) {
                wrong.push(format!("{place}({}: {})", argument.name.node, argument.ty.node));
            }
        }
        for field in schema.input_fields(name) {
            // What may be left out of an input is nullable.
            if !is_solid(&field.ty.node, true) {
                wrong.push(format!("{name}.{}: {}", field.name.node, field.ty.node));
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
}

/// Whether a list (unless it may be left out) and its items are non-null.
fn is_solid(ty: &Type, may_be_null: bool) -> bool {
    match &ty.base {
        BaseType::List(item) => (may_be_null || !ty.nullable) && !item.nullable && is_solid(item, false),
        BaseType::Named(_) => true,
    }
}

#[test]
fn there_is_no_float() {
    let schema = Sdl::read();
    let floats = schema.types.keys().flat_map(|name| {
        let fields = schema.fields(name).into_iter().flat_map(|field| {
            let arguments = field.arguments.iter().map(|argument| &argument.node.ty.node);
            arguments.chain([&field.ty.node])
        });
        let inputs = schema.input_fields(name).into_iter().map(|field| &field.ty.node);
        let found = fields.chain(inputs).any(|ty| base(ty) == "Float");
        found.then_some(name)
    });
    assert_eq!(floats.collect::<Vec<_>>(), [] as [&String; 0]);
}

#[test]
fn every_scalar_says_where_it_is_specified() {
    let schema = Sdl::read();
    let vague = schema.types.iter().filter(|(_, ty)| {
        matches!(ty.kind, TypeKind::Scalar)
            && !ty.directives.iter().any(|directive| {
                let url = directive.node.get_argument("url").map(|url| url.node.to_string());
                directive.node.name.node == "specifiedBy" && url.is_some_and(|url| url.contains("https://"))
            })
    });
    assert_eq!(vague.map(|(name, _)| name).collect::<Vec<_>>(), [] as [&String; 0]);
}

both! {
    async fn a_stranger_meets_the_rule_of_each_root_field(world: World) {
        let schema = Sdl::read();
        let rules = sojourn::graphql::transport::rule::rules(&sojourn::graphql::sdl()).unwrap();
        let stranger = world.stranger();
        let mut socket = stranger.socket().await;
        let mut wrong = Vec::new();
        for (root, field) in schema.roots() {
            let name = format!("{root}.{}", field.name.node);
            let document = schema.least(root, field);
            let answer = if root == "Subscription" {
                socket.first(&document, json!({})).await
            } else {
                stranger.send(&document, json!({})).await.1
            };
            let code = code_of(&answer);
            let fits = match rules[&name].as_deref() {
                Some("PUBLIC") => matches!(code.as_deref(), None | Some("BAD_USER_INPUT" | "NOT_FOUND")),
                Some(_) => code.as_deref() == Some("UNAUTHENTICATED"),
                None => false,
            };
            if !fits {
                wrong.push(format!("{name} is {:?}, and a stranger gets {answer}", rules[&name]));
            }
        }
        assert_eq!(wrong, [] as [String; 0]);
    }
}

fn code_of(answer: &Value) -> Option<String> {
    Some(answer["errors"][0]["extensions"]["code"].as_str()?.to_owned())
}
