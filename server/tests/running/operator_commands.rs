//! `openline channel …` and `openline tariffs` as an operator types them.
#![expect(clippy::unwrap_used, reason = "test code")]
use std::path::Path;
use std::process::{Command, Output};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// An installation with the sample line and no channel.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = "data = \"data\"\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://line.test\"\n";
        std::fs::write(folder.path().join("openline.toml"), config).unwrap();
        let desk = Self { folder };
        let casa = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/casa");
        desk.good(&["import", casa.to_str().unwrap()]);
        desk
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_openline"))
            .current_dir(self.folder.path())
            .args(words)
            .output()
            .unwrap();
        (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
    }

    fn good(&self, words: &[&str]) -> String {
        let (good, shown) = self.run(words);
        assert!(good, "{words:?}\n{shown}");
        shown
    }

    fn bad(&self, words: &[&str]) -> String {
        let (good, shown) = self.run(words);
        assert!(!good, "{words:?}\n{shown}");
        shown
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn channels_are_made_listed_paused_and_tuned() {
    let desk = Desk::new();
    let known = desk.good(&["channel", "providers"]);
    assert!(known.contains("telegram") && known.contains("whatsapp_cloud"), "{known}");
    let wanted = desk.good(&["channel", "providers", "telegram"]);
    assert!(wanted.contains("bot_token (required, secret)"), "{wanted}");
    let settings = desk.file(
        "telegram.json",
        r#"{"bot_token": "hush-hush", "secret_token": "psst", "base_url": "http://127.0.0.1:9"}"#,
    );
    let add = |settings: &str| {
        ["channel", "add", "--line", "casa", "--kind", "telegram", "--address", "casa_bot", "--settings"]
            .into_iter()
            .map(str::to_owned)
            .chain([settings.to_owned()])
            .collect::<Vec<_>>()
    };
    let words = add(&settings);
    let made = desk.good(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let id = made.lines().find_map(|line| line.strip_prefix("Channel ")).unwrap().to_owned();
    assert!(made.contains(&format!("http://line.test/hooks/{id}")), "{made}");
    let wrong = desk.file("wrong.json", r#"{"bot_tokn": "hush-hush"}"#);
    let words = add(&wrong);
    let refused = desk.bad(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(refused.contains("bot_tokn") && !refused.contains("hush"), "{refused}");

    let listed = desk.good(&["channel", "list"]);
    assert!(listed.contains(&id) && listed.contains("telegram") && !listed.contains("hush"), "{listed}");
    assert!(desk.good(&["channel", "pause", &id]).contains("is paused."));
    assert!(desk.good(&["channel", "pause", &id]).contains("is paused already."));
    assert!(desk.good(&["channel", "list", "--line", "casa"]).contains("paused"));
    assert!(desk.good(&["channel", "on", &id]).contains("is on."));
    // Nobody answers there: the test says so and fails.
    let tested = desk.bad(&["channel", "test", &id]);
    assert!(tested.contains("NO  account") && !tested.contains("hush"), "{tested}");

    let slow = desk.file("slow.json", r#"{"per_second": 2.0, "unknown": "resend"}"#);
    desk.good(&["channel", "delivery", &id, &slow]);
    let shown = desk.good(&["channel", "delivery", &id]);
    assert!(shown.contains("\"per_second\": 2.0") && shown.contains("resend"), "{shown}");
    let odd = desk.file("odd.json", r#"{"per_secund": 2.0}"#);
    assert!(desk.bad(&["channel", "delivery", &id, &odd]).contains("per_secund"));
    let nobody = desk.bad(&["channel", "pause", "00000000-0000-0000-0000-000000000000"]);
    assert!(nobody.contains("openline channel list"), "{nobody}");
}

#[test]
fn prices_come_back_as_they_went_in() {
    let desk = Desk::new();
    assert_eq!(desk.good(&["tariffs"]), "");
    let table = "# what our SMS cost\n[[tariff]]\nchannel = \"sms\"\nto = \"+593\"\nunit = \"segment\"\n\
                 price = \"0.0742\"\ncurrency = \"USD\"\nvalid_from = 2026-01-01\n";
    let file = desk.file("tariffs.toml", table);
    assert!(desk.good(&["tariffs", &file]).contains("1 prices."));
    let shown = desk.good(&["tariffs"]);
    assert_eq!(shown.trim(), table.trim_start_matches("# what our SMS cost\n").trim());
    let again = desk.file("again.toml", &shown);
    desk.good(&["tariffs", &again]);
    assert_eq!(desk.good(&["tariffs"]), shown);
    let wrong = desk.file("wrong.toml", &table.replace("0.0742", "cheap"));
    assert!(desk.bad(&["tariffs", &wrong]).contains("line 6"));
    assert_eq!(desk.good(&["tariffs"]), shown, "nothing was changed");
}
