/**
 * `openssl s_server` that wants a client certificate, with an authority, certificates and keys that openssl made.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Mutual {
  /** Where it answers. */
  url: string;
  port: string;
  /** The path of one of its files: `ca.pem`, `ada.pem`, `ada.key` (encrypted), `ada.pfx`. */
  file: (name: string) => string;
}

/** The passphrase of what is encrypted. */
export const passphrase = "a passphrase of Ada";

/** Lets `walk` have such a server, and stops it afterwards. */
export async function withMutual(walk: (peer: Mutual) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "bulla-mutual-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...curve,
    "-days",
    "400",
    "-subj",
    "/CN=Acme Root CA/O=Acme",
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  for (const [name, subject, names, days] of [
    ["server", "/CN=api.acme.example/O=Acme", "IP:127.0.0.1,DNS:api.acme.example", "90"],
    // Soon enough for the page to say so.
    ["ada", "/CN=ana.acme.example/O=Acme", "DNS:ana.acme.example", "12"],
  ] as const) {
    const asked = [
      "-subj",
      subject,
      "-addext",
      `subjectAltName=${names}`,
      "-keyout",
      `${name}.plain`,
      "-out",
      `${name}.csr`,
    ];
    openssl("req", ...curve, ...asked);
    const signed = [
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-copy_extensions",
      "copy",
      "-days",
      days,
    ];
    openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.pem`);
  }
  const pass = `pass:${passphrase}`;
  openssl("pkcs8", "-topk8", "-in", "ada.plain", "-passout", pass, "-out", "ada.key");
  openssl("pkcs12", "-export", "-in", "ada.pem", "-inkey", "ada.plain", "-passout", pass, "-out", "ada.pfx");

  const server = spawn(
    "openssl",
    [
      ...["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "server.pem", "-key", "server.plain"],
      ...["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error"],
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
  );
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stdout.on("data", (part: Buffer) => {
        said += part.toString();
        const found = said.match(/^ACCEPT .*:(\d+)$/m)?.[1];
        if (found) resolve(found);
      });
      server.once("error", reject);
      server.once("exit", (code) => reject(new Error(`openssl ended with ${code}: ${said}`)));
    });
    assert.match(port, /^\d+$/);
    await walk({ url: `https://127.0.0.1:${port}/`, port, file: (name) => join(folder, name) });
  } finally {
    server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}
