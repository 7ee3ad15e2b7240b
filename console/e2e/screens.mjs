/**
 * Every screen in English and Arabic, light and dark, wide and narrow: pictures, axe, no overflow, large enough
 * targets. Each language, theme and width is met, the layouts of the three widths in both directions; not every
 * one of the twelve combinations, because colours do not depend on the width.
 */
import { after, before, describe, it } from "node:test";
import { at, axe, launch, noErrors, noOverflow, open, shot, signIn, targets } from "./lib.mjs";
import { PASSWORD, start } from "./mock.mjs";

const VIEWS = {
  en: { light: [1366, 800, 320], dark: [1366] },
  ar: { light: [1366], dark: [800, 320] },
};

/** The tests of one language, in a file of its own for each, so that they run beside one another. */
export function screensIn(language) {
  describe(`screens in ${language}`, () => {
    let browser, mock;
    before(async () => {
      [browser, mock] = await Promise.all([launch(), start({ language })]);
    });
    after(async () => {
      await browser?.close();
      await mock?.stop();
    });

    for (const [theme, widths] of Object.entries(VIEWS[language])) {
      for (const width of widths) {
        const view = { language, theme, width, height: width === 320 ? 640 : 768 };
        const label = (what) => `${what}-${language}-${theme}-${width}`;

        /** Picture and rules of the screen as it stands. */
        async function check(page, what, axeOptions = {}) {
          await shot(page, label(what));
          await axe(page, label(what), axeOptions);
          await noOverflow(page, label(what));
          await targets(page, label(what));
        }
        async function as(email, work) {
          const { page, context, errors } = await open(browser, view);
          try {
            await signIn(page, mock.base, email, PASSWORD);
            await work(page);
            noErrors(errors);
          } finally {
            await context.close();
          }
        }

        it(label("before signing in"), async () => {
          const { page, context, errors } = await open(browser, view);
          await page.goto(`${mock.base}/console/`);
          await at(page, "sign-in").waitFor();
          await check(page, "sign-in");
          noErrors(errors);
          await context.close();
        });

        it(label("an agent"), () =>
          as("nadia@casa.example", async (page) => {
            await at(page, "conversation-row").first().waitFor();
            await check(page, "inbox");

            await page.goto(`${mock.base}/console/casa/inbox/all/${mock.amina}`);
            await page.locator("[data-testid=entry][data-status=failed]").waitFor();
            mock.presence(mock.amina, ["nadia", "omar"], []);
            await at(page, "others").waitFor();
            await check(page, "conversation");
            await at(page, "bot-part").click();
            await at(page, "thread").evaluate((log) => (log.scrollTop = 0));
            await check(page, "conversation-unfolded");
            if (width < 1100) {
              await at(page, "person-open").click();
              await check(page, "person");
              await at(page, "person-close").click();
              await at(page, "menu").click();
              // The open menu lies over the rest, which cannot be reached meanwhile.
              await check(page, "menu", { disable: ["landmark-one-main"] });
              await page.keyboard.press("Escape");
            }
            await at(page, "mode-note").click();
            await check(page, "note");
            await at(page, "mode-reply").click();

            // Dialogs are the same at 800 px as at 1366.
            if (width !== 800) {
              for (const [opener, dialog] of [
                ["assign", "assign-dialog"],
                ["snooze", "snooze-dialog"],
                ["refer", "refer-dialog"],
                ["saved-replies", "saved-dialog"],
              ]) {
                if (width === 320 && !(await at(page, opener).isVisible())) await at(page, "actions-more").click();
                await at(page, opener).click();
                await at(page, dialog).waitFor();
                await check(page, dialog);
                await page.keyboard.press("Escape");
                await at(page, dialog).waitFor({ state: "detached" });
              }
              await at(page, "thread").focus();
              await page.keyboard.press("?");
              await at(page, "key-help").waitFor();
              await check(page, "key-help");
            }

            await page.goto(`${mock.base}/console/casa/inbox/urgent`);
            await at(page, "queue-empty").waitFor();
            await check(page, "empty");
            await page.goto(`${mock.base}/console/casa/inbox/all/${mock.id(102)}`);
            await at(page, "thread-failure").waitFor();
            await check(page, "not-visible");
            await page.goto(`${mock.base}/console/casa/inbox/waiting/${mock.id(104)}`);
            await at(page, "take-to-reply").waitFor();
            await check(page, "not-taken");
            await page.goto(`${mock.base}/console/casa/settings/users`);
            await at(page, "not-here").waitFor();
            await check(page, "not-here");
            await page.goto(`${mock.base}/console/casa/settings/you`);
            await at(page, "language").waitFor();
            await check(page, "you");
          }));

        it(label("a protection focal point"), () =>
          as("marta@casa.example", async (page) => {
            await at(page, "conversation-row").first().waitFor();
            await page.goto(`${mock.base}/console/casa/inbox/urgent/${mock.id(102)}`);
            await at(page, "urgent").waitFor();
            await check(page, "urgent");
          }));

        it(label("an administrator"), () =>
          as("ada@casa.example", async (page) => {
            await at(page, "set-aside").first().waitFor();
            await check(page, "health");
            await at(page, "discard").first().click();
            await at(page, "discard-dialog").waitFor();
            await check(page, "discard");
            await page.goto(`${mock.base}/console/casa/settings/users`);
            await at(page, "user").first().waitFor();
            await check(page, "users");
            await at(page, "add-user").click();
            await at(page, "add-user-dialog").waitFor();
            await check(page, "users-add");
            await page.keyboard.press("Escape");
            await at(page, "edit-roles").first().click();
            await at(page, "roles-dialog").waitFor();
            await check(page, "users-roles");
            await page.keyboard.press("Escape");
            await page.goto(`${mock.base}/console/casa/settings/channels`);
            await at(page, "channel-card").first().waitFor();
            await check(page, "channels");
            const card = page.locator(`[data-testid=channel-card][data-id="${mock.id(21)}"]`);
            await card.locator("summary").click();
            await card.getByTestId("test-channel").click();
            await at(page, "answer").first().waitFor();
            await card.getByTestId("channel-calls").click();
            await at(page, "calls").waitFor();
            await check(page, "channels-open");
            await card.getByTestId("channel-settings").click();
            await at(page, "channel-dialog").locator("summary").click();
            await check(page, "channels-settings");
            await page.keyboard.press("Escape");
            await card.getByTestId("channel-delivery").click();
            await at(page, "delivery-dialog").waitFor();
            await check(page, "channels-delivery");
            await page.keyboard.press("Escape");
            await at(page, "add-channel").click();
            await at(page, "provider-dialog").waitFor();
            await check(page, "channels-provider");
            await page.keyboard.press("Enter");
            await at(page, "channel-save").click();
            await check(page, "channels-missing");
            await page.goto(`${mock.base}/console/casa/settings/sendings`);
            await at(page, "sending").first().waitFor();
            await check(page, "sendings");
            await page.goto(`${mock.base}/console/casa/settings/prices`);
            await at(page, "price-row").first().waitFor();
            await at(page, "price-add").click();
            await at(page, "price-row").last().getByTestId("price-price").fill("cheap");
            await at(page, "price-save").click();
            await at(page, "price-problem").waitFor();
            await check(page, "prices");
            await page.goto(`${mock.base}/console/casa/settings/audit`);
            await at(page, "audit-line").first().waitFor();
            await check(page, "audit");
          }));

        it(label("a flow author"), () =>
          as("fatima@casa.example", async (page) => {
            Object.assign(mock.flows, { draft: null, red: new Set() });
            await at(page, "stopped").waitFor();
            await page.reload();
            await at(page, "import-choose").waitFor();
            await check(page, "flows");
            mock.flows.faulty = true;
            await at(page, "import-file").setInputFiles({ name: "rapidpro-export.json", mimeType: "application/json", buffer: Buffer.from('{"flows": []}') });
            await at(page, "checks").waitFor();
            await at(page, "outlook").last().click();
            await check(page, "draft-errors");
            await page.goto(`${mock.base}/console/casa/flows`);
            await at(page, "draft-card").waitFor();
            await check(page, "flows-draft");

            mock.flows.faulty = false;
            mock.flows.red.add("test-0");
            mock.flows.draft.problems = mock.flows.draft.problems.filter((problem) => problem.severity === "warning");
            await at(page, "to-draft").click();
            await page.reload();
            await at(page, "publish").click();
            await at(page, "publish-dialog").waitFor();
            await check(page, "draft-publish");
            await at(page, "publish-confirm").click();
            await at(page, "blocked").waitFor();
            await check(page, "draft-red");
            await at(page, "report-differs").click();
            await at(page, "report-item").first().scrollIntoViewIfNeeded();
            await check(page, "draft-report");

            await at(page, "tab-tests").click();
            await at(page, "saved").first().waitFor();
            await at(page, "run-all").click();
            await at(page, "run").waitFor();
            await check(page, "tests");
            await at(page, "delete-saved").first().click();
            await at(page, "delete-saved-dialog").waitFor();
            await check(page, "tests-delete");
            await page.keyboard.press("Escape");

            await at(page, "tab-simulator").click();
            await at(page, "choose-flow").waitFor();
            await check(page, "simulator-choose");
            await at(page, "sim-flow").selectOption({ index: 1 });
            await at(page, "tap").first().waitFor();
            await check(page, "simulator");
            await at(page, "tap").first().click();
            await at(page, "list").waitFor();
            await at(page, "list").locator("summary").click();
            await check(page, "simulator-list");
            await at(page, "look-sms").click();
            await page.locator("[data-testid=bubble][data-look=sms]").first().waitFor();
            await check(page, "simulator-sms");
            await at(page, "look-webchat").click();
            await page.locator("[data-testid=bubble][data-look=webchat]").first().waitFor();
            await at(page, "sim-file").click();
            await check(page, "simulator-webchat");
            await at(page, "tap").first().click();
            await at(page, "answer-call").waitFor();
            await check(page, "simulator-call");
            await at(page, "call-answer").click();
            await at(page, "ended").waitFor();
            await at(page, "keep").click();
            await at(page, "keep-dialog").waitFor();
            await check(page, "simulator-keep");
          }));
      }
    }
  });
}
