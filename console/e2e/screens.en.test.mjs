import { screensIn } from "./screens.mjs";

screensIn("en");
