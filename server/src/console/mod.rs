//! Stands in until this room lands.

/// No routes yet.
pub fn router(_app: crate::app::App) -> axum::Router {
    axum::Router::new()
}
