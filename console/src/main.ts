import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { account } from "./lib/account.svelte";
import { clock } from "./lib/clock.svelte";
import { navigation } from "./lib/navigate.svelte";
import { prefs } from "./lib/prefs.svelte";

prefs.applyTheme();
const root = document.getElementById("app");
if (!root) throw new Error("the page has no #app");
// The words and the session are fetched side by side: on a slow link each costs a round trip.
const signedIn = account.start();
await prefs.setLocale(prefs.locale.code);
await signedIn;
navigation.start();
clock.start();
mount(App, { target: root });
