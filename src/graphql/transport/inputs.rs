//! Variables against the types of the schema, as far as the library lets things pass or fails to say where: the answer
//! names the very field. No scalar of ours is read here.

use std::collections::HashMap;

use async_graphql::{
    Value,
    parser::{
        parse_schema,
        types::{BaseType, OperationDefinition, Type, TypeKind, TypeSystemDefinition},
    },
};

use super::code::{Code, Refusal};

/// The input objects of a schema, each with the types of its fields.
#[derive(Debug)]
pub struct Inputs(HashMap<String, HashMap<String, Type>>);

impl Inputs {
    /// Reads a schema definition as `schema.sdl()` prints it.
    pub fn from_sdl(sdl: &str) -> anyhow::Result<Self> {
        let mut inputs = HashMap::new();
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(ty) = definition else { continue };
            let TypeKind::InputObject(object) = ty.node.kind else { continue };
            let field = |field: async_graphql::Positioned<_>| {
                let field: async_graphql::parser::types::InputValueDefinition = field.node;
                (field.name.node.to_string(), field.ty.node)
            };
            inputs.insert(ty.node.name.node.to_string(), object.fields.into_iter().map(field).collect());
        }
        Ok(Self(inputs))
    }

    /// Refuses variables that don't fit: a missing one, an object that is none, an integer beyond 32 bits.
    pub fn check(
        &self,
        operation: &OperationDefinition,
        variables: &async_graphql::Variables,
    ) -> Result<(), Refusal> {
        for definition in &operation.variable_definitions {
            let (name, ty) = (&definition.node.name.node, &definition.node.var_type.node);
            let given = variables.get(name);
            let is_null =
                given.map_or(definition.node.default_value.is_none(), |value| *value == Value::Null);
            let problem = if is_null && !ty.nullable {
                Some(format!("Variable \"${name}\" of type \"{ty}\" must have a value."))
            } else {
                given.and_then(|value| self.problem(ty, value, &mut vec![format!("${name}")]))
            };
            if let Some(problem) = problem {
                return Err(Refusal::new(Code::BadUserInput, problem).at(definition.pos));
            }
        }
        Ok(())
    }

    fn problem(&self, ty: &Type, value: &Value, at: &mut Vec<String>) -> Option<String> {
        let mut within = |step: String, ty: &Type, value: &Value| {
            at.push(step);
            let problem = self.problem(ty, value, at);
            at.pop();
            problem
        };
        match (&ty.base, value) {
            (_, Value::Null) => None,
            (BaseType::List(item), Value::List(values)) => {
                values.iter().enumerate().find_map(|(index, value)| within(index.to_string(), item, value))
            }
            // A single value stands for a list of one.
            (BaseType::List(item), value) => self.problem(item, value, at),
            (BaseType::Named(name), value) => match (self.0.get(name.as_str()), value) {
                (Some(fields), Value::Object(given)) => given
                    .iter()
                    .find_map(|(field, value)| within(field.to_string(), fields.get(field.as_str())?, value)),
                (Some(_), _) => Some(format!("\"{}\" must be an object of type \"{name}\".", at.join("."))),
                (None, Value::Number(number)) if name == "Int" => {
                    let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
                    let range = format!("between {} and {}", i32::MIN, i32::MAX);
                    (!fits).then(|| format!("\"{}\" must be an integer {range}.", at.join(".")))
                }
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Variables, value};

    use super::{super::document::Documents, *};
    use crate::graphql::transport::limits::Limits;

    const SDL: &str = "input Place { beds: Int, at: [Range!], name: String } input Range { first: Int! }
        type Query { a(place: Place!): Int } schema { query: Query }";

    fn problem(variables: Value) -> Option<String> {
        let document =
            Documents::new(&Limits::default()).check("query($x: Place!) { a(place: $x) }").unwrap();
        let operation = &document.operation(None).unwrap().node;
        let checked = Inputs::from_sdl(SDL).unwrap().check(operation, &Variables::from_value(variables));
        checked.err().map(|refusal| refusal.message)
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(problem(value!({ "x": { "beds": 2, "at": [{ "first": 1 }], "name": "a" } })), None);
        assert_eq!(problem(value!({ "x": { "beds": null, "at": { "first": 1 }, "other": 1 } })), None);
        assert_eq!(problem(value!({})).unwrap(), "Variable \"$x\" of type \"Place!\" must have a value.");
        let int = "must be an integer between -2147483648 and 2147483647.";
        assert_eq!(
            problem(value!({ "x": { "beds": 3_000_000_000_u64 } })).unwrap(),
            format!("\"$x.beds\" {int}")
        );
        let deep = value!({ "x": { "at": [{ "first": 1 }, { "first": 1.5 }] } });
        assert_eq!(problem(deep).unwrap(), format!("\"$x.at.1.first\" {int}"));
        let text = value!({ "x": { "at": ["text"] } });
        assert_eq!(problem(text).unwrap(), "\"$x.at.0\" must be an object of type \"Range\".");
    }
}
