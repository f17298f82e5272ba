// Globals of the web that the engine does not have, and the methods that Sugar gives to the prototypes.

import { binary, host } from "./host";
import { library } from "./require";
import sugarMethods from "bulla:sugar-methods";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function btoa(text: unknown): string {
  const bytes = String(text);
  let encoded = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = [0, 1, 2].map((place) => bytes.charCodeAt(at + place));
    if (three.some((code) => code > 255)) throw new RangeError("btoa: the text has characters beyond Latin-1");
    const [one = 0, two = NaN, last = NaN] = three;
    const bits = (one << 16) | ((two || 0) << 8) | (last || 0);
    encoded += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63);
    encoded += Number.isNaN(two) ? "=" : ALPHABET.charAt((bits >> 6) & 63);
    encoded += Number.isNaN(last) ? "=" : ALPHABET.charAt(bits & 63);
  }
  return encoded;
}

function atob(text: unknown): string {
  let decoded = "";
  let bits = 0;
  let count = 0;
  for (const sign of String(text).replace(/-/g, "+").replace(/_/g, "/")) {
    if (sign === "=") break;
    const value = ALPHABET.indexOf(sign);
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded += String.fromCharCode((bits >> count) & 255);
    }
  }
  return decoded;
}

type View = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

const crypto = {
  getRandomValues<T extends View>(view: T): T {
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(new Uint8Array(host().random(view.byteLength)));
    return view;
  },
  randomUUID(): string {
    const bytes = new Uint8Array(host().random(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },
};

class TextEncoder {
  readonly encoding = "utf-8";
  encode(text: unknown = ""): Uint8Array {
    const escaped = encodeURIComponent(String(text).toWellFormed());
    const bytes = escaped.replace(/%(..)/g, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    return Uint8Array.from(bytes, (sign) => sign.charCodeAt(0));
  }
}

class TextDecoder {
  readonly encoding: string;
  constructor(charset: unknown = "utf-8") {
    this.encoding = String(charset).toLowerCase();
    if (!host().decodes(this.encoding)) throw new RangeError(`the encoding '${this.encoding}' is not known`);
  }
  decode(bytes?: ArrayBuffer | View): string {
    if (bytes === undefined) return "";
    const view = bytes instanceof ArrayBuffer ? bytes : bytes.buffer;
    const [from, length] = bytes instanceof ArrayBuffer ? [0, bytes.byteLength] : [bytes.byteOffset, bytes.byteLength];
    return host().decode(binary(new Uint8Array(view, from, length)), this.encoding);
  }
}

function define(on: object, name: string, value: unknown): void {
  Object.defineProperty(on, name, { value, writable: true, configurable: true, enumerable: false });
}

/** A global that is a library, loaded when it is first read. */
function defineLazily(name: string, make: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    get: () => {
      const value = make();
      define(globalThis, name, value);
      return value;
    },
    set: (value: unknown) => define(globalThis, name, value),
    configurable: true,
    enumerable: false,
  });
}

export function installGlobals(): void {
  for (const [name, value] of Object.entries({ atob, btoa, crypto, TextEncoder, TextDecoder })) {
    define(globalThis, name, value);
  }
  defineLazily("Buffer", () => (library("buffer") as { Buffer: unknown }).Buffer);
  installSugar();
}

/** Postman's sandbox has Sugar's methods on the prototypes; here the first call of one loads the library. */
function installSugar(): void {
  const stubs: [object, string][] = [];
  const load = (): void => {
    for (const [on, name] of stubs) Reflect.deleteProperty(on, name);
    library("sugar");
  };
  for (const [constructor, names] of Object.entries(sugarMethods)) {
    const holder: unknown = Reflect.get(globalThis, constructor);
    if (typeof holder !== "function") continue;
    const prototype = holder.prototype as object; // of a constructor of the language
    for (const name of names) {
      if (name in prototype) continue;
      stubs.push([prototype, name]);
      define(prototype, name, function (this: object, ...args: unknown[]): unknown {
        load();
        const method: unknown = Reflect.get(prototype, name);
        if (typeof method !== "function") throw new TypeError(`${name} is not a function`);
        return Reflect.apply(method, this, args);
      });
    }
  }
  // By far the most used one, and one line.
  define(String.prototype, "has", function (this: string, what: unknown): boolean {
    return what instanceof RegExp ? String(this).search(what) >= 0 : String(this).includes(String(what));
  });
}
