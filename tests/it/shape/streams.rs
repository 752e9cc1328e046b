//! What every subscription keeps to. No stream is opened here.

use super::sdl::Sdl;

/// Where resolvers are.
const ROOF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/graphql");

/// Rust's name of a field.
fn rust_name(field: &str) -> String {
    let lower = |letter: char| {
        let under = letter.is_uppercase().then_some('_');
        under.into_iter().chain(letter.to_lowercase())
    };
    field.chars().flat_map(lower).collect()
}

/// From outside, a stream that is being made looks like one that has nothing to say, so its resolver has to keep the time.
#[test]
fn every_subscription_begins_within_its_time() {
    let files = std::fs::read_dir(ROOF).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let source: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let schema = Sdl::read();
    for field in schema.fields("Subscription") {
        let name = &field.name.node;
        let resolver = format!("async fn {}", rust_name(name));
        let begin = ["<", "("].into_iter().find_map(|next| source.find(&format!("{resolver}{next}")));
        let begin = begin.unwrap_or_else(|| panic!("where is {name} resolved?"));
        let body = source[begin..].split("\n    }\n").next().unwrap();
        assert!(body.contains("set_up(ctx, "), "{name} makes its stream without `set_up`");
    }
}
