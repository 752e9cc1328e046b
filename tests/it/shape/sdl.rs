//! The schema as a document to walk: types, fields, and the least that each field can be asked with.
//! No expectation: those belong to the tests.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_query, parse_schema,
    types::{
        BaseType, FieldDefinition, InputValueDefinition, OperationType, Selection, SelectionSet, Type,
        TypeDefinition, TypeKind, TypeSystemDefinition,
    },
};

/// The parsed schema.
pub struct Sdl {
    /// Each type by its name.
    pub types: BTreeMap<String, TypeDefinition>,
}

impl Sdl {
    /// The schema that the server serves.
    pub fn read() -> Self {
        let document = parse_schema(sojourn::graphql::sdl()).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node)),
            _ => None,
        });
        Self { types: types.collect() }
    }

    /// The fields of an object or interface; none for other kinds.
    pub fn fields(&self, ty: &str) -> Vec<&FieldDefinition> {
        match &self.types[ty].kind {
            TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
            TypeKind::Interface(interface) => interface.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// The fields of an input object; none for other kinds.
    pub fn input_fields(&self, ty: &str) -> Vec<&InputValueDefinition> {
        match self.types.get(ty).map(|ty| &ty.kind) {
            Some(TypeKind::InputObject(object)) => object.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether an input object takes exactly one of its fields.
    pub fn is_one_of(&self, ty: &str) -> bool {
        self.types[ty].directives.iter().any(|directive| directive.node.name.node == "oneOf")
    }

    /// Whether a type is an enum.
    pub fn is_enum(&self, ty: &str) -> bool {
        !self.enum_values(ty).is_empty()
    }

    /// The values of an enum; none for other kinds.
    pub fn enum_values(&self, ty: &str) -> Vec<&str> {
        match self.types.get(ty).map(|ty| &ty.kind) {
            Some(TypeKind::Enum(values)) => {
                values.values.iter().map(|value| value.node.value.node.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `Query`, `Mutation` and `Subscription`, each with its fields.
    pub fn roots(&self) -> Vec<(&'static str, &FieldDefinition)> {
        let of = |root| self.fields(root).into_iter().map(move |field| (root, field));
        ["Query", "Mutation", "Subscription"].into_iter().flat_map(of).collect()
    }

    /// Whether a type has fields to select.
    pub fn is_composite(&self, ty: &str) -> bool {
        !self.types.get(ty).is_none_or(|ty| matches!(ty.kind, TypeKind::Scalar | TypeKind::Enum(_)))
    }

    /// Each field that a document asks for, as `Type.field`.
    pub fn asked(&self, document: &str) -> BTreeSet<String> {
        let parsed = parse_query(document).unwrap_or_else(|error| panic!("{error} in {document}"));
        let mut asked = BTreeSet::new();
        for (_, operation) in parsed.operations.iter() {
            let root = root_of(operation.node.ty);
            self.walk(root, &operation.node.selection_set.node, &mut asked);
        }
        asked
    }

    fn walk(&self, ty: &str, set: &SelectionSet, asked: &mut BTreeSet<String>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    asked.insert(format!("{ty}.{name}"));
                    let definition = self.fields(ty).into_iter().find(|field| field.name.node == name);
                    let definition = definition.unwrap_or_else(|| panic!("there is no {ty}.{name}"));
                    self.walk(base(&definition.ty.node), &field.node.selection_set.node, asked);
                }
                Selection::InlineFragment(part) => {
                    let on = part.node.type_condition.as_ref();
                    let on = on.map_or(ty, |condition| condition.node.on.node.as_str());
                    self.walk(on, &part.node.selection_set.node, asked);
                }
                Selection::FragmentSpread(_) => panic!("fragments with names are not walked"),
            }
        }
    }

    /// A document that asks a root field with the least that it takes, all of it well-formed.
    pub fn least(&self, root: &str, field: &FieldDefinition) -> String {
        let needed =
            |argument: &&InputValueDefinition| !argument.ty.node.nullable && argument.default_value.is_none();
        let argument =
            |input: &InputValueDefinition| format!("{}:{}", input.name.node, self.literal(&input.ty.node));
        let arguments: Vec<_> =
            field.arguments.iter().map(|argument| &argument.node).filter(needed).map(argument).collect();
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(" ")) };
        let below = if self.is_composite(base(&field.ty.node)) { "{__typename}" } else { "" };
        format!("{}{{{}{arguments}{below}}}", root.to_lowercase(), field.name.node)
    }

    fn literal(&self, ty: &Type) -> String {
        let name = match &ty.base {
            BaseType::List(item) => return format!("[{}]", self.literal(item)),
            BaseType::Named(name) => name.as_str(),
        };
        match self.types.get(name).map(|ty| (&ty.kind, ty)) {
            Some((TypeKind::Enum(values), _)) => values.values[0].node.value.node.to_string(),
            Some((TypeKind::InputObject(object), ty)) => {
                let one_of = ty.directives.iter().any(|directive| directive.node.name.node == "oneOf");
                let all = object.fields.iter().map(|field| &field.node);
                let needed = |f: &&InputValueDefinition| !f.ty.node.nullable && f.default_value.is_none();
                let fields: Vec<_> =
                    if one_of { all.take(1).collect() } else { all.filter(needed).collect() };
                let shown =
                    |f: &InputValueDefinition| format!("{}:{}", f.name.node, self.literal(&f.ty.node));
                format!("{{{}}}", fields.into_iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            _ => scalar(name).to_owned(),
        }
    }
}

/// A well-formed value of a scalar.
fn scalar(name: &str) -> &'static str {
    match name {
        "Int" => "1",
        "Boolean" => "true",
        "Date" => "\"2027-03-01\"",
        "DateTime" => "\"2027-03-01T12:00:00Z\"",
        "LocalTime" => "\"15:00\"",
        "Decimal" => "\"1.00\"",
        "CurrencyCode" => "\"EUR\"",
        "CountryCode" => "\"PT\"",
        "EmailAddress" => "\"someone@example.org\"",
        "TimeZone" => "\"Europe/Lisbon\"",
        "Upload" => "\"#file:0\"",
        "Locale" => "\"en\"",
        "URL" => "\"https://example.org/\"",
        "String" | "ID" => "\"something\"",
        other => panic!("say in sdl.rs how the scalar {other} is written"),
    }
}

/// The root of an operation.
pub fn root_of(operation: OperationType) -> &'static str {
    match operation {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The name of a type without its lists and exclamation marks.
pub fn base(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base(item),
    }
}
