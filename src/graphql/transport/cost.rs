//! What an operation costs, known before anything is executed: built once from the SDL. No limits other than cost.

mod scale;

use std::collections::{BTreeSet, HashMap};

use async_graphql::{
    Positioned, Value as Given, Variables,
    parser::{
        parse_schema,
        types::{
            BaseType, FieldDefinition, OperationDefinition, OperationType, Type, TypeKind,
            TypeSystemDefinition,
        },
    },
};

use super::document::Document;

/// What a mutation's root field costs; any other field of an object costs 1, and one of a scalar nothing.
const MUTATION: u64 = 10;
/// How many items a list is taken to have that isn't paged.
const PLAIN_LIST: u64 = 10;
/// How many items a page has that names no number.
const PAGE: u64 = 20;
/// No page has more.
const LARGEST_PAGE: u64 = 100;
/// What an introspection of the whole schema costs: an answer of a hundred kilobytes and more.
const WHOLE_SCHEMA: u64 = 100;
/// Fields that are more work than one object, with what each costs: a count reads every match; facets read every match and
/// count them in seven ways; a calendar has a row for each of up to 400 nights, and a histogram a bar for each of up to 50
/// prices, of ten to a unit.
const DEAR: [(&str, u64); 5] =
    [("calendar", 40), ("facets", 60), ("nightPrices", 5), ("totalCount", 20), ("totals", 5)];
/// What an introspection of one type costs.
const ONE_TYPE: u64 = 10;
/// Types that are part of their parent and load nothing: their fields cost nothing.
const PARTS: [&str; 2] = ["Money", "PageInfo"];

/// What an operation asks for, and what it may. Found in the context by `ctx.data::<Cost>()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The cost of this operation.
    pub requested: u64,
    /// The highest cost that is executed.
    pub budget: u64,
}

/// The costs of a schema's fields.
#[derive(Debug)]
pub struct CostModel {
    names: HashMap<String, usize>,
    kinds: Vec<Kind>,
    query: Option<usize>,
    mutation: Option<usize>,
    subscription: Option<usize>,
}

/// An object, an interface or a union.
#[derive(Debug, Default)]
struct Kind {
    fields: HashMap<String, FieldCost>,
    /// The objects that it may be; an object is itself.
    possible: BTreeSet<usize>,
}

#[derive(Debug)]
struct FieldCost {
    /// Where its selection set applies; `None` for scalars and enums.
    returns: Option<usize>,
    own: u64,
    list: bool,
    /// Whether it has `first` or `last`.
    paged: bool,
    /// The size of a page that names no number.
    page: u64,
    /// Its arguments that are lists of ids: as many items as these.
    ids: Vec<String>,
}

impl CostModel {
    /// Reads a schema definition as `schema.sdl()` prints it.
    pub fn from_sdl(sdl: &str) -> anyhow::Result<Self> {
        let document = parse_schema(sdl)?;
        let mut model = Self {
            names: HashMap::new(),
            kinds: Vec::new(),
            query: None,
            mutation: None,
            subscription: None,
        };
        let types = document.definitions.iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some(&ty.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        let types: Vec<_> = types.collect();
        for ty in &types {
            if matches!(ty.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_)) {
                let next = model.names.len();
                model.names.entry(ty.name.node.to_string()).or_insert(next);
            }
        }
        model.kinds.resize_with(model.names.len(), Kind::default);
        for definition in &document.definitions {
            if let TypeSystemDefinition::Schema(schema) = definition {
                let find = |name: &Option<Positioned<_>>| {
                    name.as_ref().and_then(|name: &Positioned<async_graphql::Name>| {
                        model.names.get(name.node.as_str())
                    })
                };
                let roots =
                    (find(&schema.node.query), find(&schema.node.mutation), find(&schema.node.subscription));
                (model.query, model.mutation, model.subscription) =
                    (roots.0.copied(), roots.1.copied(), roots.2.copied());
            }
        }
        for ty in types {
            let Some(index) = model.names.get(ty.name.node.as_str()).copied() else { continue };
            let (fields, implements) = match &ty.kind {
                TypeKind::Object(object) => {
                    model.kinds[index].possible.insert(index);
                    (object.fields.as_slice(), object.implements.as_slice())
                }
                TypeKind::Interface(interface) => (interface.fields.as_slice(), [].as_slice()),
                TypeKind::Union(union) => {
                    let members =
                        union.members.iter().filter_map(|member| model.names.get(member.node.as_str()));
                    model.kinds[index].possible = members.copied().collect();
                    continue;
                }
                _ => continue,
            };
            let costs = fields.iter().map(|field| model.field_cost(index, &field.node)).collect::<Vec<_>>();
            model.kinds[index].fields.extend(costs);
            for interface in implements {
                if let Some(interface) = model.names.get(interface.node.as_str()).copied() {
                    model.kinds[interface].possible.insert(index);
                }
            }
        }
        Ok(model)
    }

    fn field_cost(&self, parent: usize, field: &FieldDefinition) -> (String, FieldCost) {
        let (list, returns) = innermost(&field.ty.node);
        let page = field
            .arguments
            .iter()
            .filter(|argument| matches!(argument.node.name.node.as_str(), "first" | "last"));
        let default =
            page.clone().filter_map(|argument| number(argument.node.default_value.as_ref()?.node.clone()));
        let ids = field.arguments.iter().filter(|argument| {
            let (list, of) = innermost(&argument.node.ty.node);
            list && of == "ID"
        });
        let name = field.name.node.to_string();
        let composite = self.names.get(returns).copied();
        let dear = DEAR.iter().find(|(dear, _)| *dear == name);
        let own = match (dear, composite) {
            _ if Some(parent) == self.mutation => MUTATION,
            (Some((_, cost)), _) => *cost,
            // A scalar costs nothing, unless asking for it does something.
            (None, None) => 0,
            (None, Some(_)) => u64::from(!PARTS.contains(&returns)),
        };
        let cost = FieldCost {
            returns: composite,
            own,
            // What it costs is said above, so its items count no more.
            list: list && dear.is_none(),
            paged: page.clone().next().is_some(),
            page: default.max().unwrap_or(PAGE),
            ids: ids.map(|argument| argument.node.name.node.to_string()).collect(),
        };
        (name, cost)
    }

    /// What `operation` of `document` costs with these variables. Never more work than the document is long, times the
    /// types behind an interface.
    pub fn weigh(&self, document: &Document, operation: &OperationDefinition, variables: &Variables) -> u64 {
        let root = match operation.ty {
            OperationType::Query => self.query,
            OperationType::Mutation => self.mutation,
            OperationType::Subscription => self.subscription,
        };
        root.map_or(0, |root| scale::weigh(self, document, operation, variables, root))
    }
}

/// Whether it is a list, and of what.
fn innermost(ty: &Type) -> (bool, &str) {
    match &ty.base {
        BaseType::Named(name) => (false, name.as_str()),
        BaseType::List(of) => (true, innermost(of).1),
    }
}

fn number(value: Given) -> Option<u64> {
    match value {
        Given::Number(number) => number.as_u64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
