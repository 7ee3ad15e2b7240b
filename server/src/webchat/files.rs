//! Files by their address: a page with the small form, and the bytes. Whoever holds an address may open it: a provider that
//! brings the file to her, or she herself. See `media::link`.
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};

use super::Chat;
use super::http::Problem;
use super::page::{FILE_POLICY, FilePage};
use crate::app::App;
use crate::lines::{Line, digest_of};
use crate::media::form::{self, Form, Made, Original};
use crate::media::plan::{Can, Plan, Taker, plan};
use crate::media::{self, Opened, link};

async fn opened(app: &App, token: &str) -> Result<Opened, Problem> {
    let id = link::read(app, token, app.now()).ok_or(Problem::NotFound)?;
    let context = app.clone();
    let opened = app.store.read(move |tx| media::opened(tx, &context, id)).await?;
    opened.ok_or(Problem::NotFound)
}

/// What was sent could be read then; whether its form is there, the store knows.
const SENT: Can = Can { speech: false, heif: true };

/// The whole file without what it hides, as it is given to whoever has the address.
fn whole(original: &Original) -> Result<Form, Problem> {
    match plan(Taker::Address, &original.content_type, original.size, SENT) {
        Plan::Link(form) | Plan::Send(form) => Ok(form),
        Plan::Refuse(_) => Err(Problem::NotFound),
    }
}

async fn made(app: &App, original: &Original, form: Form) -> Result<Made, Problem> {
    form::ensure(app, original, form).await?.map_err(|_| Problem::NotFound)
}

/// `GET /f/{token}`: the page of a file.
pub async fn page(State(chat): State<Chat>, Path(token): Path<String>) -> Result<Response, Problem> {
    let opened = opened(&chat.app, &token).await?;
    let original = &opened.original;
    let form = whole(original)?;
    let whole = made(&chat.app, original, form).await?;
    let small = if SENT.read(&original.content_type) {
        Some(made(&chat.app, original, Form::Small).await?)
    } else {
        None
    };
    let lines = chat.app.lines();
    let line = lines.get(opened.line_id).ok_or(Problem::NotFound)?;
    let page = FilePage {
        language: line.content.language(opened.language),
        address: &format!("/f/{token}"),
        description: &opened.label.description,
        small: small.as_ref(),
        whole: (&form.code(), &whole),
    };
    let mut response = Html(page.render()).into_response();
    set(&mut response, header::CONTENT_SECURITY_POLICY, &FILE_POLICY);
    Ok(private(response))
}

/// `GET /f/{token}/{form}/{name}`: the bytes. Nothing is made here but what the page shows: other forms are there, or not.
pub async fn body(
    State(chat): State<Chat>,
    Path((token, code, _name)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let opened = opened(&chat.app, &token).await?;
    let original = &opened.original;
    let form = Form::read(&code).ok_or(Problem::NotFound)?;
    let is_picture = original.content_type.starts_with("image/");
    let made = match form {
        // A picture as it came may say where it was taken; only one that cannot is given out.
        Form::Original if is_picture && original.content_type != "image/gif" => {
            return Err(Problem::NotFound);
        }
        Form::Small if !is_picture => return Err(Problem::NotFound),
        Form::Small => made(&chat.app, original, form).await?,
        form if form == whole(original)? => made(&chat.app, original, form).await?,
        form => match form::known(&chat.app, original, form).await? {
            Some(Ok(made)) => made,
            Some(Err(_)) | None => return Err(Problem::NotFound),
        },
    };
    let bytes = form::open(&chat.app, original, form).await?.ok_or(Problem::NotFound)?;
    let mut response = bytes.into_response();
    let shown = ["image/", "audio/", "video/"].iter().any(|kind| made.content_type.starts_with(kind));
    set(&mut response, header::CONTENT_TYPE, &made.content_type);
    set(&mut response, header::CONTENT_DISPOSITION, if shown { "inline" } else { "attachment" });
    set(&mut response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    Ok(private(response))
}

/// `GET /media/{form}/{name}`: a form of a line's public file that was made for a channel.
pub async fn of_line(
    State(chat): State<Chat>,
    Path((code, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let form = Form::read(&code).filter(|form| *form != Form::Original).ok_or(Problem::NotFound)?;
    let lines = chat.app.lines();
    let found = |line: &Line| {
        line.files
            .values()
            .find(|file| file.digest() == digest_of(&name))
            .map(|file| Original::of_line(&chat.app, line.id, file))
    };
    let all: Vec<Original> = lines.iter().filter_map(|line| found(line)).collect();
    for original in all {
        if let Some(Ok(made)) = form::known(&chat.app, &original, form).await? {
            let bytes = form::open(&chat.app, &original, form).await?.ok_or(Problem::NotFound)?;
            let mut response = bytes.into_response();
            set(&mut response, header::CONTENT_TYPE, &made.content_type);
            set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
            set(&mut response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
            return Ok(response);
        }
    }
    Err(Problem::NotFound)
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Kept by nobody, told to nobody.
fn private(mut response: Response) -> Response {
    set(&mut response, header::CACHE_CONTROL, "private, no-store");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    set(&mut response, header::HeaderName::from_static("x-robots-tag"), "noindex");
    response
}
