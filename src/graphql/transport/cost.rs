//! What an operation costs, known before anything is executed: built once from the SDL. No limits other than cost.

use std::collections::{BTreeSet, HashMap};

use async_graphql::{
    Positioned, Value as Given, Variables,
    parser::{
        parse_schema,
        types::{
            BaseType, Directive, Field, FieldDefinition, OperationDefinition, OperationType, Selection,
            SelectionSet, Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use async_graphql_value::Value;

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
/// count them in seven ways; a calendar has a row for each of up to 400 nights, and a histogram a bar for
/// each of up to 50 prices, of ten to a unit.
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

/// The weight of a selection set on one type.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// Counted once.
    once: u64,
    /// What stands in lists of unknown length: counted once per item of the page above, if there is one.
    each: u64,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self { once: self.once.saturating_add(other.once), each: self.each.saturating_add(other.each) }
    }

    fn max(self, other: Self) -> Self {
        Self { once: self.once.max(other.once), each: self.each.max(other.each) }
    }

    /// The whole, if its lists have `items` each.
    fn with(self, items: u64) -> u64 {
        self.once.saturating_add(self.each.saturating_mul(items))
    }
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
        let mut scale = Scale { model: self, document, operation, variables, weighed: HashMap::new() };
        root.map_or(0, |root| scale.set(&operation.selection_set.node, root).with(PLAIN_LIST))
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

/// The weighing of one operation.
struct Scale<'a> {
    model: &'a CostModel,
    document: &'a Document,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    /// By the address of the selection set and the object that it is selected on: a fragment is weighed once per type.
    weighed: HashMap<(usize, usize), Weight>,
}

impl<'a> Scale<'a> {
    /// The heaviest that the set may be on any object that `kind` may be.
    fn set(&mut self, set: &'a SelectionSet, kind: usize) -> Weight {
        let model = self.model;
        model.kinds[kind]
            .possible
            .iter()
            .map(|object| self.on(set, *object))
            .fold(Weight::default(), Weight::max)
    }

    fn on(&mut self, set: &'a SelectionSet, object: usize) -> Weight {
        let key = (std::ptr::from_ref(set).addr(), object);
        if let Some(weight) = self.weighed.get(&key) {
            return *weight;
        }
        let mut sum = Weight::default();
        for selection in &set.items {
            if self.is_left_out(selection.node.directives()) {
                continue;
            }
            let weight = match &selection.node {
                Selection::Field(field) => self.field(&field.node, object),
                Selection::InlineFragment(inline) => {
                    let on =
                        inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.part(&inline.node.selection_set.node, on, object)
                }
                Selection::FragmentSpread(spread) => {
                    match self.document.parsed().fragments.get(&spread.node.fragment_name.node) {
                        Some(fragment) => {
                            let on = fragment.node.type_condition.node.on.node.as_str();
                            self.part(&fragment.node.selection_set.node, Some(on), object)
                        }
                        None => Weight::default(),
                    }
                }
            };
            sum = sum.beside(weight);
        }
        self.weighed.insert(key, sum);
        sum
    }

    /// A fragment's selection, which counts where its condition holds.
    fn part(&mut self, set: &'a SelectionSet, on: Option<&str>, object: usize) -> Weight {
        let model = self.model;
        let holds = on.is_none_or(|on| {
            model.names.get(on).is_some_and(|kind| model.kinds[*kind].possible.contains(&object))
        });
        if holds { self.on(set, object) } else { Weight::default() }
    }

    fn field(&mut self, field: &'a Field, object: usize) -> Weight {
        let model = self.model;
        let Some(cost) = model.kinds[object].fields.get(field.name.node.as_str()) else {
            let once = match field.name.node.as_str() {
                "__schema" => WHOLE_SCHEMA,
                "__type" => ONE_TYPE,
                _ => 0,
            };
            return Weight { once, each: 0 };
        };
        let Some(returns) = cost.returns else {
            return Weight { once: cost.own, each: 0 };
        };
        let inner = self.set(&field.selection_set.node, returns);
        let items = if cost.paged { Some(self.page(field, cost)) } else { self.ids(field, cost) };
        let (once, each) = match (items, cost.list) {
            (Some(items), true) => (inner.with(PLAIN_LIST).saturating_mul(items), 0),
            (Some(items), false) => (inner.with(items), 0),
            (None, true) => (0, inner.with(PLAIN_LIST)),
            (None, false) => (inner.with(PLAIN_LIST), 0),
        };
        Weight { once: once.saturating_add(cost.own), each }
    }

    fn page(&self, field: &Field, cost: &FieldCost) -> u64 {
        let asked = ["first", "last"].iter().filter_map(|name| number(self.argument(field, name)?));
        asked.max().unwrap_or(cost.page).min(LARGEST_PAGE)
    }

    fn ids(&self, field: &Field, cost: &FieldCost) -> Option<u64> {
        let lists = cost.ids.iter().filter_map(|name| match self.argument(field, name)? {
            Given::List(items) => u64::try_from(items.len()).ok(),
            _ => None,
        });
        lists.max().filter(|_| cost.list)
    }

    /// The value of an argument, with variables and their defaults put in.
    fn argument(&self, field: &Field, name: &str) -> Option<Given> {
        self.value(&field.get_argument(name)?.node)
    }

    fn value(&self, value: &Value) -> Option<Given> {
        value.clone().into_const_with(|name| self.variable(&name).ok_or(())).ok()
    }

    fn variable(&self, name: &str) -> Option<Given> {
        self.variables.get(name).cloned().or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node.as_str() == name)?;
            Some(definition.node.default_value.as_ref()?.node.clone())
        })
    }

    fn is_left_out(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let leaves_out_if = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            let condition = directive.node.get_argument("if").and_then(|value| self.value(&value.node));
            condition == Some(Given::Boolean(leaves_out_if))
        })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;
    use crate::graphql::transport::{document::Documents, limits::Limits};

    const SDL: &str = r#"
        schema { query: Query mutation: Mutation }
        type Query {
            searchListings(first: Int, last: Int): ListingConnection!
            node(id: ID!): Node
            nodes(ids: [ID!]!): [Node]!
            me: User
        }
        type Mutation { save(id: ID!): Payload! ping: Boolean! }
        type Payload { listing: Listing errors: [UserError!]! }
        interface UserError { message: String! }
        type SaveError implements UserError { message: String! }
        type ListingConnection {
            edges: [ListingEdge!]! nodes: [Listing!]! pageInfo: PageInfo! totalCount: Int! facets(buckets: Int = 20): Facets!
        }
        type Facets { instantBook: Int! roomTypes: [Count!]! nightPrices: [Bar!]! totals: [Bar!]! }
        type Count { count: Int! }
        type Bar { from: Money! to: Money! count: Int! }
        type ListingEdge { node: Listing! cursor: String! }
        type PageInfo { hasNextPage: Boolean! }
        interface Node { id: ID! }
        type Listing implements Node {
            id: ID! title: String! photos(first: Int = 3): [Photo!]! host: User! quote: Quote tags: [Tag!]!
            similar(first: Int): ListingConnection! calendar(from: Date!): [Night!]!
        }
        scalar Date
        type Night { date: Date! }
        type Tag { name: String! of: User }
        type Quote { total: Money! lines: [Line!]! }
        type Line { amount: Money! }
        type Money { amount: Decimal! }
        scalar Decimal
        type Photo { url: String! by: User! }
        type User implements Node { id: ID! name: String! listings(first: Int): ListingConnection! }
    "#;

    fn cost_with(text: &str, variables: async_graphql::Value) -> u64 {
        let document = Documents::new(&Limits::default()).check(text).unwrap();
        let operation = document.operation(None).unwrap();
        let variables = Variables::from_value(variables);
        CostModel::from_sdl(SDL).unwrap().weigh(&document, &operation.node, &variables)
    }

    fn cost(text: &str) -> u64 {
        cost_with(text, value!({}))
    }

    #[test]
    fn scalars_are_free_and_mutations_are_dear() {
        assert_eq!(cost("{__typename}"), 0);
        assert_eq!(cost("{me{id name}}"), 1);
        assert_eq!(cost("{__schema{types{name}}}"), 100);
        assert_eq!(cost("{__type(name:\"Quote\"){name}}"), 10);
        assert_eq!(cost("mutation{ping}"), 10);
        assert_eq!(cost("mutation{save(id:1){listing{id} errors{message}}}"), 12);
    }

    #[test]
    fn pages_multiply_what_stands_in_them() {
        assert_eq!(cost("{searchListings{edges{node{id}}}}"), 1 + 1 + 20);
        assert_eq!(
            cost("{searchListings(first:5){edges{node{id}} pageInfo{hasNextPage} totalCount}}"),
            1 + 1 + 5 + 20
        );
        assert_eq!(cost("{searchListings(first:100000){nodes{host{id}}}}"), 1 + 1 + 100);
        assert_eq!(cost("{searchListings(last:2){nodes{photos(first:4){by{id}}}}}"), 1 + 1 + 2 * (1 + 4));
        assert_eq!(cost("{searchListings(first:1){nodes{photos{by{id}}}}}"), 1 + 1 + (1 + 3));
        assert_eq!(cost("{searchListings(first:2){nodes{tags{of{id}}}}}"), 1 + 1 + 2 * (1 + 10));
        let page = "query($n:Int=7){searchListings(first:$n){nodes{host{id}}}}";
        assert_eq!(cost(page), 1 + 1 + 7);
        assert_eq!(cost_with(page, value!({"n": 50})), 1 + 1 + 50);
        assert_eq!(cost_with(page, value!({"n": null})), 1 + 1 + 20);
    }

    #[test]
    fn what_is_more_work_than_an_object_costs_more() {
        assert_eq!(cost("{searchListings(first:3){nodes{calendar(from:1){date}}}}"), 1 + 1 + 3 * 40);
        assert!(cost("{searchListings(first:100){nodes{calendar(from:1){date}}}}") > 1_000);
        assert_eq!(cost("{a:searchListings{totalCount} b:searchListings{totalCount}}"), 2 * (1 + 20));
        assert_eq!(cost("{searchListings{facets{instantBook}}}"), 1 + 60);
        assert_eq!(cost("{searchListings{facets{roomTypes{count}}}}"), 1 + 60 + 1);
        let bars = "from{amount} to{amount} count";
        assert_eq!(
            cost(&format!("{{searchListings{{facets{{nightPrices{{{bars}}} totals{{{bars}}}}}}}}}")),
            1 + 60 + 2 * 5
        );
        let many = (0..20).map(|n| format!("f{n}:facets(buckets:50){{instantBook}}")).collect::<String>();
        assert!(cost(&format!("{{searchListings{{{many}}}}}")) > 1_000, "not for a stranger");
    }

    #[test]
    fn a_screen_of_listings_fits_and_a_bomb_does_not() {
        let screen = "{searchListings(first:20){edges{node{id title photos(first:5){url} host{name}
            quote{total{amount} lines{amount{amount}}}}} pageInfo{hasNextPage} totalCount}}";
        assert_eq!(cost(screen), 1 + 1 + 20 * (1 + 1 + 1 + 2) + 20);
        let bomb =
            "{searchListings(first:100){nodes{similar(first:100){nodes{similar(first:100){nodes{id}}}}}}}";
        assert!(cost(bomb) > 10_000);
    }

    #[test]
    fn what_stands_behind_interfaces_and_fragments_counts() {
        let listings = "listings(first:30){nodes{host{id}}}";
        assert_eq!(cost(&format!("{{node(id:1){{id ...on User{{{listings}}}}}}}")), 1 + 1 + 1 + 30);
        let both = format!("{{node(id:1){{...on Listing{{host{{id}}}} ...on User{{{listings}}}}}}}");
        assert_eq!(cost(&both), 1 + 1 + 1 + 30, "it can't be both: the heavier counts");
        let nested = format!("{{node(id:1){{...on Node{{...f}}}}}} fragment f on User{{{listings}}}");
        assert_eq!(cost(&nested), 1 + 1 + 1 + 30);
        let many = format!("{{nodes(ids:[1,2,3]){{...on User{{{listings}}}}}}}");
        assert_eq!(cost(&many), 1 + 3 * (1 + 1 + 30));
        let variable = "query($ids:[ID!]!){nodes(ids:$ids){...on Listing{host{id}}}}";
        assert_eq!(cost_with(variable, value!({"ids": ["1", "2", "3", "4"]})), 1 + 4);
        let around = "{searchListings(first:4){...c}} fragment c on ListingConnection{edges{...e}}
            fragment e on ListingEdge{node{...l}} fragment l on Listing{host{id} quote{total{amount}}}";
        assert_eq!(cost(around), 1 + 1 + 4 * (1 + 2));
    }

    #[test]
    fn what_is_left_out_is_free() {
        let maybe = "query($x:Boolean=false){me @include(if:$x){listings{nodes{id}}}}";
        assert_eq!(cost(maybe), 0);
        assert_eq!(cost_with(maybe, value!({"x": true})), 3);
        assert_eq!(cost("{nonsense{x} me{nonsense} again:me @skip(if:true){id}}"), 1);
    }
}
