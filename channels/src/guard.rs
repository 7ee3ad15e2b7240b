//! Who may call the webhook of a provider that signs nothing.
use crate::account::{Secret, SettingsError};
use crate::http::HttpRequest;
use crate::incoming::Denied;
use crate::signing;

/// The query parameter of the webhook's address that holds the token.
pub(crate) const TOKEN_PARAMETER: &str = "token";

/// The settings `webhook_token` and `unsigned_webhooks`. Without a signature anybody who knows the webhook's address
/// can speak for anybody. So its address must hold a token of the operator's choice (`…?token=…`), unless the settings
/// say that no guard is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard<'a> {
    token: Option<&'a Secret>,
    unsigned: bool,
}

impl<'a> Guard<'a> {
    pub(crate) const fn new(token: Option<&'a Secret>, unsigned: bool) -> Self {
        Self { token, unsigned }
    }

    pub(crate) fn token(self) -> Option<&'a str> {
        self.token.map(Secret::expose)
    }

    pub(crate) fn check(self, provider: &'static str) -> Result<(), SettingsError> {
        if self.token.is_some() || self.unsigned {
            Ok(())
        } else {
            Err(SettingsError::Unguarded { provider })
        }
    }

    pub(crate) fn verify(self, request: &HttpRequest) -> Result<(), Denied> {
        let Some(token) = self.token else {
            return if self.unsigned { Ok(()) } else { Err(Denied::Unsigned) };
        };
        let given = request.query_value(TOKEN_PARAMETER).ok_or(Denied::Unsigned)?;
        signing::must_match(token.expose().as_bytes(), given.as_bytes())
    }
}
