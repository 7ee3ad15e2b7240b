//! The line that is played: Casa with its notice, words, answers and triage as they are, and in place of its menu
//! a flow whose every answer repeats the question, so that each answer can be told apart.
use anyhow::Context as _;
use serde_json::{Value, json};

/// How many questions one session answers before it ends and the next message starts a new one.
const TURNS: usize = 6;
/// The flow that is replaced.
const MENU: &str = "menu";

/// What a person writes until she has chosen a language and agreed.
#[must_use]
pub fn opening() -> Vec<String> {
    ["hola", "Español", "Acepto"].map(ToOwned::to_owned).to_vec()
}

/// `flows.json` with the menu replaced.
///
/// # Errors
/// When it is no export with a flow called menu.
pub fn with_echoing_menu(flows: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut export: Value = serde_json::from_slice(flows).context("flows.json")?;
    let flows = export["flows"].as_array_mut().context("flows.json has no flows")?;
    let menu = flows.iter_mut().find(|flow| flow["name"] == MENU).context("flows.json has no menu")?;
    menu["nodes"] = Value::Array(nodes());
    menu["localization"] = json!({});
    if let Some(menu) = menu.as_object_mut() {
        menu.remove("_ui");
    }
    Ok(serde_json::to_vec(&export)?)
}

/// An id that is the same in every run.
fn id(kind: u32, turn: usize, part: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{turn:06x}{part:06x}")
}

/// Question and answer in turn: a node that answers, a node that waits and sorts the reply.
fn nodes() -> Vec<Value> {
    let mut nodes = Vec::new();
    for turn in 0..TURNS {
        let last = turn + 1 == TURNS;
        let next = if last { Value::Null } else { json!(id(2, turn, 0)) };
        nodes.push(json!({
            "uuid": id(1, turn, 0),
            "actions": [{
                "uuid": id(1, turn, 1),
                "type": "send_msg",
                "text": "Recibido: @input.text. Gracias, @(if(contact.name, contact.name, \"buenas\")). \
                         ¿Qué más necesita?",
                "quick_replies": [
                    { "type": "text", "id": "yes", "text": "Sí" },
                    { "type": "text", "id": "no", "text": "No" },
                    { "type": "text", "id": "menu", "text": "Menú" },
                ],
            }],
            "exits": [{ "uuid": id(1, turn, 2), "destination_uuid": next }],
        }));
        if !last {
            nodes.push(waiting(turn));
        }
    }
    nodes
}

fn waiting(turn: usize) -> Value {
    let next = id(1, turn + 1, 0);
    let sorts = [
        ("Yes", "has_any_word", "sí si claro"),
        ("No", "has_any_word", "no nunca"),
        ("Menu", "has_only_phrase", "menú"),
    ];
    let mut categories = Vec::new();
    let mut cases = Vec::new();
    for (index, (name, test, argument)) in sorts.into_iter().enumerate() {
        categories.push(json!({ "uuid": id(3, turn, index), "name": name, "exit_uuid": id(4, turn, index) }));
        cases.push(json!({
            "uuid": id(5, turn, index),
            "type": test,
            "arguments": [argument],
            "category_uuid": id(3, turn, index),
        }));
    }
    let other = sorts.len();
    categories.push(json!({ "uuid": id(3, turn, other), "name": "Other", "exit_uuid": id(4, turn, other) }));
    let exits: Vec<Value> =
        (0..=other).map(|index| json!({ "uuid": id(4, turn, index), "destination_uuid": next })).collect();
    json!({
        "uuid": id(2, turn, 0),
        "router": {
            "type": "switch",
            "wait": { "type": "msg" },
            "result_name": format!("Question {turn}"),
            "operand": "@input.text",
            "categories": categories,
            "default_category_uuid": id(3, turn, other),
            "cases": cases,
        },
        "exits": exits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_is_replaced_and_nothing_else() {
        let casa = crate::line::casa();
        let before: Value = serde_json::from_slice(&casa["flows.json"]).unwrap();
        let after: Value = serde_json::from_slice(&with_echoing_menu(&casa["flows.json"]).unwrap()).unwrap();
        let names = |export: &Value| {
            export["flows"].as_array().unwrap().iter().map(|flow| flow["uuid"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&before), names(&after));
        let menu = after["flows"].as_array().unwrap().iter().find(|flow| flow["name"] == MENU).unwrap();
        assert_eq!(menu["nodes"].as_array().unwrap().len(), 2 * TURNS - 1);
        assert!(with_echoing_menu(b"{}").is_err());
    }
}
