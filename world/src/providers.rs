//! All fake providers of a town or a demo together.
use std::net::{Ipv4Addr, SocketAddr};

use crate::africas_talking::AfricasTalking;
use crate::clock::Clock;
use crate::delivery::Webhook;
use crate::meta::Meta;
use crate::telegram::Telegram;
use crate::twilio::Twilio;
use crate::viber::Viber;

/// The fakes; clones are the same ones.
#[derive(Clone)]
pub struct Providers {
    pub meta: Meta,
    pub twilio: Twilio,
    pub telegram: Telegram,
    pub viber: Viber,
    pub africas_talking: AfricasTalking,
}

impl Providers {
    /// Starts all of them on free ports of this machine.
    ///
    /// # Errors
    /// When one cannot listen.
    pub async fn start(clock: &Clock) -> anyhow::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self {
            meta: Meta::start(any, clock.clone()).await?,
            twilio: Twilio::start(any, clock.clone()).await?,
            telegram: Telegram::start(any, clock.clone()).await?,
            viber: Viber::start(any, clock.clone()).await?,
            africas_talking: AfricasTalking::start(any, clock.clone()).await?,
        })
    }

    /// Waits until no webhook is under way.
    pub async fn idle(&self) {
        self.meta.idle().await;
        self.twilio.idle().await;
        self.telegram.idle().await;
        self.viber.idle().await;
        self.africas_talking.idle().await;
    }

    /// Whether a webhook is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.meta.busy()
            || self.twilio.busy()
            || self.telegram.busy()
            || self.viber.busy()
            || self.africas_talking.busy()
    }

    /// The webhooks that the server never took.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Webhook> {
        let mut all = self.meta.undelivered();
        all.extend(self.twilio.undelivered());
        all.extend(self.telegram.undelivered());
        all.extend(self.viber.undelivered());
        all.extend(self.africas_talking.undelivered());
        all
    }
}
