import { answered, client } from "../api/client";
import type { Session } from "../api/resources";

/** Whether this browser can use passkeys as this app asks for them. */
export function canUsePasskeys(): boolean {
  return (
    typeof PublicKeyCredential !== "undefined" &&
    typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function"
  );
}

/** What the server asks for: the options of `navigator.credentials`, as JSON. */
type Asked = { publicKey: Record<string, unknown> };

const gaveUp = "No passkey was used: it was cancelled, took too long, or there is none for this place.";

/** What went wrong in the browser, in words. It tells little on purpose. */
function told(problem: unknown): Error {
  if (!(problem instanceof DOMException)) return problem instanceof Error ? problem : new Error(gaveUp);
  switch (problem.name) {
    case "InvalidStateError":
      return new Error("This device has a passkey for your account already.");
    case "SecurityError":
      return new Error("Passkeys work at the public address of this instance alone, and you are at another.");
    default:
      return new Error(gaveUp);
  }
}

/** Has the browser make a passkey. */
async function make({ publicKey }: Asked): Promise<Record<string, never>> {
  try {
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(
      // The server's library writes exactly this form; the description of the API says no more than "an object".
      publicKey as unknown as PublicKeyCredentialCreationOptionsJSON,
    );
    return asJson(await navigator.credentials.create({ publicKey: options }));
  } catch (problem) {
    throw told(problem);
  }
}

/** Has the browser use a passkey. */
async function answerTo({ publicKey }: Asked): Promise<Record<string, never>> {
  try {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(
      // As above.
      publicKey as unknown as PublicKeyCredentialRequestOptionsJSON,
    );
    return asJson(await navigator.credentials.get({ publicKey: options }));
  } catch (problem) {
    throw told(problem);
  }
}

function asJson(credential: Credential | null): Record<string, never> {
  if (!(credential instanceof PublicKeyCredential)) throw new Error(gaveUp);
  // What the description of the API calls "an object" without saying more.
  return credential.toJSON() as Record<string, never>;
}

/** Adds a passkey of this device, or of one that the browser reaches. */
export async function addPasskey(name: string) {
  const asked = await answered(client.POST("/api/account/passkeys/begin"));
  const credential = await make(asked);
  return answered(client.POST("/api/account/passkeys", { body: { name, credential } }));
}

/** Shows a passkey as the second step of a sign-in. */
export async function provePasskey(): Promise<Session> {
  const asked = await answered(client.POST("/api/session/factor/passkey"));
  const passkey = await answerTo(asked);
  return answered(client.POST("/api/session/factor", { body: { passkey } }));
}

/** Signs in with a passkey and nothing else. */
export async function signInWithPasskey(): Promise<Session> {
  const asked = await answered(client.POST("/api/session/passkey/begin"));
  const passkey = await answerTo(asked);
  return answered(client.POST("/api/session/passkey", { body: { passkey } }));
}

/** Confirms with a passkey that it is still oneself. */
export async function confirmWithPasskey() {
  const asked = await answered(client.POST("/api/session/confirm/passkey"));
  const passkey = await answerTo(asked);
  return answered(client.POST("/api/session/confirm", { body: { passkey } }));
}
