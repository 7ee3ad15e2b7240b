import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** The server gives the console at /console/ with a policy that allows neither inline scripts nor inline styles. */
export default defineConfig({
  base: "/console/",
  plugins: [svelte()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    // The module-preload polyfill would be an inline-like script for engines older than our target.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Tells the budget which screen loads what; taken away after it is read.
    manifest: "manifest.json",
  },
  server: {
    proxy: { "/api": { target: process.env.OPENLINE_SERVER ?? "http://127.0.0.1:8080" } },
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
