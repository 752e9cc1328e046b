//! The look at a parsed document before it is validated: how large it becomes once fragments are expanded. No schema.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{
        Directive, ExecutableDocument, Field, FragmentDefinition, OperationType, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

use super::{
    code::{Code, Refusal},
    limits::Limits,
};

/// What expanding a selection set comes to. Sums stop at the largest number instead of wrapping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shape {
    /// Selections at every level.
    selections: usize,
    /// Levels of fields.
    depth: usize,
    /// Aliases at every level.
    aliases: usize,
    /// Fields of the first level.
    fields: usize,
    /// Fields of the first level that try a secret.
    sign_ins: usize,
    /// Levels of introspection's lists.
    lists: usize,
}

impl Shape {
    /// Another selection beside those before.
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            depth: self.depth.max(other.depth),
            aliases: self.aliases.saturating_add(other.aliases),
            fields: self.fields.saturating_add(other.fields),
            sign_ins: self.sign_ins.saturating_add(other.sign_ins),
            lists: self.lists.max(other.lists),
        }
    }
}

/// Refuses documents that would be too large for the validation or for the execution.
///
/// Each fragment is measured once, so the work is linear in the document's text, and one that spreads itself is
/// refused: the library walks fragments before it looks for circles.
pub(super) fn judge(document: &ExecutableDocument, limits: &Limits) -> Result<(), Refusal> {
    let mut walk = Walk { fragments: &document.fragments, limits, measured: HashMap::new() };
    let mut selections = 0_usize;
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let default = variable.node.default_value.as_ref();
            if default.is_some_and(|value| longest_list(&value.node.clone().into_value()) > limits.list_items)
            {
                return Err(too_long(limits).at(variable.pos));
            }
        }
        walk.directives(&operation.node.directives)?;
        let shape = walk.set(&operation.node.selection_set.node)?;
        let root_fields = match operation.node.ty {
            OperationType::Mutation => limits.mutations.min(limits.root_fields),
            OperationType::Query => limits.root_fields,
            // The specification's own rule.
            OperationType::Subscription => 1,
        };
        selections = selections.saturating_add(shape.selections);
        for (found, most, what) in [
            (selections, limits.selections, "selections, with fragments expanded"),
            (shape.depth, limits.depth, "levels of fields"),
            (shape.aliases, limits.aliases, "aliases, with fragments expanded"),
            (shape.fields, root_fields, "root fields in an operation of this kind"),
            (shape.sign_ins, 1, "root field that signs in, signs up or sends such a mail"),
        ] {
            if found > most {
                return Err(Refusal::too_much(what, most).at(operation.pos));
            }
        }
    }
    for (name, fragment) in &document.fragments {
        if walk.fragment(name, fragment)?.selections > limits.selections {
            return Err(Refusal::too_much("selections, with fragments expanded", limits.selections));
        }
    }
    Ok(())
}

struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    limits: &'a Limits,
    /// `None` while a fragment is being measured: meeting it again is a circle.
    measured: HashMap<&'a str, Option<Shape>>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Shape, Refusal> {
        let mut sum = Shape::default();
        for selection in &set.items {
            let mut shape = match &selection.node {
                Selection::Field(field) => self.field(field)?,
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.node.directives)?;
                    self.set(&inline.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    let name = &spread.node.fragment_name.node;
                    match self.fragments.get_key_value(name) {
                        Some((name, fragment)) => self.fragment(name, fragment)?,
                        None => Shape::default(),
                    }
                }
            };
            shape.selections = shape.selections.saturating_add(1);
            sum = sum.beside(shape);
        }
        Ok(sum)
    }

    fn fragment(
        &mut self,
        name: &'a str,
        fragment: &'a Positioned<FragmentDefinition>,
    ) -> Result<Shape, Refusal> {
        match self.measured.get(name) {
            Some(Some(shape)) => return Ok(*shape),
            Some(None) => {
                let message = format!("Fragment \"{name}\" spreads itself.");
                return Err(Refusal::new(Code::ValidationFailed, message).at(fragment.pos));
            }
            None => {}
        }
        self.measured.insert(name, None);
        let shape = self.set(&fragment.node.selection_set.node)?;
        self.measured.insert(name, Some(shape));
        Ok(shape)
    }

    fn arguments(&self, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> Result<(), Refusal> {
        match arguments.iter().find(|(_, value)| longest_list(&value.node) > self.limits.list_items) {
            Some((_, value)) => Err(too_long(self.limits).at(value.pos)),
            None => Ok(()),
        }
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), Refusal> {
        directives.iter().try_for_each(|directive| self.arguments(&directive.node.arguments))
    }

    fn field(&mut self, field: &'a Positioned<Field>) -> Result<Shape, Refusal> {
        self.arguments(&field.node.arguments)?;
        self.directives(&field.node.directives)?;
        let inner = self.set(&field.node.selection_set.node)?;
        let name = field.node.name.node.as_str();
        if matches!(name, "__schema" | "__type") && !self.limits.explore {
            let message = "This server's schema can't be asked for: introspection is off.";
            return Err(Refusal::new(Code::ValidationFailed, message).at(field.pos));
        }
        if matches!(name, "__schema" | "__type") && inner.lists > self.limits.introspection_lists {
            let what = "lists within each other in an introspection";
            return Err(Refusal::too_much(what, self.limits.introspection_lists).at(field.pos));
        }
        let is_list = matches!(name, "fields" | "interfaces" | "possibleTypes" | "inputFields");
        Ok(Shape {
            selections: inner.selections,
            depth: inner.depth.saturating_add(1),
            aliases: inner.aliases.saturating_add(usize::from(field.node.alias.is_some())),
            fields: 1,
            sign_ins: usize::from(self.limits.sign_in_fields.iter().any(|field| field == name)),
            lists: inner.lists + usize::from(is_list),
        })
    }
}

fn too_long(limits: &Limits) -> Refusal {
    Refusal::new(Code::BadUserInput, format!("A list may have at most {} items.", limits.list_items))
}

fn longest_list(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(longest_list).fold(items.len(), usize::max),
        Value::Object(fields) => fields.values().map(longest_list).max().unwrap_or(0),
        _ => 0,
    }
}
