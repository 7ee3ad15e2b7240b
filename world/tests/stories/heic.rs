//! Pictures as iPhones keep them, unpacked by the real program.
use std::path::{Path, PathBuf};

use serde_json::json;
use world::town::Town;

use crate::media::talking;
use crate::media_out::{fetched, holds, id_of};

/// 96 by 64 pixels, with words beside them that say that they lie on their side, and where they were taken. Turning is
/// part of this format, so the first must not be believed.
const PHOTO: &[u8] = include_bytes!("data/upright.heic");
const PLACE: &[u8] = b"4.6097N 74.0817W";

/// The machine's program.
fn real() -> PathBuf {
    let names = ["/usr/bin/heif-dec", "/usr/bin/heif-convert", "/usr/local/bin/heif-convert"];
    let found = names.into_iter().find(|path| Path::new(path).is_file());
    found.map(PathBuf::from).expect("heif-convert is missing: apt-get install libheif-examples")
}

async fn heic_arrives_as_a_jpeg_without_the_place(town: Town) {
    assert!(holds(PHOTO, PLACE));
    let mut town = town;
    let lucia = town.staff("lucia").await;
    let amina = town.whatsapp("Amina");
    let id = talking(&town, &amina, &lucia).await;
    let refused = lucia.brings(&id, "IMG_0001.HEIC", PHOTO.to_vec()).await;
    assert_eq!((refused.status, &refused.body["reason"]), (422, &"unreadable_picture".into()));

    town.unpacks_heic_by(real());
    town.restarts().await;
    let lucia = town.staff("lucia").await;
    let brought = lucia.brings(&id, "IMG_0001.HEIC", PHOTO.to_vec()).await.ok();
    let becomes = &brought["becomes"];
    assert_eq!((&becomes["how"], &becomes["content_type"]), (&"converted".into(), &"image/jpeg".into()));
    assert_eq!((&becomes["width"], &becomes["height"]), (&96.into(), &64.into()), "{becomes}");
    let mut damaged = PHOTO.to_vec();
    let end = damaged.len() - 200;
    damaged.truncate(end);
    let damaged = lucia.brings(&id, "IMG_0002.HEIC", damaged).await.ok();
    assert_eq!(
        (&damaged["becomes"]["how"], &damaged["becomes"]["reason"]),
        (&"refused".into(), &"damaged".into())
    );
    // A picture that says it has more pixels than are unpacked.
    let mut bomb = PHOTO.to_vec();
    let at = bomb.windows(4).position(|word| word == b"ispe").expect("its size") + 8;
    bomb[at..at + 8].copy_from_slice(&[0, 0, 0x70, 0, 0, 0, 0x70, 0]);
    let bomb = lucia.brings(&id, "IMG_0003.HEIC", bomb).await;
    assert_eq!((bomb.status, &bomb.body["reason"]), (422, &"too_many_pixels".into()), "{}", bomb.body);

    drop(lucia.replies_with(&id, "El refugio", &[(&id_of(&brought), "")]).await.ok());
    town.settle().await;
    let bubble = amina.sees("El refugio").await;
    let (status, kind, body) = fetched(&bubble.media[0].url).await;
    assert_eq!((status, kind.as_str()), (200, "image/jpeg"));
    assert!(!holds(&body, PLACE) && !holds(&body, b"Exif"));
    let picture = image::load_from_memory(&body).expect("a picture").into_rgb8();
    assert_eq!(picture.dimensions(), (96, 64));
    town.ends().await;
}

/// By SMS the page of the address shows it, also when the program is gone again.
async fn heic_opens_from_an_address(town: Town) {
    let mut town = town;
    town.unpacks_heic_by(real());
    town.restarts().await;
    let lucia = town.staff("lucia").await;
    let luis = town.sms("Luis");
    let id = talking(&town, &luis, &lucia).await;
    let brought = lucia.brings(&id, "IMG_0001.HEIC", PHOTO.to_vec()).await.ok();
    assert_eq!(
        brought["becomes"],
        json!({
            "id": brought["id"], "how": "link", "reason": null, "content_type": "image/jpeg",
            "size": brought["becomes"]["size"], "width": 96, "height": 64,
        })
    );
    drop(lucia.replies_with(&id, "La foto", &[(&id_of(&brought), "")]).await.ok());
    town.settle().await;
    town.unpacks_heic_by(PathBuf::new());
    town.restarts().await;
    let bubble = luis.sees("La foto").await;
    let url = bubble.text.lines().find(|line| line.starts_with("http")).expect("an address").to_owned();
    let (status, _, page) = fetched(&url).await;
    let page = String::from_utf8(page).expect("text");
    let source = page.split_once("src=\"").expect("a picture").1.split('"').next().expect("its end");
    let (picture, kind, _) = fetched(&format!("{}{source}", town.base_url())).await;
    assert_eq!((status, picture, kind.as_str()), (200, 200, "image/jpeg"));
    town.ends().await;
}

world::stories!(heic_arrives_as_a_jpeg_without_the_place, heic_opens_from_an_address);
