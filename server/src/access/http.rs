//! Routes: the session, and the installation's users.
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::staff::{self, Change};
use super::{Grant, Role, Staff, User, access_installation, cookie_name};
use crate::api::extract::{ClientAddress, Json, Path, SignedIn};
use crate::api::{Api, Problem, ProblemBody};
use crate::app::App;
use crate::lines::Line;

/// The routes of this slice.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(create_session, read_session, delete_session))
        .routes(routes!(set_available))
        .routes(routes!(list_users, create_user))
        .routes(routes!(change_user))
}

/// E-mail address and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    email: String,
    password: String,
}

/// Who is signed in, and what she may open.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Session {
    user: SessionUser,
    /// Goes into the header X-CSRF-Token of everything that is not a GET.
    csrf: String,
    lines: Vec<SessionLine>,
    /// Roles that hold in the whole installation.
    roles: Vec<Role>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SessionUser {
    id: Uuid,
    name: String,
    email: String,
    /// Whether conversations may be given to her now. Signing in sets it.
    available: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SessionLine {
    id: Uuid,
    slug: String,
    name: String,
    /// ISO 639-3; the first is the fallback.
    languages: Vec<String>,
    roles: Vec<Role>,
    emergency_number: String,
}

fn line_of(staff: &Staff, line: &Line) -> SessionLine {
    let content = &line.content;
    let name = content.name.get(&content.language(None)).cloned().unwrap_or_default();
    SessionLine {
        id: line.id,
        slug: content.slug.clone(),
        name,
        languages: content.languages.iter().map(ToString::to_string).collect(),
        roles: staff.roles_on(line.id),
        emergency_number: content.emergency_number.clone(),
    }
}

fn session_of(app: &App, staff: &Staff) -> Session {
    let lines = app.lines();
    let mut open: Vec<SessionLine> = lines
        .iter()
        .map(|line| line_of(staff, line))
        .filter(|line| staff.is_administrator() || !line.roles.is_empty())
        .collect();
    open.sort_by(|a, b| a.slug.cmp(&b.slug));
    Session {
        user: SessionUser {
            id: staff.id,
            name: staff.name.clone(),
            email: staff.email.clone(),
            available: staff.available,
        },
        csrf: staff.csrf().to_owned(),
        lines: open,
        roles: staff.roles_everywhere(),
    }
}

fn cookie(app: &App, value: &str, max_age_seconds: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let name = cookie_name(app);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}");
    HeaderValue::try_from(text).map_err(|_| Problem::internal())
}

/// Sign in.
#[utoipa::path(post, path = "/session", tag = "session", request_body = Credentials, responses(
    (status = 200, body = Session, description = "Signed in; the cookie is set"),
    (status = 401, body = ProblemBody, description = "Wrong e-mail address or password"),
    (status = 429, body = ProblemBody, description = "Too many wrong ones; see Retry-After"),
))]
async fn create_session(
    State(api): State<Api>,
    ClientAddress(address): ClientAddress,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let new = super::sign_in(&api.app, &credentials.email, &credentials.password, address).await?;
    let mut response = axum::Json(session_of(&api.app, &new.staff)).into_response();
    let cookie = cookie(&api.app, &new.token, super::ABSOLUTE_SECONDS)?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Who is signed in.
#[utoipa::path(get, path = "/session", tag = "session", responses(
    (status = 200, body = Session),
    (status = 401, body = ProblemBody),
))]
async fn read_session(State(api): State<Api>, SignedIn(staff): SignedIn) -> axum::Json<Session> {
    axum::Json(session_of(&api.app, &staff))
}

/// Sign out.
#[utoipa::path(delete, path = "/session", tag = "session", responses(
    (status = 204, description = "Signed out"),
    (status = 401, body = ProblemBody),
))]
async fn delete_session(State(api): State<Api>, SignedIn(staff): SignedIn) -> Result<Response, Problem> {
    super::sign_out(&api.app, &staff).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&api.app, "", 0)?);
    Ok(response)
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Availability {
    available: bool,
}

/// Say whether conversations may be given to you now.
#[utoipa::path(put, path = "/session/available", tag = "session", request_body = Availability, responses(
    (status = 200, body = Session), (status = 401, body = ProblemBody),
))]
async fn set_available(
    State(api): State<Api>,
    SignedIn(mut staff): SignedIn,
    Json(wanted): Json<Availability>,
) -> Result<axum::Json<Session>, Problem> {
    super::session::set_available(&api.app, &staff, wanted.available).await?;
    staff.available = wanted.available;
    Ok(axum::Json(session_of(&api.app, &staff)))
}

/// A new member of staff.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    name: String,
    email: String,
    /// At least 12 characters.
    password: String,
    roles: Vec<Grant>,
}

/// Everybody.
#[utoipa::path(get, path = "/users", tag = "users", responses(
    (status = 200, body = Vec<User>),
    (status = 404, body = ProblemBody, description = "Not an administrator"),
))]
async fn list_users(
    State(api): State<Api>,
    SignedIn(staff): SignedIn,
) -> Result<axum::Json<Vec<User>>, Problem> {
    access_installation(&staff)?;
    let app = api.app.clone();
    Ok(axum::Json(api.app.store.read(move |tx| staff::all(tx, &app)).await?))
}

/// Add a member of staff.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses(
    (status = 201, body = User),
    (status = 404, body = ProblemBody, description = "Not an administrator"),
    (status = 422, body = ProblemBody, description = "A value cannot be used; `field` names it"),
))]
async fn create_user(
    State(api): State<Api>,
    by: SignedIn,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    access_installation(&by.0)?;
    let ctx = by.ctx(&api);
    let user = super::create_staff(&api.app, ctx, &new.name, &new.email, &new.password, &new.roles).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

/// Change a member of staff.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = Uuid, Path)),
    request_body = Change, responses(
    (status = 200, body = User),
    (status = 404, body = ProblemBody, description = "Nobody of this id, or not an administrator"),
    (status = 409, body = ProblemBody, description = "The last administrator"),
    (status = 422, body = ProblemBody, description = "A value cannot be used; `field` names it"),
))]
async fn change_user(
    State(api): State<Api>,
    by: SignedIn,
    Path(id): Path<Uuid>,
    Json(change): Json<Change>,
) -> Result<axum::Json<User>, Problem> {
    access_installation(&by.0)?;
    let ctx = by.ctx(&api);
    Ok(axum::Json(staff::change_staff(&api.app, ctx, id, change).await?))
}
