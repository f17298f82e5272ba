// Bundles the pm layer and every library that a script may require, each into a file of its own.
//
// Called by build.rs as `node build.mjs OUT`: writes OUT/pm.js, OUT/<library>.js and OUT/libraries.txt, which has one
// `name<TAB>file` a line. A library becomes a module whose default export is a CommonJS factory, so that libraries
// share one another through `require` instead of each carrying its own copy.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));
mkdirSync(out, { recursive: true });

/** What `require(name)` loads, and from where. */
const libraries = {
  ajv: "ajv",
  assert: "assert/build/assert.js",
  backbone: "backbone",
  buffer: "buffer/index.js",
  chai: "chai/lib/chai.js",
  "chai-postman": "chai-postman",
  cheerio: "cheerio",
  "crypto-js": "crypto-js",
  "csv-parse/lib/sync": "csv-parse/lib/sync.js",
  events: "events/events.js",
  "liquid-json": "liquid-json",
  lodash: "lodash/lodash.js",
  lodash3: "lodash3/index.js",
  moment: "moment/moment.js",
  path: "path-browserify",
  "postman-collection": "postman-collection",
  punycode: "punycode/punycode.js",
  querystring: "querystring-es3",
  stream: "stream-browserify",
  string_decoder: "string_decoder/lib/string_decoder.js",
  sugar: "sugar/release/sugar-full.development.js",
  tv4: "tv4/tv4.js",
  url: "url/url.js",
  util: "util/util.js",
  uuid: "uuid",
  xml2js: "xml2js",
};

/** Given by the pm layer itself. */
const own = ["timers", "iconv-lite", "bulla:dynamic-variables"];

/** Other names for the same thing. */
const aliases = { "string-decoder": "string_decoder", "buffer/": "buffer", "events/": "events", "punycode/": "punycode", "string_decoder/": "string_decoder" };

/** Leaves requires of other libraries to the pm layer, and what is too heavy to a stub. */
const shared = (self) => ({
  name: "shared",
  setup(bundle) {
    bundle.onResolve({ filter: /.*/ }, (file) => {
      if (file.kind === "entry-point") return undefined;
      const name = aliases[file.path] ?? file.path.replace(/^node:/, "");
      if (name === "./dynamic-variables") return { path: "bulla:dynamic-variables", external: true };
      if (/^@faker-js\//.test(name)) return { path: "empty", namespace: "stub" };
      if (["fs", "os", "jquery"].includes(name)) return { path: "empty", namespace: "stub" };
      // Both only ask Node's `util` what it can do, and live without it.
      if (name === "util" && ["chai", "lodash"].includes(self)) return { path: "empty", namespace: "stub" };
      if (name === "mime-db") return { path: "mime-db", namespace: "mime" };
      if (name !== self && (Object.hasOwn(libraries, name) || own.includes(name))) return { path: name, external: true };
      return undefined;
    });
    // Only types that have a file name extension are ever looked up.
    bundle.onLoad({ filter: /.*/, namespace: "mime" }, () => {
      const types = JSON.parse(readFileSync(join(here, "node_modules/mime-db/db.json"), "utf8"));
      const named = Object.entries(types).filter(([, type]) => type.extensions);
      return { contents: JSON.stringify(Object.fromEntries(named)), loader: "json" };
    });
    bundle.onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
});

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "error",
  minify: false,
  platform: "browser",

  target: "es2022",
  define: { global: "globalThis", "process.env.NODE_ENV": '"production"', "process.env.NODE_DEBUG": '""' },
};

/** The methods that Sugar gives to the prototypes of the language, by constructor. */
function sugarMethods() {
  const context = createContext({});
  const listed = "JSON.stringify(Object.fromEntries(['Array','String','Number','Date','Function','RegExp']" +
    ".map((name) => [name, Object.getOwnPropertyNames(globalThis[name].prototype)])))";
  const before = JSON.parse(runInContext(listed, context));
  runInContext(readFileSync(join(here, "node_modules", libraries.sugar), "utf8"), context);
  const after = JSON.parse(runInContext(listed, context));
  for (const name of Object.keys(after)) after[name] = after[name].filter((method) => !before[name].includes(method));
  return after;
}

const jobs = Object.entries(libraries).map(async ([name, from]) => {
  const file = `${name.replace(/\W+/g, "-")}.js`;
  const bundled = await build({
    ...common,
    stdin: { contents: `module.exports = require(${JSON.stringify(from)});`, resolveDir: here },
    format: "cjs",
    plugins: [shared(name)],
    write: false,
  });
  const factory = `export default function (require, module, exports, process) {\n${bundled.outputFiles[0].text}\n}\n`;
  writeFileSync(join(out, file), factory);
  return `${name}\t${file}`;
});

jobs.push(
  build({
    ...common,
    entryPoints: ["src/boot.ts"],
    format: "esm",
    outfile: join(out, "pm.js"),
    plugins: [
      {
        name: "sugar-methods",
        setup(bundle) {
          bundle.onResolve({ filter: /^bulla:sugar-methods$/ }, () => ({ path: "sugar", namespace: "sugar" }));
          bundle.onLoad({ filter: /.*/, namespace: "sugar" }, () => ({
            contents: JSON.stringify(sugarMethods()),
            loader: "json",
          }));
        },
      },
    ],
  }).then(() => ""),
);

const lines = (await Promise.all(jobs)).filter(Boolean).sort();
writeFileSync(join(out, "libraries.txt"), `${lines.join("\n")}\n`);
