//! What a report of an import says, by code: English here, for the API and the command line; the console has its
//! other languages in `console/locales/report`.
use std::collections::BTreeMap;

use super::view::Says;

/// One thing that a report says. Its English holds `{name}` for each value.
#[derive(Debug, Clone, Copy)]
pub struct Saying {
    pub code: &'static str,
    pub english: &'static str,
}

impl Saying {
    /// With these values in the places of their names.
    pub fn with(self, values: &[(&str, &str)]) -> Says {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Says { code: self.code.to_owned(), values }
    }

    pub fn says(self) -> Says {
        self.with(&[])
    }
}

/// What is said, in English.
pub fn english(says: &[Says]) -> String {
    let text = |one: &Says| {
        let saying = ALL.iter().find(|saying| saying.code == one.code)?;
        Some(filled(saying.english, &one.values))
    };
    says.iter().filter_map(text).collect::<Vec<_>>().join(" ")
}

/// One pass, so that a value which looks like a name stays as it is.
fn filled(english: &str, values: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = english;
    while let Some((before, from)) = rest.split_once('{') {
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        text.push_str(before);
        text.push_str(values.get(name).map_or("", String::as_str));
        rest = after;
    }
    text.push_str(rest);
    text
}

macro_rules! sayings {
    ($($name:ident $code:literal $english:literal)*) => {
        $(pub const $name: Saying = Saying { code: $code, english: $english };)*
        /// Every saying.
        pub const ALL: &[Saying] = &[$($name),*];
    };
}

sayings! {
    FLOW_NEW "flow-new" "New."
    FLOW_SAME "flow-same" "The same as the line's."
    FLOW_TAKES_PLACE_AND_ID "flow-takes-place-and-id" "Takes the place of the line's flow of this name, and its id."
    FLOW_TAKES_PLACE "flow-takes-place" "Takes the place of the line's."
    FLOW_MIGRATED "flow-migrated" "Migrated from {version}."
    GROUP_BY_QUERY "group-by-query" "Whoever fits {query}."
    GROUP_OF_THE_LINE "group-of-the-line" "The line's group of this name."
    GROUP_EMPTY "group-empty" "Empty at first: who was in it in RapidPro is not part of an export."
    FIELD_MADE "field-made" "Made, since a flow sets it."
    FIELD_TAKEN "field-taken" "A field of people."
    GLOBAL_TAKEN "global-taken" "With its value."
    TRIGGER_BEGINS "trigger-begins" "A message that begins with this starts the flow."
    TRIGGER_IS "trigger-is" "A message that is this starts the flow."
    MISSING_TOPIC "missing-topic"
        "The line has no such topic, so conversations come without one: add it to line.toml."
    MISSING_FLOW "missing-flow" "Export it together with this flow, or take the step out. Publishing waits for it."
    MISSING_ASSET "missing-asset" "Export it together with the flow. Publishing waits for it."
    MISSING_GLOBAL "missing-global"
        "An export has no values of globals: add it to globals in flows.json, with key, name and value."
    MISSING_CHANNEL "missing-channel" "The step is left out here: the line's own channels are used."
    MISSING_TEMPLATE "missing-template"
        "Without the template the flow's own text is sent, which WhatsApp refuses outside its 24 hours."
    MISSING_USER "missing-user" "The conversation comes to the whole team instead."
    MISSING_LABEL "missing-label" "Messages get no labels here; the step is left out."
    MISSING_LLM "missing-llm" "No language model is connected; the flow takes its way for failures."
    MISSING_OPTIN "missing-optin" "Opt-ins of channels are not asked for here; the step is left out."
    MISSING_CONTACT "missing-contact" "People are not part of an export; the step reaches nobody."
    MISSING_OTHER "missing-other" "The step is left out here."
    DIFFERS_CLASSIFIER "differs-classifier"
        "Classifiers are not called any more, here as in RapidPro; the flow takes its way for failures."
    DIFFERS_AIRTIME "differs-airtime"
        "No airtime service is connected; nothing is sent and the flow takes its way for failures."
    DIFFERS_EMAIL "differs-email" "No mail service is connected; nothing is sent, and the author sees it here."
    DIFFERS_BROADCAST "differs-broadcast" "Messages to others are not sent from flows; the step is left out."
    DIFFERS_SESSION "differs-session" "Flows are not started for others; the step is left out."
    DIFFERS_URN "differs-urn" "Addresses that flows add are not kept."
    DIFFERS_STATUS "differs-status" "People are not blocked or archived by flows; the step is left out."
    DIFFERS_TIMEZONE "differs-timezone" "The line's time zone is used for everybody; the step is left out."
    DIFFERS_CHANNEL "differs-channel"
        "Answers go out on the channel that a person wrote on; the step is left out."
    DIFFERS_RESTHOOK "differs-resthook" "Resthooks have no subscribers unless flows.json lists them."
    DIFFERS_WEBHOOK "differs-webhook"
        "This server makes the call: whoever answers it must let it in, and may know what it is sent."
    DIFFERS_ATTACHMENT "differs-attachment"
        "The file is not part of an export: put it where it can be fetched, and write its whole address."
    DIFFERS_CAMPAIGN "differs-campaign"
        "Campaigns are not taken: nothing is sent or started at its {points} points in time."
    DIFFERS_CONSENT "differs-consent"
        "What flows write down of a person (name, fields, groups) is kept only if she has agreed to the notice."
    DIFFERS_ENVIRONMENT "differs-environment"
        "Dates are read as day, month, year, in the time zone {timezone}, numbers and phone numbers as in {country}: the line's, not those of the workspace that the export is from."
    DIFFERS_LINE "differs-line"
        "Messages that speak of danger, and the words for STOP, INFO, FORGET and HELP, never come to a flow: the line answers them itself."
    DIFFERS_VOICE "differs-voice" "The line has no telephone channel: nobody hears this flow until it has one."
    DIFFERS_SURVEYOR "differs-surveyor"
        "It was made for RapidPro's Surveyor app, which does not speak to this server."
    LANGUAGE_NOT_SPOKEN "language-not-spoken"
        "The line does not speak this language, so nobody sees these texts by choice."
    LANGUAGE_NOT_TRANSLATED "language-not-translated"
        "The flow is not translated into this language of the line; its own language is shown."
    TRIGGER_UNLIMITED "trigger-unlimited"
        "The keyword works for everybody and on every channel; its limits are not taken."
    TRIGGER_CATCH_ALL "trigger-catch-all"
        "Not taken: what nothing else answers goes to the line's main flow (main_flow in line.toml)."
    TRIGGER_SCHEDULE "trigger-schedule" "Not taken: no flow is started by the clock."
    TRIGGER_CALL "trigger-call"
        "Not taken: whoever calls is greeted like whoever writes, and then hears the line's main flow."
    TRIGGER_MISSED_CALL "trigger-missed-call" "Not taken: missed calls start no flow."
    TRIGGER_NEW_CONVERSATION "trigger-new-conversation"
        "Not taken: the line greets people itself, with its language question and notice."
    TRIGGER_REFERRAL "trigger-referral" "Not taken: referrals of channels start no flow."
    TRIGGER_CLOSED "trigger-closed"
        "Not taken: the flow after a conversation is after_close_flow in line.toml."
    TRIGGER_OPTIN "trigger-optin" "Not taken: STOP and START are words of the line."
    TRIGGER_OTHER "trigger-other" "Not taken: this kind of trigger does not exist here."
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn values_go_where_their_names_are() {
        let says = [FLOW_NEW.says(), FLOW_MIGRATED.with(&[("version", "11.{version}")])];
        assert_eq!(english(&says), "New. Migrated from 11.{version}.");
        // A release that said more has left a report.
        assert_eq!(english(&[Says { code: "of-old".to_owned(), values: BTreeMap::new() }]), "");
    }

    /// Values that an English saying has places for.
    fn places(english: &str) -> BTreeSet<&str> {
        english.split('{').skip(1).filter_map(|from| from.split('}').next()).collect()
    }

    #[test]
    fn the_console_says_each_in_its_languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/locales/report");
        for language in ["es", "ar"] {
            let text = std::fs::read_to_string(folder.join(format!("{language}.ftl"))).unwrap();
            let lines: BTreeMap<&str, &str> =
                text.lines().filter_map(|line| line.split_once(" = ")).collect();
            let codes: BTreeSet<&str> = ALL.iter().map(|saying| saying.code).collect();
            assert_eq!(lines.keys().copied().collect::<BTreeSet<_>>(), codes, "{language}");
            for saying in ALL {
                let used: BTreeSet<&str> = places(lines[saying.code])
                    .into_iter()
                    .map(|place| place.trim().trim_start_matches('$'))
                    .collect();
                assert_eq!(used, places(saying.english), "{language}: {}", saying.code);
            }
        }
    }
}
