//! Telesom, Somaliland: parameters in, form out with a key for the day.
use md5::{Digest, Md5};

use super::kit::*;

gateway_settings! {
    /// Settings of a short code at Telesom.
    TelesomSettings as "telesom" at Some("http://telesom.com/sendsms_other"), {
        username: String,
        password: Secret,
        secret: Secret,
    }
}

impl Gateway for TelesomSettings {
    const MAX_TEXT: usize = 160;

    fn read(&self, account: &Account, call: &Call) -> Result<Vec<Incoming>, Unparsable> {
        let from = telephone(account, call.required("mobile")?);
        Ok(Text { from, text: call.there("msg")?.to_owned(), ..Text::default() }.incoming())
    }

    fn write(&self, part: &Part) -> Result<HttpRequest, Refused> {
        let to = format!("0{}", super::national_digits(&part.to()));
        let day = part.outgoing.at.strftime("%d/%m/%Y").to_string();
        let (user, password) = (self.username.as_str(), self.password.expose());
        let signed = [user, password, &to, part.text, part.from(), &day, self.secret.expose()].join("|");
        let key = hex::encode_upper(Md5::digest(signed));
        let fields = [("to", to.as_str()), ("msg", part.text), ("from", part.from()), ("key", &key)];
        Ok(HttpRequest::post_form(super::Common::base(self), Headers::new(), fields))
    }

    fn settle(&self, response: &HttpResponse) -> Settled {
        accepted_by(response, "<return>Success</return>")
    }
}
