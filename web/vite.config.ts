import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running `bulla serve`. */
const server = process.env["BULLA_SERVER"] ?? "http://127.0.0.1:4000";

/** Writes `.br` and `.gz` beside each file that is worth it: the server sends them as they are. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      if (!dir) return;
      const names = [...Object.keys(bundle), "theme.js", "icon.svg"].filter((name) =>
        /\.(js|css|html|svg)$/.test(name),
      );
      await Promise.all(
        names.map(async (name) => {
          const content = await readFile(join(dir, name));
          await writeFile(join(dir, `${name}.br`), await promisify(brotliCompress)(content));
          await writeFile(join(dir, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
        }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), precompressed()],
  build: { target: "es2022", chunkSizeWarningLimit: 1200, assetsInlineLimit: 0 },
  server: { proxy: { "/api": server } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "happy-dom" },
});
