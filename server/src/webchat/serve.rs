use super::*;
#[tokio::test(flavor = "multi_thread")]
#[ignore]
async fn serve() {
    let codes = ["eng", "spa", "ara", "fra", "ukr", "mya", "ben"];
    let world = World::with(&codes, "http://127.0.0.1:18931").await;
    let names = [
        ("eng", "English"),
        ("spa", "Español"),
        ("ara", "العربية"),
        ("fra", "Français"),
        ("ukr", "Українська"),
        ("mya", "မြန်မာ"),
        ("ben", "বাংলা"),
    ];
    let mut text = content(&codes);
    for (k, v) in names {
        text = text.replacen(&format!("{k} = \"Name\""), &format!("{k} = \"{v}\""), 1);
        text = text.replacen(
            &format!("{k} = \"Línea <Casa>\""),
            &format!("{k} = \"{}\"", if k == "ara" { "خط المساعدة" } else { "Help line" }),
            1,
        );
    }
    let long = "Who we are. The Casa line is a free service of Casa, an agency that works with refugees and migrants in Ecuador. Casa is responsible for your data.\\n\\nWhat we keep. The address that you write to us from (your phone number or the user name that the channel gives), the language that you chose, your messages, what we answer. https://example.org/privacy";
    text = text.replace("The <long> notice.", long);
    let audio =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../content/casa/audio/legal-eng.ogg")).unwrap();
    let files = BTreeMap::from([
        ("line.toml".to_owned(), text.into_bytes()),
        ("flows.json".to_owned(), FLOWS.as_bytes().to_vec()),
        ("audio/rights.ogg".to_owned(), audio),
    ]);
    lines::import_files(&world.app, files).await.unwrap();
    let name = world.app.lines().get(world.line).unwrap().files["audio/rights.ogg"].name.clone();
    let w = std::sync::Arc::new(world);
    let bot = w.clone();
    tokio::spawn(async move {
        let mut done = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let taken = bot.taken().await;
            for sent in taken.into_iter().skip(done) {
                done += 1;
                let from = sent.from[0].clone();
                let rtl = sent.text.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c));
                let kept = if sent.text.contains("secret") {
                    None
                } else {
                    Some(Content { text: sent.text.clone(), ..Content::default() })
                };
                bot.message(&from, true, kept).await;
                if !sent.text.contains("silent") {
                    let q = |id: &str, t: &str| QuickReply {
                        id: Some(id.into()),
                        text: t.into(),
                        ..QuickReply::default()
                    };
                    let menu = if rtl {
                        Content {
                            text: "مرحباً. هذا خط المساعدة. بماذا يمكننا مساعدتك؟ اتصل 1515.".into(),
                            quick_replies: vec![
                                q("a", "اللجوء والأوراق"),
                                q("b", "المساعدة النقدية"),
                                q("c", "الصحة"),
                                q("d", "التحدث مع موظف"),
                            ],
                            ..Content::default()
                        }
                    } else {
                        Content {
                            text: format!(
                                "Hello. This is the help line.\nYou said: {}\nRead https://rights.example/very/long/address/that/does/not/end/anywhere/near?here=1 for more.",
                                sent.text
                            ),
                            attachments: vec![Attachment {
                                content_type: "audio/ogg".into(),
                                url: format!("/media/{name}"),
                            }],
                            quick_replies: vec![
                                q("a", "Asylum and papers"),
                                QuickReply { extra: Some("How to get it".into()), ..q("b", "Cash help") },
                                q("c", "Health"),
                                q("d", "Talk to a person"),
                            ],
                            ..Content::default()
                        }
                    };
                    bot.message(&from, false, Some(menu)).await;
                }
                bot.app.signals.touch_live();
            }
        }
    });
    let count = w.clone();
    let push = w.clone();
    let router = w
        .router
        .clone()
        .route("/test/said", axum::routing::get(move || async move { axum::Json(count.said().await) }))
        .route(
            "/test/push",
            axum::routing::get(move || async move {
                let urn = push.taken().await.pop().unwrap().from.remove(0);
                push.bot(&urn, "An agent says this.").await;
                push.app.signals.touch_live();
                "ok"
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:18931").await.unwrap();
    println!("ready");
    axum::serve(listener, router.into_make_service_with_connect_info::<std::net::SocketAddr>())
        .await
        .unwrap();
}
