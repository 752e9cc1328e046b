//! Operations with files: a form of `operations`, `map` and the files, in this order, as the specification of GraphQL
//! multipart requests has it. No meaning of a file.

use std::collections::HashMap;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use axum::{
    body::Body,
    extract::{
        FromRequest, Request,
        multipart::{Field, Multipart, MultipartError},
    },
    http::{StatusCode, request::Parts},
};
use bytes::Bytes;
use serde_json::Value as Json;

use super::{
    code::{Code, Refusal},
    limits::Limits,
};

/// What stands in the variables where a file goes.
const MARK: &str = "#file:";
/// Longest `map`, in bytes.
const MAP_BYTES: usize = 16 * 1024;

/// The files of one request. Resolvers find them by `ctx.data::<Files>()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(Vec<Bytes>);

impl Files {
    /// The file that an input names, if the request came with one.
    pub fn get(&self, upload: &Upload) -> Option<Bytes> {
        self.0.get(upload.0).cloned()
    }
}

/// A file that comes with the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload(usize);

/// A file. Send the operation as a form (`multipart/form-data`) with the file in it, and a header `GraphQL-Preflight: 1`.
#[Scalar(name = "Upload", specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let at = |text: &str| text.strip_prefix(MARK)?.parse().ok();
        match &value {
            Value::String(text) => at(text).map(Self).ok_or_else(|| {
                InputValueError::custom("a file is sent in a form, and stands as null in the variables")
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// Reads a form, and stops reading one that is wrong, too large or too slow. Returns the parameters, with marks where
/// the files go, and the files.
pub(super) async fn read(parts: &Parts, body: Body, limits: &Limits) -> Result<(Json, Files), Refusal> {
    let late = |_| Refusal::malformed("The body took too long.").with_status(StatusCode::REQUEST_TIMEOUT);
    tokio::time::timeout(limits.body_time, fields(parts, body, limits)).await.map_err(late)?
}

async fn fields(parts: &Parts, body: Body, limits: &Limits) -> Result<(Json, Files), Refusal> {
    let request = Request::from_parts(parts.clone(), body);
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| no_form())?;
    let mut operations = json(&mut form, "operations", limits.body_bytes).await?;
    let map = json(&mut form, "map", MAP_BYTES).await?;
    let mut places = Places::read(&map, limits)?;

    let mut files = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let paths = places
            .0
            .remove(&name)
            .ok_or_else(|| Refusal::malformed("A file of the form is not in its map, or comes twice."))?;
        for path in paths {
            place(&mut operations, path, format!("{MARK}{}", files.len()))?;
        }
        files.push(bytes(&mut field, limits.file_bytes).await?);
    }
    match places.0.is_empty() {
        true => Ok((operations, Files(files))),
        false => Err(Refusal::malformed("A file of the map is not in the form.")),
    }
}

/// Where each file goes, by its field's name.
struct Places<'a>(HashMap<String, Vec<&'a str>>);

impl<'a> Places<'a> {
    fn read(map: &'a Json, limits: &Limits) -> Result<Self, Refusal> {
        let wrong = || Refusal::malformed("map must be an object of lists of paths.");
        let map = map.as_object().ok_or_else(wrong)?;
        if map.len() > limits.files {
            return Err(Refusal::new(
                Code::PayloadTooLarge,
                format!("A request may have at most {} files.", limits.files),
            ));
        }
        let paths = |paths: &'a Json| {
            let paths: Option<Vec<&str>> = paths.as_array()?.iter().map(Json::as_str).collect();
            paths.filter(|paths| (1..=limits.files).contains(&paths.len()))
        };
        let places = map.iter().map(|(name, at)| Some((name.clone(), paths(at)?)));
        places.collect::<Option<_>>().map(Self).ok_or_else(wrong)
    }
}

/// Puts a mark where a path leads, which must be to a null of the variables.
fn place(operations: &mut Json, path: &str, mark: String) -> Result<(), Refusal> {
    let wrong = || Refusal::malformed("A path of the map must lead to a null of the variables.");
    if !path.starts_with("variables.") {
        return Err(wrong());
    }
    let place = path.split('.').try_fold(operations, |at, step| match at {
        Json::Object(fields) => fields.get_mut(step),
        Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    });
    match place {
        Some(place @ Json::Null) => {
            *place = Json::String(mark);
            Ok(())
        }
        _ => Err(wrong()),
    }
}

/// The next field, which must have this name and be JSON.
async fn json(form: &mut Multipart, name: &str, most: usize) -> Result<Json, Refusal> {
    let wrong = || {
        Refusal::malformed("A form has the fields operations and map, which are JSON, and then the files.")
    };
    let mut field = form.next_field().await.map_err(broken)?.ok_or_else(wrong)?;
    if field.name() != Some(name) {
        return Err(wrong());
    }
    serde_json::from_slice(&bytes(&mut field, most).await?).map_err(|_| wrong())
}

async fn bytes(field: &mut Field<'_>, most: usize) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > most {
            let message = format!("A field of this form may have at most {most} bytes.");
            return Err(Refusal::new(Code::PayloadTooLarge, message));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

fn no_form() -> Refusal {
    Refusal::malformed("This is no form.")
}

fn broken(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::PayloadTooLarge, "The form is too large."),
        _ => Refusal::malformed("The form is broken, or ends too soon."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_a_null_of_the_variables_or_nowhere() {
        let ask = json!({ "query": null, "variables": { "a": null, "b": [null, { "c": null }], "d": 1 } });
        for (path, fits) in [
            ("variables.a", true),
            ("variables.b.0", true),
            ("variables.b.1.c", true),
            ("variables.d", false),
            ("variables.e", false),
            ("variables.b.2", false),
            ("variables.b.-1", false),
            ("variables.b.1", false),
            ("variables.a.x", false),
            ("variables", false),
            ("variables.", false),
            ("query", false),
            ("", false),
            ("variables.__proto__.a", false),
            ("variables.constructor.prototype", false),
            ("0.variables.a", false),
        ] {
            let mut ask = ask.clone();
            let before = ask.clone();
            assert_eq!(place(&mut ask, path, "#file:0".to_owned()).is_ok(), fits, "{path}");
            assert_eq!(ask != before, fits, "{path}");
        }
        let mut ask = ask;
        place(&mut ask, "variables.a", "#file:0".to_owned()).unwrap();
        assert!(place(&mut ask, "variables.a", "#file:1".to_owned()).is_err(), "two files in one place");
    }

    #[test]
    fn a_map_names_a_few_files() {
        let limits = Limits::default();
        let reads = |map: Json| Places::read(&map, &limits).map(|places| places.0.len()).map_err(|r| r.code);
        assert_eq!(reads(json!({ "0": ["variables.a"], "1": ["variables.b", "variables.c"] })), Ok(2));
        assert_eq!(reads(json!({})), Ok(0));
        for wrong in [json!([]), json!({ "0": "variables.a" }), json!({ "0": [] }), json!({ "0": [1] })] {
            assert_eq!(reads(wrong.clone()), Err(Code::BadUserInput), "{wrong}");
        }
        let many: serde_json::Map<_, _> = (0..5).map(|n| (n.to_string(), json!(["variables.a"]))).collect();
        assert_eq!(reads(Json::Object(many)), Err(Code::PayloadTooLarge));
    }

    #[test]
    fn a_file_is_a_mark_and_nothing_else() {
        let parse = |text: &str| Upload::parse(Value::from(text)).ok();
        assert_eq!(parse("#file:3"), Some(Upload(3)));
        for wrong in ["", "x", "#file:", "#file:-1", "#file:x", "#file:99999999999999999999999"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(Files(vec![]).get(&Upload(0)), None);
    }
}
