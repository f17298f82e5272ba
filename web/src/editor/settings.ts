/** A setting of a request, a folder or a collection, as `protocolProfileBehavior` keeps it. */
export type Setting = {
  key: string;
  label: string;
  about: string;
} & (
  | {
      control: "switch";
      initial: boolean;
      /** The document says the opposite of the switch. */ inverted?: true;
    }
  | { control: "choice"; initial: string; options: readonly { value: string; label: string }[] }
  | { control: "number"; initial: number }
  | { control: "protocols"; options: readonly { value: string; label: string }[] }
  | { control: "headers"; options: readonly { value: string; label: string }[] }
  | { control: "ciphers" }
);

/** In the order of the page. A key that a document does not have means: as the folder, the collection, or we say. */
export const settings: readonly Setting[] = [
  {
    key: "protocolVersion",
    label: "HTTP version",
    about: "Auto speaks HTTP/2 where the server offers it over TLS.",
    control: "choice",
    initial: "http1",
    options: [
      { value: "auto", label: "Auto" },
      { value: "http1", label: "HTTP/1.x" },
      { value: "http2", label: "HTTP/2" },
    ],
  },
  {
    key: "strictSSL",
    label: "Enable SSL certificate verification",
    about: "A certificate that is not trusted ends the request.",
    control: "switch",
    initial: true,
  },
  {
    key: "followRedirects",
    label: "Automatically follow redirects",
    about: "An answer 3xx with a Location is followed.",
    control: "switch",
    initial: true,
  },
  {
    key: "followOriginalHttpMethod",
    label: "Follow original HTTP Method",
    about: "Redirects keep the method and the body, where otherwise they become a GET.",
    control: "switch",
    initial: false,
  },
  {
    key: "followAuthorizationHeader",
    label: "Follow Authorization header",
    about: "Keeps the Authorization header when a redirect leads to another host.",
    control: "switch",
    initial: false,
  },
  {
    key: "removeRefererHeaderOnRedirect",
    label: "Remove referer header on redirect",
    about: "Redirects do not say where they come from.",
    control: "switch",
    initial: false,
  },
  {
    key: "insecureHTTPParser",
    label: "Enable strict HTTP parser",
    about: "Refuses answers with odd characters in their headers, or with two lengths.",
    control: "switch",
    initial: true,
    inverted: true,
  },
  {
    key: "disableUrlEncoding",
    label: "Encode URL automatically",
    about: "Encodes path, parameters and authorization fields where the rules ask for it.",
    control: "switch",
    initial: true,
    inverted: true,
  },
  {
    key: "disableBodyPruning",
    label: "Send a body with every method",
    about: "Otherwise GET, HEAD, COPY, PURGE and UNLOCK go without one.",
    control: "switch",
    initial: false,
  },
  {
    key: "disabledSystemHeaders",
    label: "Automatic headers that are left out",
    about: "These are added to a request that does not have them.",
    control: "headers",
    options: [
      { value: "cache-control", label: "Cache-Control" },
      { value: "postman-token", label: "Postman-Token" },
      { value: "content-type", label: "Content-Type" },
      { value: "content-length", label: "Content-Length" },
      { value: "accept-encoding", label: "Accept-Encoding" },
      { value: "connection", label: "Connection" },
      { value: "host", label: "Host" },
    ],
  },
  {
    key: "disableCookies",
    label: "Disable cookie jar",
    about: "No cookies of the jar are sent, and none are kept.",
    control: "switch",
    initial: false,
  },
  {
    key: "tlsPreferServerCiphers",
    label: "Use server cipher suite during handshake",
    about: "Kept for Postman’s files. The server decides in any case, so it changes nothing.",
    control: "switch",
    initial: false,
  },
  {
    key: "maxRedirects",
    label: "Maximum number of redirects",
    about: "One more is an error.",
    control: "number",
    initial: 10,
  },
  {
    key: "tlsDisabledProtocols",
    label: "TLS/SSL protocols disabled during handshake",
    about: "All others may be used. What is left out here is not offered to the server.",
    control: "protocols",
    options: [
      { value: "TLSv1", label: "TLS v1" },
      { value: "TLSv1_1", label: "TLS v1.1" },
      { value: "TLSv1_2", label: "TLS v1.2" },
      { value: "TLSv1_3", label: "TLS v1.3" },
    ],
  },
  {
    key: "tlsCipherSelection",
    label: "Cipher suite selection",
    about:
      "Suites in the order in which they are offered, by their OpenSSL names. Those that begin with TLS_ are of TLS 1.3; a list without such leaves TLS 1.3 out.",
    control: "ciphers",
  },
];
