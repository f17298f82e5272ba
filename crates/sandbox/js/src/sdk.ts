// What we use of npm's postman-collection: the real thing, loaded when a script touches a request or a cookie list.

import { library } from "./require";

export interface PropertyList {
  members: { key: string; value: unknown }[];
  toJSON(): unknown;
}

export interface SdkRequest {
  toJSON(): Record<string, unknown>;
  method: string;
  url: { toString(): string };
  headers: PropertyList;
}

interface Made<T> {
  new (...args: unknown[]): T;
}

export interface Sdk {
  Request: Made<SdkRequest> & { isRequest(value: unknown): value is SdkRequest };
  Response: Made<object> & { isResponse(value: unknown): boolean };
  HeaderList: Made<PropertyList>;
  CookieList: Made<PropertyList> & { isCookieList(value: unknown): boolean };
  VariableList: Made<PropertyList>;
  Url: Made<{ toString(forceProtocol?: boolean): string }> & {
    isUrl(value: unknown): value is { toString(forceProtocol?: boolean): string };
  };
  Cookie: Made<object>;
}

let loaded: Sdk | undefined;

export function sdk(): Sdk {
  // The shape of the library's exports, which has no types of its own.
  loaded ??= library("postman-collection") as Sdk;
  return loaded;
}

/** The library, if something has loaded it already. */
export function sdkIfLoaded(): Sdk | undefined {
  return loaded;
}
