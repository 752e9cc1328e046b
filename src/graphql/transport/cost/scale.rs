//! The weighing of one operation by the costs of its fields. What a field costs is the model's.

use std::collections::HashMap;

use async_graphql::{
    Positioned, Value as Given, Variables,
    parser::types::{Directive, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::{CostModel, FieldCost, LARGEST_PAGE, ONE_TYPE, PLAIN_LIST, WHOLE_SCHEMA, number};
use crate::graphql::transport::document::Document;

/// What the operation costs, beginning at the type `root`.
pub(super) fn weigh(
    model: &CostModel,
    document: &Document,
    operation: &OperationDefinition,
    variables: &Variables,
    root: usize,
) -> u64 {
    let mut scale = Scale { model, document, operation, variables, weighed: HashMap::new() };
    scale.set(&operation.selection_set.node, root).with(PLAIN_LIST)
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
