/** Channels of the mock server: three that are set up, and a few providers with their forms. */
import { id } from "./data.mjs";

const HIDDEN = "•••";
const field = (key, kind, help, more = {}) => ({ key, kind, required: false, help, ...more });
const PROVIDERS = [
  {
    provider: "whatsapp_cloud", name: "WhatsApp (Meta Cloud API)", reaches: "whatsapp", can_be_tested: true, can_register_webhook: false,
    address: { required: true, help: "The phone number id, as the app's WhatsApp page at Meta shows it." },
    fields: [
      field("access_token", "secret", "The system user's access token, which must not expire.", { required: true }),
      field("app_secret", "secret", "The app's secret: the provider signs its calls with it.", { required: true, unless: ["unsigned_webhooks"] }),
      field("verify_token", "text", "A word of your choice that you also enter at the provider when you set up the webhook."),
      field("unsigned_webhooks", "bool", "Lets calls in that nobody signed; the webhook's address must then be kept secret."),
      field("max_text_length", "number", "A shorter limit for one text than the provider's, if you want one."),
      field("country", "text", "The country of the number, as two capital letters such as KE: numbers without a country code belong to it."),
    ],
  },
  {
    provider: "twilio", name: "Twilio", reaches: "tel", can_be_tested: true, can_register_webhook: false,
    address: { required: false, help: "The number with its country code, or the short code; empty where a messaging service chooses." },
    fields: [
      field("account_sid", "text", "The account's SID; it begins with AC.", { required: true }),
      field("auth_token", "secret", "The account's auth token: it signs calls in both directions.", { required: true }),
      field("transport", "choice", "What this number carries: SMS or WhatsApp.", { choices: ["sms", "whatsapp"] }),
      field("headers", "table", "Further header fields of the call."),
    ],
  },
  {
    provider: "telegram", name: "Telegram", reaches: "telegram", can_be_tested: true, can_register_webhook: true,
    address: { required: true, help: "The name of the bot; only shown." },
    fields: [
      field("bot_token", "secret", "The bot's token, as BotFather gave it.", { required: true }),
      field("secret_token", "secret", "A word of 1 to 256 letters, digits, _ and - that the provider repeats with each call.", { required: true }),
    ],
  },
];

export function channelsOf(w, refuse) {
  const hook = (n) => `https://casa.example/hooks/${n}`;
  const [whatsapp, sms, chat] = w.health.channels;
  const channel = (from, provider, given) => ({
    id: from.id, provider, kind: from.kind, name: from.name, address: from.address_masked ?? "casa", webhook_url: hook(from.id), state: "on", state_reason: null, state_since: null,
    delivery: { fail_over: [], unknown: "wait" }, settings: {}, verify_token: null, ...given,
  });
  const state = {
    items: [
      channel(whatsapp, "whatsapp_cloud", { settings: { access_token: HIDDEN, app_secret: HIDDEN, verify_token: "casa-verify", max_text_length: 1000 }, verify_token: "casa-verify", delivery: { fail_over: [sms.id], fail_over_after_minutes: 15, unknown: "wait" } }),
      channel(sms, "twilio", { state: "stopped", state_reason: "Authenticate: the provider refuses the account (20003)", state_since: new Date(Date.now() - 3_600_000).toISOString(), settings: { account_sid: "AC0123", auth_token: HIDDEN } }),
      channel(chat, "webchat", { webhook_url: null, settings: {} }),
    ],
    /** What the next test of a channel answers. */
    answers: null,
  };
  const find = (cid) => state.items.find((one) => one.id === cid);
  const shown = (one, administrator) => (administrator ? one : { ...one, webhook_url: null, settings: null, verify_token: null });
  const secrets = (provider) => new Set(PROVIDERS.find((one) => one.provider === provider)?.fields.filter((one) => one.kind === "secret" || one.kind === "table").map((one) => one.key));
  const lay = (one, sent) => {
    const hidden = secrets(one.provider);
    for (const [key, value] of Object.entries(sent)) {
      if (value === null) delete one.settings[key];
      else one.settings[key] = hidden.has(key) ? HIDDEN : value;
    }
  };

  function call([cid, verb], method, body, administrator) {
    if (cid === undefined && method === "GET") return { items: state.items.map((one) => shown(one, administrator)) };
    if (cid === undefined && administrator) {
      if (state.items.some((one) => one.provider === body.provider && one.address === body.address)) throw refuse(409, "address-taken");
      if (body.settings.account_sid && !body.settings.account_sid.startsWith("AC")) throw refuse(422, "invalid", { detail: "settings.account_sid begins with AC", field: "settings" });
      const one = channel({ id: id(30 + state.items.length), kind: body.provider, name: PROVIDERS.find((p) => p.provider === body.provider).name, address_masked: body.address }, body.provider, {});
      lay(one, body.settings);
      state.items.push(one);
      return one;
    }
    const one = find(cid);
    if (!one) throw refuse(404, "not-found");
    if (verb === "test") {
      return { answers: state.answers ?? [{ about: "account", ok: true, says: "the account works: Casa", quality: "green" }, { about: "balance", ok: true, says: "there is money left", balance: { amount: "12.40", currency: "USD" } }, { about: "webhook", ok: true, says: "a webhook is set", webhook: "", warning: "the provider calls nobody yet" }] };
    }
    if (verb === "register-webhook") return { about: "webhook", ok: true, says: "the provider calls us now", webhook: one.webhook_url };
    if (verb === "calls") {
      const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
      return { items: [{ id: id(1), received_at: at(2), state: "handled", attempts: 1, error: null }, { id: id(2), received_at: at(9), state: "set_aside", attempts: 5, error: w.words.error }, { id: id(3), received_at: at(40), state: "unreadable", attempts: 1, error: "body is not a form" }] };
    }
    if (method === "PATCH") {
      if ((body.settings || body.delivery) && !administrator) throw refuse(404, "not-found");
      if (body.settings) {
        lay(one, body.settings);
        Object.assign(one, { state: "on", state_reason: null, state_since: null });
      }
      if (body.delivery) one.delivery = body.delivery;
      if (body.on !== undefined) Object.assign(one, { state: body.on ? "on" : "paused", state_reason: null, state_since: null });
      return shown(one, administrator);
    }
    throw refuse(404, "not-found");
  }
  return { call, state, providers: PROVIDERS };
}
