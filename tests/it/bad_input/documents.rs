//! Requests that are no GraphQL, or too much of it: a code and a status for each, and the server lives on.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{both, support::Client};

const BRACKETS: &str = "QUERY_LIMIT_EXCEEDED";

both! {
    async fn no_document_hurts_the_server(world: World) {
        let stranger = world.stranger();
        let guest = world.guest("Greta").await;

        // The two documents that would end the process or hold it up.
        let mut bomb = "{...f0}".to_owned();
        for level in 0..25 {
            let next = level + 1;
            bomb.push_str(&format!("fragment f{level} on Query{{...f{next} ...f{next}}}"));
        }
        bomb.push_str("fragment f25 on Query{amenities{code}}");
        let deep = format!("{}{}", "{a".repeat(40), "}".repeat(40));
        let aliases: String = (0..21).map(|n| format!("a{n}:amenities{{code}} ")).collect();
        let roots: String = (0..11).map(|n| format!("a{n}:rateLimit{{cost}} ")).collect();
        let costly = "{ searchListings(first: 100) { nodes { host { id } reviews(first: 100) { nodes { author { id } } } } } }";
        let mutations: String = (0..5).map(|n| format!("a{n}:becomeHost{{errors{{code}}}} ")).collect();
        let sign_ins: String = (0..2)
            .map(|n| format!("a{n}:signIn(input:{{email:\"a@example.org\",password:\"x\"}}){{errors{{code}}}} "))
            .collect();
        let introspection = "{__schema{types{fields{type{fields{type{name}}}}}}}";
        for (what, document, code) in [
            ("2,000 brackets", format!("{{listing(by:{}", "[".repeat(2_000)), BRACKETS),
            ("2,000 braces", format!("{{listing(by:{}", "{a:".repeat(2_000)), BRACKETS),
            ("a fragment bomb", bomb, BRACKETS),
            ("a circle of fragments", "{...a} fragment a on Query{...b} fragment b on Query{...a}".into(), "GRAPHQL_VALIDATION_FAILED"),
            ("too deep", deep, BRACKETS),
            ("too many aliases", format!("{{{aliases}}}"), BRACKETS),
            ("too many root fields", format!("{{{roots}}}"), BRACKETS),
            ("too many mutations", format!("mutation{{{mutations}}}"), BRACKETS),
            ("two guesses at a password", format!("mutation{{{sign_ins}}}"), BRACKETS),
            ("too long", format!("{{amenities{{code}}}}#{}", "x".repeat(20_000)), "PAYLOAD_TOO_LARGE"),
            ("too costly", costly.into(), BRACKETS),
            ("introspection within itself", introspection.into(), BRACKETS),
            ("no GraphQL", "SELECT * FROM user".into(), "GRAPHQL_PARSE_FAILED"),
            ("half a document", "{ viewer {".into(), "GRAPHQL_PARSE_FAILED"),
            ("nothing", String::new(), "GRAPHQL_PARSE_FAILED"),
            ("an unknown field", "{ users { id } }".into(), "GRAPHQL_VALIDATION_FAILED"),
            ("an unknown argument", "{ amenities(of: 1) { code } }".into(), "GRAPHQL_VALIDATION_FAILED"),
            ("a missing argument", "{ node { id } }".into(), "GRAPHQL_VALIDATION_FAILED"),
            ("an unknown fragment", "{ ...nothing }".into(), "GRAPHQL_VALIDATION_FAILED"),
        ] {
            for client in [&stranger, &*guest] {
                let ((), answer) = ((), client.send(&document, json!({})).await);
                assert!(answer.0.is_client_error(), "{what}: {answer:?}");
                assert_eq!(answer.1["errors"][0]["extensions"]["code"], code, "{what}: {}", answer.1);
                assert!(answer.1.get("data").is_none(), "{what} was executed: {}", answer.1);
            }
        }

        // A refused document runs no statement.
        let (statements, _) = world.statements(stranger.send(costly, json!({}))).await;
        assert_eq!(statements, 0);

        for (what, body, code) in [
            ("an unknown operation", json!({ "query": "query A{__typename}", "operationName": "B" }), "BAD_USER_INPUT"),
            ("several operations", json!({ "query": "query A{__typename} query B{__typename}" }), "BAD_USER_INPUT"),
            ("no query", json!({}), "BAD_USER_INPUT"),
            ("a query that is a number", json!({ "query": 1 }), "BAD_USER_INPUT"),
            ("variables that are a list", json!({ "query": "{__typename}", "variables": [] }), "BAD_USER_INPUT"),
            ("a batch", json!([{ "query": "{__typename}" }]), "BAD_USER_INPUT"),
            ("too many variables", json!({ "query": "{__typename}", "variables": { "x": "y".repeat(300_000) } }), "PAYLOAD_TOO_LARGE"),
            ("an unknown hash", json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "00".repeat(32) } } }), "PERSISTED_QUERY_NOT_FOUND"),
        ] {
            let response = stranger.post("/graphql", body).await;
            let (status, answer) = (response.status(), response.json::<Value>().await.unwrap());
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{what}: {status} {answer}");
        }

        for (what, kind, body, status, code) in [
            ("malformed JSON", "application/json", "{\"query\":", 400, "BAD_USER_INPUT"),
            ("JSON as text", "text/plain", "{\"query\":\"{__typename}\"}", 415, "BAD_USER_INPUT"),
            ("a form", "application/x-www-form-urlencoded", "query={__typename}", 415, "BAD_USER_INPUT"),
            ("bytes that are no text", "application/json", "{\"query\":\"\u{0}\"}", 400, "BAD_USER_INPUT"),
        ] {
            let response = stranger.post_bytes("/graphql", kind, body.into()).await;
            let met = response.status().as_u16();
            let answer = response.json::<Value>().await.unwrap_or_default();
            let met_code = answer["errors"][0]["extensions"]["code"].as_str();
            let fits = met == status && (met_code == Some(code) || status == 415);
            assert!(fits, "{what}: {met} {answer}");
        }
        let large = format!("{{\"query\":\"{{__typename}}\",\"variables\":{{\"x\":\"{}\"}}}}", "y".repeat(1_200_000));
        assert_eq!(stranger.post_bytes("/graphql", "application/json", large.into()).await.status(), 413);

        // By GET: queries only.
        let get = |query: &str| format!("/graphql?query={}", query.replace(' ', "%20").replace('{', "%7B").replace('}', "%7D"));
        assert_eq!(stranger.fetch(&get("{__typename}")).await.status(), StatusCode::OK);
        let response = guest.fetch(&get("mutation{becomeHost{errors{code}}}")).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "POST");
        assert_eq!(guest.get("{ viewer { isHost } }", json!({})).await["isHost"], false);

        // Tokens that are none.
        for token in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", &"t".repeat(5_000)] {
            let response = Client::new(&world.url, Some(token.into())).post("/graphql", json!({ "query": "{ amenities { code } }" })).await;
            let status = response.status();
            let answer: Value = response.json().await.unwrap();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}: {answer}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{token}");
        }

        // After all this it still answers, and tells of itself.
        let types = stranger.get(INTROSPECTION, json!({})).await;
        assert!(types["types"].as_array().unwrap().len() > 50);
    }
}

/// What tools send.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL
  fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";
