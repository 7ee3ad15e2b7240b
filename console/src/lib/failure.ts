/** What went wrong, in words that say what to do next. */
import { NoConnection, Problem } from "./api";
import { type Translate, known } from "./catalogue";

export function failureWords(t: Translate, error: unknown): string {
  if (error instanceof NoConnection) return t("fail-connection");
  if (error instanceof Problem) {
    const own = known(t, `problem-${error.kind}`);
    if (own) return own;
    if (error.status === 404) return t("fail-not-found");
    if (error.status === 403) return t("fail-forbidden");
    if (error.status === 401) return t("fail-signed-out");
    if (error.status === 429) {
      return t("fail-too-often", { minutes: Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)) });
    }
    if (error.status >= 500) return t("fail-server");
    return error.message;
  }
  return t("fail-unknown");
}
