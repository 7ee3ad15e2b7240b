//! Families about texts: words, comparing, phone numbers, addresses, messages, places.
use flow::env::Country;
use flow::text::phones::{self as text_phones, Accept};
use flow::text::urns::{self as text_urns, Parts};
use flow::text::{
    collation, globs, gsm7 as text_gsm7, languages, locations as text_locations, obfuscation, tokens,
};
use serde_json::{Value as Json, json};

use super::Outcome;
use super::data::{Case, Data, outcome, same};

fn list(json: &Json) -> Vec<&str> {
    json.as_array().map(|items| items.iter().filter_map(Json::as_str).collect()).unwrap_or_default()
}

fn count(json: &Json) -> usize {
    json.as_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

/// Words, keys, comparing, cutting.
pub fn text(data: &Data, case: &Case) -> Outcome {
    let (a, b) = (case.text(0), || case.text(1));
    let collated =
        |at: usize| collation::collate(case.text(at), data.environment(case.argument(0)).input_collation);
    let got = match case.operation() {
        "snakify" => json!(flow::text::snakify(a)),
        "tokenize" => json!(tokens::words(a)),
        "tokenize_by_chars" => json!(tokens::split_by(a, b())),
        "tokenize_by_unicode_seg" => json!(tokens::unicode_words(a)),
        "collate_transform" => json!(collated(1)),
        "collate_equals" => json!(collated(1) == collated(2)),
        "skeleton" => json!(collation::skeleton(a)),
        "confusable" => json!(collation::skeleton(a) == collation::skeleton(b())),
        "attachment_parts" => {
            let (content_type, url) = flow::text::attachment_parts(a);
            json!({"content_type": content_type, "url": url, "valid": !content_type.is_empty()})
        }
        "prefix_overlap" => json!(flow::text::prefix_overlap(a, b())),
        "indent" => json!(flow::text::indent(a, b())),
        "nesting_depth_exceeds" => json!(flow::text::nesting_exceeds(a, count(case.argument(1)))),
        "truncate" => json!(flow::text::truncate(a, count(case.argument(1)))),
        "truncate_ellipsis" => json!(flow::text::truncate_ellipsis(a, count(case.argument(1)))),
        "glob_match" => json!(globs::matches(a, b())),
        "glob_select" => {
            let patterns: Vec<&str> = list(&case.json["args"]).split_off(1);
            json!(globs::most_specific(a, &patterns).unwrap_or(""))
        }
        "contactql_escape" => json!(flow::text::quote_for_query(a)),
        "bcp47_match" => {
            json!(languages::best_locale(&list(case.argument(0)), &list(case.argument(1))).unwrap_or(""))
        }
        "string_slices" => {
            let bounds: Vec<usize> = case.argument(1).as_array().unwrap().iter().map(count).collect();
            json!(bounds.chunks(2).map(|pair| &a[pair[0]..pair[1]]).collect::<Vec<_>>())
        }
        "obfuscate_encode_id" => {
            json!(obfuscation::encode(case.argument(0).as_u64().unwrap(), key(case)))
        }
        "obfuscate_decode_id" => {
            return outcome(
                case,
                obfuscation::decode(a, key(case)).map(|id| json!(id)).map_err(|e| e.to_string()),
            );
        }
        "parse_language" => {
            return outcome(case, languages::parse(a).map(|l| json!(l.as_str())).map_err(|e| e.to_string()));
        }
        other => return Err(format!("unknown operation {other}")),
    };
    outcome(case, Ok(got))
}

fn key(case: &Case) -> [u32; 4] {
    serde_json::from_value(case.argument(1).clone()).unwrap()
}

fn country(json: &Json) -> Option<Country> {
    json.as_str().filter(|code| !code.is_empty()).map(|code| code.parse().unwrap())
}

/// Phone numbers.
pub fn phones(_: &Data, case: &Case) -> Outcome {
    let flag = |at: usize| case.argument(at).as_bool().unwrap_or(false);
    let parse = |accept| text_phones::parse(case.text(0), country(case.argument(1)), accept);
    match case.operation() {
        "utils_parse_phone" => outcome(case, Ok(json!(parse(Accept::default()).unwrap_or_default()))),
        "utils_find_phones" => {
            outcome(case, Ok(json!(text_phones::find(case.text(0), country(case.argument(1))))))
        }
        "derive_country" => {
            outcome(case, Ok(json!(text_phones::country_of(case.text(0)).map(|c| c.to_string()))))
        }
        operation => {
            let accept = Accept { short: flag(2), sender: flag(3) };
            let prefix = if operation == "parse_phone" { "tel:" } else { "" };
            let accept = if operation == "parse_phone" { Accept { sender: false, ..accept } } else { accept };
            outcome(case, parse(accept).map(|n| json!(format!("{prefix}{n}"))).map_err(|e| e.to_string()))
        }
    }
}

/// Addresses.
pub fn urns(_: &Data, case: &Case) -> Outcome {
    let a = case.text(0);
    let parsed = Parts::parse(a);
    let loose = || parsed.clone().unwrap_or_else(|_| Parts::loose(a));
    let got = match case.operation() {
        "parse" => parsed.map(|parts| json!(parts.to_string())),
        "is_valid_scheme" => Ok(json!(text_urns::is_valid_scheme(a))),
        "display" => Ok(json!(loose().display)),
        "format" => Ok(json!(loose().format())),
        "identity" => Ok(json!(loose().identity())),
        "normalize" => {
            Ok(json!(parsed.map_or_else(|_| a.trim().to_owned(), |parts| parts.normalised().to_string())))
        }
        "validate" => loose().validate().map(|()| json!("ok")),
        "new_from_parts" => Parts::new(a, case.text(1), case.text(3)).map(|parts| json!(parts.to_string())),
        other => return Err(format!("unknown operation {other}")),
    };
    outcome(case, got.map_err(|e| e.to_string()))
}

/// Short messages.
pub fn gsm7(_: &Data, case: &Case) -> Outcome {
    let a = case.text(0);
    let got = match case.operation() {
        "is_valid" => json!(text_gsm7::is_valid(a)),
        "replace_substitutions" => json!(text_gsm7::replace_substitutions(a)),
        "segments" => json!(text_gsm7::segments(a)),
        other => return Err(format!("unknown operation {other}")),
    };
    outcome(case, Ok(got))
}

/// Places.
pub fn locations(data: &Data, case: &Case) -> Outcome {
    let (places, a) = (data.places(), case.text(0));
    let got = match case.operation() {
        "is_possible_path" => json!(text_locations::is_possible_path(a)),
        "normalize_path" => json!(text_locations::normalise_path(a)),
        "find_by_path" => json!(places.find_by_path(a)),
        "find_by_name" => json!(places.find_by_name(a, count(case.argument(1)), case.argument(2).as_str())),
        other => return Err(format!("unknown operation {other}")),
    };
    same(&got, &case.json["expect"])
        .map_err(|how| format!("{} {}: {how}", case.operation(), case.json["args"]))
}
