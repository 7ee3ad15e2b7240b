//! The words of the set-up form: what a provider calls itself, and what each of its settings is, in plain words.
use crate::account::Provider;

/// What a provider calls itself.
pub(super) const fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::WhatsappCloud => "WhatsApp (Meta Cloud API)",
        Provider::Twilio => "Twilio",
        Provider::TwilioVoice => "Telephone calls (Twilio)",
        Provider::Messenger => "Facebook Messenger",
        Provider::Instagram => "Instagram",
        Provider::Dialog360 => "WhatsApp (360dialog)",
        Provider::Turn => "WhatsApp (Turn.io)",
        Provider::Viber => "Viber",
        Provider::Telegram => "Telegram",
        Provider::Line => "LINE",
        Provider::Http => "Any HTTP gateway",
        Provider::Infobip => "Infobip",
        Provider::Vonage => "Vonage (Nexmo)",
        Provider::Android => "Android telephone (SMS Gateway)",
        Provider::AfricasTalking => "Africa's Talking",
        Provider::AfricasTalkingVoice => "Telephone calls (Africa's Talking)",
        Provider::MessageBird => "MessageBird (Bird)",
        Provider::Clickatell => "Clickatell",
        Provider::Kannel => "Kannel",
        Provider::Jasmin => "Jasmin",
        Provider::Plivo => "Plivo",
        Provider::Bandwidth => "Bandwidth",
        Provider::Mtn => "MTN",
        Provider::Slack => "Slack",
        Provider::Zenvia => "Zenvia",
        Provider::ArabiaCell => "Arabia Cell",
        Provider::BurstSms => "Burst SMS (Kudosity)",
        Provider::ClickMobile => "Click Mobile",
        Provider::ClickSend => "ClickSend",
        Provider::DartMedia => "DartMedia",
        Provider::Dmark => "DMARK",
        Provider::Globe => "Globe Labs",
        Provider::HighConnection => "High Connexion",
        Provider::Hormuud => "Hormuud",
        Provider::I2sms => "I2SMS",
        Provider::JustCall => "JustCall",
        Provider::Kaleyra => "WhatsApp (Kaleyra)",
        Provider::M3tech => "M3 Tech",
        Provider::Macrokiosk => "Macrokiosk",
        Provider::Mblox => "Mblox (Sinch)",
        Provider::Messangi => "Messangi",
        Provider::Mtarget => "Mtarget",
        Provider::Novo => "Novo",
        Provider::Playmobile => "Play Mobile",
        Provider::RocketChat => "Rocket.Chat",
        Provider::SmsCentral => "SMS Central",
        Provider::StartMobile => "Start Mobile",
        Provider::Telesom => "Telesom",
        Provider::Thinq => "ThinQ (Commio)",
        Provider::Wavy => "Wavy",
        Provider::Yo => "Yo! Uganda",
        Provider::Wechat => "WeChat",
        Provider::Jiochat => "JioChat",
        Provider::Vk => "VK",
        Provider::Firebase => "Your own app (Firebase)",
        Provider::Freshchat => "Freshchat",
    }
}

/// What a channel's address is.
pub(super) const fn address(provider: Provider) -> &'static str {
    match provider {
        Provider::WhatsappCloud => "The phone number id, as the app's WhatsApp page at Meta shows it.",
        Provider::Messenger => "The id of the page.",
        Provider::Instagram => "The id of the Instagram account.",
        Provider::Viber | Provider::Telegram => "The name of the bot; only shown.",
        Provider::Line => "The name of the official account; only shown.",
        Provider::Slack | Provider::RocketChat => "The name of the bot; only shown.",
        Provider::Vk => "The number of the community; only shown.",
        Provider::Firebase => "The name of the app; only shown.",
        Provider::Freshchat => "The name of the account; only shown.",
        Provider::Wechat | Provider::Jiochat => "The name of the account; only shown.",
        Provider::Dialog360 | Provider::Turn | Provider::Kaleyra => {
            "The WhatsApp number, with its country code."
        }
        Provider::Android => "The telephone's number, with its country code.",
        Provider::Twilio => {
            "The number with its country code, or the short code; empty where a messaging service chooses."
        }
        Provider::TwilioVoice | Provider::AfricasTalkingVoice => {
            "The number that is called, with its country code."
        }
        _ => "The number with its country code, the short code, or the sender's name.",
    }
}

/// What a setting is. Every setting has a sentence; a test sees to it.
pub(super) fn help(provider: Provider, key: &str) -> &'static str {
    own(provider, key).or_else(|| common(key)).unwrap_or("")
}

/// Settings that mean something else at one provider than their name says, or that only it has.
fn own(provider: Provider, key: &str) -> Option<&'static str> {
    Some(match (provider, key) {
        (Provider::WhatsappCloud, "access_token") => "The system user's access token, which must not expire.",
        (Provider::Messenger | Provider::Instagram, "access_token") => "The page's access token.",
        (Provider::Line, "access_token") => {
            "The long-lived channel access token from the LINE developers' console."
        }
        (Provider::Line, "channel_secret") => "The channel secret: LINE signs its calls with it.",
        (Provider::Twilio | Provider::TwilioVoice, "account_sid") => "The account's SID; it begins with AC.",
        (Provider::Twilio | Provider::TwilioVoice, "auth_token") => {
            "The account's auth token: it signs calls in both directions."
        }
        (Provider::Twilio, "transport") => "What this number carries: SMS or WhatsApp.",
        (Provider::Zenvia, "transport") => "What this number carries: SMS or WhatsApp.",
        (Provider::Kaleyra, "account_sid") => "The account's SID at Kaleyra.",
        (Provider::Viber, "auth_token") => "The bot's token from Viber's partner page; it signs calls too.",
        (Provider::Telegram, "bot_token") => "The bot's token, as BotFather gave it.",
        (Provider::Slack, "bot_token") => "The bot user's token; it begins with xoxb.",
        (Provider::MessageBird, "auth_token") => "The access key.",
        (Provider::Plivo, "auth_token") => "The auth token: it signs calls in both directions.",
        (Provider::Mtn, "api_key") => "The consumer key from MTN's developer portal.",
        (Provider::Mtn, "auth_token") => "The consumer secret from MTN's developer portal.",
        (Provider::BurstSms, "username") => "The API key.",
        (Provider::BurstSms, "password") => "The API secret.",
        (Provider::ClickSend, "password") => "The API key.",
        (Provider::Android, "username") => "The user's name, from the app's Home tab.",
        (Provider::Android, "password") => "The password, from the app's Home tab.",
        (Provider::Android, "access_token") => "A token of the API, instead of user and password.",
        (Provider::Android, "signing_key") => {
            "The signing key from the app's settings (Webhooks): the telephone signs its calls with it."
        }
        (Provider::Android, "base_url") => {
            "Where your own server's API is, such as https://sms.example.org/api/3rdparty/v1; empty for the app's public server."
        }
        (Provider::Infobip, "username") => "The user's name, with the password, where there is no API key.",
        (Provider::Infobip, "password") => "The user's password, where there is no API key.",
        (Provider::Infobip, "api_key") => "The API key from Infobip's portal.",
        (Provider::Kannel, "base_url") => {
            "The address of Kannel's sendsms, such as http://kannel.example:13013/cgi-bin/sendsms."
        }
        (Provider::Jasmin, "base_url") => {
            "Where Jasmin takes messages, such as http://jasmin.example:1401/send."
        }
        (Provider::RocketChat, "base_url") => "The address of the app in Rocket.Chat.",
        (Provider::RocketChat, "secret") => {
            "The secret that the app in Rocket.Chat was given; it goes with every call, both ways."
        }
        (Provider::Http, "base_url") => {
            "The address that is called for each message; it may hold {{to}}, {{text}}, {{from}}, {{id}} and the like."
        }
        (Provider::Turn, "namespace") => "The namespace of templates that say none themselves.",
        (Provider::Wechat, "token") => "The token that was set at WeChat: it signs calls with it.",
        (Provider::Vk, "access_token") => "The community's key, with the right to send messages.",
        (Provider::Vk, "secret") => "The secret key of the Callback API: it comes with every call.",
        (Provider::Vk, "confirmation") => "The string that VK shows for confirming the server.",
        (Provider::Firebase, "private_key") => {
            "private_key from the service account's JSON file, with its BEGIN and END."
        }
        (Provider::Freshchat, "auth_token") => "The API token.",
        (Provider::Thinq, "token") => "The API token.",
        (Provider::Thinq, "user") => "The name of the API's user.",
        (Provider::JustCall, "secret") => "The API secret.",
        (Provider::Novo, "secret") => "The secret that comes with each call from Novo.",
        (Provider::Telesom, "secret") => "The private key that signs each message.",
        (Provider::Messangi, "public_key") => "The public key of the account.",
        (Provider::Messangi, "private_key") => "The private key: it signs each message.",
        _ => return None,
    })
}

fn common(key: &str) -> Option<&'static str> {
    Some(match key {
        "country" => {
            "The country of the number, as two capital letters such as KE: numbers without a country code belong to it."
        }
        "base_url" => "Where the provider's API is; leave it empty for the usual one.",
        "max_text_length" => "A shorter limit for one text than the provider's, if you want one.",
        "max_caption_length" => {
            "A shorter limit for a picture's caption than the provider's, if you want one."
        }
        "webhook_token" => {
            "A long random word of your choice that the provider must carry in the webhook's address, since it signs nothing."
        }
        "unsigned_webhooks" => {
            "Lets calls in that nobody signed; the webhook's address must then be kept secret."
        }
        "signed_webhooks" => "Switch it off only for a service that speaks this API and signs nothing.",
        "webhook_secret" => "The secret that the webhook was made with: calls are signed with it.",
        "verify_token" => {
            "A word of your choice that you also enter at the provider when you set up the webhook."
        }
        "app_secret" => "The app's secret: the provider signs its calls with it.",
        "previous_app_secret" => "The app's former secret, accepted as well while you change it.",
        "previous_auth_token" => "The former token, accepted as well while you change it.",
        "secret_token" => {
            "A word of 1 to 256 letters, digits, _ and - that the provider repeats with each call."
        }
        "signing_key" => "The signing key: the provider signs its calls with it.",
        "signing_secret" => "The signing secret: the provider signs its calls with it.",
        "verification_token" => {
            "The former way to show that a call is genuine; leave it empty when there is a signing secret."
        }
        "signature_secret" => {
            "The secret that calls are signed with, from the provider's dashboard; then every call must be signed."
        }
        "signature_method" => "How calls are signed, as it is chosen at the provider.",
        "public_key" => "The public key that calls can be checked with, as text that begins with -----BEGIN.",
        "project_id" => "project_id from the service account's JSON file.",
        "client_email" => "client_email from the service account's JSON file.",
        "token_url" => "Where tokens are asked for; leave it empty for the usual address.",
        "title" => "The title of each message in the app.",
        "notification" => "Whether the telephone shows the message by itself while the app sleeps.",
        "agent_id" => "The id of the agent in whose name messages are sent.",
        "device_id" => "Which of the account's telephones sends; any of them when empty.",
        "sim_number" => {
            "Which of the telephone's cards sends; only what comes by that card is then taken in. Any of them when empty."
        }
        "ttl" => "How many seconds the telephone may try to send a message; a day when empty.",
        "delivery_reports" => {
            "Whether the network is asked for delivery reports, which some networks charge for."
        }
        "messaging_service_sid" => "The messaging service that chooses the number to send from.",
        "speech" => {
            "Whether people may answer with words too, which the provider turns into text; keys are always taken."
        }
        "detect_machine" => {
            "Whether the provider finds out if an answering machine has taken a call of yours."
        }
        "shorten_urls" => "Lets the provider shorten links; needs a messaging service.",
        "mms" => "Whether the number can send pictures by MMS; leave it empty to go by the country.",
        "welcome_message" => "What a person reads when she opens the chat for the first time.",
        "sender_name" => "The name that is shown over each message, at most 28 letters.",
        "button_layout" => "How buttons look: bg_color, text, text_size.",
        "username" => "The user's name at the provider.",
        "user" => "The user's name at the provider.",
        "password" => "The user's password at the provider.",
        "api_key" => "The API key.",
        "api_secret" => "The API secret.",
        "auth_token" => "The access token.",
        "auth_id" => "The auth id of the account.",
        "account_id" => "The number of the account.",
        "application_id" => "The id of the application.",
        "app_id" => "The id of the app.",
        "org_id" => "The id of the organisation.",
        "service_id" => "The id of the service that the number belongs to.",
        "sender_id" => "The name that messages are sent from.",
        "charging_level" => "The level at which messages are charged, as agreed with the provider.",
        "channel_hash" => "The hash of the channel, as the provider shows it.",
        "passphrase" => "The passphrase of the app.",
        "cp_address" => "The company's name at the provider, where it wants one.",
        "merchant_id" => "The number of the merchant.",
        "merchant_secret" => "The merchant's secret.",
        "instance_id" => "The number of the instance.",
        "carrier_id" => "The number of the carrier.",
        "bot_username" => "The bot's user name.",
        "is_shared" => "Whether it is a shared short code: the provider then chooses the sender.",
        "transliteration" => "Lets the provider write letters in a way that costs less: TURKISH, COLOMBIAN …",
        "incoming_prefixes" => "Words at the beginning of messages that come in and are taken off.",
        "ignore_sent" => "Whether reports of anything less than delivery are left out.",
        "dlr_mask" => "Which reports are asked for, as the gateway's mask; 27 when empty.",
        "encoding" => {
            "How letters are sent: left to the gateway, in 16 bits always, or in 7 bits where that can be done."
        }
        "use_national" => "Whether receivers are written without their country code.",
        "scheme" => "What reaches people here; tel (telephone numbers) when empty.",
        "method" => "How the provider is called.",
        "content_type" => "How values are written into the body.",
        "content_type_header" => "The Content-Type field itself, where the provider wants it otherwise.",
        "body" => "The body of the call; it may hold the same {{…}} as the address.",
        "headers" => "Further header fields of the call.",
        "authorization" => "The value of the Authorization field.",
        "response_check" => {
            "What the answer holds when the message was taken; any success will do when empty."
        }
        "plain_punctuation" => "Whether typographic marks are written as plain ones where that saves money.",
        "from_field" => {
            "The name of the field that holds the sender of a message that comes in; from or sender when empty."
        }
        "text_field" => {
            "The name of the field that holds the text of a message that comes in; text when empty."
        }
        "date_field" => {
            "The name of the field that holds the date of a message that comes in; date or time when empty."
        }
        "from_element" => "The name of the element that holds the sender, for messages that come as XML.",
        "text_element" => "The name of the element that holds the text, for messages that come as XML.",
        "answer" => "What is answered to a message that was taken; ok when empty.",
        "answer_content_type" => "The media type of that answer.",
        _ => return None,
    })
}
