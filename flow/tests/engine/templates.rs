//! Whatever an author writes, evaluating it gives a text and never a panic.
use flow::env::Environment;
use flow::excellent::{Object, Root, Scope, Template, Value, tools};
use flow::source::Source;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

struct Still;

impl Source for Still {
    fn now(&mut self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn uuid_v7(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn uuid_v4(&mut self) -> Uuid {
        Uuid::nil()
    }
    fn random_below(&mut self, _: u64) -> u64 {
        0
    }
    fn random_unit(&mut self) -> f64 {
        0.5
    }
}

struct Context;

const TOPS: &[&str] = &["contact", "list"];

impl Root for Context {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "contact" => {
                Some(Object::new([("name", Value::from("Amina")), ("age", Value::Number(34.into()))]).into())
            }
            "list" => Some(Value::array([Value::from("a"), Value::Null, Value::error("broken")])),
            _ => None,
        }
    }
}

fn evaluate(text: &str) {
    let template = Template::compile(text, TOPS);
    let env = Environment::default();
    let _ = template.evaluate(&mut Scope::new(&env, &Context, &mut Still));
    let (value, _) = template.evaluate_value(&mut Scope::new(&env, &Context, &mut Still));
    let _ = (value.render(), value.format(&env), value.to_json());
    let (rewritten, _) = tools::canonicalise(text, TOPS);
    // What is canonical stays as it is.
    assert_eq!(tools::canonicalise(&rewritten, TOPS).0, rewritten, "{text}");
    let _ = tools::references(text, TOPS);
}

const PIECES: &[&str] = &[
    "@",
    "@(",
    "@@",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "\"",
    "\\",
    "+",
    "-",
    "*",
    "/",
    "^",
    "&",
    "=",
    "!=",
    "<=",
    ">",
    "=>",
    " ",
    "0",
    "1",
    "12.5",
    "-1",
    "999999999999999999999999999999999999",
    "true",
    "null",
    "x",
    "contact",
    ".name",
    ".age",
    "list",
    "[0]",
    "[-1]",
    "(x) =>",
    "x + 1",
    "upper",
    "repeat",
    "split",
    "foreach",
    "text_slice",
    "word",
    "round",
    "format_number",
    "datetime_add",
    "date",
    "has_any_word",
    "has_number_between",
    "has_phone",
    "has_pattern",
    "regex_match",
    "format_datetime",
    "parse_datetime",
    "replace_time",
    "epoch",
    "char",
    "mod",
    "slice",
    "field",
    "json",
    "parse_json",
    "\"YYYY-MM-DD\"",
    "\"2020-01-31\"",
    "\"M\"",
    "\"(\\w+\"",
    "\"0991234567\"",
    "é",
    "🚑",
    "日",
];

/// A call of any function with odd arguments.
fn call() -> impl Strategy<Value = String> {
    const FUNCTIONS: &[&str] = &[
        "abs",
        "array",
        "attachment_parts",
        "char",
        "code",
        "concat",
        "count",
        "date",
        "date_from_parts",
        "datetime",
        "datetime_add",
        "datetime_diff",
        "datetime_from_epoch",
        "epoch",
        "extract",
        "field",
        "format",
        "format_date",
        "format_datetime",
        "format_number",
        "format_time",
        "format_urn",
        "has_beginning",
        "has_date",
        "has_email",
        "has_number",
        "has_number_between",
        "has_pattern",
        "has_phone",
        "has_phrase",
        "has_time",
        "html_decode",
        "join",
        "json",
        "keys",
        "legacy_add",
        "max",
        "mean",
        "mod",
        "number",
        "object",
        "parse_datetime",
        "parse_json",
        "parse_time",
        "percent",
        "rand_between",
        "read_chars",
        "regex_match",
        "remove_first_word",
        "repeat",
        "replace",
        "replace_time",
        "reverse",
        "round",
        "round_down",
        "round_up",
        "slice",
        "sort",
        "split",
        "sum",
        "text_slice",
        "time",
        "time_from_parts",
        "title",
        "trim",
        "tz",
        "tz_offset",
        "unique",
        "urn_parts",
        "week_number",
        "weekday",
        "word",
        "word_count",
        "word_slice",
    ];
    const ARGUMENTS: &[&str] = &[
        "null",
        "true",
        "0",
        "-1",
        "1.5",
        "2147483648",
        "-9223372036854775808",
        "9223372036854775807",
        "\"\"",
        "999999999999999999999999999999999999",
        "0.000000000000000000000000000001",
        "\"é🚑ß\"",
        "\"0001-01-01\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"31-12-9999\"",
        "\"tt:mm\"",
        "\"Y\"",
        "\"D\"",
        "\"s\"",
        "\"Asia/Kathmandu\"",
        "\"[a-\"",
        "list",
        "contact",
        "array(1, \"x\")",
        "upper",
        "1 / 0",
        "\"tel:+593991234567\"",
        "\"{\"",
        "today()",
    ];
    let arguments = prop::collection::vec(prop::sample::select(ARGUMENTS), 0..5);
    (prop::sample::select(FUNCTIONS), arguments)
        .prop_map(|(name, arguments)| format!("@({name}({}))", arguments.join(", ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC*") {
        evaluate(&text);
    }

    #[test]
    fn anything_like_an_expression(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..25)) {
        evaluate(&pieces.concat());
        evaluate(&format!("@({})", pieces.concat()));
    }

    #[test]
    fn any_call_of_a_function(calls in prop::collection::vec(call(), 1..4)) {
        evaluate(&calls.concat());
    }
}
