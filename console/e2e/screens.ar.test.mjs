import { screensIn } from "./screens.mjs";

screensIn("ar");
