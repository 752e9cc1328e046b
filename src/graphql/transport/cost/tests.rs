//! What documents cost, over a small schema.

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
    let bomb = "{searchListings(first:100){nodes{similar(first:100){nodes{similar(first:100){nodes{id}}}}}}}";
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
