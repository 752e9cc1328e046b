//! Who may ask for a field or meets an object, visible in the schema as `@rule(requires: …)`. No knowledge of accounts or
//! roles.
//!
//! ```
//! use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
//! use sojourn::graphql::transport::rule::{Rule, ruled};
//!
//! struct Query;
//!
//! #[Object]
//! impl Query {
//!     /// Everybody may ask.
//!     #[graphql(directive = ruled::apply(Rule::Public))]
//!     async fn amenities(&self) -> Vec<String> {
//!         vec!["sauna".to_owned()]
//!     }
//!
//!     /// The sum of all payouts.
//!     #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
//!     async fn payouts(&self) -> i32 {
//!         7
//!     }
//! }
//!
//! let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
//! assert!(schema.sdl().contains("payouts: Int! @rule(requires: ADMIN)"));
//! ```

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{
    Context, Enum, Guard, TypeDirective, Value,
    async_trait::async_trait,
    parser::{
        parse_schema,
        types::{TypeKind, TypeSystemDefinition},
    },
};

use super::code::Code;

/// Who may ask for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum)]
pub enum Rule {
    /// Everybody, signed in or not.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in with a verified email address.
    Verified,
    /// Whoever has become a host.
    Host,
    /// Administrators.
    Admin,
    /// The person or the host that the thing belongs to, or who was given it by them; decided where the thing is found,
    /// since the field alone can't tell.
    Owner,
}

/// Who may ask for this field, or meets this object at all. Others are answered with `UNAUTHENTICATED`, `FORBIDDEN`, or as
/// if it didn't exist.
#[TypeDirective(name = "rule", location = "FieldDefinition", location = "Object")]
pub fn ruled(requires: Rule) {}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is signed in.
    SignInFirst,
    /// The one who is may not.
    Forbidden,
}

/// What the guard asks of the viewer: put `Arc<dyn Standing>` into each operation's data.
pub trait Standing: Send + Sync {
    /// Whether the viewer passes `rule` in general. [`Rule::Owner`] asks only for being signed in.
    fn allows(&self, rule: Rule) -> Result<(), Denied>;
}

#[async_trait]
impl Guard for Rule {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        if *self == Self::Public {
            return Ok(());
        }
        // Without a standing in the context, nobody is known.
        let standing = ctx.data_opt::<Arc<dyn Standing>>();
        match standing.map_or(Err(Denied::SignInFirst), |standing| standing.allows(*self)) {
            Ok(()) => Ok(()),
            Err(Denied::SignInFirst) => Err(Code::Unauthenticated.error("Sign in first.")),
            Err(Denied::Forbidden) => Err(Code::Forbidden.error("This is not allowed.")),
        }
    }
}

/// The rule of each field of the roots, as `Query.viewer`; `None` where there is none.
pub fn rules(sdl: &str) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let document = parse_schema(sdl)?;
    let roots = document.definitions.iter().find_map(|definition| match definition {
        TypeSystemDefinition::Schema(schema) => {
            let schema = &schema.node;
            let roots = [&schema.query, &schema.mutation, &schema.subscription];
            Some(roots.into_iter().flatten().map(|name| name.node.as_str()).collect::<Vec<_>>())
        }
        _ => None,
    });
    let roots = roots.unwrap_or_default();
    let mut rules = BTreeMap::new();
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(ty) = definition else { continue };
        let name = ty.node.name.node.as_str();
        if let TypeKind::Object(object) = &ty.node.kind
            && roots.contains(&name)
        {
            for field in &object.fields {
                let found = field.node.directives.iter().find(|directive| directive.node.name.node == "rule");
                let asked =
                    found.and_then(|directive| match &directive.node.get_argument("requires")?.node {
                        Value::Enum(rule) => Some(rule.to_string()),
                        _ => None,
                    });
                rules.insert(format!("{name}.{}", field.node.name.node), asked);
            }
        }
    }
    Ok(rules)
}

/// The fields of the roots that have no rule: there must be none.
pub fn unruled(sdl: &str) -> anyhow::Result<Vec<String>> {
    Ok(rules(sdl)?.into_iter().filter(|(_, rule)| rule.is_none()).map(|(field, _)| field).collect())
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptyMutation, Object, Request, Schema, SimpleObject, Subscription};
    use futures_util::{Stream, StreamExt, stream};

    use super::*;

    struct Query;

    #[Object]
    impl Query {
        #[graphql(directive = ruled::apply(Rule::Public), guard = "Rule::Public")]
        async fn open(&self) -> i32 {
            1
        }

        #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
        async fn mine(&self) -> i32 {
            2
        }

        #[graphql(directive = ruled::apply(Rule::Admin), guard = "Rule::Admin")]
        async fn theirs(&self) -> Option<Private> {
            Some(Private { secret: 3 })
        }

        async fn forgotten(&self) -> i32 {
            4
        }
    }

    #[derive(SimpleObject)]
    #[graphql(directive = ruled::apply(Rule::Admin))]
    struct Private {
        #[graphql(directive = ruled::apply(Rule::Host), guard = "Rule::Host")]
        secret: i32,
    }

    struct Events;

    #[Subscription]
    impl Events {
        #[graphql(directive = ruled::apply(Rule::SignedIn), guard = "Rule::SignedIn")]
        async fn news(&self) -> impl Stream<Item = i32> {
            stream::iter([5])
        }
    }

    struct Guest;

    impl Standing for Guest {
        fn allows(&self, rule: Rule) -> Result<(), Denied> {
            if rule <= Rule::SignedIn { Ok(()) } else { Err(Denied::Forbidden) }
        }
    }

    fn schema() -> Schema<Query, EmptyMutation, Events> {
        Schema::new(Query, EmptyMutation, Events)
    }

    fn code(response: &async_graphql::Response) -> Option<&Value> {
        response.errors.first()?.extensions.as_ref()?.get("code")
    }

    #[tokio::test]
    async fn a_rule_denies_by_default() {
        let as_guest = |text: &str| Request::new(text).data(Arc::new(Guest) as Arc<dyn Standing>);
        let schema = schema();
        assert!(schema.execute("{open}").await.is_ok());
        assert_eq!(code(&schema.execute("{mine}").await), Some(&Value::from("UNAUTHENTICATED")));
        assert!(schema.execute(as_guest("{mine}")).await.is_ok());
        assert_eq!(
            code(&schema.execute(as_guest("{theirs{secret}}")).await),
            Some(&Value::from("FORBIDDEN"))
        );
        let event = schema.execute_stream("subscription{news}").next().await.unwrap();
        assert_eq!(code(&event), Some(&Value::from("UNAUTHENTICATED")));
        assert!(schema.execute_stream(as_guest("subscription{news}")).next().await.unwrap().is_ok());
    }

    #[test]
    fn rules_are_visible_and_what_has_none_is_found() {
        let sdl = schema().sdl();
        assert!(sdl.contains("theirs: Private @rule(requires: ADMIN)"), "{sdl}");
        assert!(sdl.contains("news: Int! @rule(requires: SIGNED_IN)"), "{sdl}");
        assert!(sdl.contains("secret: Int! @rule(requires: HOST)"), "{sdl}");
        assert!(sdl.contains("type Private @rule(requires: ADMIN) {"), "{sdl}");
        assert!(sdl.contains("directive @rule("), "{sdl}");
        assert_eq!(unruled(&sdl).unwrap(), ["Query.forgotten"]);
        let rules = rules(&sdl).unwrap();
        assert_eq!(rules["Query.theirs"].as_deref(), Some("ADMIN"));
        assert_eq!(rules["Events.news"].as_deref(), Some("SIGNED_IN"));
    }
}
