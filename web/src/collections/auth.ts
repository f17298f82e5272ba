import { asRecord, asRecords } from "../api/json";
import type { Document } from "./draft";

/** A field of a way to sign in. */
export interface AuthField {
  key: string;
  label: string;
  /** Its value is shown as dots. */
  secret?: boolean;
  /** One of these, the first unless said otherwise. */
  options?: readonly string[];
}

/** The ways to sign in that have a form. Others are kept and sent as they are. */
export const authTypes: readonly { type: string; label: string; fields: readonly AuthField[] }[] = [
  { type: "noauth", label: "No auth", fields: [] },
  {
    type: "basic",
    label: "Basic",
    fields: [
      { key: "username", label: "User name" },
      { key: "password", label: "Password", secret: true },
    ],
  },
  { type: "bearer", label: "Bearer token", fields: [{ key: "token", label: "Token", secret: true }] },
  {
    type: "apikey",
    label: "API key",
    fields: [
      { key: "key", label: "Name" },
      { key: "value", label: "Value", secret: true },
      { key: "in", label: "Add to", options: ["header", "query"] },
    ],
  },
  {
    type: "digest",
    label: "Digest",
    fields: [
      { key: "username", label: "User name" },
      { key: "password", label: "Password", secret: true },
    ],
  },
  {
    type: "oauth2",
    label: "OAuth 2.0",
    fields: [
      { key: "accessToken", label: "Access token", secret: true },
      { key: "headerPrefix", label: "Header prefix" },
      { key: "addTokenTo", label: "Add to", options: ["header", "queryParams"] },
    ],
  },
  {
    type: "oauth1",
    label: "OAuth 1.0",
    fields: [
      { key: "consumerKey", label: "Consumer key" },
      { key: "consumerSecret", label: "Consumer secret", secret: true },
      { key: "token", label: "Token" },
      { key: "tokenSecret", label: "Token secret", secret: true },
      {
        key: "signatureMethod",
        label: "Signature",
        options: [
          "HMAC-SHA1",
          "HMAC-SHA256",
          "HMAC-SHA512",
          "RSA-SHA1",
          "RSA-SHA256",
          "RSA-SHA512",
          "PLAINTEXT",
        ],
      },
    ],
  },
  {
    type: "hawk",
    label: "Hawk",
    fields: [
      { key: "authId", label: "Id" },
      { key: "authKey", label: "Key", secret: true },
      { key: "algorithm", label: "Algorithm", options: ["sha256", "sha1"] },
    ],
  },
  {
    type: "awsv4",
    label: "AWS signature",
    fields: [
      { key: "accessKey", label: "Access key" },
      { key: "secretKey", label: "Secret key", secret: true },
      { key: "region", label: "Region" },
      { key: "service", label: "Service" },
      { key: "sessionToken", label: "Session token", secret: true },
    ],
  },
];

/** The type of a document's auth; `inherit` if it has none. */
export function authTypeOf(document: Document): string {
  const type = asRecord(document["auth"])?.["type"];
  return typeof type === "string" ? type : "inherit";
}

/** Whether a document says how its requests sign in. */
export function authIsSet(document: Document): boolean {
  return !["inherit", "noauth"].includes(authTypeOf(document));
}

/** A field of the auth that is set. Format 2.1 has a list of fields, 2.0 an object. */
export function authValue(document: Document, key: string): string {
  const fields = asRecord(document["auth"])?.[authTypeOf(document)];
  const value = Array.isArray(fields)
    ? asRecords(fields).findLast((field) => field["key"] === key)?.["value"]
    : asRecord(fields)?.[key];
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : JSON.stringify(value);
}

/** The document with another way to sign in. What was typed for the old one is kept beside it. */
export function withAuthType(document: Document, type: string): Document {
  const { auth, ...rest } = document;
  if (type === "inherit") return rest;
  return { ...rest, auth: { ...asRecord(auth), type } };
}

/** The document with a field of its auth set, in the form that its format has. */
export function withAuthValue(document: Document, key: string, value: string): Document {
  const auth = asRecord(document["auth"]) ?? {};
  const type = authTypeOf(document);
  const fields = auth[type];
  const record = asRecord(fields);
  if (record) return { ...document, auth: { ...auth, [type]: { ...record, [key]: value } } };
  const list = asRecords(fields);
  const next = list.some((field) => field["key"] === key)
    ? list.map((field) => (field["key"] === key ? { ...field, value } : field))
    : [...list, { key, value, type: "string" }];
  return { ...document, auth: { ...auth, [type]: next } };
}
