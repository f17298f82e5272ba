import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running `bulla serve`. */
const server = process.env["BULLA_SERVER"] ?? "http://127.0.0.1:4000";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 1200, assetsInlineLimit: 0 },
  server: { proxy: { "/api": server } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "happy-dom" },
});
